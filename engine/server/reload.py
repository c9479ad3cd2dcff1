"""Takes a new ranker and a new routing policy into a server that goes on serving: SIGHUP, as for any daemon.

What the settings name is read again, checked and copied (pinned.py), and only then put in the place of what serves
(Live.swap), after `shadow_charts` charts side by side. What cannot be used is refused with one log line, and nothing
changes. Every swap is in the audit log.
"""

import threading
from collections.abc import Mapping
from typing import Any

from engine.audit.kinds import AdministrationAction, administration
from engine.audit.log import AuditLog
from engine.audit.record import Origin
from engine.config import Config
from engine.errors import ChartcoderError
from engine.pinned import pin
from engine.server.answers import Engine
from engine.server.large import Reader
from engine.server.logs import get_log, where

_ORIGIN = Origin("operator", "SIGHUP")
_POLICY = "routing:"
_MODEL_SWAPPED = AdministrationAction.MODEL_SWAPPED


def pin_anew(config: Config) -> Config | None:
    """Read what the settings name; None, and a log line that says why, if it cannot be used."""
    try:
        return pin(config)
    except ChartcoderError as error:
        _refuse(error)
        return None


def _refuse(error: ChartcoderError) -> None:
    get_log().error("reload refused", reason=error.REASON, field=error.field, error=str(error))


class Reloader:
    """Swaps the engine of one process; calls may come from any thread, and are done one after the other."""

    def __init__(self, engine: Engine, reader: Reader, log: AuditLog) -> None:
        self._engine = engine
        self._reader = reader
        self._log = log
        self._turn = threading.Lock()

    def reload(self, config: Config) -> None:
        """Read again what the settings name, and serve with it."""
        with self._turn:
            pinned = pin_anew(config)
            if pinned is not None:
                self._take(pinned)

    def take(self, pinned: Config) -> None:
        """Serve with what is pinned already."""
        with self._turn:
            self._take(pinned)

    def _take(self, pinned: Config) -> None:
        before = self._engine.models()

        def on_done(comparison: Any) -> None:
            self._told(pinned, before, comparison)

        try:
            self._engine.swap(pinned, on_done=on_done)
        except ChartcoderError as error:
            _refuse(error)
        except Exception as error:  # whatever a candidate does, the one that serves goes on
            get_log().error("reload refused", reason="INTERNAL", **where(error))

    def _told(self, pinned: Config, before: Mapping[str, str], comparison: Any) -> None:
        compared = {} if comparison is None else {"compared": comparison.to_json()}
        if comparison is not None and comparison.failed:
            get_log().error("reload refused", reason="SHADOW_FAILED", **compared)
            return
        self._reader.renew(pinned)
        after = self._engine.models()
        for name in sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)):
            action = AdministrationAction.POLICY_CHANGED if name.startswith(_POLICY) else _MODEL_SWAPPED
            changed = administration(_ORIGIN, action, name, before=before.get(name, ""), after=after.get(name, ""))
            self._log.append(changed)
        get_log().info("reloaded", models=after, **compared)
