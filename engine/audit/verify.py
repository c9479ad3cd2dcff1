"""The verifier of an audit directory.

It reads what the writer wrote and shares nothing with it but the formats (`record`, `segment`, `tree`, `note`) and the
hash mathematics (`merkle`). It streams: memory does not grow with the log. Every record is checked for its hash, its
canonical bytes, its place and its link to the one before, and against the leaf that was signed; every chain for the end
that was acknowledged; the tree for each of its hashes; checkpoints, a witness's too, for signature and root.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from engine.audit.faults import Fault, Problem
from engine.audit.note import Checkpoint, VerifierKey
from engine.audit.quick import WholeSegment, check_segment
from engine.audit.record import Record, decode_record
from engine.audit.segment import (
    HEADER_BYTES,
    Frame,
    FrameState,
    Head,
    list_segments,
    read_frames,
    read_head,
    segment_path,
)
from engine.audit.shard_check import ShardCheck, clock_notice, is_being_written
from engine.audit.signed import SignedTree
from engine.errors import AuditCorruptError, AuditError

__all__ = ["Fault", "Problem", "Verification", "find_record", "verify"]

# Fewer than these are not worth starting a process for.
_SEGMENTS_FOR_PROCESSES = 3
_NO_RECORD = bytes(32)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a whole directory was found to be.

    `signed` counts the records under the newest checkpoint; `notices` are no faults but worth a look; `set_aside` names
    files that keep tails never acknowledged.
    """

    shards: int
    records: int
    signed: int
    problems: tuple[Problem, ...]
    notices: tuple[Problem, ...] = ()
    set_aside: tuple[str, ...] = ()
    key: VerifierKey | None = None

    @property
    def is_valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(
    directory: Path,
    *,
    key: VerifierKey | None = None,
    witnesses: Sequence[tuple[str, Checkpoint]] = (),
    processes: int = 1,
) -> Verification:
    """Check every record of every shard, the tree and its checkpoints; the log may be written meanwhile.

    `key` is the log's key from a place that its host cannot change, `witnesses` are checkpoints from such a place, by
    name. Raises AuditError if the directory cannot be read; what is wrong with its content is in the result.
    """
    try:
        with SignedTree.open(directory, key=key) as signed:
            return _verify(directory, signed, witnesses, processes)
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None


def _verify(
    directory: Path, signed: SignedTree, witnesses: Sequence[tuple[str, Checkpoint]], processes: int
) -> Verification:
    # Heads first, then the files: a writer at work may move on meanwhile, but never back.
    heads = {shard: _head_or_none(directory, shard) for shard in list_segments(directory)}
    shards = list_segments(directory)
    lost = _lost_shards(directory, [*shards], signed)
    with _checking_quickly(directory, heads, shards, signed=signed, processes=processes) as result:
        problems = [*signed.check(witnesses), *lost]  # meanwhile, where others check the segments
        whole = result()
    records, notices = 0, []
    if not signed.size and any(head and head.count for head in heads.values()):
        notices.append(Problem("tree.checkpoints", 0, Fault.UNSIGNED, "no checkpoint vouches for these records"))
    for shard, segments in shards.items():
        found = whole[shard]
        if _is_one_chain(segments, found, heads.get(shard), signed.end_sequence(shard)):
            records += found[-1].end
            notices += _notices(directory, shard, found)
        else:
            check = ShardCheck(directory, shard, signed)
            problems += check.run()
            records += check.records
            notices += check.notices
    set_aside = tuple(sorted(path.name for path in directory.glob("log-*.torn")))
    return Verification(len(shards), records, signed.size, tuple(problems), tuple(notices), set_aside, signed.key)


def find_record(directory: Path, record_id: str) -> Record | None:
    """Find a record by the id its receipt carries; reads the log from the start.

    Raises AuditError if the directory cannot be read, AuditCorruptError if the record is there but altered.
    """
    found = find_frame(directory, record_id)
    return None if found is None else decode_record(found[1].record)


