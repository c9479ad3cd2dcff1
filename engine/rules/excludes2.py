"""Excludes2: "not included here". Both conditions may be coded together, and nothing is left out.

Source: ICD-10-CM Guidelines I.A.12.b. What stands together under such a note says so, for who checks the claim.
"""

from functools import lru_cache

from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.rules.base import Facts, Outcome, Rule
from engine.rules.note_references import Reference, named_at, owners_above
from engine.types import Reason, Suggestion

SOURCE = "ICD-10-CM Guidelines I.A.12.b"
# Notes at categories and codes tell of two conditions; those at blocks and chapters name half the classification.
_LONGEST_BLOCK = 3
# More codes than a claim has places for: which of them may stand together is nobody's question.
_MOST = 120


@lru_cache(maxsize=16384)
def _named(snapshot: Snapshot, code: str) -> tuple[frozenset[str], tuple[tuple[str, tuple[Reference, ...]], ...]]:
    owners = [o for o in owners_above(snapshot, code, NoteKind.EXCLUDES2) if "-" not in o and len(o) >= _LONGEST_BLOCK]
    found = [(owner, named_at(snapshot, owner, NoteKind.EXCLUDES2)) for owner in owners if owner[0].isalpha()]
    categories = frozenset(category for _, (_, named) in found for category in named)
    return categories, tuple((owner, references) for owner, (references, _) in found)


def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
    """Give pairs under an Excludes2 note their reason to stand together."""
    if len(suggestions) > _MOST:
        return Outcome(suggestions)
    categories = {suggestion.code[:3] for suggestion in suggestions}
    for suggestion in suggestions:
        if suggestion.code not in facts.snapshot:
            continue
        named, notes = _named(facts.snapshot, suggestion.code)
        if named.isdisjoint(categories):
            continue
        for other in suggestions:
            owner = next((o for o, refs in notes if any(r.covers(other.code) for r in refs)), "")
            if owner and other is not suggestion:
                detail = f"may stand beside {other.code}: Excludes2 note at {owner}"
                suggestion.reasons.append(Reason(RULE.name, SOURCE, detail))
    return Outcome(suggestions)


RULE = Rule("excludes2", SOURCE, "2025-10-01", apply)
