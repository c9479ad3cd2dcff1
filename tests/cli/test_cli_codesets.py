"""`lookup`, `search`, `validate`, `codesets`: the answers of the engine's own calls, and files that are damaged."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, Terminal, run_here

from codesets.search import search_codes
from codesets.store import Releases, save_release
from codesets.types import Node, ReleaseSource, System
from codesets.validate import validate_codes
from engine.config import Config
from engine.live import Live


def plain(record: Any) -> Any:
    """Return a record as JSON has it."""
    return json.loads(json.dumps(asdict(record), default=date.isoformat))


def release(version: str, codes: dict[str, str]) -> ReleaseSource:
    """Make a small release."""
    year = int(version)
    nodes = (
        Node("A00", "Cholera", "", billable=False),
        *(Node(code, title, "A00", billable=True) for code, title in codes.items()),
    )
    begin, end = date(year - 1, 10, 1), date(year, 9, 30)
    return ReleaseSource(System.ICD10CM, version, begin, end, f"made for {version}", nodes)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A store of two small releases."""
    home = tmp_path / "small"
    save_release(home, release("2025", {"A00.0": "Cholera due to V. cholerae", "A00.9": "Cholera, unspecified"}))
    save_release(home, release("2026", {"A00.1": "Cholera, eltor", "A00.9": "Cholera, not specified"}))
    return home


def test_lookup_gives_what_the_release_says(terminal: Terminal, live: Live) -> None:
    snapshot = live.releases.release(System.ICD10CM)
    run = terminal.run("lookup", "e119", "I10", "--json")
    assert (run.status, run.lines) == (0, [plain(snapshot.find("E11.9")), plain(snapshot.find("I10"))])


def test_lookup_of_an_unknown_code_shows_the_others(terminal: Terminal) -> None:
    run = terminal.run("lookup", "QQQ", "E11")
    assert run.status == 1
    assert "codes[0]: got another one, want a code of icd10cm" in run.err
    assert "Type 2 diabetes mellitus\n  not billable" in run.out
    assert "E08-E13" in run.out


def test_search_gives_what_the_call_gives(small: Path) -> None:
    run = run_here("--home", small, "search", "cholera", "--json", "--limit", "2")
    assert run.lines == [plain(hit) for hit in search_codes(Releases.open(small), "cholera", limit=2)]
    assert len(run.lines) == 2


def test_search_that_finds_nothing_says_so(small: Path) -> None:
    run = run_here("--home", small, "search", "qqqqq")
    assert (run.status, run.out) == (1, "")
    assert "nothing found" in run.err


def test_search_is_of_the_release_of_the_day(small: Path) -> None:
    run = run_here("--home", small, "search", "cholera", "--date", "2025-03-31", "--billable")
    assert [line.split()[0] for line in run.out.splitlines()] == ["A00.9", "A00.0"]


def test_validate_gives_what_the_call_gives(terminal: Terminal, live: Live) -> None:
    codes = ("e119", "E11", "ZZ", "E11.ZZ")
    run = terminal.run("validate", *codes, "--json")
    assert run.status == 1
    assert run.lines == [plain(check) for check in validate_codes(live.releases, System.ICD10CM, codes)]


def test_validate_is_content_with_valid_codes(terminal: Terminal) -> None:
    run = terminal.run("validate", "E11.9", "S72.001A", "--date", "2026-03-31")
    assert run.status == 0
    assert [line.split()[1] for line in run.out.splitlines()] == ["VALID", "VALID"]


def test_a_day_without_a_release_is_refused(small: Path) -> None:
    run = run_here("--home", small, "validate", "A00.9", "--date", "1999-01-01")
    assert (run.status, run.out) == (2, "")
    assert "got 1999-01-01, want a day in a loaded icd10cm release" in run.err


def test_list_names_every_release(small: Path) -> None:
    run = run_here("--home", small, "codesets", "list", "--json")
    assert [(line["version"], line["billable_count"]) for line in run.lines] == [("2026", 2), ("2025", 2)]
    assert "2024-10-01 to 2025-09-30" in run_here("--home", small, "codesets", "list").out


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    for command in ("list", "verify"):
        run = run_here("--home", tmp_path, "codesets", command)
        assert (run.status, run.out) == (0, "")
        assert "run `chartcoder codesets build`" in run.err


