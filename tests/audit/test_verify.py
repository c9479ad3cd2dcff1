import ast
import shutil
import struct
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine.audit.verify
from engine.audit.log import AuditLog
from engine.audit.record import decode_record, encode_record, leaf_hash, make_entry
from engine.audit.segment import HEADER_BYTES, encode_frame, head_path, read_frames, segment_path
from engine.audit.verify import find_record, verify
from engine.errors import AuditCorruptError, AuditError

SEGMENT = "log-000-000000.ccaudit"


@dataclass(frozen=True)
class Sample:
    """A small whole log of one segment, and a place to lay altered copies of it."""

    whole: Path
    copy: Path
    header: bytes
    frames: tuple[bytes, ...]

    def lay(self, content, *, name=SEGMENT):
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.whole, self.copy)
        (self.copy / name).write_bytes(content)
        return verify(self.copy)

    def lay_frames(self, frames):
        return [(problem.fault, problem.record) for problem in self.lay(self.header + b"".join(frames)).problems]


def write(directory, count, **limits):
    with AuditLog(directory, **limits) as log:
        return [log.append(make_entry("test", {"number": number})) for number in range(count)]


def split(path):
    content = path.read_bytes()
    with path.open("rb") as stream:
        stream.seek(HEADER_BYTES)
        return content[:HEADER_BYTES], tuple(content[frame.begin : frame.end] for frame in read_frames(stream))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    base = tmp_path_factory.mktemp("sample")
    write(base / "whole", 5)
    return Sample(base / "whole", base / "copy", *split(base / "whole" / SEGMENT))


def reframe(frame, change):
    """Change the record of a frame and give it a right length, check and hash, as a forger would."""
    record = change(frame[40:])
    return encode_frame(record, leaf_hash(record))


def with_envelope(**values):
    def change(raw):
        record = decode_record(raw)
        return encode_record(replace(record.envelope, **values), make_entry("test", record.body).body)

    return change


def test_verifier_shares_only_the_formats_with_the_writer():
    reached, left = set(), {"verify"}
    while left:
        module = left.pop()
        reached.add(module)
        tree = ast.parse(Path(engine.audit.verify.__file__).with_name(f"{module}.py").read_text())
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        ours = {name.removeprefix("engine.audit.") for name in imported if name.startswith("engine.audit.")}
        left |= ours - reached
    formats = {"record", "segment", "tree", "order", "note", "merkle"}
    assert reached - formats == {"verify", "quick", "shard_check", "signed", "faults"}


def test_a_whole_log_has_no_problems(sample):
    found = verify(sample.whole)
    assert (found.shards, found.records, found.problems, found.is_valid) == (1, 5, (), True)


def test_an_empty_directory_is_whole_and_a_missing_one_an_error(tmp_path):
    assert verify(tmp_path).is_valid
    with pytest.raises(AuditError, match="cannot read"):
        verify(tmp_path / "none")
    with pytest.raises(AuditError, match="cannot read"):
        find_record(tmp_path / "none", "ab" * 16)


