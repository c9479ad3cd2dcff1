"""Who calls, and may they: credentials out of a call, the table of roles, the limits of the caller."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from engine.audit.kinds import AdministrationAction, administration
from engine.audit.log import AuditLog
from engine.audit.record import Origin
from engine.errors import AuditError, CredentialsError, CredentialsInvalidError, RoleError
from engine.identity.gate import Credentials, Gate
from engine.identity.levels import SharedLevels
from engine.identity.limits import Meters
from engine.identity.roles import acting_role
from engine.server.calls import Call
from engine.server.logs import get_log
from engine.server.refusals import Refusals

API_KEY_KEY = "x-api-key"
AUTHORIZATION_KEY = "authorization"
REFRESH_S = 2.0
_SERVER = Origin("server", role="server", address="identities")
_SCHEME = "bearer "
# How OpenSSL writes kinds of names, by gRPC's names of them; what a name stands for is part of it.
_SANS = {"peer_uri": "URI", "peer_dns": "DNS", "peer_email": "email", "peer_ip": "IP"}


class Guard:
    """Lets callers in; on the event loop's thread only."""

    def __init__(
        self, gate: Gate, log: AuditLog, *, has_certificates: bool = False, levels: SharedLevels | None = None
    ) -> None:
        self.refusals = Refusals(log)
        self._gate = gate
        self._log = log
        self._has_certificates = has_certificates
        self._meters = Meters(levels)

    async def admit(self, call: Call, context: Any) -> None:
        """Note in the call who makes it, and as what; raises CredentialsError, RoleError or LimitError.

        A call that was let in with a meter is counted open: `dismiss` ends that.
        """
        try:
            credentials = self._credentials(context)
            keys = self._gate.due(credentials)
            if keys is not None:  # only tokens of unknown keys wait here
                await asyncio.get_running_loop().run_in_executor(None, keys.load)
            self._let_in(call, credentials)
        except (CredentialsError, RoleError):
            self.refusals.note(call)
            raise
        if call.principal is not None:
            call.meter = self._meters.of(call.principal)
            if call.meter is not None:
                try:
                    call.meter.open_call()
                except BaseException:
                    call.meter = None
                    raise
        call.recheck = partial(self._let_in, call, credentials)

    def dismiss(self, call: Call) -> None:
        """Count a call out."""
        if call.meter is not None:
            call.meter.close_call()

    async def keep_fresh(self) -> None:
        """Read identities and API keys again as they change, and record that; fetch the issuers' keys; for ever."""
        loop = asyncio.get_running_loop()
        told = ""
        while True:
            problem = await loop.run_in_executor(None, self._refresh)
            if problem != told and problem:
                get_log().warning("identities", problem=problem)
            told = problem
            await asyncio.sleep(REFRESH_S)

    def _refresh(self) -> str:
        before = self._gate.fingerprint
        problem = self._gate.refresh()
        after = self._gate.fingerprint
        if after != before:
            change = administration(
                _SERVER, AdministrationAction.POLICY_CHANGED, "identities", before=before, after=after
            )
            try:
                self._log.append(change)
            except AuditError as error:
                return str(error)
        return problem

    def _let_in(self, call: Call, credentials: Credentials) -> None:
        call.principal = principal = self._gate.identify(credentials)
        if principal is None:
            acting_role(call.method, None)
            return
        address = call.origin.address
        call.origin = Origin(principal.name, tenant=principal.tenant, address=address)  # known, if it is refused
        call.origin = Origin(principal.name, acting_role(call.method, principal), principal.tenant, address)

    def _credentials(self, context: Any) -> Credentials:
        if self._gate.is_open:
            return _NONE
        token, api_key = _from_metadata(context.invocation_metadata() or ())
        names = _names_of(context.auth_context()) if self._has_certificates else ()
        return Credentials(token, api_key, names)


_NONE = Credentials()


def _from_metadata(metadata: Iterable[tuple[str, str | bytes]]) -> tuple[str, str]:
    """Return token and API key; raises CredentialsInvalidError where one is given twice, or in another scheme."""
    found = [(key, value) for key, value in metadata if key in (AUTHORIZATION_KEY, API_KEY_KEY)]
    given = {key: value if isinstance(value, str) else "" for key, value in found}
    if len(given) != len(found):
        raise CredentialsInvalidError("call: got credentials twice, want them once")
    token = given.get(AUTHORIZATION_KEY, "")
    if token and not token[: len(_SCHEME)].lower() == _SCHEME:
        raise CredentialsInvalidError("authorization: got another scheme, want Bearer")
    return token[len(_SCHEME) :].strip(), given.get(API_KEY_KEY, "").strip()


def _names_of(about: dict[str, list[bytes]]) -> tuple[str, ...]:
    """Return the subject alternative names of the certificate that gRPC has verified, as URI:..., DNS:..., ..."""
    return tuple(
        f"{kind}:{name.decode('ascii', 'replace')}" for key, kind in _SANS.items() for name in about.get(key, ())
    )
