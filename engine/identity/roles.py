"""The table RPC x role: every method of every served service, and who may call it.

A method that is not in it is nobody's: a new RPC gets its line here before anybody can call it.
"""

from engine.errors import CredentialsError, RoleError
from engine.identity.principal import Principal, Role

EVERY_ROLE = frozenset(Role)
_CODING = frozenset({Role.SUBMITTER, Role.CODER})
_RECORDS = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})

ROLES: dict[str, frozenset[Role]] = {
    "/chartcoder.v1.CodingService/CodeChart": _CODING,
    "/chartcoder.v1.CodingService/CodeCharts": _CODING,
    "/chartcoder.v1.ClaimService/CheckClaim": _CODING,
    "/chartcoder.v1.ClaimService/CheckClaims": _CODING,
    "/chartcoder.v1.CodeSetService/LookupCode": EVERY_ROLE,
    "/chartcoder.v1.CodeSetService/SearchCodes": EVERY_ROLE,
    "/chartcoder.v1.CodeSetService/ValidateCodes": EVERY_ROLE,
    "/chartcoder.v1.CodeSetService/TranslateCode": EVERY_ROLE,
    "/chartcoder.v1.CodeSetService/ListCodeSets": EVERY_ROLE,
    "/chartcoder.v1.AuditService/GetRecord": _RECORDS,
    "/chartcoder.v1.AuditService/ProveRecord": _RECORDS,
    "/chartcoder.v1.AuditService/GetCheckpoint": _RECORDS,
    "/grpc.health.v1.Health/Check": EVERY_ROLE,
    "/grpc.health.v1.Health/List": EVERY_ROLE,
    "/grpc.health.v1.Health/Watch": EVERY_ROLE,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": EVERY_ROLE,
}
# Whether a server is well is told to load balancers, which have no name.
OPEN = frozenset(method for method in ROLES if method.startswith("/grpc.health."))


def acting_role(method: str, principal: Principal | None) -> str:
    """Return the role that lets a principal call a method; "" where anybody may and nobody is known.

    Raises CredentialsError if somebody must be known, RoleError if this one may not.
    """
    if principal is None:
        if method in OPEN:
            return ""
        raise CredentialsError("call: got no credentials, want a token, an API key or a client certificate")
    allowed = ROLES.get(method, frozenset())
    role = next((role for role in Role if role in principal.roles and role in allowed), None)
    if role is None:
        raise RoleError(f"call: got none of its roles, want one of {', '.join(sorted(allowed)) or 'nobody'}")
    return role.value
