"""Present on admission: the indicator of each diagnosis of a stay, and what to ask where the chart leaves it open.

Source: ICD-10-CM Guidelines, Appendix I. Y: present when the order for admission was written, which holds for what is
chronic, told in the history, the reason for admission, or diagnosed later but clearly there. N: it arose in the stay,
by the chart's words. U: the chart does not say, so the provider is asked. Codes on the exempt list get none
(poa_exempt.txt, or the user's list of CMS). Indicators are given as reasons; W (clinically undetermined) is for the
provider to say.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from engine.rules.base import Facts, Outcome, Rule
from engine.rules.gather import may_lead
from engine.rules.history import is_lasting
from engine.rules.surroundings import sentence_around
from engine.types import Alert, Reason, Setting, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines Appendix I"
NAME = "present_on_admission"
# Sections that tell what was before the order for admission.
_BEFORE = frozenset(
    (
        *("CHIEF_COMPLAINT", "HISTORY_OF_PRESENT_ILLNESS", "PAST_MEDICAL_HISTORY", "PAST_SURGICAL_HISTORY"),
        *("FAMILY_HISTORY", "SOCIAL_HISTORY", "ADMISSION_DIAGNOSIS", "ALLERGIES", "MEDICATIONS"),
    )
)
_AROSE = re.compile(
    r"\b(?:hospital[- ]acquired|nosocomial|(?:developed|occurred|noted) (?:on|during|after)|"
    r"hospital day (?:[2-9]|\d\d)|"
    r"post-?op(?:erative)?(?:ly)?|intra-?operative(?:ly)?|after (?:the )?(?:surgery|operation|procedure|admission)|"
    r"during (?:the |this |his |her )?(?:hospitali[sz]ation|hospital course|stay|admission|surgery))\b",
    re.IGNORECASE,
)
_THERE = re.compile(r"\b(?:present on admission|POA|on (?:arrival|presentation|admission)|prior to admission)\b", re.I)
_ALWAYS = ("C", "D0", "D1", "D2", "D3", "Q", "V", "W", "X", "Y")
# How far around a mention, and around how many of them, the words are looked for.
_NEAR, _MOST_READ = 80, 3
_LATER_CHARACTERS = "DEFGHJKMNPQRS"
_LENGTH = 7
_HEADER = "POAexemptCode"


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the prefixes of exempt codes, and of those exempt with a seventh character of later care."""
    lines = Path(__file__).with_name("poa_exempt.txt").read_text(encoding="utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]
    later = tuple(word.partition("$")[0] for word in words if "$" in word)
    return tuple(word for word in words if "$" not in word), later


@lru_cache(maxsize=16384)
def is_exempt_by_category(code: str) -> bool:
    """Whether our own table exempts a code."""
    prefixes, later = _table()
    bare = code.replace(".", "")
    is_later = len(bare) == _LENGTH and bare[-1] in _LATER_CHARACTERS and code.startswith(later)
    return is_later or code.startswith(prefixes)


def read_exempt(lines: Iterable[str]) -> frozenset[str]:
    """Read the exempt codes of a CMS file (tab-separated: order, code, description), dotted; empty if it is none."""
    found: set[str] = set()
    for line in lines:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) > 1 and cells[1] != _HEADER and re.fullmatch(r"[A-Z][0-9A-Z]{2}(?:\.?[0-9A-Z]{1,4})?", cells[1]):
            bare = cells[1].replace(".", "")
            found.add(f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare)
    return frozenset(found)


def poa_rule(is_exempt: Callable[[str], bool] = is_exempt_by_category) -> Rule:
    """Make the rule over a list of exempt codes."""

    def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
        if facts.chart.setting is not Setting.INPATIENT or not suggestions:
            return Outcome(suggestions)
        sections = {(f.mention.document, f.mention.begin): f.mention.section for f in facts.findings}
        leading = next((s for s in suggestions if may_lead(s)), None)
        unclear: list[Suggestion] = []
        for suggestion in suggestions:
            if suggestion.system != "icd10cm":
                continue
            if is_exempt(suggestion.code):
                detail = "exempt"
            else:
                detail = _indicator(suggestion, facts, sections, is_principal=suggestion is leading)
            if detail.startswith("U"):
                unclear.append(suggestion)
            suggestion.reasons.append(Reason(NAME, SOURCE, detail))
        return Outcome(suggestions, [_ask(unclear)] if unclear else [])

    return Rule(NAME, SOURCE, "2025-10-01", apply)


def _indicator(
    suggestion: Suggestion, facts: Facts, sections: dict[tuple[int, int], str], *, is_principal: bool
) -> str:
    """Return Y, N or U with its ground."""
    if is_principal:
        return "Y: the reason for admission"
    if any(sections.get((e.document, e.begin)) in _BEFORE for e in suggestion.evidence):
        return "Y: told in the history"
    said = [sentence_around(facts, evidence, _NEAR) for evidence in suggestion.evidence[:_MOST_READ]]
    if any(_THERE.search(sentence) for sentence in said):
        return "Y: stated to be present"
    if any(_AROSE.search(sentence) for sentence in said):
        return "N: stated to have arisen in the stay"
    if suggestion.code.startswith(_ALWAYS) or is_lasting(suggestion.code):
        return "Y: lasting by nature"
    return "U: the chart does not say when it arose"


def _ask(unclear: list[Suggestion]) -> Alert:
    codes = [suggestion.code for suggestion in unclear]
    message = f"{', '.join(codes)}: ask whether each was present when the order for admission was written"
    evidence = [e for s in unclear for e in s.evidence]
    return Alert(NAME, Severity.INFO, message, SOURCE, evidence, codes)


RULE = poa_rule()