def test_every_single_altered_byte_is_found(sample):
    content = (sample.whole / SEGMENT).read_bytes()
    sample.lay(content)
    path = sample.copy / SEGMENT
    for position in range(len(content)):
        altered = bytearray(content)
        altered[position] ^= 1 << position % 8
        path.write_bytes(altered)
        assert verify(sample.copy).problems, position


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_log_with_an_altered_byte_is_not_opened(sample, data):
    content = bytearray((sample.whole / SEGMENT).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert not sample.lay(content).is_valid
    with pytest.raises(AuditCorruptError):
        AuditLog(sample.copy)


def test_an_altered_record_is_named(sample):
    frames = list(sample.frames)
    frames[2] = frames[2][:100] + bytes([frames[2][100] ^ 4]) + frames[2][101:]
    problem = sample.lay(sample.header + b"".join(frames)).problems
    assert [(found.file, found.record, found.fault) for found in problem] == [(SEGMENT, 2, "ALTERED")]


def test_every_shorter_length_is_found_and_not_opened(sample):
    content = (sample.whole / SEGMENT).read_bytes()
    sample.lay(content)
    for length in range(len(content)):
        (sample.copy / SEGMENT).write_bytes(content[:length])
        faults = {problem.fault for problem in verify(sample.copy).problems}
        assert "REMOVED" in faults
        with pytest.raises(AuditCorruptError):
            AuditLog(sample.copy)


def test_a_record_cut_short_is_named(sample):
    found = sample.lay((sample.whole / SEGMENT).read_bytes()[:-1]).problems
    assert [(problem.record, problem.fault) for problem in found] == [(4, "TRUNCATED"), (4, "REMOVED")]


@pytest.mark.parametrize(
    ("order", "problems"),
    [
        ([0, 1, 3, 4], [("REMOVED", 2)]),
        ([0, 4], [("REMOVED", 1)]),
        ([0, 1, 2, 3], [("REMOVED", 4)]),
        ([1, 2, 3, 4], [("REMOVED", 0)]),
        ([], [("REMOVED", 0)]),
        ([0, 2, 1, 3, 4], [("REORDERED", 1)]),
        ([0, 3, 2, 1, 4], [("REORDERED", 2), ("REORDERED", 1)]),
        ([4, 0, 1, 2, 3], [("REORDERED", 0), ("REORDERED", 1), ("REORDERED", 2), ("REORDERED", 3)]),
        ([0, 1, 1, 2, 3, 4], [("DUPLICATE", 1)]),
        ([0, 1, 2, 3, 4, 0], [("DUPLICATE", 0)]),
        ([0, 3, 4, 1], [("REORDERED", 1), ("REMOVED", 2)]),
    ],
)
def test_records_out_of_place_are_named(sample, order, problems):
    assert sample.lay_frames([sample.frames[number] for number in order]) == problems


@settings(max_examples=60, deadline=None)
@given(order=st.lists(st.integers(0, 4), max_size=7))
def test_any_other_order_is_found(sample, order):
    problems = sample.lay_frames([sample.frames[number] for number in order])
    assert bool(problems) == (order != [0, 1, 2, 3, 4])


def test_a_forged_record_breaks_the_chain(sample):
    frames = list(sample.frames)
    frames[1] = reframe(frames[1], lambda raw: raw.replace(b'"number":1', b'"number":7'))
    assert sample.lay_frames(frames) == [("NOT_SIGNED", 1), ("CHAIN_BREAK", 2)]


def test_a_forged_last_record_is_not_the_one_acknowledged(sample):
    frames = list(sample.frames)
    frames[4] = reframe(frames[4], lambda raw: raw.replace(b'"number":4', b'"number":7'))
    assert sample.lay_frames(frames) == [("NOT_SIGNED", 4), ("CHAIN_BREAK", 4)]


def test_an_inserted_record_is_named(sample):
    forged = reframe(sample.frames[1], with_envelope(record_id="ef" * 16))
    frames = [sample.frames[0], forged, *sample.frames[1:]]
    assert sample.lay_frames(frames) == [("NOT_SIGNED", 1), ("DUPLICATE", 1), ("CHAIN_BREAK", 2)]


def test_a_record_appended_by_a_stranger_breaks_the_chain(sample):
    forged = reframe(sample.frames[4], with_envelope(sequence=5))
    assert sample.lay_frames([*sample.frames, forged]) == [("CHAIN_BREAK", 5)]


def test_a_record_of_another_log_is_named(sample, tmp_path):
    write(tmp_path, 5)
    _, others = split(tmp_path / SEGMENT)
    frames = [*sample.frames[:2], others[2], *sample.frames[3:]]
    assert sample.lay_frames(frames) == [("FOREIGN", 2), ("REMOVED", 2)]


def test_a_record_that_is_not_canonical_is_named(sample):
    frames = list(sample.frames)
    frames[2] = reframe(frames[2], lambda raw: raw.replace(b'"number":2', b'"number": 2'))
    assert sample.lay_frames(frames) == [("NOT_CANONICAL", 2), ("NOT_SIGNED", 2), ("CHAIN_BREAK", 3)]


def test_a_length_that_reaches_past_the_end_is_not_taken_for_a_torn_tail(sample):
    frames = list(sample.frames)
    frames[4] = struct.pack(">I", 1 << 20) + frames[4][4:]
    assert sample.lay_frames(frames) == [("ALTERED", 4), ("REMOVED", 4)]


def test_every_altered_byte_of_the_head_is_found(sample):
    head = (sample.whole / "log-000.head").read_bytes()
    for position in range(len(head)):
        altered = bytearray(head)
        altered[position] ^= 1 << position % 8
        assert not sample.lay(altered, name="log-000.head").is_valid


@pytest.mark.parametrize("name", ["log-000.head", SEGMENT])
def test_a_missing_file_is_named(tmp_path, name):
    write(tmp_path, 3)
    (tmp_path / name).unlink()
    assert "MISSING_FILE" in {problem.fault for problem in verify(tmp_path).problems}


def test_a_missing_shard_is_named(tmp_path):
    with AuditLog(tmp_path), AuditLog(tmp_path):
        pass
    for path in tmp_path.glob("log-000*"):
        path.unlink()
    assert [(problem.file, problem.fault) for problem in verify(tmp_path).problems] == [("log-000", "MISSING_FILE")]


@pytest.fixture(scope="module")
def segmented(tmp_path_factory):
    directory = tmp_path_factory.mktemp("segmented")
    write(directory, 12, segment_bytes=1000)
    return directory


def test_a_missing_segment_and_its_records_are_named(segmented, tmp_path):
    directory = Path(shutil.copytree(segmented, tmp_path / "copy"))
    segment_path(directory, 0, 1).unlink()
    problems = verify(directory).problems
    assert [problem.fault for problem in problems] == ["MISSING_FILE", "REMOVED"]
    assert problems[0].file == "log-000-000001.ccaudit"


def test_exchanged_segments_are_named(segmented, tmp_path):
    directory = Path(shutil.copytree(segmented, tmp_path / "copy"))
    one, two = segment_path(directory, 0, 1), segment_path(directory, 0, 2)
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    faults = {problem.fault for problem in verify(directory).problems}
    assert faults == {"REORDERED"}


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_an_altered_byte_in_any_segment_is_found(segmented, data):
    path = data.draw(st.sampled_from(sorted(segmented.glob("*.ccaudit"))))
    content = path.read_bytes()
    altered = bytearray(content)
    altered[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(altered)
    try:
        assert any(problem.file == path.name for problem in verify(segmented).problems)
    finally:
        path.write_bytes(content)


def test_a_log_being_written_is_whole_at_every_moment(tmp_path):
    with AuditLog(tmp_path, segment_bytes=5000) as log:
        is_done = threading.Event()

        def work():
            while not is_done.is_set():
                log.append_many([make_entry("test", {"note": "x" * 500})] * 3)

        writer = threading.Thread(target=work)
        writer.start()
        try:
            found = [verify(tmp_path)]
            while found[-1].records < 100 and len(found) < 5000:
                found.append(verify(tmp_path))
        finally:
            is_done.set()
            writer.join()
    assert [problem for each in found for problem in each.problems] == []
    assert found[-1].records >= 100


def test_a_record_on_its_way_is_no_problem_while_its_writer_lives(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append(make_entry("test", {}))
        with segment_path(tmp_path, 0, 0).open("ab") as stream:
            stream.write(b"half a fra")
        assert verify(tmp_path).is_valid


def test_find_record_reads_it_whole_or_says_it_is_altered(tmp_path):
    receipts = write(tmp_path, 4, segment_bytes=700)
    found = find_record(tmp_path, receipts[3].record_id)
    assert (found.body, found.envelope.sequence, found.hash) == ({"number": 3}, 3, receipts[3].hash)
    assert find_record(tmp_path, "ab" * 16) is None
    assert find_record(tmp_path, '","kind":"') is None
    path = segment_path(tmp_path, 0, 0)
    path.write_bytes(path.read_bytes().replace(b'"number":0', b'"number":9'))
    with pytest.raises(AuditCorruptError, match="altered"):
        find_record(tmp_path, receipts[0].record_id)


def test_a_records_body_cannot_pose_as_another_record(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append(make_entry("test", {"id": "ab" * 16}))
    assert find_record(tmp_path, "ab" * 16) is None


def test_a_head_that_lags_is_no_problem(tmp_path):
    write(tmp_path, 2)
    head = head_path(tmp_path, 0).read_bytes()
    write(tmp_path, 2)
    head_path(tmp_path, 0).write_bytes(head)
    assert verify(tmp_path).is_valid
