"""What the mentions of a document say of its codes: rows worked by hand, and rates of codes."""

import math

import pytest

from engine.rank.document import FEATURES, CodeRates, Span, code_rows, count_rates
from engine.rank.ranking import Ranked
from engine.types import Candidate

NO_RATES = CodeRates({})


def candidates(*codes: tuple[str, float], origin: str = "lexicon") -> Ranked:
    """Candidates of a mention, with their own scores."""
    return tuple(Candidate("icd10cm", code, code, score, origin) for code, score in codes)


def test_a_row_is_as_worked_by_hand() -> None:
    spans = [Span(2, 15, False), Span(1, 4, True), Span(3, 20, False)]
    ranked = [
        candidates(("E11.9", 0.6), ("E11.65", 0.2)),
        candidates(("E11.9", 0.8)),
        candidates(("I10", 0.5), origin="title"),
    ]
    codes, rows = code_rows(spans, ranked, NO_RATES)
    assert codes == ["E11.9", "E11.65", "I10"]
    first = dict(zip(FEATURES, rows[0].tolist(), strict=True))
    # Twice first, the surest of them "1 word, 4 characters, capitals"; the best of two codes of its category.
    assert (first["top_score"], first["best_score"]) == (pytest.approx(0.8), pytest.approx(0.8))
    assert first["times_first"] == first["times"] == pytest.approx(math.log(3))
    assert [first[name] for name in ("best_rank", "place_among_rivals", "rivals", "behind_best_rival")] == [0, 0, 2, 0]
    assert [first[name] for name in ("words", "characters", "is_capitals")] == [1, 4, 1]
    assert (first["origin_lexicon"], first["origin_title"], first["code_length"]) == (1, 0, 5)
    second = dict(zip(FEATURES, rows[1].tolist(), strict=True))
    assert (second["top_score"], second["best_rank"], second["place_among_rivals"]) == (0, 1, 1)
    assert second["behind_best_rival"] == pytest.approx(0.6)
    assert dict(zip(FEATURES, rows[2].tolist(), strict=True))["origin_title"] == 1


def test_rates_lean_on_the_broader_group() -> None:
    counts = count_rates([(["E11.9", "I10"], ["E11.9"]), (["E11.9"], ["E11.9"]), (["I10"], [])])
    assert counts["E11.9"] == (2, 2)
    assert counts["I"] == (0, 2)
    rates = dict(zip(FEATURES[-11:], CodeRates(counts).features("E11.9"), strict=True))
    # Chapter (2 + 1) / (2 + 2), category (2 + 8 * that) / 10, code (2 + 4 * that) / 6.
    category = (2 + 8 * 0.75) / 10
    code = (2 + 4 * category) / 6
    assert rates["rate_of_code"] == pytest.approx(math.log(code / (1 - code)))
    assert rates["seen"] == pytest.approx(math.log(3))
    assert CodeRates(counts).features("Z99.2")[0] == pytest.approx(0.0)


def test_rates_are_read_as_they_are_written() -> None:
    text = CodeRates({"I10": (3, 5), "E": (1, 2)}).to_text()
    assert text.splitlines()[1:] == ["E\t1\t2", "I10\t3\t5"]
    assert CodeRates.of_text(text).to_text() == text
    for damaged in ("I10\tone\ttwo\n", "I10\t1\n"):
        with pytest.raises(ValueError):
            CodeRates.of_text(damaged)
