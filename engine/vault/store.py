"""The charts that policy says to keep, encrypted, in one SQLite file; destroying a chart destroys its key.

The file is in WAL mode with full syncs, and shared by processes. What is destroyed is overwritten (`secure_delete`)
and the journal is emptied, so that the wrapped key is gone from the file; what a disk keeps of overwritten blocks opens
only with the tenant's key, which the operator can let go after a rotation. A tombstone says that there was a chart, and
when and why it went.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import VaultError
from engine.types import Chart
from engine.vault.keys import KeyProvider
from engine.vault.sealed import Sealed, rewrap, seal, unseal

VERSION = 1
FILE_NAME = "vault.sqlite"
# Whose charts are those of callers who are not known.
DEFAULT_TENANT = "default"
_BUSY_S = 30.0
_SCHEMA = """
CREATE TABLE charts (
    tenant TEXT NOT NULL, chart TEXT NOT NULL, kept_at TEXT NOT NULL,
    key_id TEXT NOT NULL, wrapped_key BLOB NOT NULL, content BLOB NOT NULL, PRIMARY KEY (tenant, chart)
) WITHOUT ROWID;
CREATE INDEX charts_by_age ON charts (kept_at);
CREATE TABLE tombstones (
    tenant TEXT NOT NULL, chart TEXT NOT NULL, destroyed_at TEXT NOT NULL, reason TEXT NOT NULL,
    audit_record TEXT NOT NULL, PRIMARY KEY (tenant, chart, destroyed_at)
) WITHOUT ROWID;
"""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Fate(StrEnum):
    """What is known of a chart."""

    HELD = "HELD"
    DESTROYED = "DESTROYED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """When a chart was destroyed, why (a code of a list), and the audit record of it."""

    destroyed_at: str
    reason: str
    audit_record: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a chart, and the last time it was destroyed."""

    fate: Fate
    kept_at: str = ""
    tombstone: Tombstone | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """How many charts a tenant has, the oldest, and how many are wrapped with each key."""

    tenant: str
    charts: int
    oldest: str
    by_key: tuple[tuple[str, int], ...]


