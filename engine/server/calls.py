"""What the server knows of the call it is answering; handlers count here what the access log tells."""

import re
import time
import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

from engine.audit.record import Origin
from engine.identity.limits import Meter
from engine.identity.principal import Principal

REQUEST_ID_KEY = "x-request-id"
# Who calls, until it is known: their address is.
UNIDENTIFIED = "unidentified"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


def _nothing() -> None:
    return None


@dataclass(slots=True)
class Call:
    """One call: its method and request id, when it was let in (on `time.perf_counter`), and counts for the access log.

    Never names or text. `origin` is who calls, for the audit log; `principal` the same for decisions, None until it is
    known (and for good where nobody need be); `meter` counts what it uses. `recheck` raises what would refuse the call
    if it began now.
    """

    method: str
    request_id: str
    origin: Origin
    began_s: float = field(default_factory=time.perf_counter)
    counts: dict[str, int] = field(default_factory=dict)
    principal: Principal | None = None
    meter: Meter | None = None
    recheck: Callable[[], None] = _nothing

    def count(self, name: str, amount: int = 1) -> None:
        """Add to one of the call's counts."""
        self.counts[name] = self.counts.get(name, 0) + amount


CURRENT_CALL: ContextVar[Call] = ContextVar("current_call")


def current_call() -> Call:
    """Return the call being answered."""
    return CURRENT_CALL.get()


def request_id_from(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    """Return the caller's `x-request-id`, or a new one where it sent none that is safe to log."""
    for key, value in metadata:
        if key == REQUEST_ID_KEY and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
            return value
    return uuid.uuid4().hex