def test_diff_says_what_changed(small: Path) -> None:
    run = run_here("--home", small, "codesets", "diff", "2025", "2026", "--limit", "1")
    assert run.out.splitlines() == [
        "added: 1 billable codes",
        "  A00.1     Cholera, eltor",
        "removed: 1 billable codes",
        "  A00.0     Cholera due to V. cholerae",
        "retitled: 1 billable codes",
        "  A00.9     Cholera, not specified",
    ]


def test_diff_names_the_releases_there_are(small: Path) -> None:
    run = run_here("--home", small, "codesets", "diff", "2025", "2031")
    assert run.status == 2
    assert "got icd10cm '2031', want one of 2026, 2025" in run.err


def test_a_wrong_file_is_not_imported_and_leaves_the_store(small: Path, tmp_path: Path) -> None:
    before = sorted((path.name, path.read_bytes()) for path in small.rglob("*.ccsnap"))
    for name, content in (
        ("note.txt", b"HTN"),
        ("cut.xml", b"<?xml version='1.0'?><ICD10CM.tabular>"),
        ("no.zip", b"PK"),
    ):
        (tmp_path / name).write_bytes(content)
        run = run_here("--home", small, "codesets", "import", tmp_path / name)
        assert (run.status, run.out) == (2, "")
        assert name in run.err
        assert "Traceback" not in run.err
    assert sorted((path.name, path.read_bytes()) for path in small.rglob("*.ccsnap")) == before


@contextmanager
def damaged(path: Path, how: str) -> Iterator[None]:
    """Damage a file for a while."""
    whole = path.read_bytes()
    changes = {
        "truncated": whole[: len(whole) // 2],
        "altered": whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:],
        "empty": b"",
        "another version": whole[:8] + b"\xff\0\0\0" + whole[12:],
    }
    path.write_bytes(changes[how])
    try:
        yield
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("how", ["truncated", "altered", "empty", "another version"])
def test_a_damaged_snapshot_is_refused_and_named(how: str, small: Path) -> None:
    path = small / "snapshots" / "icd10cm-2025.ccsnap"
    with damaged(path, how):
        for words in (("code",), ("lookup", "A00"), ("codesets", "list"), ("serve", "--port", "0")):
            run = run_here("--home", small, *words, stdin=b"cholera")
            assert (run.status, run.out) == (2, "")
            assert "icd10cm-2025.ccsnap: " in run.err
            assert "`chartcoder codesets build` replaces what is damaged" in run.err
        verified = run_here("--home", small, "codesets", "verify")
        assert verified.status == 1
        assert "DAMAGED  icd10cm-2025.ccsnap: " in verified.out
        assert "ok       icd10cm-2026.ccsnap" in verified.out


def test_build_sets_a_damaged_file_aside(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.live.make_dictionary", lambda path, *_, **__: path.parent.mkdir(exist_ok=True))
    path = small / "snapshots" / "icd10cm-2025.ccsnap"
    path.write_bytes(b"damaged")
    run = run_here("--home", small, "codesets", "build")
    assert run.status == 0
    assert "set aside as icd10cm-2025.ccsnap.damaged" in run.err
    assert path.with_name("icd10cm-2025.ccsnap.damaged").read_bytes() == b"damaged"
    assert [line.split()[1] for line in run.out.splitlines()] == ["2026", "2024"]


def test_build_leaves_what_is_whole(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "home"
    shutil.copytree(home, mine, ignore=shutil.ignore_patterns("audit"))
    run: Run = run_here("--home", mine, "codesets", "build")
    assert run.status == 0
    assert "74719 billable" in run.out


def test_lookups_answer_without_a_dictionary(small: Path) -> None:
    assert run_here("--home", small, "lookup", "A00.1").status == 0
    assert not Config(home=small).home.joinpath("dictionaries").exists()
