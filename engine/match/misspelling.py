"""Likely misspellings of long words, as further spellings that the dictionary is compiled with.

Two letters swapped, one left out, one vowel for another: of words so long and so much used that what comes out is
hardly another word. Nothing is done on a chart; the cost is the size of the vocabulary.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

SHORTEST = 9
# A word that fewer phrases have is too rare to be worth a few dozen spellings.
FEWEST_PHRASES = 60
_VOWELS = "aeiou"
# What may come out of a rule and is a word of its own, or of another meaning.
_OTHER_WORDS = frozenset(
    (
        "abduction", "abortion", "addition", "additions", "adduction", "aesthesia", "aesthetics", "arteritis",
        "arthritis", "blandness", "blondness", "casualty", "causality", "collusion", "complement", "compliment",
        "comportment", "congenial", "corrasion", "curtilage", "deplication", "gastrotomy", "gustation",
        "hypercalcemia", "hyperglycemia", "hyperkalemia", "hypernatremia", "hyperthermia", "hyperthermic",
        "hyperthyroidism", "hypertonic", "hypertropic", "hypocalcemia", "hypoglycemia", "hypokalemia", "hyponatremia",
        "hypotension", "hypotensive", "hypothermia", "hypothermic", "hypothyroidism", "hypotonic", "inertion",
        "infarction", "infection", "inflection", "infraction", "literality", "malleolus", "malleus", "marital",
        "martial", "mediation", "noncollusion", "palpation", "palpitation", "perineal", "peritoneal", "peroneal",
        "peroration", "personalty", "proscription", "prostate", "prostrate", "redaction", "rhematic", "simulant",
        "stationery", "transaction", "transactions", "trimeter", "uncurtain", "underling", "underlings", "uniliteral",
        "ureteral", "urethral",
    )
)  # fmt: skip


def misspellings(word: str) -> Iterator[str]:
    """Yield what a word of small letters is likely misspelt as; its first letter is right."""
    for at in range(1, len(word) - 1):
        yield word[:at] + word[at + 1 :]
        if word[at] != word[at + 1]:
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if word[at] in _VOWELS:
            yield from (word[:at] + vowel + word[at + 1 :] for vowel in _VOWELS if vowel != word[at])


def add_misspellings(surfaces: Mapping[str, int], phrases: Iterable[Sequence[str]]) -> dict[str, int]:
    """Return spellings for the misspellings of the words that many phrases have; none is a spelling already.

    A misspelling of two words is one of neither.
    """
    uses = Counter(word for words in phrases for word in set(words))
    found: dict[str, int] = {}
    clashes: set[str] = set()
    for word in sorted(word for word, count in uses.items() if count >= FEWEST_PHRASES and len(word) >= SHORTEST):
        if not (word.isascii() and word.isalpha()):
            continue
        for wrong in misspellings(word):
            if wrong in surfaces or wrong in _OTHER_WORDS:
                continue
            if found.setdefault(wrong, surfaces[word]) != surfaces[word]:
                clashes.add(wrong)
    return {wrong: number for wrong, number in found.items() if wrong not in clashes}
