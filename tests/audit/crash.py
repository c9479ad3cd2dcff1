"""Kill a log's writers at random moments, again and again, and see that nothing acknowledged is lost.

    python tests/audit/crash.py --rounds 200

Each round starts writers (64 threads in all, in one process or two) on the same log, which signs all the time; each
tells on its pipe what was acknowledged. After a random while all are killed (SIGKILL). Then the log is verified, opened
again (which recovers it), signed, verified once more against all witnesses so far, and every record that was ever
acknowledged is looked for. A kill shows what the process leaves; that it is on the disk is fsync's word.
"""

import argparse
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.audit.log import AuditLog
from engine.audit.record import decode_record
from engine.audit.segment import HEADER_BYTES, list_segments, read_frames, segment_path
from engine.audit.verify import verify

ROOT = Path(__file__).parents[2]
WRITERS = 64
_WRITER = """
import os, sys, threading
from pathlib import Path
from engine.audit.log import AuditLog
from engine.audit.record import make_entry

directory, threads, segment_bytes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
log = AuditLog(directory, segment_bytes=segment_bytes, seal_every_s=0.005)

def work(number):
    size = 10
    while True:
        size = size * 7 % 3001
        receipt = log.append(make_entry("test", {"note": "x" * size, "writer": number}))
        os.write(1, (receipt.record_id + receipt.hash + "\\n").encode())

for number in range(threads):
    threading.Thread(target=work, args=(number,), daemon=True).start()
threading.Event().wait()
"""


@dataclass(slots=True)
class Tally:
    """What the rounds have shown so far; `slowest_start_s` is the longest that opening after a kill took."""

    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    set_aside: int = 0
    problems: int = 0
    slowest_start_s: float = 0.0
    seen: dict[str, str] = field(default_factory=dict)


def run_rounds(directory: Path, rounds: int, *, seed: int = 1) -> Tally:
    """Run so many rounds on one log."""
    chance = random.Random(seed)
    tally = Tally()
    for _ in range(rounds):
        acknowledged = kill_under_load(directory, chance)
        tally.rounds += 1
        tally.acknowledged += len(acknowledged)
        tally.seen.update(acknowledged)
        check(directory, tally)
    return tally


def kill_under_load(directory: Path, chance: random.Random) -> dict[str, str]:
    """Start the writers, kill them some time after the first acknowledgement; returns id to hash of what was told."""
    count = chance.choice([1, 1, 2])
    segment_bytes = chance.choice([20_000, 300_000, 64 * 1024 * 1024])
    command = [sys.executable, "-c", _WRITER, str(directory), str(WRITERS // count), str(segment_bytes)]
    writers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(count)]
    told = [b""] * count
    pipes = {writer.stdout.fileno(): number for number, writer in enumerate(writers)}
    deadline, end = time.monotonic() + 60, None
    while end is None or time.monotonic() < end:
        for pipe in select.select(list(pipes), [], [], 0.01)[0]:
            told[pipes[pipe]] += os.read(pipe, 1 << 16)
        if end is None and any(told):
            end = time.monotonic() + chance.expovariate(10)
        assert time.monotonic() < deadline, "no writer came to write"
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    for number, writer in enumerate(writers):
        told[number] += writer.stdout.read()
        writer.stdout.close()
        writer.wait()
    lines = [line.decode() for text in told for line in text.split(b"\n")[:-1]]
    return {line[:32]: line[32:] for line in lines}


def check(directory: Path, tally: Tally) -> None:
    """Verify what was left, recover it, sign it, and look for everything that was acknowledged."""
    torn = {"TRUNCATED"}  # tails that were never acknowledged, until the next writer sets them aside
    tally.problems += sum(problem.fault not in torn for problem in verify(directory).problems)
    began = time.perf_counter()
    logs = [AuditLog(directory), AuditLog(directory)]
    tally.slowest_start_s = max(tally.slowest_start_s, (time.perf_counter() - began) / 2)
    tally.set_aside += sum(log.set_aside is not None for log in logs)
    for log in logs:
        log.seal()
        log.close()
    found = verify(directory)
    tally.problems += len(found.problems) + (found.signed != found.records)
    there = dict(records(directory))
    tally.lost += sum(there.get(record_id) != digest for record_id, digest in tally.seen.items())


def records(directory: Path) -> Iterator[tuple[str, str]]:
    """Yield id and hash of every record."""
    for shard, segments in list_segments(directory).items():
        for segment in segments:
            with segment_path(directory, shard, segment).open("rb") as stream:
                stream.seek(HEADER_BYTES)
                for frame in read_frames(stream):
                    yield decode_record(frame.record).envelope.record_id, frame.hash.hex()


def main() -> None:
    """Run from the command line; exit status 1 if anything was lost or wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total = Tally()
    # A log of ten rounds each, so that a round's check does not grow with all before it.
    for first in range(0, given.rounds, 10):
        with tempfile.TemporaryDirectory(dir=ROOT / "build" if (ROOT / "build").is_dir() else None) as folder:
            tally = run_rounds(Path(folder) / "log", min(10, given.rounds - first), seed=given.seed + first)
        for name in ("rounds", "acknowledged", "lost", "set_aside", "problems"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
        total.slowest_start_s = max(total.slowest_start_s, tally.slowest_start_s)
        print(
            f"{total.rounds} kills under {WRITERS} writers: {total.acknowledged} records acknowledged, "
            f"{total.lost} lost, {total.problems} problems, {total.set_aside} tails set aside, "
            f"slowest start {total.slowest_start_s * 1000:.0f} ms",
            flush=True,
        )
    sys.exit(1 if total.lost or total.problems else 0)


if __name__ == "__main__":
    main()
