"""Excludes1: two conditions that cannot be coded together.

Source: ICD-10-CM Guidelines I.A.12.a. The note stands at a code, its category, block or chapter and names codes
or ranges. Of a pair a diagnosis is kept before a status (I.C.15.b.1: no Z34 beside a complication of pregnancy), and
either before a symptom. Else a note at a category or code says which: it sends the coder to the code it names (N20
names N13.2 for a stone with hydronephrosis: N13.2 stays). Where each names the other, or the note stands at a block or
chapter, the one with more confidence is kept. The guideline's exception (the two are unrelated) is a person's call: the
code that stays is flagged.
"""

from bisect import bisect_left
from collections.abc import Sequence

from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.rules.base import Facts, Outcome, Rule, is_symptom
from engine.rules.note_references import Reference, named_at, owners_above
from engine.types import Alert, Reason, Severity, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.12.a"
# Sorts after every character of a code.
_AFTER_ALL = "~"


class _Chart:
    """The codes of a chart, to be found by what a note names."""

    def __init__(self, codes: Sequence[str]) -> None:
        self._codes = sorted(codes)
        self._categories = {code[:3] for code in codes}

    def named_at(self, snapshot: Snapshot, owner: str) -> list[str]:
        """List the codes that the notes at a node exclude; none of those under it, which it cannot set apart."""
        found, categories = named_at(snapshot, owner, NoteKind.EXCLUDES1)
        if categories.isdisjoint(self._categories):
            return []
        return list(
            dict.fromkeys(
                code
                for reference in found
                for code in self._near(reference)
                if reference.covers(code) and not code.startswith(owner)
            )
        )

    def _near(self, reference: Reference) -> list[str]:
        """List the codes of the categories that a reference names."""
        first = bisect_left(self._codes, reference.first[:3])
        return self._codes[first : bisect_left(self._codes, reference.last[:3] + _AFTER_ALL, first)]


class _Pairs:
    """Which of some codes the notes of others exclude, and at which node the note stands."""

    def __init__(self, snapshot: Snapshot, codes: Sequence[str]) -> None:
        self._owners: dict[tuple[str, str], str] = {}
        self.partners: dict[str, set[str]] = {}
        chart = _Chart(codes)
        # Many codes stand under the note of one chapter: what it excludes is found once.
        excluded: dict[str, list[str]] = {}
        for code in codes:
            for owner in owners_above(snapshot, code, NoteKind.EXCLUDES1):
                if owner not in excluded:
                    excluded[owner] = chart.named_at(snapshot, owner)
                for other in excluded[owner]:
                    self._owners.setdefault((code, other), owner)
                    self.partners.setdefault(code, set()).add(other)
                    self.partners.setdefault(other, set()).add(code)

    def noted_at(self, code: str, other: str) -> str:
        """Return the node nearest to `code` whose note names `other`, "" if none does."""
        return self._owners.get((code, other), "")

    def owner(self, code: str, other: str) -> str:
        """Return the node whose note sets the two apart, "" if none does."""
        return self.noted_at(code, other) or self.noted_at(other, code)


def _preference(suggestion: Suggestion) -> tuple[int, float]:
    return _tier(suggestion.code), suggestion.confidence


def _tier(code: str) -> int:
    """Rank a diagnosis over a status, and a status over a symptom."""
    if is_symptom(code):
        return 0
    return 1 if code.startswith("Z") else 2


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Keep one of each Excludes1 pair."""
    pairs = _Pairs(facts.snapshot, [suggestion.code for suggestion in suggestions])
    kept: list[Suggestion] = []
    alerts: list[Alert] = []
    if not pairs.partners:
        return Outcome(suggestions)
    for suggestion in sorted(suggestions, key=_preference, reverse=True):
        partners = pairs.partners.get(suggestion.code)
        if not partners:
            kept.append(suggestion)
            continue
        rivals = [(other, pairs.owner(suggestion.code, other.code)) for other in kept if other.code in partners]
        stronger = next((pair for pair in rivals if not _yields(pairs, pair[0], suggestion)), None)
        if stronger is not None:
            alerts.append(_settle(suggestion, stronger[0], stronger[1]))
            continue
        for rival, owner in rivals:
            kept.remove(rival)
            alerts.append(_settle(rival, suggestion, owner))
        kept.append(suggestion)
    order = {id(suggestion): position for position, suggestion in enumerate(suggestions)}
    return Outcome(sorted(kept, key=lambda suggestion: order[id(suggestion)]), alerts)


def _yields(pairs: _Pairs, kept: Suggestion, new: Suggestion) -> bool:
    """Whether the code kept so far gives way to one with less confidence: its own note sends the coder there."""
    if _tier(kept.code) != _tier(new.code):
        return False
    owner = pairs.noted_at(kept.code, new.code)
    is_near = owner[:1].isalpha() and "-" not in owner
    return is_near and not pairs.noted_at(new.code, kept.code)


def _settle(lost: Suggestion, kept: Suggestion, owner: str) -> Alert:
    kept.reasons.append(Reason(RULE.name, SOURCE, f"kept before {lost.code}: Excludes1 note at {owner}"))
    return _alert(lost, kept, owner)


def _alert(lost: Suggestion, kept: Suggestion, owner: str) -> Alert:
    # Two definite diagnoses may be unrelated, which the guideline allows; a symptom beside its cause needs nobody.
    needs_nobody = is_symptom(lost.code)
    return Alert(
        kind=RULE.name,
        severity=Severity.INFO if needs_nobody else Severity.WARNING,
        message=f"{lost.code} and {kept.code} exclude each other (Excludes1 at {owner}); {kept.code} kept"
        + ("" if needs_nobody else "; report both only if the two conditions are unrelated"),
        source=SOURCE,
        evidence=list(lost.evidence),
        codes=[lost.code, kept.code],
    )


RULE = Rule("excludes1", SOURCE, "2025-10-01", apply)
