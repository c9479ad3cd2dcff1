"""The gate: credentials to principals, what it keeps, and what it reads again."""

import os
import time
from pathlib import Path

import pytest
from made_identities import AUDIENCE, ISSUER, make_signer, write_jwks

from engine.config import Config
from engine.errors import ConfigError, CredentialsInvalidError, TokenExpiredError
from engine.identity.gate import MAX_TOKENS, Credentials, Gate
from engine.identity.keys import add_key, revoke_key
from engine.identity.principal import LOCAL, Principal, Role
from engine.identity.tokens import Verifier

SIGNER = make_signer("EdDSA")
TEXT = f"""
[[issuers]]
issuer = "{ISSUER}"
audience = "{AUDIENCE}"
jwks = "jwks.json"

[[principals]]
subject = "alice"
tenant = "north"
roles = ["ROLE"]

[[principals]]
name = "emr"
san = "DNS:emr.north"
tenant = "north"
roles = ["submitter"]
"""


def write(folder: Path, role: str = "coder") -> Path:
    """Write the identities, as another file each time."""
    write_jwks(folder / "jwks.json", SIGNER)
    new = folder / "new.toml"
    new.write_text(TEXT.replace("ROLE", role), encoding="utf-8")
    return Path(os.replace(new, folder / "identities.toml") or folder / "identities.toml")


def opened(folder: Path) -> Gate:
    """Open a gate with tokens, certificates and API keys, the issuer's keys loaded."""
    gate = Gate(write(folder), folder / "keys.json")
    assert gate.refresh() == ""
    return gate


def test_without_configuration_everybody_is_local(tmp_path: Path) -> None:
    gate = Gate.of(Config(home=tmp_path))
    assert gate.is_open
    assert gate.identify(Credentials()) is gate.identify(Credentials(token="junk")) is LOCAL


def test_api_keys_of_the_home_close_the_gate(tmp_path: Path) -> None:
    _, shown = add_key(tmp_path / "api-keys.json", "emr", tenant="north", roles=(Role.CODER,))
    gate = Gate.of(Config(home=tmp_path))
    assert not gate.is_open
    assert gate.identify(Credentials()) is None
    assert gate.identify(Credentials(api_key=shown)) == Principal("emr", "north", frozenset({Role.CODER}))


def test_a_file_of_keys_that_is_named_closes_the_gate_before_it_is_there(tmp_path: Path) -> None:
    gate = Gate.of(Config(home=tmp_path, api_keys=tmp_path / "later.json"))
    assert gate.identify(Credentials()) is None
    _, shown = add_key(tmp_path / "later.json", "emr", tenant="north", roles=(Role.CODER,))
    assert gate.refresh() == ""
    assert gate.identify(Credentials(api_key=shown)) is not None


def test_identities_that_are_missing_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Gate.of(Config(home=tmp_path, identities=tmp_path / "none.toml"))


def test_each_kind_of_credentials_is_known_and_a_token_goes_before_the_certificate(tmp_path: Path) -> None:
    gate = opened(tmp_path)
    names = ("URI:x", "DNS:emr.north")
    by_certificate = gate.identify(Credentials(names=names))
    by_token = gate.identify(Credentials(token=SIGNER.token(), names=names))
    assert by_certificate is not None
    assert by_token is not None
    assert (by_certificate.name, by_token.name) == ("emr", "alice")
    assert gate.identify(Credentials()) is None


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(token="a.b.c"),
        Credentials(token="a.b.c", names=("DNS:emr.north",)),  # a bad token is not made good by a certificate
        Credentials(api_key="cck_1"),
        Credentials(names=("DNS:other",)),
        Credentials(token=SIGNER.token(), api_key="cck_1"),
        Credentials(token=SIGNER.token(sub="bob")),
    ],
)
def test_wrong_credentials_are_refused(tmp_path: Path, credentials: Credentials) -> None:
    with pytest.raises(CredentialsInvalidError):
        opened(tmp_path).identify(credentials)


def test_a_revoked_key_is_refused_after_the_next_look(tmp_path: Path) -> None:
    gate = opened(tmp_path)
    key, shown = add_key(tmp_path / "keys.json", "emr", tenant="north", roles=(Role.CODER,))
    gate.refresh()
    assert gate.identify(Credentials(api_key=shown)) is not None
    revoke_key(tmp_path / "keys.json", key.key_id)
    gate.refresh()
    with pytest.raises(CredentialsInvalidError):
        gate.identify(Credentials(api_key=shown))


def test_a_token_that_was_kept_has_its_new_roles_after_the_file_changed(tmp_path: Path) -> None:
    gate = opened(tmp_path)
    credentials = Credentials(token=SIGNER.token())
    first = gate.identify(credentials)
    write(tmp_path, "auditor")
    assert gate.identify(credentials) is first
    assert gate.refresh() == ""
    again = gate.identify(credentials)
    assert again is not None
    assert again.roles == {Role.AUDITOR}


def test_a_file_that_went_wrong_leaves_what_was_known_and_says_so(tmp_path: Path) -> None:
    gate = opened(tmp_path)
    write(tmp_path, "root")
    assert "principals[0].roles" in gate.refresh()
    assert gate.identify(Credentials(token=SIGNER.token())) is not None
    write(tmp_path, "reader")
    assert gate.refresh() == ""


def test_a_kept_token_is_verified_again_once_it_has_expired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [time.time()]
    gate = Gate(write(tmp_path), None, clock=lambda: now[0])
    gate.refresh()
    verified: list[str] = []
    verify = Verifier.verify
    monkeypatch.setattr(Verifier, "verify", lambda self, token: (verified.append(token), verify(self, token))[1])
    credentials = Credentials(token=SIGNER.token(exp=int(now[0]) + 600))
    for ahead_s in (0, 0, 600, 629, 631):  # seconds from now; 30 of skew are allowed
        gate._clock = lambda ahead_s=ahead_s: now[0] + ahead_s  # type: ignore[misc]
        gate.identify(credentials)
    assert len(verified) == 2
    with pytest.raises(TokenExpiredError):
        gate.identify(Credentials(token=SIGNER.token(exp=int(now[0]) - 31)))


def test_only_so_many_tokens_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.identity.gate.MAX_TOKENS", 3)
    gate = opened(tmp_path)
    for number in range(6):
        gate.identify(Credentials(token=SIGNER.token(jti=str(number))))
    assert len(gate._known._tokens) == 3
    assert MAX_TOKENS <= 4096
