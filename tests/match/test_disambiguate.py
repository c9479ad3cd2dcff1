"""What makes one meaning of an abbreviation win, on an inventory made for it."""

import pytest

from codesets.lexicon.abbreviations import Abbreviation, AbbreviationSense
from engine.match.abbreviations import Entry, fold, read_entries
from engine.match.disambiguate import AbbreviationReader, Placed
from engine.match.term_span import TermSpan
from engine.types import Origin

_CODES = ("G35.D", "I05.0", "I35.0", "R06.02")
_STENOSIS = TermSpan(0, 15, 2, False, ((2, int(Origin.LEXICON)),))


class FewCodes:
    """A release of four codes."""

    def index_of(self, code: str) -> int:
        return _CODES.index(code) if code in _CODES else -1


def sense(
    meaning: str, code: str, prior: float, cues: str = "", sections: str = "", kinds: str = ""
) -> AbbreviationSense:
    lists = [tuple(filter(None, cell.split(","))) for cell in (cues, sections, kinds)]
    return AbbreviationSense(meaning, code, False, prior, lists[0], lists[1], lists[2], "made.tsv:1")


MS = Abbreviation(
    "MS",
    "upper",
    (
        sense("multiple sclerosis", "G35.D", 10, "relaps*,<progressive", "PROBLEM_LIST"),
        sense("mitral stenosis", "I05.0", 10, "valve,>murmur", kinds="echo"),
        sense("mental status", "-", 10, "alert", "PHYSICAL_EXAM,!PROBLEM_LIST"),
    ),
)
SOB = Abbreviation("SOB", "any", (sense("shortness of breath", "R06.02", 90),))
ODD = Abbreviation("dMS", "exact", (sense("drug made", "G35.D", 1),))


@pytest.fixture
def entries() -> tuple[Entry, ...]:
    return read_entries((MS, SOB, ODD), FewCodes())  # type: ignore[arg-type]


def resolve(
    entries: tuple[Entry, ...],
    text: str,
    *,
    section: str = "",
    kind: str = "",
    definitions: dict[str, str] | None = None,
    others: tuple[TermSpan, ...] = (),
    word: str = "MS",
    number: int = 0,
) -> TermSpan | None:
    begin = text.index(word)
    found = TermSpan(begin, begin + len(word), 1, True, (), number)
    placed: list[Placed] = sorted([(found, section), *((other, section) for other in others)], key=lambda p: p[0].begin)
    reader = AbbreviationReader(entries, code_at=_CODES.__getitem__, find=lambda _: [_STENOSIS])
    kept = reader.resolve(text, placed, kind=kind, definitions=definitions or {})
    return next((span for span, _ in kept if span.begin == begin), None)


def code_of(span: TermSpan | None) -> str:
    if span is None:
        return "-"
    return _CODES[span.senses[0][0]] if span.senses else "?"


@pytest.mark.parametrize(
    ("text", "section", "kind", "code"),
    [
        ("has MS today", "", "", "?"),
        ("relapsing disease, MS", "", "", "G35.D"),
        ("the valve and MS", "", "", "I05.0"),
        ("the bivalve and MS", "", "", "?"),
        ("progressive MS", "", "", "G35.D"),
        ("progressive. MS", "", "", "?"),
        ("MS murmur", "", "", "I05.0"),
        ("MS. murmur", "", "", "?"),
        ("MS alert", "", "", "-"),
        ("MS", "PROBLEM_LIST", "", "G35.D"),
        ("MS noted", "", "echocardiogram", "?"),
        ("valve MS", "", "Echocardiogram", "I05.0"),
        ("mental status was clear, MS", "PHYSICAL_EXAM", "", "-"),
    ],
)
def test_words_sections_and_note_types_speak_for_a_meaning(
    entries: tuple[Entry, ...], text: str, section: str, kind: str, code: str
) -> None:
    assert code_of(resolve(entries, text, section=section, kind=kind)) == code


def test_what_stays_open_keeps_its_meanings_the_likelier_first(entries: tuple[Entry, ...]) -> None:
    span = resolve(entries, "MS", kind="echo report")
    assert span is not None
    assert [_CODES[senses[0][0]] for _, senses in span.doubts] == ["I05.0", "G35.D"]
    assert span.doubts[0][0] > span.doubts[1][0] > 0
    assert not span.is_resolved


def test_terms_of_the_same_chapter_nearby_speak_for_a_meaning(entries: tuple[Entry, ...]) -> None:
    near = resolve(entries, "aortic stenosis and MS", others=(_STENOSIS,))
    assert near is not None
    assert [_CODES[senses[0][0]] for _, senses in near.doubts] == ["I05.0", "G35.D"]


def test_a_definition_decides_alone(entries: tuple[Entry, ...]) -> None:
    assert code_of(resolve(entries, "relapsing MS", definitions={"MS": "mitral stenosis"})) == "I05.0"
    assert code_of(resolve(entries, "relapsing MS", definitions={"MS": "Mental status"})) == "-"


def test_a_definition_of_another_meaning_is_looked_up(entries: tuple[Entry, ...]) -> None:
    assert code_of(resolve(entries, "relapsing MS", definitions={"MS": "aortic stenosis"})) == "I35.0"
    assert code_of(resolve(entries, "relapsing MS", definitions={"MS": "medical school, aortic stenosis"})) == "-"


def test_an_abbreviation_of_one_meaning_is_that_but_before_a_measurement(entries: tuple[Entry, ...]) -> None:
    assert code_of(resolve(entries, "has SOB", word="SOB", number=1)) == "R06.02"
    assert code_of(resolve(entries, "has dMS", word="dMS", number=2)) == "G35.D"
    assert code_of(resolve(entries, "has dMS 15.3", word="dMS", number=2)) == "-"
    assert code_of(resolve(entries, "has dMS 2015", word="dMS", number=2)) == "G35.D"


def test_an_exact_abbreviation_in_other_letters_is_none(entries: tuple[Entry, ...]) -> None:
    assert code_of(resolve(entries, "has DMS", word="DMS", number=2)) == "-"


def test_abbreviations_that_only_the_chart_defines_are_found(entries: tuple[Entry, ...]) -> None:
    reader = AbbreviationReader(entries, code_at=_CODES.__getitem__, find=lambda _: [_STENOSIS])
    inside = TermSpan(20, 30, 2, False, ((0, 0),))
    found = reader.add_defined("AxS, then AxSB, the  big AxS one and AxS", [inside], {"AxS": "aortic stenosis"})
    assert [(span.begin, span.senses) for span in found] == [(0, ((2, 0),)), (20, ((0, 0),)), (37, ((2, 0),))]
    assert reader.add_defined("MS", [], {"MS": "aortic stenosis"}) == []


@pytest.mark.parametrize(
    ("text", "folded"),
    [("", "  "), ("MS 4.5 mg/day", " ms # # mg day "), ("Dr. O'Neil", " dr o neil "), ("T10-12", " t# # ")],
)
def test_folding_leaves_small_words_and_marks_for_numbers(text: str, folded: str) -> None:
    assert fold(text) == folded
