"""The file of identities (TOML): who is known, for which tenant, with which roles and limits."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import ConfigError, CredentialsInvalidError
from engine.identity.jwks import ALGORITHMS, is_source
from engine.identity.principal import PLATFORM, UNLIMITED, Limits, Principal, Role, is_name, is_tenant, roles_from
from engine.identity.tokens import Issuer, Token, claim_of

SAN_KINDS = ("URI", "DNS", "email", "IP")
_PRINCIPAL_KEYS = {"name", "san", "subject", "issuer", "tenant", "platform", "roles", "limits"}
_TOP_KEYS = {"issuers", "principals", "limits"}
MAX_BYTES = 16 * 1024 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Directory:
    """What the file says. `by_san` goes by "URI:spiffe://..." and the like, `by_subject` by issuer and subject."""

    issuers: tuple[Issuer, ...] = ()
    by_san: Mapping[str, Principal] = field(default_factory=dict)
    by_subject: Mapping[tuple[str, str], Principal] = field(default_factory=dict)
    limits: Limits = UNLIMITED

    def of_certificate(self, names: list[str]) -> Principal:
        """Return the principal of the first subject alternative name that is known; raises CredentialsInvalidError."""
        found = next((self.by_san[name] for name in names if name in self.by_san), None)
        if found is None:
            raise CredentialsInvalidError("certificate: got none of its names, want one that is a principal's san")
        return found

    def of_token(self, token: Token) -> Principal:
        """Return whose token this is: a principal of the file, or as its claims say, if the issuer's may.

        Raises CredentialsInvalidError. Claims never make anybody the platform's.
        """
        issuer = token.issuer
        subject = claim_of(token.claims, issuer.subject_claim)
        if not is_name(subject):
            raise CredentialsInvalidError("token: want a subject of 1 to 256 printable ASCII characters")
        known = self.by_subject.get((issuer.issuer, subject))
        if known is not None:
            return known
        if not (issuer.tenant_claim and issuer.roles_claim):
            raise CredentialsInvalidError("token: got a subject that is no principal here")
        tenant = claim_of(token.claims, issuer.tenant_claim)
        if not is_tenant(tenant):
            raise CredentialsInvalidError("token: want a tenant of letters, digits, dots, dashes")
        return Principal(subject, tenant, _roles_of(token), self.limits)


def _roles_of(token: Token) -> frozenset[Role]:
    """Read the roles of a token; what names none of ours is another system's, and gives nothing."""
    said = claim_of(token.claims, token.issuer.roles_claim)
    names = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    ours = token.issuer.role_names
    known = {role.value for role in Role}
    named = (ours.get(name, "") if ours is not None else name for name in names if isinstance(name, str))
    return frozenset(Role(name) for name in named if name in known)


