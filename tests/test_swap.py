"""A new ranker or policy in the place of the old one: whole charts at a time, compared first, refused if no good."""

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.config import Config
from engine.errors import ArtifactError, ChartcoderError
from engine.live import Live
from engine.pinned import pin
from engine.rank.document_ranker import FOLDER as PACKAGED
from engine.rank.document_rows import FEATURES
from engine.rank.ranker_folder import FILES, MANIFEST, manifest_text
from engine.routing.fields import PolicyError
from engine.shadow import Comparison, Shadow
from engine.types import Chart, CodedChart, Document, Header, Role, Route, Suggestion

CHART = Chart("made", (Document("ASSESSMENT: Hypertension. Gout."),))
HOLD_ALL = '[policy]\nname = "strict"\nversion = "1"\n[[threshold]]\nname = "all"\nauto = 1\nhold = 1\n'


@pytest.fixture
def own(live: Live) -> Live:
    """An engine of the test's own over the session's store."""
    return Live.open(live.config)


def make_ranker(folder: Path, **content: bytes) -> Path:
    """Make a folder of the packaged ranker that knows no rates; `content` replaces its files, by their stems."""
    folder.mkdir()
    files = {name: content.get(Path(name).stem, (PACKAGED / name).read_bytes()) for name in FILES}
    if "code_rates" not in content:
        files["code_rates.tsv"] = b"# no rates\n"
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / MANIFEST).write_text(manifest_text(files, FEATURES), encoding="utf-8")
    return folder


def make_policy(folder: Path, text: str = HOLD_ALL) -> Path:
    """Write a policy."""
    file = folder / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return file


def routes(coded: CodedChart) -> dict[str, str]:
    """Return the routes of the suggestions."""
    return {suggestion.code: suggestion.route.value for suggestion in coded.suggestions}


def test_a_new_ranker_and_policy_take_over_and_the_header_says_so(own: Live, tmp_path: Path) -> None:
    before, coded_before = own.models(), own.coder.code(CHART)
    told: list[Any] = []
    mine = replace(own.config, ranker=make_ranker(tmp_path / "ranker"), routing_policy=make_policy(tmp_path))
    own.swap(mine, on_done=told.append)
    assert told == [None]
    after, coded = own.models(), own.coder.code(CHART)
    assert after["ranker:document"] != before["ranker:document"]
    assert after["ranker:linear"] == before["ranker:linear"]
    assert set(after) == {"ranker:linear", "ranker:document", "routing:strict"}
    assert set(after.items()) <= set(coded.header.models)
    assert routes(coded) == {"I10": "HOLD", "M10.9": "HOLD"}
    assert [s.confidence for s in coded.suggestions] != [s.confidence for s in coded_before.suggestions]
    own.swap(replace(own.config, ranker=None, routing_policy=None))
    again = own.coder.code(CHART)
    assert (again.header, again.suggestions) == (coded_before.header, coded_before.suggestions)


def test_a_chart_that_is_being_coded_keeps_the_ranker_it_began_with(own: Live, tmp_path: Path) -> None:
    coder = own.coder
    header = coder.header(CHART)
    own.swap(replace(own.config, routing_policy=make_policy(tmp_path)))
    assert coder.code(CHART).header == header
    assert own.coder.header(CHART) != header


