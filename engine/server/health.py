"""Honest health: NOT_SERVING while the audit log cannot record or be signed, or what codes charts is missing.

A load balancer sends nothing to a server that is not well, so nothing would find out that it is well again: while there
is a problem we try ourselves. A log that refused is asked to record that it takes records again; a tree that could not
be signed is signed.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from grpc_health.v1 import health_pb2

from engine.audit.disk import disk_problem
from engine.audit.kinds import AdministrationAction, administration
from engine.audit.log import AuditLog
from engine.audit.record import Origin
from engine.errors import AuditError
from engine.server.logs import get_log

CHECK_S = 1.0
# A disk that has not made a record durable after so long is not one to send charts to.
STALLED_S = 5.0
_STALLED = f"audit log: got no answer of its disk in {STALLED_S:g} s"
_SERVER = Origin("server", role="server", address="health check")
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def _stalled(log: AuditLog) -> str:
    return _STALLED if log.busy_s > STALLED_S else ""


class Health:
    """Watches what the services rest on. `recording` names those that need the audit log, `looking_up` the others.

    `state` is grpc's health servicer; `engine_problem` says what is missing to code charts, "" if nothing is.
    """

    def __init__(
        self,
        state: Any,
        log: AuditLog,
        engine_problem: Callable[[], str],
        *,
        recording: Sequence[str],
        looking_up: Sequence[str],
    ) -> None:
        self.problem = ""
        self._state = state
        self._log = log
        self._engine_problem = engine_problem
        self._recording = recording
        self._looking_up = looking_up

    async def begin(self) -> None:
        """Set the first state, before anybody asks."""
        for name in self._looking_up:
            await self._state.set(name, _SERVING)
        await self._tell(await asyncio.get_running_loop().run_in_executor(None, self.check))

    async def watch(self) -> None:
        """Look again and again, for ever, and tell what changed."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CHECK_S)
            checking = loop.run_in_executor(None, self.check)
            # The disk may hang while we try it: that is told too, and we go on waiting.
            done, _ = await asyncio.wait([checking], timeout=STALLED_S)
            if not done and not self.problem:
                await self._tell(_STALLED)
            problem = await checking
            if problem != self.problem:
                await self._tell(problem)

    def check(self) -> str:
        """Return what is wrong now, after trying whether it still is; blocks."""
        log = self._log
        return (
            self._engine_problem()
            or disk_problem(log.directory)
            or _stalled(log)
            or self._append_problem()
            or self._unsigned()
        )

    async def _tell(self, problem: str) -> None:
        if problem:
            get_log().error("not serving", problem=problem)
        elif self.problem:
            get_log().info("serving again")
        self.problem = problem
        for name in ("", *self._recording):
            await self._state.set(name, _NOT_SERVING if problem else _SERVING)

    def _append_problem(self) -> str:
        if not self._log.append_problem:
            return ""
        try:
            self._log.append(administration(_SERVER, AdministrationAction.LOG_RECOVERED, "audit log"))
        except AuditError as error:
            return str(error)
        return ""

    def _unsigned(self) -> str:
        if not self._log.sealing_problem:
            return ""
        try:
            self._log.seal()
        except AuditError as error:
            return str(error)
        return ""