def read_directory(path: Path) -> Directory:
    """Read the file; raises ConfigError that names the place, what it got and what it wants."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"identities: want a file of at most {MAX_BYTES} bytes", field="identities")
        return parse_directory(path.read_text(encoding="utf-8"), folder=path.parent)
    except OSError as error:
        raise ConfigError(f"identities: cannot be read: {error.strerror}", field="identities") from None
    except UnicodeDecodeError:
        raise ConfigError("identities: got bytes that are not UTF-8, want a TOML file", field="identities") from None


def parse_directory(text: str, *, folder: Path) -> Directory:
    """Read the text of the file; paths of key sets are relative to `folder`. Raises ConfigError."""
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise ConfigError("identities: not TOML", field="identities") from None
    _only(value, _TOP_KEYS, "identities")
    limits = _limits(value.get("limits", {}), "limits", UNLIMITED)
    issuers = tuple(_issuer(item, f"issuers[{n}]", folder) for n, item in enumerate(_tables(value, "issuers")))
    names = [issuer.issuer for issuer in issuers]
    _want("issuers", len(set(names)) == len(names), "each issuer once")
    by_san: dict[str, Principal] = {}
    by_subject: dict[tuple[str, str], Principal] = {}
    for number, item in enumerate(_tables(value, "principals")):
        where = f"principals[{number}]"
        _only(item, _PRINCIPAL_KEYS, where)
        _want(where, ("san" in item) != ("subject" in item), "either san or subject")
        principal = _principal(item, where, limits)
        if "san" in item:
            _put(by_san, _san(item["san"], where), principal, f"{where}.san")
        else:
            _put(by_subject, (_issuer_of(item, names, where), principal.name), principal, f"{where}.subject")
    return Directory(issuers, by_san, by_subject, limits)


def _principal(item: dict[str, Any], where: str, limits: Limits) -> Principal:
    name = item.get("name", item.get("subject", item.get("san")))
    _want(f"{where}.name", is_name(name), "1 to 256 printable ASCII characters without spaces")
    if "subject" in item:
        _want(f"{where}.subject", is_name(item["subject"]) and "name" not in item, "a subject, which is the name")
    _want(f"{where}.platform", isinstance(item.get("platform", False), bool), "true or false")
    is_platform = item.get("platform", False)
    _want(f"{where}.tenant", is_platform != ("tenant" in item), "a tenant, or platform = true")
    tenant = PLATFORM if is_platform else item["tenant"]
    _want(f"{where}.tenant", is_platform or is_tenant(tenant), "letters, digits, dots, dashes; 64 at most")
    roles = roles_from(item.get("roles"), where=f"{where}.roles")
    return Principal(str(name), tenant, roles, _limits(item.get("limits", {}), f"{where}.limits", limits))


def _san(value: object, where: str) -> str:
    kind, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    _want(f"{where}.san", kind in SAN_KINDS and is_name(rest), f"KIND:NAME, KIND one of {', '.join(SAN_KINDS)}")
    return str(value)


def _issuer_of(item: dict[str, Any], names: list[str], where: str) -> str:
    issuer = item.get("issuer", names[0] if len(names) == 1 else None)
    _want(f"{where}.issuer", issuer in names, "one of the issuers of this file")
    return str(issuer)


def _issuer(item: dict[str, Any], where: str, folder: Path) -> Issuer:
    known = {each.name for each in fields(Issuer)}
    _only(item, known, where)
    for name in ("issuer", "audience", "jwks"):
        _want(f"{where}.{name}", isinstance(item.get(name), str) and item[name] != "", "text")
    _want(f"{where}.jwks", is_source(item["jwks"]), "a path or an https URL (http for this machine alone)")
    for name in ("subject_claim", "tenant_claim", "roles_claim"):
        _want(f"{where}.{name}", isinstance(item.get(name, ""), str), "the name of a claim")
    _want(f"{where}.subject_claim", item.get("subject_claim", "sub") != "", "the name of a claim")
    has_both = bool(item.get("tenant_claim")) == bool(item.get("roles_claim"))
    _want(f"{where}.tenant_claim", has_both, "tenant_claim and roles_claim together, or neither")
    algorithms = item.get("algorithms", list(ALGORITHMS))
    is_known = isinstance(algorithms, list) and bool(algorithms) and all(name in ALGORITHMS for name in algorithms)
    _want(f"{where}.algorithms", is_known, f"a list among {', '.join(ALGORITHMS)}")
    _want(f"{where}.leeway_s", _is_between(item.get("leeway_s", 30), 0, 300), "0 to 300 seconds")
    _want(f"{where}.refresh_s", _is_between(item.get("refresh_s", 300), 10, 86400), "10 to 86400 seconds")
    named = item.get("role_names")
    if named is not None:
        _want(f"{where}.role_names", isinstance(named, dict), "a table of a token's names to roles")
        roles_from(list(named.values()), where=f"{where}.role_names")
    source = item["jwks"] if "://" in item["jwks"] else str(folder / item["jwks"])
    return Issuer(**{**item, "jwks": source, "algorithms": tuple(algorithms)})


def _limits(value: object, where: str, base: Limits) -> Limits:
    names = [each.name for each in fields(Limits)]
    _only(value, set(names), where)
    assert isinstance(value, dict)
    given = {name: value.get(name, getattr(base, name)) for name in names}
    for name, number in given.items():
        _want(f"{where}.{name}", _is_between(number, 0, 1e12), "a number from 0 on")
    _want(f"{where}.calls", isinstance(given["calls"], int), "a whole number")
    _want(f"{where}.burst_s", given["burst_s"] > 0, "more than 0 seconds")
    return Limits(**given)


def _is_between(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _tables(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    items = value.get(name, [])
    _want(name, isinstance(items, list) and all(isinstance(item, dict) for item in items), f"[[{name}]] tables")
    return list(items)


def _only(value: object, known: set[str], where: str) -> None:
    _want(where, isinstance(value, dict), "a table")
    unknown = sorted(set(value) - known) if isinstance(value, dict) else []
    _want(where, not unknown, f"keys among {', '.join(sorted(known))}")


def _put(to: dict[Any, T], key: Any, value: T, where: str) -> None:
    _want(where, key not in to, "each once")
    to[key] = value


def _want(where: str, holds: bool, want: str) -> None:
    if not holds:
        raise ConfigError(f"identities: {where}: want {want}", field=where)
