"""API keys: made once, shown once, stored as hashes.

A key is `cck_<id>_<secret>`; the secret is 32 random bytes, so its SHA-256 cannot be searched for and no slow hash is
needed. The file is JSON, mode 0600, replaced whole; servers read it again when it changes.
"""

import base64
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import ConfigError, CredentialsInvalidError
from engine.identity.principal import PLATFORM, UNLIMITED, Limits, Principal, Role, is_name, is_tenant, roles_from

DEFAULT_NAME = "api-keys.json"
MAX_BYTES = 16 * 1024 * 1024
_KEY = re.compile(r"cck_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored; times are RFC 3339 in UTC, empty where there is none."""

    key_id: str
    hash: str
    name: str
    tenant: str
    roles: tuple[Role, ...]
    created: str
    expires: str = ""
    revoked: str = ""

    def is_valid(self, now: str) -> bool:
        """Whether it may be used at a time."""
        return not self.revoked and (not self.expires or now < self.expires)


class KeyRing:
    """The keys of a file, by id."""

    def __init__(self, keys: Mapping[str, ApiKey], limits: Limits = UNLIMITED) -> None:
        self._keys = keys
        self._limits = limits

    def verify(self, presented: str, *, now: datetime | None = None) -> Principal:
        """Return whose key this is; raises CredentialsInvalidError, the same for every reason."""
        found = _KEY.fullmatch(presented)
        key = self._keys.get(found[1]) if found else None
        digest = _hash(presented)
        # Compared even where there is no such key, so that ids cannot be told apart by time.
        is_same = hmac.compare_digest(digest, key.hash if key else _NO_HASH)
        if key is None or not is_same or not key.is_valid(_written(now or datetime.now(UTC))):
            raise CredentialsInvalidError("API key: want one that is known here, not expired, not revoked")
        return Principal(key.name, key.tenant, frozenset(key.roles), self._limits)


def read_keys(path: Path) -> dict[str, ApiKey]:
    """Read a file of keys, empty if there is none; raises ConfigError if it is not one."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"API keys: want a file of at most {MAX_BYTES} bytes", field="api_keys")
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"API keys: cannot be read: {error.strerror}", field="api_keys") from None
    except (ValueError, RecursionError):
        raise ConfigError(
            "API keys: got a file that is not JSON, want that of `chartcoder keys`", field="api_keys"
        ) from None
    if not isinstance(value, dict) or value.get("format") != _FORMAT or not isinstance(value.get("keys"), list):
        raise ConfigError(f"API keys: want format {_FORMAT}, as `chartcoder keys` writes it", field="api_keys")
    keys = [_read_key(item, number) for number, item in enumerate(value["keys"])]
    return {key.key_id: key for key in keys}


def add_key(
    path: Path, name: str, *, tenant: str, roles: tuple[Role, ...], expires: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key and store its hash; returns it with the key itself, which nobody can tell afterwards.

    Raises ConfigError for a name or tenant that cannot be one, or if the file cannot be written.
    """
    if not is_name(name):
        raise ConfigError("name: want 1 to 256 printable ASCII characters without spaces", field="name")
    if tenant != PLATFORM and not is_tenant(tenant):
        raise ConfigError("tenant: want letters, digits, dots, dashes; 64 at most", field="tenant")
    key_id, secret = secrets.token_hex(6), base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    shown = f"cck_{key_id}_{secret}"
    now = _written(datetime.now(UTC))
    key = ApiKey(key_id, _hash(shown), name, tenant, roles, now, _written(expires) if expires else "")
    with _changing(path) as keys:
        keys[key_id] = key
    return key, shown


def revoke_key(path: Path, key_id: str) -> ApiKey:
    """Make a key useless from now on; raises ConfigError if there is none of this id."""
    with _changing(path) as keys:
        if key_id not in keys:
            raise ConfigError("key: want the id of one that `chartcoder keys list` shows", field="key")
        if not keys[key_id].revoked:
            keys[key_id] = replace(keys[key_id], revoked=_written(datetime.now(UTC)))
        return keys[key_id]


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, ApiKey]]:
    """Let the keys be changed by one process at a time, and replace the file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            keys = read_keys(path)
            yield keys
            _write(path, keys)
        finally:
            os.close(lock)
    except OSError as error:
        raise ConfigError(f"API keys: cannot be written: {error.strerror}", field="api_keys") from None


def _write(path: Path, keys: Mapping[str, ApiKey]) -> None:
    value = {"format": _FORMAT, "keys": [asdict(key) for key in keys.values()]}
    fd, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as stream:
            json.dump(value, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(made, path)
    except BaseException:
        os.unlink(made)
        raise


def _read_key(item: Any, number: int) -> ApiKey:
    where = f"API keys: keys[{number}]"
    texts = ("key_id", "hash", "name", "tenant", "created", "expires", "revoked")
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in texts):
        raise ConfigError(f"{where}: want one that `chartcoder keys` wrote", field="api_keys")
    if not (is_name(item["name"]) and (item["tenant"] == PLATFORM or is_tenant(item["tenant"]))):
        raise ConfigError(f"{where}: got a name or tenant that cannot be one", field="api_keys")
    if not re.fullmatch(r"[0-9a-f]{64}", item["hash"]):
        raise ConfigError(f"{where}: hash: want 64 hexadecimal digits", field="api_keys")
    roles = roles_from(item.get("roles"), where=f"{where}: roles")
    return ApiKey(**{name: item[name] for name in texts}, roles=tuple(sorted(roles)))


def _hash(presented: str) -> str:
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


_NO_HASH = "0" * 64


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
