"""`keys add|list|revoke`."""

from pathlib import Path

import pytest
from command_line import Terminal

from engine.errors import AuditError, CredentialsInvalidError
from engine.identity.keys import KeyRing, read_keys
from engine.identity.principal import PLATFORM, Role


@pytest.fixture
def keys(terminal: Terminal) -> Path:
    """The file of keys of the terminal's config."""
    path = terminal.folder / "keys.json"
    with terminal.config.open("a", encoding="utf-8") as stream:
        stream.write(f'api_keys = "{path}"\n')
    return path


def test_a_key_is_made_listed_and_revoked(terminal: Terminal, keys: Path) -> None:
    made = terminal.run("keys", "add", "emr", "--tenant", "north", "--role", "submitter", "--expires", "90d")
    assert made.status == 0
    shown = made.out.strip()
    assert shown not in made.err
    principal = KeyRing(read_keys(keys)).verify(shown)
    assert (principal.name, principal.tenant, principal.roles) == ("emr", "north", {Role.SUBMITTER})
    (line,) = terminal.run("keys", "list", "--json").lines
    assert (line["name"], line["state"], line["roles"]) == ("emr", "valid", ["submitter"])
    listed = terminal.run("keys", "list").out
    assert line["key_id"] in listed
    assert shown.split("_", 2)[2] not in listed
    revoked = terminal.run("keys", "revoke", line["key_id"])
    assert (revoked.status, revoked.out.split()[:2]) == (0, [f"{line['key_id']}:", "revoked"])
    assert terminal.run("keys", "list", "--json").lines[0]["state"] == "revoked"
    with pytest.raises(CredentialsInvalidError):
        KeyRing(read_keys(keys)).verify(shown)


def test_a_platforms_key_of_two_roles(terminal: Terminal, keys: Path) -> None:
    words = "keys add ops --platform --role administrator --role auditor --expires 2999-01-01"
    shown = terminal.run(*words.split()).out.strip()
    principal = KeyRing(read_keys(keys)).verify(shown)
    assert (principal.tenant, principal.roles) == (PLATFORM, {Role.ADMINISTRATOR, Role.AUDITOR})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("add emr --role coder", "want --tenant NAME, or --platform"),
        ("add emr --role coder --tenant a --platform", "want --tenant NAME, or --platform"),
        ("add emr --tenant a", "--role"),
        ("add emr --tenant a --role root", "root"),
        ("add e\x7fr --tenant a --role coder", "name: want 1 to 256 printable"),
        ("add emr --tenant ../a --role coder", "tenant: want letters"),
        ("add emr --tenant a --role coder --expires 0d", "want a date as 2026-12-31, or days as 90d"),
        ("add emr --tenant a --role coder --expires 100000d", "want a date as 2026-12-31, or days as 90d"),
        ("add emr --tenant a --role coder --expires 2020-01-01", "want a time to come"),
        ("add emr --tenant a --role coder --expires soon", "want a date as 2026-12-31, or days as 90d"),
        ("revoke 000000000000", "want the id of one that `chartcoder keys list` shows"),
    ],
)
def test_wrong_usage_is_said_in_a_sentence(terminal: Terminal, keys: Path, words: str, says: str) -> None:
    run = terminal.run("keys", *words.split(" "))
    assert run.status == 2
    assert says in run.err
    assert "Traceback" not in run.err
    assert not keys.exists() or read_keys(keys) == {}


def test_who_made_and_revoked_a_key_is_in_the_audit_log(terminal: Terminal, keys: Path) -> None:
    shown = terminal.run("keys", "add", "emr", "--tenant", "north", "--role", "coder").out.strip()
    key_id = shown.split("_")[1]
    terminal.run("keys", "revoke", key_id)
    bodies = [line["body"] for line in terminal.run("audit", "export", "--records").lines]
    assert [(body["action"], body["after"]) for body in bodies[:2]] == [
        ("KEY_ADDED", "north coder"),
        ("KEY_REVOKED", "revoked"),
    ]
    assert {body["subject"] for body in bodies[:2]} == {f"API key {key_id} of emr"}
    assert {body["origin"]["role"] for body in bodies[:2]} == {"operator"}


def test_a_key_whose_making_cannot_be_recorded_is_of_no_use(
    terminal: Terminal, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AuditError("audit log: cannot write: No space left on device")

    monkeypatch.setattr("engine.audit.chain.Chain.extend", refuse)
    run = terminal.run("keys", "add", "emr", "--tenant", "north", "--role", "coder")
    assert (run.status, run.out) == (2, "")
    assert [key.revoked != "" for key in read_keys(keys).values()] == [True]


def test_the_list_of_no_keys_is_empty(terminal: Terminal, keys: Path) -> None:
    run = terminal.run("keys", "list")
    assert (run.status, run.out) == (0, "")
