"""The levels of callers' buckets, shared by the workers of a server: a limit is the server's and not a worker's.

Four numbers a caller in memory that all map. They are read and written without a lock: two workers that do so in the
same microsecond let one chart more through, which a limit that is a mean can bear. Only a new caller's place is locked.
"""

import hashlib
from ctypes import c_double, c_uint64
from multiprocessing.context import BaseContext
from typing import Any

from engine.identity.principal import Principal

# So many callers of a server's life have their numbers shared; each further one is counted by each worker.
SLOTS = 16_384
NUMBERS = 4
_LOCK_S = 0.1


class SharedLevels:
    """Made before the workers are, and given to each; zeros mean a full bucket."""

    def __init__(self, context: BaseContext, *, slots: int = SLOTS) -> None:
        from multiprocessing import sharedctypes

        self._slots = slots
        self._keys: Any = sharedctypes.RawArray(c_uint64, slots)
        self.numbers: Any = sharedctypes.RawArray(c_double, slots * NUMBERS)
        self._lock = context.Lock()

    def place_of(self, principal: Principal) -> int | None:
        """Return where a caller's numbers begin; None if there is no room, or a worker died while it made some."""
        key = _key(principal)
        if not self._lock.acquire(timeout=_LOCK_S):
            return None
        try:
            for step in range(self._slots):
                slot = (key + step) % self._slots
                if self._keys[slot] in (0, key):
                    self._keys[slot] = key
                    return slot * NUMBERS
            return None
        finally:
            self._lock.release()


def _key(principal: Principal) -> int:
    """Return 64 bits that stand for a caller under its present limits, the same in every worker; never 0."""
    said = f"{principal.tenant}\n{principal.name}\n{principal.limits}".encode()
    return int.from_bytes(hashlib.sha256(said).digest()[:8], "big") | 1