def find_frame(directory: Path, record_id: str) -> tuple[int, Frame] | None:
    """Find a record by its id: its shard and its frame; raises as `find_record` does."""
    needle = f'"id":"{record_id}"'.encode()
    try:
        for shard, segments in list_segments(directory).items():
            for segment in segments:
                path = segment_path(directory, shard, segment)
                if needle not in path.read_bytes():
                    continue
                for frame in _frames(path):
                    if needle in frame.record and _intact(frame).envelope.record_id == record_id:
                        return shard, frame
    except OSError as error:
        raise AuditError(f"audit directory: cannot read: {error.strerror or 'unknown reason'}") from None
    return None


def _frames(path: Path) -> Iterator[Frame]:
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        yield from read_frames(stream)


def _intact(frame: Frame) -> Record:
    if frame.state is not FrameState.INTACT:
        raise AuditCorruptError("record: altered since it was written")
    return decode_record(frame.record)


def _head_or_none(directory: Path, shard: int) -> Head | None:
    try:
        return read_head(directory, shard)
    except AuditCorruptError:
        return None  # the careful check says why


def _lost_shards(directory: Path, shards: list[int], signed: SignedTree) -> list[Problem]:
    # Shards are taken from the lowest up, so a gap is a loss, unless its writer is only just starting.
    with_head = [int(path.stem.removeprefix("log-")) for path in directory.glob("log-*.head")]
    expected = {*range(max(shards, default=0)), *with_head, *signed.shards()} - set(shards)
    return [
        Problem(f"log-{shard:03}", 0, Fault.MISSING_FILE, "no segment of this shard")
        for shard in sorted(expected)
        if signed.end_sequence(shard) or not is_being_written(directory, shard)
    ]


@contextmanager
def _checking_quickly(
    directory: Path,
    heads: dict[int, Head | None],
    shards: dict[int, list[int]],
    *,
    signed: SignedTree,
    processes: int,
) -> Iterator[Callable[[], dict[int, list[WholeSegment]]]]:
    """Check every segment, in processes where there are many; what is called in the end gives those that passed."""
    places = [
        (head, shard, segment)
        for shard, segments in shards.items()
        if (head := heads.get(shard))
        for segment in segments
    ]
    if processes == 1 or len(places) < _SEGMENTS_FOR_PROCESSES:
        yield lambda: _by_shard(shards, _check_segments(directory, places, signed))
        return
    # Spawned: the caller may have threads, which do not survive a fork.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        parts = [places[number::processes] for number in range(processes)]
        jobs = [pool.submit(_check_in_process, directory, signed.key, part) for part in parts if part]
        yield lambda: _by_shard(shards, [segment for job in jobs for segment in job.result()])


def _by_shard(shards: dict[int, list[int]], found: Sequence[WholeSegment]) -> dict[int, list[WholeSegment]]:
    whole: dict[int, list[WholeSegment]] = {shard: [] for shard in shards}
    for segment in sorted(found, key=lambda segment: segment.header.segment):
        whole[segment.header.shard].append(segment)
    return whole


def _check_in_process(
    directory: Path, key: VerifierKey | None, places: Sequence[tuple[Head, int, int]]
) -> list[WholeSegment]:
    with SignedTree.open(directory, key=key) as signed:
        return _check_segments(directory, places, signed)


def _check_segments(directory: Path, places: Sequence[tuple[Head, int, int]], signed: SignedTree) -> list[WholeSegment]:
    found = (check_segment(directory, head, segment, shard=shard, signed=signed) for head, shard, segment in places)
    return [segment for segment in found if segment is not None]


def _is_one_chain(segments: list[int], found: list[WholeSegment], head: Head | None, signed_end: int) -> bool:
    """Whether all segments passed and follow each other from the first record to the acknowledged end."""
    if head is None or len(found) != len(segments) or segments != list(range(len(segments))):
        return False
    end, last_hash = 0, _NO_RECORD
    for segment in found:
        header = segment.header
        if (header.first_sequence, header.previous) != (end, last_hash):
            return False
        end, last_hash = segment.end, segment.last_hash
    return end >= max(signed_end, head.count)


def _notices(directory: Path, shard: int, found: list[WholeSegment]) -> list[Problem]:
    notices: list[Problem] = []
    latest = ""
    for segment in found:
        if segment.first_time and segment.first_time < latest:
            name = segment_path(directory, shard, segment.header.segment).name
            notices.append(clock_notice(name, segment.header.first_sequence, latest, segment.first_time))
        notices += segment.notices
        latest = segment.last_time or latest
    return notices
