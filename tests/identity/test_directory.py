"""The file of identities: what it says, and what it refuses."""

from pathlib import Path

import pytest

from engine.errors import ConfigError, CredentialsInvalidError
from engine.identity.directory import parse_directory, read_directory
from engine.identity.principal import LOCAL, PLATFORM, Limits, Principal, Role
from engine.identity.tokens import Issuer, Token

HERE = Path("/etc/chartcoder")
WHOLE = """
[limits]
charts_per_s = 50
calls = 8

[[issuers]]
issuer = "https://login.example"
audience = "chartcoder"
jwks = "jwks.json"
tenant_claim = "org"
roles_claim = "realm_access.roles"

[issuers.role_names]
hospital-coder = "coder"
hospital-audit = "auditor"

[[principals]]
name = "emr"
san = "URI:spiffe://north/emr"
tenant = "north"
roles = ["submitter"]

[principals.limits]
charts_per_s = 500

[[principals]]
subject = "ops"
platform = true
roles = ["administrator", "auditor"]
"""
ISSUER = 'issuer = "https://a"\naudience = "c"\njwks = "k"\n'


def test_the_whole_file_is_read() -> None:
    directory = parse_directory(WHOLE, folder=HERE)
    assert directory.issuers == (
        Issuer(
            "https://login.example",
            "chartcoder",
            "/etc/chartcoder/jwks.json",
            tenant_claim="org",
            roles_claim="realm_access.roles",
            role_names={"hospital-coder": "coder", "hospital-audit": "auditor"},
        ),
    )
    emr = Principal("emr", "north", frozenset({Role.SUBMITTER}), Limits(charts_per_s=500, calls=8))
    assert directory.of_certificate(["DNS:x", "URI:spiffe://north/emr"]) == emr
    ops = directory.by_subject["https://login.example", "ops"]
    assert (ops.tenant, ops.roles) == (PLATFORM, {Role.ADMINISTRATOR, Role.AUDITOR})
    assert ops.limits == Limits(charts_per_s=50, calls=8)


@pytest.mark.parametrize("names", [[], ["DNS:spiffe://north/emr"], ["spiffe://north/emr"], ["URI:spiffe://north/EMR"]])
def test_a_certificate_of_another_name_or_kind_is_nobodys(names: list[str]) -> None:
    with pytest.raises(CredentialsInvalidError):
        parse_directory(WHOLE, folder=HERE).of_certificate(names)


def token(**claims: object) -> Token:
    """Make a verified token of the file's issuer."""
    return Token(parse_directory(WHOLE, folder=HERE).issuers[0], claims, 0)


@pytest.mark.parametrize(
    ("said", "roles"),
    [
        (["hospital-coder", "other"], {Role.CODER}),
        ("hospital-coder hospital-audit", {Role.CODER, Role.AUDITOR}),
        (["administrator"], set()),  # our own names count only where no table maps them
        ([3, None, ["hospital-coder"]], set()),
        (None, set()),
        ({"hospital-coder": True}, set()),
    ],
)
def test_roles_come_from_the_claim_by_the_table(said: object, roles: set[Role]) -> None:
    directory = parse_directory(WHOLE, folder=HERE)
    found = directory.of_token(token(sub="alice", org="south", realm_access={"roles": said}))
    assert found == Principal("alice", "south", frozenset(roles), directory.limits)


def test_a_principal_of_the_file_goes_before_the_claims() -> None:
    found = parse_directory(WHOLE, folder=HERE).of_token(token(sub="ops", org="south", realm_access={"roles": []}))
    assert found.tenant == PLATFORM


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "alice"},
        {"sub": "alice", "org": ""},
        {"sub": "alice", "org": ["north"]},
        {"sub": "alice", "org": "north\n"},
        {"sub": "", "org": "north"},
        {"sub": "two words", "org": "north"},
        {"sub": "new\nline", "org": "north"},
        {"sub": 7, "org": "north"},
        {"org": "north"},
    ],
)
def test_a_token_without_a_subject_or_tenant_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(CredentialsInvalidError):
        parse_directory(WHOLE, folder=HERE).of_token(token(**claims))


