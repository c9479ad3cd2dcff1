"""API keys: stored as hashes, valid until they expire or are revoked."""

import hashlib
import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import ConfigError, CredentialsInvalidError
from engine.identity.keys import KeyRing, add_key, read_keys, revoke_key
from engine.identity.principal import PLATFORM, Limits, Principal, Role

NOW = datetime(2026, 4, 1, tzinfo=UTC)
SUBMITTER = (Role.SUBMITTER,)


def test_a_key_names_its_caller_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "keys.json"
    key, shown = add_key(path, "emr", tenant="north", roles=SUBMITTER)
    limits = Limits(charts_per_s=5)
    assert KeyRing(read_keys(path), limits).verify(shown) == Principal("emr", "north", frozenset(SUBMITTER), limits)
    stored = path.read_text(encoding="utf-8")
    assert shown not in stored
    assert shown.split("_", 2)[2] not in stored
    assert key.hash == hashlib.sha256(shown.encode()).hexdigest()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(shown.split("_", 2)[2]) == 43  # 32 bytes


def test_a_revoked_key_and_an_expired_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "k"
    _, ends = add_key(path, "a", tenant="north", roles=SUBMITTER, expires=NOW)
    revoked, second = add_key(path, "b", tenant=PLATFORM, roles=SUBMITTER)
    KeyRing(read_keys(path)).verify(ends, now=NOW - timedelta(seconds=1))
    with pytest.raises(CredentialsInvalidError):
        KeyRing(read_keys(path)).verify(ends, now=NOW)
    KeyRing(read_keys(path)).verify(second)
    first = revoke_key(path, revoked.key_id)
    assert revoke_key(path, revoked.key_id) == first, "revoked once"
    with pytest.raises(CredentialsInvalidError):
        KeyRing(read_keys(path)).verify(second)


def test_every_wrong_key_is_refused_alike(tmp_path: Path) -> None:
    path = tmp_path / "k"
    key, shown = add_key(path, "a", tenant="north", roles=SUBMITTER)
    ring = KeyRing(read_keys(path))
    flipped = shown[:-1] + ("A" if shown[-1] != "A" else "B")
    says = set()
    wrong = ["", "cck_", flipped, shown + "A", shown.upper(), f"cck_{'0' * 12}_{'A' * 43}", "é" * 60, "\0", key.hash]
    for presented in wrong:
        with pytest.raises(CredentialsInvalidError) as refused:
            ring.verify(presented)
        says.add(str(refused.value))
    assert len(says) == 1


@pytest.mark.parametrize(
    ("name", "tenant"), [("", "north"), ("a b", "north"), ("a", "no rth"), ("a", "-"), ("a\n", "north"), ("é", "north")]
)
def test_a_name_or_tenant_that_cannot_be_one_is_refused_and_nothing_written(
    tmp_path: Path, name: str, tenant: str
) -> None:
    with pytest.raises(ConfigError):
        add_key(tmp_path / "k", name, tenant=tenant, roles=SUBMITTER)
    assert not (tmp_path / "k").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "0"},
        {"hash": 3},
        {"name": "a b"},
        {"tenant": "a b"},
        {"roles": ["root"]},
        {"roles": []},
        {"expires": None},
    ],
)
def test_a_file_with_a_wrong_key_is_refused_whole(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "k"
    add_key(path, "a", tenant="north", roles=SUBMITTER)
    value = json.loads(path.read_text())
    value["keys"][0].update(change)
    path.write_text(json.dumps(value))
    with pytest.raises(ConfigError):
        read_keys(path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"format": 2, "keys": []}', b"\xff", b'{"keys": []}', b"[" * 100_000]
)
def test_what_is_no_file_of_keys_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(ConfigError):
        read_keys(tmp_path / "k")
    with pytest.raises(ConfigError):
        add_key(tmp_path / "k", "a", tenant="north", roles=SUBMITTER)
    assert (tmp_path / "k").read_bytes() == content


def test_keys_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "k"
    threads = [
        threading.Thread(target=add_key, args=(path, f"n{n}"), kwargs={"tenant": "t", "roles": SUBMITTER})
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in read_keys(path).values()} == {f"n{n}" for n in range(16)}


def test_revoking_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        revoke_key(tmp_path / "k", "0" * 12)
