"""A chart as it lies at rest: encrypted with a key of its own, which is wrapped with a key of its tenant.

AES-256-GCM (NIST SP 800-38D) both times, a fresh 96-bit nonce in front; what it belongs to (format, tenant, chart) is
authenticated with it, so that nothing can be moved to another place.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from engine.errors import VaultError
from engine.types import Chart, Document, Setting, Sex
from engine.vault.keys import KEY_BYTES, TenantKey

_NONCE_BYTES = 12
_FORMAT = "chartcoder/vault/1"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A chart at rest: which key wraps its own key, that key wrapped, the chart encrypted."""

    key_id: str
    wrapped_key: bytes
    content: bytes


def seal(chart: Chart, key: TenantKey, *, place: str) -> Sealed:
    """Encrypt a chart; `place` says where it belongs (tenant and chart), and is needed again to open it."""
    own = os.urandom(KEY_BYTES)
    content = _encrypt(own, _encode(chart), f"{place}\0content")
    return Sealed(key.key_id, _wrap(own, key, place), content)


def unseal(sealed: Sealed, key: TenantKey, *, place: str) -> Chart:
    """Decrypt a chart; raises VaultError where it was altered, moved, or wrapped with another key."""
    own = _unwrap(sealed, key, place)
    return _decode(_decrypt(own, sealed.content, f"{place}\0content"))


def rewrap(sealed: Sealed, old: TenantKey, new: TenantKey, *, place: str) -> Sealed:
    """Wrap a chart's own key with another key of its tenant; the content stays as it is."""
    return Sealed(new.key_id, _wrap(_unwrap(sealed, old, place), new, place), sealed.content)


def _wrap(own: bytes, key: TenantKey, place: str) -> bytes:
    return _encrypt(key.secret, own, f"{place}\0key\0{key.key_id}")


def _unwrap(sealed: Sealed, key: TenantKey, place: str) -> bytes:
    return _decrypt(key.secret, sealed.wrapped_key, f"{place}\0key\0{key.key_id}")


def _encrypt(secret: bytes, content: bytes, place: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(secret).encrypt(nonce, content, f"{_FORMAT}\0{place}".encode())


def _decrypt(secret: bytes, content: bytes, place: str) -> bytes:
    try:
        return AESGCM(secret).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], f"{_FORMAT}\0{place}".encode())
    except (InvalidTag, ValueError):
        raise VaultError("vault: a kept chart does not open: altered, moved, or the wrong key") from None


def _encode(chart: Chart) -> bytes:
    return json.dumps(asdict(chart), default=date.isoformat, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _decode(encoded: bytes) -> Chart:
    given: dict[str, Any] = json.loads(encoded.decode("utf-8", "surrogatepass"))
    documents = tuple(Document(**document) for document in given.pop("documents"))
    for name in ("date_of_service", "discharge_date", "birth_date"):
        given[name] = date.fromisoformat(given[name]) if given[name] else None
    given["setting"], given["sex"] = Setting(given["setting"]), Sex(given["sex"])
    given["known_codes"], given["systems"] = tuple(given["known_codes"]), tuple(given["systems"])
    return Chart(documents=documents, **given)
