"""What each abbreviation of the hand-written cases means, through the whole pipeline."""

import re
from pathlib import Path

import pytest

from engine.pipeline import Pipeline
from engine.routing.read import read_policy
from engine.types import Chart, Document, Finding

_BRACED = re.compile(r"\{([^{}]+)\}")
_KIND = re.compile(r"kind=([^:]+): ")


def read_cases() -> list[tuple[int, list[str], str, str]]:
    """List (line, expected values, note type, text with braces)."""
    lines = Path(__file__).with_name("abbreviation_cases.txt").read_text(encoding="utf-8").splitlines()
    cases = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        expected, _, text = line.partition(" | ")
        kind = _KIND.match(text)
        body = text[kind.end() :] if kind else text
        cases.append((number, expected.split(), kind[1] if kind else "", body.replace("\\n", "\n")))
    return cases


def read_meanings(pipeline: Pipeline, kind: str, braced: str) -> list[str]:
    """Return, for each braced abbreviation, the code found there, "-" for none, "?" for one left open."""
    spans, plain = [], ""
    for part in re.split(r"(\{[^{}]+\})", braced):
        if _BRACED.fullmatch(part):
            spans.append((len(plain), len(plain) + len(part) - 2))
        plain += part.strip("{}") if _BRACED.fullmatch(part) else part
    findings = pipeline.code(Chart("case", (Document(plain, kind=kind),))).findings
    return [_meaning([f for f in findings if f.mention.begin < end and f.mention.end > begin]) for begin, end in spans]


def _meaning(found: list[Finding]) -> str:
    if not found:
        return "-"
    if found[0].is_unresolved:
        assert found[0].codes[0].score < min(threshold.hold for threshold in read_policy().thresholds)
        return "?"
    return found[0].codes[0].code


def is_meant(found: str, expected: str) -> bool:
    """Whether a meaning is the expected one; a code may be left short."""
    return found == expected or (expected not in ("-", "?") and found.startswith(expected))


CASES = read_cases()


@pytest.mark.parametrize(("line", "expected", "kind", "text"), CASES, ids=[f"line{case[0]}" for case in CASES])
def test_abbreviation_means_what_a_reader_would_say(
    pipeline: Pipeline, line: int, expected: list[str], kind: str, text: str
) -> None:
    found = read_meanings(pipeline, kind, text)
    assert len(found) == len(expected)
    assert all(is_meant(*pair) for pair in zip(found, expected, strict=True)), found


def test_there_are_at_least_three_hundred_cases() -> None:
    assert len(CASES) >= 300
