"""A caller: its name, its tenant, its roles and its limits."""

import re
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import ConfigError

PLATFORM = ""
# Printable ASCII without spaces: safe in a log line, whatever an issuer of tokens puts into a subject.
_NAME = re.compile(r"[!-~]{1,256}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Role(StrEnum):
    """What a caller may be; the order is that in which a role is named for an act that several allow."""

    SUBMITTER = "submitter"
    CODER = "coder"
    AUDITOR = "auditor"
    READER = "reader"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one principal may ask of a server; 0: no limit.

    `charts_per_s` and `bytes_per_s` are means over time, of which `burst_s` seconds' worth may come at once; `calls` is
    how many may be open at the same time.
    """

    charts_per_s: float = 0.0
    bytes_per_s: float = 0.0
    calls: int = 0
    burst_s: float = 2.0


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. `tenant` PLATFORM is the operator's own: an administrator there sees every tenant's records."""

    name: str
    tenant: str
    roles: frozenset[Role]
    limits: Limits = UNLIMITED

    def sees(self, tenant: str) -> bool:
        """Whether records of a tenant are this caller's to see."""
        return tenant == self.tenant or (self.tenant == PLATFORM and Role.ADMINISTRATOR in self.roles)


# Where nothing is configured, whoever reaches the loopback address or the socket: all that the machine's user may do.
LOCAL = Principal("local", PLATFORM, frozenset(Role))


def is_name(text: object) -> bool:
    """Whether this may name a principal."""
    return isinstance(text, str) and bool(_NAME.fullmatch(text))


def is_tenant(text: object) -> bool:
    """Whether this may name a tenant (the platform has no name)."""
    return isinstance(text, str) and bool(_TENANT.fullmatch(text))


def roles_from(names: object, *, where: str) -> frozenset[Role]:
    """Read a list of names of roles; raises ConfigError that says `where`."""
    known = [role.value for role in Role]
    if not isinstance(names, list | tuple) or not names or not all(name in known for name in names):
        raise ConfigError(f"{where}: want a list of roles among {', '.join(known)}", field=where)
    return frozenset(Role(name) for name in names)