BROKEN: dict[str, Callable[[Path], dict[str, Path]]] = {
    "no folder": lambda folder: {"ranker": folder / "absent"},
    "a file": lambda folder: {"ranker": make_policy(folder)},
    "an empty folder": lambda folder: {"ranker": folder},
    "no model": lambda folder: {"ranker": make_ranker(folder / "r", document_ranker=b"not a model")},
    "an empty model": lambda folder: {"ranker": make_ranker(folder / "r", document_ranker=b"")},
    "half a model": lambda folder: {
        "ranker": make_ranker(folder / "r", document_ranker=(PACKAGED / FILES[0]).read_bytes()[:2000])
    },
    "no rates": lambda folder: {"ranker": make_ranker(folder / "r", code_rates=b"I10\tmany\n")},
    "rates in another encoding": lambda folder: {"ranker": make_ranker(folder / "r", code_rates=b"\xff\xfeI")},
    "no policy": lambda folder: {"routing_policy": folder / "absent.toml"},
    "a faulty policy": lambda folder: {"routing_policy": make_policy(folder, HOLD_ALL.replace("= 1\n", "= 2\n"))},
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_used_is_refused_and_the_running_one_stays(own: Live, tmp_path: Path, name: str) -> None:
    coder, config = own.coder, own.config
    wrong = replace(config, **BROKEN[name](tmp_path))
    for refuse in (own.swap, pin):
        with pytest.raises((ArtifactError, PolicyError)):
            refuse(wrong)
    assert own.coder is coder
    assert own.config is config
    assert not list((config.home / "pinned").glob("new-*"))
    assert own.coder.code(CHART).suggestions


def test_a_ranker_for_other_features_is_refused(own: Live, tmp_path: Path) -> None:
    coder = own.coder
    folder = make_ranker(tmp_path / "ranker")
    files = {name: (folder / name).read_bytes() for name in FILES}
    (folder / MANIFEST).write_text(manifest_text(files, (*FEATURES, "one_more")), encoding="utf-8")
    with pytest.raises(ArtifactError, match="other features"):
        own.swap(replace(own.config, ranker=folder))
    assert own.coder is coder


def test_what_is_pinned_does_not_change_with_its_source(live: Live, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ranker, policy = make_ranker(tmp_path / "ranker"), make_policy(tmp_path)
    mine = replace(live.config, home=home, ranker=ranker, routing_policy=policy)
    pinned = pin(mine)
    assert pin(mine) == pinned
    assert len(list((home / "pinned").iterdir())) == 2
    assert pinned.ranker is not None
    assert pinned.routing_policy is not None
    kept = (pinned.ranker / FILES[0]).read_bytes(), pinned.routing_policy.read_text(encoding="utf-8")
    shutil.rmtree(ranker)
    policy.write_text(HOLD_ALL + "# another\n", encoding="utf-8")
    again = pin(replace(mine, ranker=None))
    assert again.routing_policy not in (None, pinned.routing_policy)
    assert ((pinned.ranker / FILES[0]).read_bytes(), pinned.routing_policy.read_text(encoding="utf-8")) == kept
    assert pin(replace(mine, ranker=None, routing_policy=None)).ranker is None


def test_a_store_that_takes_no_copy_is_told(live: Live, tmp_path: Path) -> None:
    (tmp_path / "pinned").write_text("in the way", encoding="utf-8")
    with pytest.raises(ArtifactError, match="models cannot be copied"):
        pin(replace(live.config, home=tmp_path, routing_policy=make_policy(tmp_path)))


def test_a_candidate_codes_beside_the_old_one_and_then_takes_over(own: Live, tmp_path: Path) -> None:
    told: list[Comparison | None] = []
    done = threading.Event()

    def on_done(comparison: Comparison | None) -> None:
        told.append(comparison)
        done.set()

    old = own.coder.header(CHART)
    own.swap(replace(own.config, routing_policy=make_policy(tmp_path), shadow_charts=3), on_done=on_done)
    served = [own.coder.code(CHART) for _ in range(3)]
    assert [coded.header for coded in served] == [old] * 3
    assert done.wait(60)
    (comparison,) = told
    assert comparison is not None
    was = routes(served[0])
    changed = [route for route in was.values() if route != "HOLD"]
    assert changed
    assert comparison.to_json() == {
        "charts": 3,
        "identical": 0,
        "failed": 0,
        "skipped": 0,
        "codes_added": 0,
        "codes_dropped": 0,
        "confidences_moved": 0,
        "greatest_move": 0.0,
        "routes": {f"{route} to HOLD": 3 * changed.count(route) for route in sorted(set(changed))},
    }
    assert set(routes(own.coder.code(CHART)).values()) == {"HOLD"}
    assert own.coder is own.pipeline


def test_a_second_swap_ends_the_comparison_of_the_first(own: Live, tmp_path: Path) -> None:
    told: list[Any] = []
    own.swap(replace(own.config, routing_policy=make_policy(tmp_path), shadow_charts=1000), on_done=told.append)
    shadowed, old = own.coder, own.pipeline
    assert isinstance(shadowed, Shadow)
    own.swap(replace(own.config, routing_policy=None), on_done=told.append)
    assert told == [None]
    assert own.coder is own.pipeline is not old


def coded(*suggestions: tuple[str, float, Route], chart_id: str = "c") -> CodedChart:
    """Make an answer of (code, confidence, route)."""
    made = [Suggestion("icd10cm", code, code, Role.SECONDARY, sure, route, []) for code, sure, route in suggestions]
    return CodedChart(chart_id, Header("made", (), ()), [], made, [])


def test_differences_are_counted_as_by_hand() -> None:
    comparison = Comparison()
    same = coded(("I10", 0.9, Route.AUTO))
    comparison.add(same, coded(("I10", 0.9, Route.AUTO)))
    comparison.add(
        coded(("I10", 0.9, Route.AUTO), ("R05.9", 0.5, Route.REVIEW), ("M10.9", 0.8, Route.AUTO)),
        coded(("I10", 0.7, Route.REVIEW), ("E11.9", 0.5, Route.REVIEW), ("M10.9", 0.85, Route.AUTO)),
    )
    assert comparison.to_json() == {
        "charts": 2,
        "identical": 1,
        "failed": 0,
        "skipped": 0,
        "codes_added": 1,
        "codes_dropped": 1,
        "confidences_moved": 2,
        "greatest_move": 0.2,
        "routes": {"AUTO to REVIEW": 1},
    }


class Made:
    """A pipeline that answers by rote, once it may."""

    def __init__(self, answer: CodedChart | Exception) -> None:
        self.answer = answer
        self.may_answer = threading.Event()
        self.may_answer.set()

    def code(self, chart: Chart, **_: Any) -> CodedChart:
        assert self.may_answer.wait(60)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def shadow_of(candidate: Any, charts: int) -> tuple[Shadow, list[Comparison], threading.Event]:
    """Put a candidate beside a pipeline that answers I10."""
    told: list[Comparison] = []
    done = threading.Event()
    served: Any = Made(coded(("I10", 0.9, Route.AUTO)))

    def on_done(comparison: Comparison) -> None:
        told.append(comparison)
        done.set()

    return Shadow(served, candidate, charts=charts, on_done=on_done), told, done


@pytest.mark.parametrize("error", [ChartcoderError("no"), RuntimeError("no")])
def test_a_candidate_that_fails_fails_nobodys_chart(error: Exception) -> None:
    shadow, told, done = shadow_of(Made(error), 2)
    assert [len(shadow.code(CHART).suggestions) for _ in range(2)] == [1, 1]
    assert done.wait(60)
    assert (told[0].charts, told[0].failed) == (0, 2)


def test_no_chart_waits_for_a_candidate_that_is_behind() -> None:
    candidate = Made(coded())
    candidate.may_answer.clear()
    shadow, told, done = shadow_of(candidate, 8)
    for _ in range(30):
        shadow.code(CHART)
    candidate.may_answer.set()
    assert done.wait(60)
    assert told[0].charts == 8
    assert told[0].skipped >= 30 - 9  # 8 wait, and one is in the candidate's hands


def test_a_candidate_that_fails_does_not_take_over(own: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    old, done, told = own.pipeline, threading.Event(), []
    failing: Any = Made(coded())
    monkeypatch.setattr(own, "_make_pipeline", lambda config: failing)

    def on_done(comparison: Comparison | None) -> None:
        told.append(comparison)
        done.set()

    own.swap(replace(own.config, shadow_charts=1), on_done=on_done)
    failing.answer = RuntimeError("later")
    own.coder.code(CHART)
    assert done.wait(60)
    assert told[0].failed == 1
    assert own.coder is own.pipeline is old


def test_the_packaged_ranker_is_what_an_engine_without_a_setting_has(own: Live) -> None:
    copied = Config(home=own.config.home, audit_dir=own.config.audit_dir, ranker=PACKAGED)
    assert Live.open(copied).models() == own.models()
