"""Which record stands where in the tree: the runs of each shard.

A run says that from leaf `first_leaf` of the tree on stand the records of a shard from `first_sequence` on, up to the
next run of any shard or the end of the tree. A shard that writes alone has one run for ever.
"""

import re
import struct
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.audit.tree import EntryFile
from engine.errors import AuditCorruptError

RUNS_MAGIC = b"CCTRUNS1"
_RUN = struct.Struct(">QQI")
_RUNS_NAME = re.compile(r"tree-(\d{3,})\.runs")
RUN_BYTES = _RUN.size


def runs_path(directory: Path, shard: int) -> Path:
    """Name the file that places a shard's records in the tree."""
    return directory / f"tree-{shard:03}.runs"


def list_runs(directory: Path) -> list[int]:
    """Return the shards that have records in the tree, in order."""
    return sorted(int(found[1]) for path in directory.iterdir() if (found := _RUNS_NAME.fullmatch(path.name)))


@dataclass(frozen=True, slots=True)
class Run:
    """Where some records of a shard stand in the tree."""

    first_leaf: int
    shard: int
    first_sequence: int


def encode_run(run: Run) -> bytes:
    """Return an entry of the shard's file."""
    content = struct.pack(">QQ", run.first_leaf, run.first_sequence)
    return content + struct.pack(">I", zlib.crc32(content))


class _Column:
    """One number of every run of a shard, read where it is asked for."""

    def __init__(self, file: EntryFile, place: int) -> None:
        self._file = file
        self._place = place

    def __len__(self) -> int:
        return self._file.count

    def __getitem__(self, number: int) -> int:
        return _decode_run(self._file.read(number), self._file.name, number)[self._place]


@dataclass(slots=True)
class _Runs:
    """The runs of a shard, in order: where they begin in the tree and in the shard."""

    file: EntryFile
    leaves: "_Column | array[int]"
    sequences: "_Column | array[int]"


def _open_runs(directory: Path, shard: int, *, is_loaded: bool) -> _Runs:
    file = EntryFile(runs_path(directory, shard), RUNS_MAGIC, RUN_BYTES)
    if not is_loaded:
        return _Runs(file, _Column(file, 0), _Column(file, 1))
    leaves, sequences = array("Q"), array("Q")
    try:
        entries = file.read(0, file.count) if file.count else b""
        for number in range(file.count):
            entry = entries[number * RUN_BYTES : (number + 1) * RUN_BYTES]
            first_leaf, first_sequence = _decode_run(entry, file.name, number)
            leaves.append(first_leaf)
            sequences.append(first_sequence)
    except BaseException:
        file.close()
        raise
    return _Runs(file, leaves, sequences)


def _decode_run(entry: bytes, name: str, number: int) -> tuple[int, int]:
    first_leaf, first_sequence, check = _RUN.unpack(entry)
    if zlib.crc32(entry[:-4]) != check:
        raise AuditCorruptError(f"{name}, run {number}: altered")
    return first_leaf, first_sequence


class Order:
    """Which record stands where in a tree of the given size.

    It reads O(log n) entries for each question, or all of them at once (`is_loaded`: 16 bytes a run) for whoever asks
    about every record.
    """

    def __init__(self, directory: Path, size: int, *, is_loaded: bool = False) -> None:
        self.size = size
        self._runs: dict[int, _Runs] = {}
        self._counts: dict[int, int] = {}
        try:
            for shard in list_runs(directory):
                self._runs[shard] = _open_runs(directory, shard, is_loaded=is_loaded)
                self._counts[shard] = self._runs_before(shard, size)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the files."""
        for runs in self._runs.values():
            runs.file.close()

    @property
    def shards(self) -> list[int]:
        """The shards that have records in the tree."""
        return [shard for shard, count in self._counts.items() if count]

    def committed_runs(self, shard: int) -> int:
        """Count the runs of a shard that belong to the tree."""
        return self._counts.get(shard, 0)

    def end_sequence(self, shard: int) -> int:
        """Count the records of a shard that are in the tree."""
        count = self.committed_runs(shard)
        if not count:
            return 0
        run = self._run(shard, count - 1)
        return run.first_sequence + self.run_end(run) - run.first_leaf

    def leaf_of(self, shard: int, sequence: int) -> int | None:
        """Find a record's leaf; None if it is not in the tree yet."""
        count = self.committed_runs(shard)
        number = bisect_right(self._runs[shard].sequences, sequence, 0, count) if count else 0
        if number == 0:
            return None
        run = self._run(shard, number - 1)
        leaf = run.first_leaf + sequence - run.first_sequence
        return leaf if leaf < self.run_end(run) else None

    def record_of(self, leaf: int) -> tuple[int, int]:
        """Find (shard, sequence) of the record at a leaf of the tree; raises AuditCorruptError if there is none."""
        run = self.run_at(leaf)
        return run.shard, run.first_sequence + leaf - run.first_leaf

    def run_at(self, leaf: int) -> Run:
        """Find the run that a leaf is in."""
        runs = [self._run(shard, count - 1) for shard in self._runs if (count := self._runs_before(shard, leaf + 1))]
        if not runs:
            raise AuditCorruptError(f"tree: no record is known to stand at leaf {leaf}")
        return max(runs, key=lambda run: run.first_leaf)

    def runs(self) -> Iterator[tuple[Run, int]]:
        """Yield every run in the order of the tree, with the number of its records."""
        leaf = 0
        while leaf < self.size:
            run = self.run_at(leaf)
            if run.first_leaf != leaf:
                raise AuditCorruptError(f"tree: no record is known to stand at leaf {leaf}")
            end = self.run_end(run)
            yield run, end - leaf
            leaf = end

    def run_end(self, run: Run) -> int:
        """Find the leaf before which a run ends: where the next of any shard begins."""
        end = self.size
        for shard, runs in self._runs.items():
            number = self._runs_before(shard, run.first_leaf + 1)
            if number < self._counts[shard]:
                end = min(end, runs.leaves[number])
        return end

    def _runs_before(self, shard: int, leaf: int) -> int:
        return bisect_left(self._runs[shard].leaves, leaf)

    def _run(self, shard: int, number: int) -> Run:
        runs = self._runs[shard]
        return Run(runs.leaves[number], shard, runs.sequences[number])
