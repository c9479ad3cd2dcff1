"""Unspecified beside specific: when the chart says more, the code that says less of the same thing goes.

Sources: ICD-10-CM Guidelines I.B.2 (highest level of detail), I.B.18 (unspecified codes only when the record says no
more) and I.C.19.b (no T07 or T14 beside an injury with its site). Which of two codes of a category says more is read
from the official titles: all that the vaguer one says, the other says too; or the vaguer one says no more than the
heading that both stand under.
"""

import re
from functools import lru_cache

from codesets.snapshot import Snapshot
from engine.rules.base import Facts, Outcome, Rule, dropped
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.B.2, I.B.18"
_VAGUE = re.compile(r"\bunspecified\b|\bNOS\b|not specified|\bwithout\b|\buncomplicated\b", re.IGNORECASE)
# What a title says of the encounter, and of what there is not.
_ASIDES = re.compile(
    r", (?:initial|subsequent) encounter.*|, sequela\b.*|,? ?\bwithout\b(?:(?! with\b).)*"
    r"|,? (?:not specified as|unspecified as|unspecified whether|not intractable|not having achieved remission)\b.*"
    r"|\([^()]*\)|\[[^][]*\]",
    re.IGNORECASE,
)
_QUALIFIERS = re.compile(r",| of | in | with | due | not ")
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    ("unspecified", "nos", "not", "specified", "of", "and", "or", "the", "in", "with", "site", "part", "uncomplicated")
)
# "Depression" and "depressive", "fracture" and "fractures" are one word here.
_STEM = 7
# Members of these chapters are different things, not one thing in more or less detail.
_CATALOGUES = ("V", "W", "X", "Y", "Z")
# An injury without a site beside one with it; a fall of no kind beside a kind of fall; pain beside pain of a part; an
# infection, a cancer, arthritis, loss of vision, disease of kidney or heart, weak immunity: each beside a kind of it.
_NO_DETAIL = (
    (("T07", "T14"), ("S",)),
    (("W19",), ("W18",)),
    (("W19", "W18.30"), ("W00",
                "W01", "W03", "W04", "W05", "W06", "W07", "W08", "W09", "W10", "W11", "W12", "W13", "W14", "W15",
                "W16", "W17", "W18")),
    (("R52",), ("G43", "G44", "G89", "H57.1", "M25.5", "M54", "M79.6", "N23", "N64.4", "R07", "R10", "R51")),
    (("B99.9",), ("A", "B0", "B1", "B2", "B34", "B37", "J0", "J1", "J20", "J21", "J22", "L03", "L08", "H66", "N10",
                  "N30", "N39.0", "U07.1")),
    (("C80.1",), ("C0", "C1", "C2", "C3", "C4", "C5", "C6", "C70", "C71", "C72", "C73", "C74", "C75", "C81", "C82",
                  "C83", "C84", "C85", "C88", "C90", "C91", "C92", "C93", "C94", "C95")),
    (("D84.9",), ("D80", "D81", "D82", "D83")),
    (("I51.9",), ("I11", "I13", "I20", "I21", "I25", "I34", "I35", "I42", "I48", "I50")),
    (("M19.9",), ("M15", "M16", "M17", "M18", "M19.0", "M19.1", "M19.2", "M20.2", "M47")),
    (("H54.7",), ("H53.4",)),
    (("G93.9",), ("C71", "C79.3", "G93.0", "G93.1", "G93.2", "G93.4", "G93.5", "G93.6")),
    (("T50.90", "T50.91"), ("T36", "T37", "T38", "T39", "T40", "T41", "T42", "T43", "T44", "T45", "T46", "T47", "T48",
                  "T49", "T50.0", "T50.1", "T50.2", "T50.3", "T50.4", "T50.5", "T50.6", "T50.7", "T50.8", "T50.A",
                  "T50.B", "T50.Z")),
    (("T30.0",), ("T20", "T21", "T22", "T23", "T24", "T25")),
    (("I66.9",), ("I63",)),
    (("A41.9",), ("A40", "A41.0", "A41.1", "A41.2", "A41.3", "A41.4", "A41.5", "A41.8", "A02.1", "B37.7")),
    # A mass or lesion of an organ beside its neoplasm.
    (("K76.89", "K76.9"), ("C22", "C78.7")),
    (("K63.89", "K63.9"), ("C18", "C19", "C20")),
    (("R91.1", "R91.8"), ("C34", "C78.0")),
    (("N63",), ("C50",)),
    (("N28.89",), ("C64", "C65")),
    (("E04.1",), ("C73",)),
    (("K57.90",), ("K57.0", "K57.1", "K57.2", "K57.3")),
    (("N28.9",), ("N00", "N03", "N04", "N05", "N17", "N18", "N19", "I12", "I13", "E11.2", "E10.2")),
)  # fmt: skip


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Drop an unspecified code where a code that says the same and more is suggested."""
    by_category: dict[str, list[Suggestion]] = {}
    for suggestion in suggestions:
        by_category.setdefault(suggestion.code[:3], []).append(suggestion)
    outcome = Outcome([])
    places: dict[int, int] = {}
    for place, suggestion in enumerate(suggestions):
        family = by_category[suggestion.code[:3]]
        better = None
        if len(family) > 1 and not suggestion.code.startswith(_CATALOGUES) and _is_vague(suggestion.display):
            better = next((s for s in family if _says_more(facts.snapshot, s, suggestion)), None)
            if better is not None:
                # It stands where the condition was first named.
                places[id(better)] = min(place, places.get(id(better), place))
        for vague, specific in _no_detail().get(suggestion.code[:3], ()):
            if suggestion.code.startswith(vague):
                others = (s for s in suggestions if s.code.startswith(specific) and not s.code.startswith(vague))
                better = next(others, better)
        if better is None:
            outcome.suggestions.append(suggestion)
            continue
        better.reasons.append(Reason(RULE.name, SOURCE, f"takes the place of {suggestion.code}"))
        why = "the chart states the condition in more detail"
        outcome.alerts.append(dropped(RULE.name, SOURCE, lost=suggestion, kept=better, why=why))
    if places:
        order = {id(s): min(place, places.get(id(s), place)) for place, s in enumerate(suggestions)}
        outcome.suggestions.sort(key=lambda s: order[id(s)])
    return outcome


@lru_cache(maxsize=1)
def _no_detail() -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Return the rows of what says no detail, by category."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for row in _NO_DETAIL:
        for category in dict.fromkeys(prefix[:3] for prefix in row[0]):
            found.setdefault(category, []).append(row)
    return found


@lru_cache(maxsize=8192)
def _is_vague(title: str) -> bool:
    return _VAGUE.search(title) is not None


def _says_more(snapshot: Snapshot, better: Suggestion, vague: Suggestion) -> bool:
    more, less = title_stems(better.display), title_stems(vague.display)
    is_better_vague = _is_vague(better.display)
    if set(less) <= set(more):
        # The same words: then the code without "unspecified" or "without" says more of the two.
        return len(more) > len(less) or (len(more) == len(less) and not is_better_vague)
    return not is_better_vague and not set(more) <= set(less) and _is_heading(snapshot, vague, better)


def _is_heading(snapshot: Snapshot, vague: Suggestion, better: Suggestion) -> bool:
    """Whether the vague code says no more than a heading that both codes stand under."""
    if vague.code not in snapshot or better.code not in snapshot:
        return False
    less = set(title_stems(vague.display))
    above = set(snapshot.ancestors(better.code))
    for heading in snapshot.ancestors(vague.code):
        if heading not in above or "-" in heading or not less <= set(title_stems(snapshot.title(heading))):
            continue
        # Under a category stand conditions of many kinds: what the vague code is of must be what the other is of.
        return len(heading) > 3 or _head(vague.display) in title_stems(better.display)
    return False


@lru_cache(maxsize=8192)
def title_stems(title: str) -> tuple[str, ...]:
    """Return what a title says, as stems of words in order, without what it says is not or not known."""
    words = _WORD.findall(_ASIDES.sub("", title).lower())
    return tuple(word[:_STEM] for word in words if word not in _EMPTY)


def _head(title: str) -> str:
    """Return the stem of the word that names the kind of condition: "pain" of "Unspecified abdominal pain"."""
    return title_stems(_QUALIFIERS.split(title, maxsplit=1)[0])[-1:][0] if title_stems(title) else ""


RULE = Rule("unspecified_beside_specific", SOURCE, "2025-10-01", apply)