def test_where_claims_say_no_tenant_a_stranger_is_refused() -> None:
    directory = parse_directory(f"[[issuers]]\n{ISSUER}", folder=HERE)
    with pytest.raises(CredentialsInvalidError):
        directory.of_token(Token(directory.issuers[0], {"sub": "alice", "tenant": "north", "roles": ["coder"]}, 0))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[[principals]]", "principals[0]"),
        ('[[principals]]\nsan = "URI:x"\nroles = ["coder"]', "principals[0].tenant"),
        ('[[principals]]\nsan = "URI:x"\ntenant = "n"\nplatform = true\nroles = ["coder"]', "principals[0].tenant"),
        ('[[principals]]\nsan = "URI:x"\ntenant = ""\nroles = ["coder"]', "principals[0].tenant"),
        ('[[principals]]\nsan = "URI:x"\ntenant = "a b"\nroles = ["coder"]', "principals[0].tenant"),
        ('[[principals]]\nsan = "URI:x"\nplatform = "yes"\nroles = ["coder"]', "principals[0].platform"),
        ('[[principals]]\nsan = "spiffe://x"\ntenant = "n"\nroles = ["coder"]', "principals[0].san"),
        ('[[principals]]\nsan = "URI:x"\ntenant = "n"\nroles = []', "principals[0].roles"),
        ('[[principals]]\nsan = "URI:x"\ntenant = "n"\nroles = ["root"]', "principals[0].roles"),
        ('[[principals]]\nsan = "URI:x"\ntenant = "n"\nroles = "coder"', "principals[0].roles"),
        ('[[principals]]\nsan = "URI:x"\nname = "a b"\ntenant = "n"\nroles = ["coder"]', "principals[0].name"),
        ('[[principals]]\nsubject = "x"\ntenant = "n"\nroles = ["coder"]', "principals[0].issuer"),
        (
            f'[[issuers]]\n{ISSUER}\n[[principals]]\nsubject = "x"\nissuer = "b"\ntenant = "n"\nroles = ["coder"]',
            "principals[0].issuer",
        ),
        ('[[principals]]\nsan = "URI:x"\ntenant = "n"\nroles = ["coder"]\n' * 2, "principals[1].san"),
        ('[[principals]]\nsan = "URI:x"\ntenant = "n"\nroles = ["coder"]\nlimit = 3', "principals[0]"),
        ("principals = 3", "principals"),
        ("principle = 3", "identities"),
        (f"[[issuers]]\n{ISSUER}[[issuers]]\n{ISSUER}", "issuers"),
        ('[[issuers]]\nissuer = "a"\naudience = "c"', "issuers[0].jwks"),
        ('[[issuers]]\nissuer = "a"\naudience = ""\njwks = "k"', "issuers[0].audience"),
        ('[[issuers]]\nissuer = "a"\naudience = "c"\njwks = "http://login.example/k"', "issuers[0].jwks"),
        (f'[[issuers]]\n{ISSUER}algorithms = ["HS256"]', "issuers[0].algorithms"),
        (f'[[issuers]]\n{ISSUER}algorithms = ["none"]', "issuers[0].algorithms"),
        (f"[[issuers]]\n{ISSUER}algorithms = []", "issuers[0].algorithms"),
        (f"[[issuers]]\n{ISSUER}leeway_s = 301", "issuers[0].leeway_s"),
        (f"[[issuers]]\n{ISSUER}leeway_s = true", "issuers[0].leeway_s"),
        (f"[[issuers]]\n{ISSUER}refresh_s = 0", "issuers[0].refresh_s"),
        (f'[[issuers]]\n{ISSUER}tenant_claim = "org"', "issuers[0].tenant_claim"),
        (f'[[issuers]]\n{ISSUER}role_names = {{a = "root"}}', "issuers[0].role_names"),
        ("[limits]\ncharts_per_s = -1", "limits.charts_per_s"),
        ("[limits]\ncharts_per_s = nan", "limits.charts_per_s"),
        ("[limits]\ncalls = 1.5", "limits.calls"),
        ("[limits]\nburst_s = 0", "limits.burst_s"),
        ("[limits]\nmoney = 3", "limits"),
        ("limits = 3", "limits"),
        ("a = [", "identities"),
    ],
)
def test_a_wrong_file_is_refused_and_the_place_named(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_directory(text, folder=HERE)
    assert refused.value.field == where


@pytest.mark.parametrize("content", [b"\xff", b"\0"])
def test_a_file_that_is_not_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "i.toml").write_bytes(content)
    with pytest.raises(ConfigError):
        read_directory(tmp_path / "i.toml")
    with pytest.raises(ConfigError, match="No such file"):
        read_directory(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("viewer", "tenant", "sees"),
    [
        (LOCAL, "north", True),
        (LOCAL, PLATFORM, True),
        (Principal("a", "north", frozenset(Role)), "north", True),
        (Principal("a", "north", frozenset(Role)), "south", False),
        (Principal("a", "north", frozenset(Role)), PLATFORM, False),
        (Principal("a", PLATFORM, frozenset({Role.AUDITOR})), "north", False),
        (Principal("a", PLATFORM, frozenset({Role.ADMINISTRATOR})), "north", True),
    ],
)
def test_only_the_platforms_administrator_sees_other_tenants(viewer: Principal, tenant: str, sees: bool) -> None:
    assert viewer.sees(tenant) is sees
