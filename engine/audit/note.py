"""Signed checkpoints as text: C2SP signed-note and tlog-checkpoint (https://c2sp.org/tlog-checkpoint).

    <origin>
    <size, decimal>
    <root, base64>

    — <origin> <base64 of key id (4 bytes) and Ed25519 signature (64 bytes)>

The signature covers the lines before the blank one. A verifier key is one line, `<origin>+<key id, hex>+<base64 of 0x01
and the public key>`. Signatures of others (witnesses that cosigned) may follow; they are left unread here.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import Enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.errors import AuditCorruptError

KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
PUBLIC_KEY_BYTES = 32
_ED25519 = b"\x01"
_ORIGIN = r"[^\s+]+"
_KEY = re.compile(rf"({_ORIGIN})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/]+=*)")
_SIGNATURE = re.compile(rf"\u2014 ({_ORIGIN}) ([A-Za-z0-9+/]+=*)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class SignatureState(Enum):
    """What the signature of a checkpoint was found to be."""

    GOOD = "good"
    FORGED = "forged"  # by the key's id, but not by the key
    OTHER_KEY = "other key"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's signed word that its first `size` records have this root."""

    origin: str
    size: int
    root: bytes
    key_id: bytes
    signature: bytes

    def body(self) -> bytes:
        """Return the bytes that are signed."""
        return checkpoint_body(self.origin, self.size, self.root)

    def text(self) -> str:
        """Return the signed note."""
        signed = base64.b64encode(self.key_id + self.signature).decode()
        return f"{self.body().decode()}\n\u2014 {self.origin} {signed}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A log's name and public key."""

    origin: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first bytes of a hash of both, which signatures name."""
        return hashlib.sha256(self.origin.encode() + b"\n" + _ED25519 + self.public).digest()[:KEY_ID_BYTES]

    def text(self) -> str:
        """Return the key as one line, without its end."""
        return f"{self.origin}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def check(self, checkpoint: Checkpoint) -> SignatureState:
        """Check who signed a checkpoint."""
        if (checkpoint.origin, checkpoint.key_id) != (self.origin, self.key_id):
            return SignatureState.OTHER_KEY
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(checkpoint.signature, checkpoint.body())
        except InvalidSignature:
            return SignatureState.FORGED
        return SignatureState.GOOD


def checkpoint_body(origin: str, size: int, root: bytes) -> bytes:
    """Return the bytes that a checkpoint's signature covers."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def parse_key(text: str) -> VerifierKey:
    """Read a verifier key; raises AuditCorruptError."""
    found = _KEY.fullmatch(text.strip())
    if found:
        encoded = _decode(found[3])
        key = VerifierKey(found[1], encoded[1:])
        if len(encoded) == 1 + PUBLIC_KEY_BYTES and encoded[:1] == _ED25519 and key.key_id.hex() == found[2]:
            return key
    raise AuditCorruptError("verifier key: not a line `origin+key id+Ed25519 public key`")


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a signed note that is a checkpoint; raises AuditCorruptError. The signature is not checked."""
    body, _, signatures = text.partition("\n\n")
    lines = body.split("\n")
    if len(lines) < 3 or not _SIZE.fullmatch(lines[1]):
        raise AuditCorruptError("checkpoint: not the text of a signed checkpoint")
    if len(lines) > 3:
        raise AuditCorruptError("checkpoint: has extension lines, want origin, size and root")
    root = _decode(lines[2])
    for line in signatures.split("\n"):
        found = _SIGNATURE.fullmatch(line)
        if found and found[1] == lines[0]:
            signed = _decode(found[2])
            if len(signed) == KEY_ID_BYTES + SIGNATURE_BYTES and len(root) == 32:
                return Checkpoint(lines[0], int(lines[1]), root, signed[:KEY_ID_BYTES], signed[KEY_ID_BYTES:])
    raise AuditCorruptError("checkpoint: not signed by its origin")


def decode_base64(encoded: str) -> bytes:
    """Decode what has one way to be written; raises ValueError for any other, which Python's decoder lets pass."""
    decoded = base64.b64decode(encoded, validate=True)
    if base64.b64encode(decoded).decode() != encoded:
        raise ValueError("base64")
    return decoded


def _decode(encoded: str) -> bytes:
    try:
        return decode_base64(encoded)
    except ValueError:
        return b""
