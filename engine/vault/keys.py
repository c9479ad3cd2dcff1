"""The keys of tenants, from a provider: a file, an environment variable, or a command of the operator's (a KMS).

Each gives the same document, TOML: for each tenant its current key's id, and its keys by id, base64 of 32 bytes.

    [tenants.default]
    current = "2026a"
    [tenants.default.keys]
    2026a = "..."

A key that no kept chart is wrapped with any more may be left out of it; until then both stand side by side.
"""

import base64
import binascii
import os
import subprocess
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.errors import VaultError

KEY_BYTES = 32
VARIABLE = "CHARTCODER_VAULT_KEYS"
_COMMAND_LIMIT_S = 20.0
_COMMAND_KEEPS_S = 60.0


@dataclass(frozen=True, slots=True)
class TenantKey:
    """A key that wraps the keys of a tenant's charts."""

    key_id: str
    secret: bytes = field(repr=False)


class KeyProvider(Protocol):
    """Gives tenants' keys; raises VaultError where it has none. A KMS of another make needs these two."""

    def current(self, tenant: str) -> TenantKey:
        """Return the key that new charts are wrapped with."""
        ...

    def find(self, tenant: str, key_id: str) -> TenantKey:
        """Return a key by its id."""
        ...


class _Document:
    """A provider over the document above; `_read` gives its text anew when that may have changed."""

    def __init__(self) -> None:
        self._tenants: Mapping[str, Any] = {}

    def current(self, tenant: str) -> TenantKey:
        """Return the key that new charts are wrapped with."""
        of_tenant = self._of(tenant)
        return self.find(tenant, str(of_tenant.get("current", "")))

    def find(self, tenant: str, key_id: str) -> TenantKey:
        """Return a key by its id."""
        encoded = self._of(tenant).get("keys", {}).get(key_id)
        if not isinstance(encoded, str):
            raise VaultError("vault keys: the tenant has no key of that id; give it back, or name another as current")
        return TenantKey(key_id, _decode(encoded))

    def _of(self, tenant: str) -> Mapping[str, Any]:
        self._refresh()
        found = self._tenants.get(tenant)
        if not isinstance(found, dict):
            raise VaultError("vault keys: got none for the tenant, want [tenants.NAME] with current and keys")
        return found

    def _refresh(self) -> None:
        raise NotImplementedError

    def _take(self, text: str) -> None:
        try:
            tenants = tomllib.loads(text).get("tenants")
        except tomllib.TOMLDecodeError:
            raise VaultError("vault keys: not TOML, want [tenants.NAME] with current and keys") from None
        if not isinstance(tenants, dict):
            raise VaultError("vault keys: got no tenants, want [tenants.NAME] with current and keys")
        self._tenants = tenants


class FileKeys(_Document):
    """Keys from a file of mode 0600, read again when it changes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._refresh()

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen == self._seen:
                return
            if status.st_mode & 0o077:
                raise VaultError(f"vault keys: got a file of mode {status.st_mode & 0o777:04o}, want 0600")
            self._take(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not UTF-8"
            raise VaultError(f"vault keys: cannot be read: {why}") from None
        self._seen = seen


class EnvironmentKeys(_Document):
    """Keys from an environment variable, as of the start of the process."""

    def __init__(self, variable: str = VARIABLE) -> None:
        super().__init__()
        self._take(os.environ.get(variable, ""))

    def _refresh(self) -> None:
        return


class CommandKeys(_Document):
    """Keys from what a command prints, asked again after a minute; its output reaches no log."""

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__()
        self._command = list(command)
        self._asked_at = -_COMMAND_KEEPS_S
        self._refresh()

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._asked_at < _COMMAND_KEEPS_S:
            return
        try:
            run = subprocess.run(self._command, capture_output=True, timeout=_COMMAND_LIMIT_S, check=True)
            self._take(run.stdout.decode("utf-8"))
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
            raise VaultError(f"vault keys: the command failed ({type(error).__name__})") from None
        self._asked_at = now


def open_keys(given: str) -> KeyProvider:
    """Open the provider that a setting names: `env`, `command:PROGRAM ARGUMENT ...`, or the path of a file."""
    if given == "env":
        return EnvironmentKeys()
    kind, _, rest = given.partition(":")
    if kind == "command":
        return CommandKeys(rest.split())
    return FileKeys(Path(given).expanduser())


def _decode(encoded: str) -> bytes:
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise VaultError(f"vault keys: got a key that is not base64 of {KEY_BYTES} bytes")
    return secret
