"""Finds the drugs that a note says were injected or infused at this encounter, with their doses.

A dose counts if its sentence names a way of injection and says that it was given; what is ordered, prescribed, planned,
refused or taken at home does not. Source: Medicare Benefit Policy Manual, chapter 15, section 50 (incident to).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.services.drug_codes import Amount, DrugIndex, read_amount

_DOSE = re.compile(
    r"(?<![\w.,/])(\d{1,3}(?:,\d{3})+|\d{1,7}(?:\.\d{1,3})?)[ -]?"
    r"(mg|mcg|grams?|gm|g|million units|units?|iu|meq)\b(?! ?/)",
    re.IGNORECASE,
)
_WAY = re.compile(
    r"\b(?:im|iv|ivp|ivpb|i\.?m\.|i\.?v\.|sq|sc|subq|sub-q|intramuscular\w*|intravenous\w*|subcutaneous\w*"
    r"|intra-?articular\w*|inject\w*|infus\w*|push)\b",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:given|gave|administered|received|injected|infused|(?:was|were) (?:placed|instilled)|treated with"
    r"|(?:in|at) (?:the |our )?(?:office|clinic|ed|er|emergency (?:room|department))|today)\b",
    re.IGNORECASE,
)
_NOT_GIVEN = re.compile(
    r"\b(?:daily|bid|tid|qid|b\.i\.d|t\.i\.d|q\.?\d+ ?h|every|prescri\w+|home|refills?|will|plan(?:ned)?|if needed|prn"
    r"|allerg\w+|refus\w+|declin\w+|defer\w+|consider\w*|recommend\w*|discussed|previous\w*"
    r"|last (?:month|week|year|visit)|history of|ago|not|never|tablets?|capsules?|po|by mouth|orally)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)
_BEFORE, _AFTER = 60, 40
_MOST_BETWEEN = 20


@dataclass(frozen=True, slots=True)
class Administered:
    """A drug that was given: where it is said (name to dose), under which name, how much, and the sentence's text."""

    begin: int
    end: int
    name: str
    dose: Amount
    sentence: str


def find_administered(text: str, sentences: Sequence[tuple[int, int]], drugs: DrugIndex) -> list[Administered]:
    """Return what a document says was given, in text order; the same dose of a drug said again counts once."""
    found: dict[tuple[str, float], Administered] = {}
    number = 0
    for dose in _DOSE.finditer(text):
        while number + 1 < len(sentences) and sentences[number][1] <= dose.start():
            number += 1
        begin, end = sentences[number] if sentences else (0, len(text))
        sentence = text[begin:end]
        amount = read_amount(dose[1], dose[2])
        if amount is None or not _is_given(sentence):
            continue
        named = _name_near(text, dose.start(), dose.end(), begin, end, drugs)
        if named is not None:
            name, at, to = named
            given = Administered(min(at, dose.start()), max(to, dose.end()), name, amount, sentence)
            found.setdefault((name, amount.value), given)
    return list(found.values())


def _is_given(sentence: str) -> bool:
    is_said = _WAY.search(sentence) is not None and _GIVEN.search(sentence) is not None
    return is_said and _NOT_GIVEN.search(sentence) is None


def _name_near(text: str, begin: int, end: int, first: int, last: int, drugs: DrugIndex) -> tuple[str, int, int] | None:
    """Return the drug named next to a dose with its place: before it as a rule, else right after ("1 g of ...")."""
    before = list(_WORD.finditer(text, max(first, begin - _BEFORE), begin))
    for last_word in range(len(before) - 1, -1, -1):
        if begin - before[last_word].end() > _MOST_BETWEEN:
            break
        for first_word in range(max(0, last_word + 1 - drugs.longest), last_word + 1):
            place = before[first_word].start(), before[last_word].end()
            if (name := _folded(text[place[0] : place[1]])) in drugs:
                return name, *place
    after = list(_WORD.finditer(text, end, min(last, end + _AFTER)))
    start = 1 if after and after[0][0].lower() == "of" else 0
    for stop in range(min(len(after), start + drugs.longest), start, -1):
        place = after[start].start(), after[stop - 1].end()
        if (name := _folded(text[place[0] : place[1]])) in drugs:
            return name, *place
    return None


def _folded(words: str) -> str:
    return " ".join(words.lower().split())
