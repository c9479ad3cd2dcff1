"""The ways a chart says what an imported index lists: main term and subterms, table rows by column.

Conventions: ICD-10-CM Guidelines I.A.1 (index), I.A.7 (parentheses hold nonessential modifiers), I.C.2 (neoplasm
table), I.C.19.e (table of drugs: poisoning of undetermined intent only if so documented, else accidental).
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from codesets.index import IndexEntry

MAX_FORMS = 12
_NEOPLASM = {
    2: ("{} cancer", "cancer of {}", "{} carcinoma", "carcinoma of {}", "malignant neoplasm of {}", "{} malignancy"),
    3: ("{} metastasis", "metastasis to {}", "metastatic to {}", "secondary malignant neoplasm of {}"),
    4: ("carcinoma in situ of {}",),
    5: ("benign neoplasm of {}", "benign {} neoplasm", "benign {} tumor"),
    6: ("neoplasm of uncertain behavior of {}",),
    7: ("{} neoplasm", "neoplasm of {}", "{} tumor", "tumor of {}"),
}
_DRUG = {
    2: ("{} poisoning", "poisoning by {}", "{} overdose", "overdose of {}", "{} toxicity", "accidental {} overdose"),
    3: ("intentional {} overdose", "suicide attempt by {}"),
    6: ("adverse effect of {}", "{} adverse effect", "adverse reaction to {}"),
    7: ("underdosing of {}",),
}
_TABLES = {"neoplasm": _NEOPLASM, "drug": _DRUG}
_RELATION = re.compile(
    r"^(?:due to|with|without|in|on|by|from|following|of|during|after|at|to|for|as|caused by)\b", re.IGNORECASE
)
_QUALIFIER = re.compile(r"\b(?:NEC|NOS|see also|see)\b|[*◊#]")


def entry_code(entry: IndexEntry) -> str:
    """Return the code an entry leads to, without the mark of missing characters; "" for none."""
    return entry.code.rstrip("-").rstrip(".")


def entry_forms(entry: IndexEntry, kind: str) -> list[str]:
    """List the phrases that mean an index entry; `kind` is the index's kind (codesets.index.KINDS)."""
    if kind in _TABLES:
        subject = _subject(entry.path[1:] if kind == "neoplasm" else entry.path)
        shapes = _TABLES[kind].get(entry.column, ())
        return list(dict.fromkeys(shape.format(name) for name in subject for shape in shapes))
    return list(dict.fromkeys(islice(_phrases(entry), MAX_FORMS)))


def _alternatives(title: str) -> list[str]:
    plain = _QUALIFIER.sub(" ", title)
    parts = [" ".join(part.split()) for part in re.split(r",| or ", plain)]
    return [part for part in parts if part] or [""]


def _subject(path: Iterable[str]) -> list[str]:
    """Name a table row: its titles from the inmost out, and from the outmost in."""
    titles = [_alternatives(title)[0] for title in path]
    kept = [title for title in titles if title]
    forms = {" ".join(kept): None, " ".join(reversed(kept)): None}
    return [form for form in forms if form]


def _phrases(entry: IndexEntry) -> Iterator[str]:
    for main in _alternatives(entry.path[0]):
        for chain in _chains(entry.path[1:]):
            before = [part for part in chain if not _RELATION.match(part)]
            after = [part for part in chain if _RELATION.match(part)]
            yield " ".join([*reversed(before), main, *after])
            yield " ".join([main, *before, *after])
            yield " ".join([*before, main, *after])
        if len(entry.path) == 1:
            yield from (f"{modifier} {main}" for modifier in entry.nonessential if modifier)


def _chains(titles: tuple[str, ...]) -> Iterator[list[str]]:
    if not titles:
        yield []
        return
    for first in _alternatives(titles[0])[:2]:
        for rest in _chains(titles[1:]):
            yield [first, *rest]
