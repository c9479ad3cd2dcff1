"""What verification can find: kinds of fault, and one fault in its place."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with a record or a file."""

    ALTERED = "ALTERED"  # bytes differ from what was written
    TRUNCATED = "TRUNCATED"  # a file ends inside a frame
    NOT_CANONICAL = "NOT_CANONICAL"  # well framed, but not the canonical bytes of a record
    CHAIN_BREAK = "CHAIN_BREAK"  # does not hold the hash of the record before
    FOREIGN = "FOREIGN"  # belongs to another chain
    REMOVED = "REMOVED"  # records that must be there are not
    REORDERED = "REORDERED"  # stands after records that follow it
    DUPLICATE = "DUPLICATE"  # a sequence number seen before
    MISSING_FILE = "MISSING_FILE"
    NEWER_FORMAT = "NEWER_FORMAT"  # written by a newer version: cannot be judged
    NOT_SIGNED = "NOT_SIGNED"  # a checkpoint signed other records than these
    TREE_ALTERED = "TREE_ALTERED"  # the tree's files do not hold what the records give
    FORGED = "FORGED"  # a checkpoint that the key did not sign
    OTHER_KEY = "OTHER_KEY"  # a checkpoint, or the log, of another key
    ROLLED_BACK = "ROLLED_BACK"  # the log has fewer records than were signed
    CLOCK_BACK = "CLOCK_BACK"  # a notice: recorded earlier than the record before it
    UNSIGNED = "UNSIGNED"  # a notice: no checkpoint vouches for the log


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: in which file, at which record number of the shard (leaf of the tree), and what."""

    file: str
    record: int
    fault: Fault
    detail: str