class Vault:
    """The kept charts of all tenants, by the salted hash of their ids; shared by the threads of a process.

    Raises VaultError: the folder cannot be written, the disk is full, the file is of a newer version, a key is missing.
    """

    def __init__(self, folder: Path, keys: KeyProvider, *, now: Callable[[], datetime] = utc_now) -> None:
        self._keys = keys
        self._now = now
        self._lock = threading.Lock()
        with _plain_errors():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / FILE_NAME
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            self._prepare()

    def keep(self, tenant: str, chart_hash: str, chart: Chart) -> None:
        """Keep a chart, durable on return; it takes the place of an earlier one of the same id."""
        sealed = seal(chart, self._keys.current(tenant), place=_place(tenant, chart_hash))
        row = (tenant, chart_hash, _stamp(self._now()), sealed.key_id, sealed.wrapped_key, sealed.content)
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO charts VALUES (?, ?, ?, ?, ?, ?)", row)

    def read(self, tenant: str, chart_hash: str) -> Chart | None:
        """Return a kept chart, None if it is not kept; whoever calls records who reads it."""
        query = "SELECT key_id, wrapped_key, content FROM charts WHERE tenant = ? AND chart = ?"
        row = self._one(query, (tenant, chart_hash))
        if row is None:
            return None
        sealed = Sealed(*row)
        return unseal(sealed, self._keys.find(tenant, sealed.key_id), place=_place(tenant, chart_hash))

    def destroy(self, tenant: str, chart_hash: str, *, reason: str, audit_record: str) -> bool:
        """Destroy a chart and its key; returns whether there was one."""
        with self._transaction() as db:
            done = db.execute("DELETE FROM charts WHERE tenant = ? AND chart = ?", (tenant, chart_hash)).rowcount
            if done:
                stone = (tenant, chart_hash, _stamp(self._now()), reason, audit_record)
                db.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?, ?)", stone)
        self._empty_journal()
        return bool(done)

    def due(self, older_than: timedelta) -> list[tuple[str, str]]:
        """Return (tenant, chart hash) of what has been kept longer, the oldest first."""
        before = _stamp(self._now() - older_than)
        with self._reading() as db:
            return list(
                db.execute(
                    "SELECT tenant, chart FROM charts WHERE kept_at < ? ORDER BY kept_at, tenant, chart", (before,)
                )
            )

    def rotate(self) -> int:
        """Wrap every chart's key with its tenant's current key; returns how many were not. Readers go on meanwhile."""
        with self._reading() as db:
            rows = list(db.execute("SELECT tenant, chart, key_id FROM charts"))
        changed = 0
        for tenant, chart, key_id in rows:
            new = self._keys.current(tenant)
            if key_id != new.key_id:
                changed += self._rewrap(tenant, chart)
        self._empty_journal()
        return changed

    def standing(self, tenant: str, chart_hash: str) -> Standing:
        """Say what is known of a chart."""
        kept = self._one("SELECT kept_at FROM charts WHERE tenant = ? AND chart = ?", (tenant, chart_hash))
        stone = self._one(
            "SELECT destroyed_at, reason, audit_record FROM tombstones WHERE tenant = ? AND chart = ?"
            " ORDER BY destroyed_at DESC LIMIT 1",
            (tenant, chart_hash),
        )
        tombstone = Tombstone(*stone) if stone else None
        if kept:
            return Standing(Fate.HELD, kept[0], tombstone)
        return Standing(Fate.DESTROYED if tombstone else Fate.UNKNOWN, "", tombstone)

    def holdings(self) -> list[Holding]:
        """Return what is held for each tenant."""
        with self._reading() as db:
            rows = list(
                db.execute(
                    "SELECT tenant, key_id, count(*), min(kept_at) FROM charts GROUP BY tenant, key_id ORDER BY 1, 2"
                )
            )
        by_tenant: dict[str, list[tuple[str, int, str]]] = {}
        for tenant, key_id, count, oldest in rows:
            by_tenant.setdefault(tenant, []).append((key_id, count, oldest))
        return [
            Holding(tenant, sum(n for _, n, _ in keys), min(o for _, _, o in keys), tuple((k, n) for k, n, _ in keys))
            for tenant, keys in by_tenant.items()
        ]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _prepare(self) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        with self._transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise VaultError(
                    f"vault: got a file of version {version}, want at most {VERSION}: written by a newer one"
                )
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")

    def _rewrap(self, tenant: str, chart: str) -> bool:
        """Wrap one chart's key anew, unless it went or was replaced meanwhile."""
        row = self._one(
            "SELECT key_id, wrapped_key, content FROM charts WHERE tenant = ? AND chart = ?", (tenant, chart)
        )
        if row is None:
            return False
        sealed, new = Sealed(*row), self._keys.current(tenant)
        old = self._keys.find(tenant, sealed.key_id)
        fresh = rewrap(sealed, old, new, place=_place(tenant, chart))
        with self._transaction() as db:
            where = (fresh.key_id, fresh.wrapped_key, tenant, chart, sealed.wrapped_key)
            update = "UPDATE charts SET key_id = ?, wrapped_key = ? WHERE tenant = ? AND chart = ? AND wrapped_key = ?"
            return bool(db.execute(update, where).rowcount)

    def _one(self, query: str, values: tuple[str, ...]) -> tuple[Any, ...] | None:
        with self._reading() as db:
            row: tuple[Any, ...] | None = db.execute(query, values).fetchone()
            return row

    def _empty_journal(self) -> None:
        with self._reading() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _plain_errors():
            yield self._db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _plain_errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what is wrong with the file without what was to be in it."""
    try:
        yield
    except sqlite3.Error as error:
        raise VaultError(
            f"vault: cannot be used ({getattr(error, 'sqlite_errorname', type(error).__name__)})"
        ) from None
    except OSError as error:
        raise VaultError(f"vault: cannot be used: {error.strerror or 'unknown reason'}") from None


def _place(tenant: str, chart_hash: str) -> str:
    return f"{tenant}\0{chart_hash}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
