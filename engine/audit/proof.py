"""Proofs as text, and their check by whoever holds the log's key: needs no log.

Of a record, in the form of C2SP tlog-proof (https://c2sp.org/tlog-proof), the record itself as the extra data:

    c2sp.org/tlog-proof@v1
    extra <base64 of the record>
    index <leaf>
    <base64 of a hash>                     from the leaf up
    ...

    <signed checkpoint>

Of growth, as a C2SP witness takes it (https://c2sp.org/tlog-witness): that the checkpoint's log continues the one that
had the first `old` records.

    old <size>
    <base64 of a hash>
    ...

    <signed checkpoint>
"""

import base64
import re
from dataclasses import dataclass

from engine.audit.merkle import HASH_BYTES, is_consistent, root_by_inclusion
from engine.audit.note import Checkpoint, SignatureState, VerifierKey, decode_base64, parse_checkpoint
from engine.audit.record import Record, decode_record, leaf_hash
from engine.errors import AuditCorruptError, AuditError

_RECORD_PROOF = "c2sp.org/tlog-proof@v1"
_EXTRA = re.compile(r"extra ([A-Za-z0-9+/]+=*)")
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,17})")
_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")
_MAX_HASHES = 64


@dataclass(frozen=True, slots=True)
class RecordProof:
    """That a record is in a log: its bytes, its leaf, the path to the root that the checkpoint signs."""

    record: bytes
    leaf: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    def text(self) -> str:
        """Return the proof as a file's text."""
        extra = base64.b64encode(self.record).decode()
        lines = [_RECORD_PROOF, f"extra {extra}", f"index {self.leaf}", *_lines(self.path), ""]
        return "\n".join(lines) + "\n" + self.checkpoint.text()

    def check(self, key: VerifierKey) -> Record:
        """Return the record if the proof holds; raises AuditCorruptError, which says where it does not."""
        _check_signature(self.checkpoint, key)
        root = root_by_inclusion(leaf_hash(self.record), self.leaf, self.checkpoint.size, self.path)
        if root != self.checkpoint.root:
            raise AuditCorruptError("proof: the record is not in the log that the checkpoint signs")
        return decode_record(self.record)


@dataclass(frozen=True, slots=True)
class GrowthProof:
    """That a log of `checkpoint.size` records continues the one that had `old` of them."""

    old: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    def text(self) -> str:
        """Return the proof as a file's text."""
        return "\n".join([f"old {self.old}", *_lines(self.path), ""]) + "\n" + self.checkpoint.text()

    def check(self, key: VerifierKey, older: Checkpoint) -> None:
        """Raise AuditCorruptError unless the log continues the one of an older checkpoint."""
        _check_signature(self.checkpoint, key)
        _check_signature(older, key)
        if older.size != self.old:
            raise AuditCorruptError(f"proof: continues the log of {self.old} records, not that of {older.size}")
        if not is_consistent(self.old, older.root, self.checkpoint.size, self.checkpoint.root, self.path):
            raise AuditCorruptError("proof: the log does not continue the one of the older checkpoint")


def parse_proof(text: str) -> RecordProof | GrowthProof:
    """Read a proof of either kind; raises AuditError. It is not checked."""
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    checkpoint = parse_checkpoint(note)
    if found := _OLD.fullmatch(lines[0]):
        return GrowthProof(int(found[1]), _hashes(lines[1:]), checkpoint)
    if lines[0] == _RECORD_PROOF and len(lines) >= 3:
        extra, index = _EXTRA.fullmatch(lines[1]), _INDEX.fullmatch(lines[2])
        if extra and index:
            return RecordProof(_decode(extra[1]), int(index[1]), _hashes(lines[3:]), checkpoint)
    raise AuditError(f"proof: want the text of `chartcoder audit prove`: {_RECORD_PROOF} with its record, or old SIZE")


def _check_signature(checkpoint: Checkpoint, key: VerifierKey) -> None:
    state = key.check(checkpoint)
    if state is SignatureState.OTHER_KEY:
        raise AuditCorruptError("checkpoint: signed by another key or of another log")
    if state is SignatureState.FORGED:
        raise AuditCorruptError("checkpoint: forged, the key did not sign it")


def _lines(path: tuple[bytes, ...]) -> list[str]:
    return [base64.b64encode(digest).decode() for digest in path]


def _hashes(lines: list[str]) -> tuple[bytes, ...]:
    hashes = tuple(_decode(line) for line in lines)
    if len(hashes) > _MAX_HASHES or any(len(digest) != HASH_BYTES for digest in hashes):
        raise AuditError(f"proof: want at most {_MAX_HASHES} hashes of {HASH_BYTES} bytes in base64")
    return hashes


def _decode(encoded: str) -> bytes:
    try:
        return decode_base64(encoded)
    except ValueError:
        raise AuditError("proof: want base64") from None
