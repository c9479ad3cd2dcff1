"""Bearer tokens: JWT (RFC 7519) of the issuers that are configured, signed by a key of their key sets.

The algorithm is pinned by the key, never chosen by the token: RS256, ES256 or EdDSA; `none` and shared secrets (HS*)
cannot get in. Issuer, audience, expiry and subject are required.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from engine.errors import CredentialsInvalidError, TokenExpiredError
from engine.identity.jwks import ALGORITHMS, KeySet

MAX_TOKEN_CHARACTERS = 8192


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who gives out tokens, and what those must say.

    `jwks` is a path or URL; `leeway_s` is allowed for clocks that differ. `tenant_claim` and `roles_claim` name the
    claims that say tenant and roles ("realm_access.roles" is a claim inside another); empty: tokens do not say them,
    the principals of the directory do. `role_names` maps what stands in a token to our roles.
    """

    issuer: str
    audience: str
    jwks: str
    algorithms: tuple[str, ...] = ALGORITHMS
    leeway_s: float = 30.0
    refresh_s: float = 300.0
    subject_claim: str = "sub"
    tenant_claim: str = ""
    roles_claim: str = ""
    role_names: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What a valid token says; `expires_s` is in seconds since 1970, the issuer's leeway included."""

    issuer: Issuer
    claims: Mapping[str, Any]
    expires_s: float


class Verifier:
    """Checks tokens. `verify` does not block; `due` names the key sets that should be loaded before."""

    def __init__(self, issuers: Iterable[Issuer], *, open_keys: Callable[[Issuer], KeySet] | None = None) -> None:
        self._issuers = {issuer.issuer: issuer for issuer in issuers}
        make = open_keys or (lambda issuer: KeySet(issuer.jwks, refresh_s=issuer.refresh_s))
        self._keys = {name: make(issuer) for name, issuer in self._issuers.items()}

    @property
    def key_sets(self) -> list[KeySet]:
        """The key sets of all issuers."""
        return list(self._keys.values())

    @property
    def generation(self) -> int:
        """Grows when any issuer's keys change: what was verified before must be verified again."""
        return sum(keys.generation for keys in self._keys.values())

    def due(self, token: str) -> KeySet | None:
        """Return the key set to load before this token is judged; None if none is to be, or the token is none."""
        try:
            issuer, key_id, _ = self._read_unverified(token)
        except CredentialsInvalidError:
            return None
        keys = self._keys[issuer.issuer]
        return keys if keys.is_missing(key_id) else None

    def verify(self, token: str) -> Token:
        """Check a token; raises TokenExpiredError or CredentialsInvalidError, which never quote it."""
        issuer, key_id, algorithm = self._read_unverified(token)
        key = self._keys[issuer.issuer].find(key_id)
        if key is None or key.algorithm_name != algorithm:
            raise CredentialsInvalidError("token: got an unknown key or another algorithm, want one of its issuer's")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=issuer.audience,
                issuer=issuer.issuer,
                leeway=issuer.leeway_s,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpiredError("token: got one that is no longer valid, want a new one") from None
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            kind = type(error).__name__.removesuffix("Error")
            raise CredentialsInvalidError(f"token: not valid here ({kind})") from None
        return Token(issuer, claims, float(claims["exp"]) + issuer.leeway_s)

    def _read_unverified(self, token: str) -> tuple[Issuer, str, str]:
        """Read whose key the token says it is signed with, and how; nothing else of it counts before it is verified."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise CredentialsInvalidError(f"token: want at most {MAX_TOKEN_CHARACTERS} characters")
        try:
            whole = jwt.decode_complete(token, options={"verify_signature": False})
            header, name = whole["header"], whole["payload"].get("iss")
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
            raise CredentialsInvalidError("token: want a signed JWT") from None
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise CredentialsInvalidError("token: got an issuer that is unknown here")
        algorithm = header.get("alg")
        if algorithm not in issuer.algorithms:
            raise CredentialsInvalidError(f"token: got another algorithm, want {', '.join(issuer.algorithms)}")
        key_id = header.get("kid", "")
        return issuer, key_id if isinstance(key_id, str) else "", algorithm


def claim_of(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim; a dot leads into a claim that holds others, unless a claim has the whole name."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
