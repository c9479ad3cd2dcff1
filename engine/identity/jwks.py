"""The public keys of an issuer of tokens (JWKS, RFC 7517), from a file or an https URL, kept and fetched anew.

A key set is fetched before the first token, every `refresh_s`, and when a token names a key that it lacks, but then no
oftener than every MISS_S: whoever sends tokens of invented keys makes us ask nobody. Where it cannot be had, the one
before holds, for MAX_STALE_S at most.
"""

import ipaddress
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from engine.errors import ConfigError

ALGORITHMS = ("RS256", "ES256", "EdDSA")
MISS_S = 10.0
MAX_STALE_S = 24 * 3600.0
MAX_BYTES = 1024 * 1024
_FETCH_S = 10.0
_LEAST_RSA_BITS = 2048
_MOST_KEYS = 100


def is_source(text: object) -> bool:
    """Whether keys may come from here: a path, an https URL, or an http URL of this machine."""
    if not isinstance(text, str) or not text or "\0" in text:
        return False
    parts = urlsplit(text)
    if parts.scheme == "http":
        return _is_loopback(parts.hostname or "")
    return parts.scheme in ("", "https") and (not parts.scheme or bool(parts.hostname))


class KeySet:
    """The keys of one issuer by their id; may be used from any thread. Loading blocks."""

    def __init__(self, source: str, *, refresh_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.problem = ""
        self.generation = 0
        self._source = source
        self._refresh_s = refresh_s
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._loaded_s = self._tried_s = float("-inf")

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """Return a key; None if it is not known, or known too long without having been confirmed."""
        return self._keys.get(key_id) if self._clock() - self._loaded_s <= MAX_STALE_S else None

    def is_missing(self, key_id: str) -> bool:
        """Whether `load` should be called before a token of this key is judged."""
        return key_id not in self._keys and self._clock() - self._tried_s >= MISS_S

    @property
    def is_stale(self) -> bool:
        """Whether `load` should be called in the background."""
        now_s = self._clock()
        return now_s - self._loaded_s >= self._refresh_s and now_s - self._tried_s >= MISS_S

    def load(self) -> bool:
        """Fetch the keys; returns whether they are others than before. Never raises: `problem` says why it failed."""
        with self._lock:
            if self._clock() - self._tried_s < MISS_S:  # another thread just did
                return False
            self._tried_s = self._clock()
            try:
                keys = read_keys(_fetch(self._source))
            except (OSError, ValueError, ConfigError) as error:
                self.problem = f"keys of tokens: cannot be had: {type(error).__name__}"
                return False
            has_changed = _identity(keys) != _identity(self._keys)
            self.problem, self._keys, self._loaded_s = "", keys, self._clock()
            self.generation += has_changed
            return has_changed


def read_keys(encoded: bytes) -> dict[str, jwt.PyJWK]:
    """Read a JWKS: its signing keys of the pinned algorithms by id; others are left out.

    Raises ConfigError or ValueError if it is none, or none of its keys can be used.
    """
    value = json.loads(encoded)
    listed = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise ConfigError(f"keys of tokens: want a JWKS of at most {_MOST_KEYS} keys", field="jwks")
    keys = {str(each.get("kid", "")): key for each in listed if isinstance(each, dict) and (key := _read_key(each))}
    if not keys:
        raise ConfigError(f"keys of tokens: got none, want a public key for {', '.join(ALGORITHMS)}", field="jwks")
    return keys


def _read_key(jwk: dict[str, Any]) -> jwt.PyJWK | None:
    """Return a public signing key. A shared secret (`oct`) in a key set is never one, whatever its `alg` says."""
    if jwk.get("kty") not in ("RSA", "EC", "OKP") or "d" in jwk or jwk.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(jwk)
    except (jwt.PyJWTError, TypeError, ValueError):
        return None
    if key.algorithm_name not in ALGORITHMS:
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < _LEAST_RSA_BITS:
        return None
    return key


def _identity(keys: Mapping[str, jwt.PyJWK]) -> dict[str, str]:
    return {key_id: json.dumps(key._jwk_data, sort_keys=True) for key_id, key in keys.items()}


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None  # urllib then raises HTTPError, an OSError


def _fetch(source: str) -> bytes:
    if not urlsplit(source).scheme:
        with Path(source).open("rb") as stream:
            return _bounded(stream.read(MAX_BYTES + 1))
    opener = urllib.request.build_opener(_NoRedirects)
    request = urllib.request.Request(source, headers={"Accept": "application/json"})
    with opener.open(request, timeout=_FETCH_S) as reply:
        return _bounded(reply.read(MAX_BYTES + 1))


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise ValueError("too large")
    return data


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
