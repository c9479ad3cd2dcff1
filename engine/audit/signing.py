"""The log's signing key: Ed25519, a PEM file (PKCS #8) for its owner alone, made at the first start."""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.audit.durable import sync_directory, write_all
from engine.audit.note import Checkpoint, VerifierKey, checkpoint_body
from engine.errors import AuditError

_KEY_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs checkpoints of one log."""

    private: Ed25519PrivateKey
    key: VerifierKey

    def sign(self, size: int, root: bytes) -> Checkpoint:
        """Sign that the first `size` records have this root."""
        signature = self.private.sign(checkpoint_body(self.key.origin, size, root))
        return Checkpoint(self.key.origin, size, root, self.key.key_id, signature)


def make_signer(private: Ed25519PrivateKey, origin: str) -> Signer:
    """Put a key and a log's name together."""
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return Signer(private, VerifierKey(origin, public))


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read the key; raises AuditError for one that others may read or that is no Ed25519 key, OSError."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise AuditError(f"signing key: got mode {mode:04o}, want {_KEY_MODE:04o}: others may read it")
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise AuditError("signing key: want an Ed25519 private key in PEM, PKCS #8, without a password")
    return private


def create_private_key(path: Path) -> Ed25519PrivateKey:
    """Make a key that survives a power cut, or take the one that another process made just now; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    encoded = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    fd = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _KEY_MODE)
    try:
        write_all(fd, encoded)
        os.fsync(fd)
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        os.close(fd)
        unfinished.unlink(missing_ok=True)
    sync_directory(path.parent)
    return read_private_key(path)
