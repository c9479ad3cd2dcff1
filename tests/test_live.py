"""The engine's store: built once, opened again without building, and refused when a file in it is spoilt."""

import gc
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from codesets.errors import CodeSetError
from codesets.store import save_release
from codesets.types import Node, ReleaseSource, System
from engine.config import Config
from engine.errors import ArtifactError
from engine.live import Live, build
from engine.types import Chart, Document


def small_release(version: str, title: str, year: int) -> ReleaseSource:
    """Make a release of three nodes, in force in one fiscal year."""
    nodes = (
        Node("10", "Diseases of the respiratory system (J00-J99)", "", billable=False),
        Node("J40-J4A", "Chronic lower respiratory diseases (J40-J4A)", "10", billable=False),
        Node("J45", title, "J40-J4A", billable=True),
    )
    return ReleaseSource(System.ICD10CM, version, date(year - 1, 10, 1), date(year, 9, 30), "made", nodes)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of one small release, with its dictionary."""
    save_release(tmp_path, small_release("2026", "Wheezing disease", 2026))
    build(tmp_path)
    return tmp_path


def dictionaries(store: Path) -> list[Path]:
    """List the compiled dictionaries."""
    return sorted((store / "dictionaries").iterdir())


@pytest.fixture(autouse=True)
def without_package(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the packaged ICD-10-PCS out of the small stores."""
    if "store" in request.fixturenames:
        monkeypatch.setattr("engine.live.packaged_codes", lambda: None)


def test_opening_again_builds_nothing(store: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}
    told: list[str] = []
    live = Live.open(Config(home=store), progress=told.append)
    assert told == []
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()} == before
    coded = live.pipeline.code(Chart("c", (Document("wheezing disease"),)))
    assert [f.codes[0].code for f in coded.findings] == ["J45"]


def test_the_packaged_release_is_built_on_first_use(home: Path) -> None:
    # The session's store was made by `build` in an empty folder.
    names = sorted(path.name for path in (home / "snapshots").iterdir())
    assert names == ["icd10cm-2026.ccsnap", "icd10pcs-2024.ccsnap"]
    assert len(dictionaries(home)) == 2
    assert build(home, progress=lambda step: pytest.fail(f"built again: {step}")).dictionaries.keys() == {"2026"}


def test_building_again_says_what_takes_seconds(store: Path) -> None:
    (path,) = dictionaries(store)
    path.unlink()
    told: list[str] = []
    build(store, progress=told.append)
    assert told == ["compiling the dictionary of ICD-10-CM 2026"]
    assert dictionaries(store) == [path]


def test_a_stale_dictionary_is_replaced_and_removed(store: Path) -> None:
    (path,) = dictionaries(store)
    stale = path.with_name(path.name.replace(path.stem.rpartition("-")[2], "0" * 20))
    path.rename(stale)
    build(store)
    assert dictionaries(store) == [path]


def test_the_dictionary_follows_what_it_is_made_from(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = dictionaries(store)
    monkeypatch.setattr("engine.match.recipe.recipe_hash", lambda: "another recipe")
    build(store)
    (after,) = dictionaries(store)
    assert after != before


def test_a_replaced_release_gets_a_dictionary_of_its_own(store: Path) -> None:
    (before,) = dictionaries(store)
    save_release(store, small_release("2026", "Whistling disease", 2026))
    live = Live.open(Config(home=store))
    assert dictionaries(store) != [before]
    assert live.pipeline.code(Chart("c", (Document("whistling disease"),))).findings


def test_the_date_of_service_chooses_the_release(store: Path) -> None:
    save_release(store, small_release("2027", "Whistling disease", 2027))
    pipeline = Live.open(Config(home=store)).pipeline
    assert len(dictionaries(store)) == 2
    for day, version, word in [(date(2026, 9, 30), "2026", "wheezing"), (date(2026, 10, 1), "2027", "whistling")]:
        coded = pipeline.code(Chart("c", (Document(f"{word} disease"),), date_of_service=day))
        assert coded.header.releases[0].version == version
        assert [f.mention.text for f in coded.findings] == [f"{word} disease"]
    assert pipeline.code(Chart("c", (Document("x"),))).header.releases[0].version == "2027"


def cut(data: bytes) -> bytes:
    """Truncate to half."""
    return data[: len(data) // 2]


def alter(data: bytes) -> bytes:
    """Change one byte near the end."""
    return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]


@pytest.mark.parametrize(
    "spoil",
    [cut, alter, lambda data: b"", lambda data: b"hello", lambda data: b"\0" * len(data), lambda data: data[8:]],
)
@pytest.mark.parametrize("folder", ["snapshots", "dictionaries"])
def test_a_spoilt_file_is_refused_by_name(store: Path, folder: str, spoil: Callable[[bytes], bytes]) -> None:
    (path,) = (store / folder).iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises((CodeSetError, ArtifactError)) as caught:
        Live.open(Config(home=store))
    assert path.name in str(caught.value)


def test_the_kind_of_a_file_is_not_its_name(store: Path) -> None:
    (snapshot,), (dictionary,) = (store / "snapshots").iterdir(), dictionaries(store)
    shutil.copy(snapshot, dictionary)
    with pytest.raises((CodeSetError, ArtifactError), match="another kind of file"):
        Live.open(Config(home=store))


def test_a_store_that_cannot_be_written_says_so(store: Path) -> None:
    shutil.rmtree(store / "dictionaries")
    (store / "dictionaries").write_text("a file where a folder should be")
    with pytest.raises(ArtifactError, match="cannot be written"):
        Live.open(Config(home=store))


def test_warming_up_changes_no_answer_and_spares_the_first_chart_the_tables(store: Path) -> None:
    live = Live.open(Config(home=store))
    chart = Chart("c", (Document("Wheezing disease."),))
    before, thresholds = live.pipeline.code(chart), gc.get_threshold()
    try:
        live.warm_up()
        assert gc.get_threshold() > thresholds
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
    after = live.pipeline.code(chart)
    assert (after.findings, after.suggestions) == (before.findings, before.suggestions)


def test_the_first_use_of_a_new_code_is_told_by_its_route(store: Path) -> None:
    year, last = small_release("2027", "Wheezing disease", 2027), small_release("2026", "Wheezing disease", 2026)
    new = Node("J46", "Whistling disease", "J40-J4A", billable=True)
    save_release(store, replace(year, nodes=(*last.nodes, new)))
    live = Live.open(Config(home=store))
    chart = Chart(
        "c", (Document("Assessment: wheezing disease, whistling disease"),), date_of_service=date(2026, 10, 1)
    )
    told = {s.code: "new-code" in f"{s.reasons[-1]}" for s in live.pipeline.code(chart).suggestions}
    assert told == {"J45": False, "J46": True}
