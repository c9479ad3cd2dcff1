"""Records who was refused: counted, and written into the audit log together, so that refusals cost no fsync each.

Whoever knocks a thousand times a second makes a count grow, not the log.
"""

import asyncio
from collections import Counter

from engine.audit.kinds import AccessAction, access
from engine.audit.log import AuditLog
from engine.audit.record import Origin
from engine.errors import AuditError
from engine.server.calls import Call

EVERY_S = 10.0
# So many callers and methods are told apart at a time; the rest are counted together.
MOST = 500
_OTHERS = Origin("unidentified", address="others")


class Refusals:
    """Counts on the event loop's thread; `flush` blocks."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._counts: Counter[tuple[Origin, str]] = Counter()

    def note(self, call: Call) -> None:
        """Count a call that was refused for who made it."""
        origin = call.origin
        known = (Origin(origin.principal, origin.role, origin.tenant, _host(origin.address)), call.method)
        self._counts[known if known in self._counts or len(self._counts) < MOST else (_OTHERS, "")] += 1

    async def keep(self) -> None:
        """Write what was counted, again and again, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what was counted; what cannot be written is kept."""
        counted, self._counts = self._counts, Counter()
        if not counted:
            return
        entries = [
            access(origin, AccessAction.REFUSED, subject=method, count=count)
            for (origin, method), count in counted.items()
        ]
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._log.append_many, entries)
        except AuditError:
            self._counts += counted


def _host(peer: str) -> str:
    """Leave the port out of an address: each connection has another."""
    return peer.rpartition(":")[0] if peer.startswith(("ipv4:", "ipv6:")) else peer
