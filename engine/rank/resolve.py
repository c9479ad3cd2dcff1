"""From any code of a release to the billable code that the conventions make its default.

Sources: ICD-10-CM Official Guidelines I.A.6 (NOS is "unspecified"), I.A.9, I.B.18 (unspecified codes), I.A.4-5
(placeholder and seventh character), and the index convention that a category stands for its unspecified child.
"""

import re

from codesets.snapshot import Snapshot
from codesets.types import NoteKind

_UNSPECIFIED = re.compile(r"\bunspecified\b|\bNOS\b|not specified", re.IGNORECASE)
_PLAIN = re.compile(r"without|uncomplicated|not applicable|not intractable|single|initial", re.IGNORECASE)
_OTHER = re.compile(r"^other\b|other specified", re.IGNORECASE)


class Resolver:
    """Finds default billable codes; remembers what it found."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._defaults: dict[str, str] = {}

    def default_child(self, code: str) -> str:
        """Return the default code at or below `code` that lacks at most its seventh character.

        Returns `code` itself when it is billable, needs only the seventh character, or has no default.
        """
        found = self._defaults.get(code)
        if found is None:
            found = self._defaults[code] = self._descend(code)
        return found

    def _descend(self, code: str) -> str:
        snapshot = self._snapshot
        while not snapshot.is_billable(code) and not self.wants_seventh(code):
            children = snapshot.children(code)
            chosen = self._choose(code, children)
            if not chosen:
                return code
            code = chosen
        return code

    def wants_seventh(self, code: str) -> bool:
        """Whether all that the code lacks is its seventh character."""
        children = self._snapshot.children(code)
        are_full = bool(children) and all(len(child.replace(".", "")) == 7 for child in children)
        # A few codes list their seven-character children one by one instead.
        return are_full and bool(self._snapshot.seventh_characters(code))

    def _choose(self, parent: str, children: tuple[str, ...]) -> str:
        if len(children) == 1:
            return children[0]
        titles = {child: self._snapshot.title_at(self._snapshot.index_of(child)) for child in children}
        parent_words = _content_words(self._snapshot.title_at(self._snapshot.index_of(parent)))
        unspecified = [child for child in children if _UNSPECIFIED.search(titles[child])]
        # The child that is the parent said without detail comes first, then the residual ".9" of the category.
        same = [child for child in unspecified if _content_words(titles[child]) == parent_words]
        nos = [child for child in children if self._has_nos_term(child, parent_words)]
        residual = [child for child in unspecified if child[-1] in "09"]
        plain = [child for child in children if _PLAIN.search(titles[child]) and not _OTHER.search(titles[child])]
        for group in (same, nos, residual[::-1], unspecified, plain):
            if group:
                return group[0]
        return ""

    def _has_nos_term(self, code: str, parent_words: frozenset[str]) -> bool:
        terms = self._snapshot.notes(code, NoteKind.INCLUSION_TERM)
        return any(_UNSPECIFIED.search(term) and _content_words(term) == parent_words for term in terms)

    def seventh(self, code: str, *, encounter: str, side: str = "") -> str:
        """Complete a code with its seventh character.

        `encounter` is "initial", "subsequent" or "sequela"; `side` decides where the character is a side.
        Returns `code` itself if it takes no seventh character.
        """
        if not self.wants_seventh(code):
            return code
        meanings = self._snapshot.seventh_characters(code)
        character = _choose_seventh(meanings, encounter=encounter, side=side)
        completed = f"{code if '.' in code else code + '.'}".ljust(7, "X") + character
        return completed if self._snapshot.is_billable(completed) else code


def _content_words(text: str) -> frozenset[str]:
    words = re.findall(r"[^\W_]+", text.lower())
    return frozenset(words) - {
        "unspecified",
        "nos",
        "of",
        "the",
        "and",
        "or",
        "in",
        "other",
        "not",
        "specified",
        "site",
        "type",
    }


def _choose_seventh(meanings: dict[str, str], *, encounter: str, side: str) -> str:
    ordered = list(meanings.items())
    if side:
        for character, meaning in ordered:
            if side in meaning.lower():
                return character
    wanted = {"initial": "initial encounter", "subsequent": "subsequent encounter", "sequela": "sequela"}[encounter]
    for marks in (
        (wanted, "closed", "routine"),
        (wanted, "closed"),
        (wanted,),
        ("unspecified",),
        ("not applicable",),
        ("without",),
    ):
        for character, meaning in ordered:
            if all(mark in meaning.lower() for mark in marks):
                return character
    return ordered[0][0]
