"""From any code of a release to the billable code that the conventions make its default.

Sources: ICD-10-CM Official Guidelines I.A.6 (NOS is "unspecified"), I.A.9, I.B.18 (unspecified codes), I.A.4-5
(placeholder and seventh character), I.C.19.c (fractures: displaced and closed unless said otherwise), and the index
convention that a category stands for its child without detail: the one that bears the category's own name as NOS, as
"unspecified", or "without" what the others have.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from codesets.snapshot import Snapshot
from codesets.types import NoteKind
from engine.rank.encounter import Encounter

_UNSPECIFIED = re.compile(r"\bunspecified\b|\bNOS\b|not specified|without specification|status unknown", re.IGNORECASE)
_OTHER = re.compile(r"\bother\b(?! and unspecified)", re.IGNORECASE)
_ABOVE_ALL_OTHER = re.compile(r"(?:^|, |\bunspecified )other\b(?! and unspecified)|\bother specified\b", re.IGNORECASE)
# What says that nothing more is the matter, and what says that something is.
_PLAIN = re.compile(r"\b(?:without|uncomplicated|not intractable|not having achieved|single|initial)\b", re.IGNORECASE)
_DETAIL = re.compile(r"\bwith\b|\bnondisplaced\b|\bin remission\b|\brecurrent\b", re.IGNORECASE)
# "Suppurative and unspecified otitis media" stands for otitis media, "stomatitis and related lesions" for stomatitis.
_COMPANIONS = re.compile(r"^(?!other\b)[\w-]+ and (?=unspecified\b)|,? and related \w+", re.IGNORECASE)
# Clauses that only say what is not said: ", unspecified ear", ", not specified as recurrent".
_UNSAID = re.compile(
    r",? (?:unspecified (?:whether|as|with or without)|not specified as)\b[^,]*| with [\w ]+ status unknown"
    r"| without specification of \w+"
    r"|,(?![^,]*\b(?:with(?:out)?|of|in)\b)[^,]*\bunspecified\b[^,]*",
    re.IGNORECASE,
)
_TAIL = re.compile(r",? (?:without|with|not intractable|uncomplicated|not having achieved)\b", re.IGNORECASE)
_WITH = re.compile(r"\bwith\b", re.IGNORECASE)
_JOINED = re.compile(r"\band\b|,", re.IGNORECASE)
_SEX = re.compile(r",? (?:fe)?male\b", re.IGNORECASE)
_SIDE = re.compile(r"\b(?:right|left)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([^()]*\)|\[[^][]*\]")
_WORD = re.compile(r"[^\W_]+")
_EMPTY_WORDS = frozenset([
    "unspecified", "nos", "of", "the", "and", "or", "in", "with", "other", "not", "specified", "specification", "site",
    "type", "part", "degree", "accidental",
])  # fmt: skip

_MOST_REMEMBERED = 16_384


class Resolver:
    """Finds default billable codes; remembers what it found."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._default_of = lru_cache(maxsize=_MOST_REMEMBERED)(self._descend)

    def default_child(self, code: str) -> str:
        """Return the default code at or below `code` that lacks at most its seventh character.

        Returns `code` itself when it is billable, needs only the seventh character, or has no default.
        """
        return self._default_of(code)

    def _descend(self, code: str) -> str:
        below = code
        while not self._is_whole(below):
            chosen = self._choose(below)
            if not chosen:
                # Half a way is no default: the caller sees the code that was named.
                return code
            below = chosen
        return below

    def _is_whole(self, code: str) -> bool:
        return self._snapshot.is_billable(code) or self.wants_seventh(code)

    def wants_seventh(self, code: str) -> bool:
        """Whether all that the code lacks is its seventh character."""
        children = self._snapshot.children(code)
        are_full = bool(children) and all(len(child.replace(".", "")) == 7 for child in children)
        # A few codes list their seven-character children one by one instead.
        return are_full and bool(self._snapshot.seventh_characters(code))

    def _choose(self, parent: str) -> str:
        children = self._snapshot.children(parent)
        if len(children) == 1:
            return children[0]
        name = _Name(self._snapshot.title(parent))
        ranked = [
            (rank, place, child)
            for place, child in enumerate(children)
            if (rank := self._rank(child, name, is_category=len(parent) == 3))
        ]
        best = min(ranked)[2] if ranked else ""
        is_said_again = bool(ranked) and min(ranked)[0][0] == 0
        if is_said_again:
            return best
        return self._named_nos(parent, name) or best or self._without(children)

    def _named_nos(self, parent: str, name: "_Name") -> str:
        """Return the code below that takes in the category's own name, NOS."""
        for code in self._below(parent):
            for term in self._snapshot.notes(code, NoteKind.INCLUSION_TERM):
                if _UNSPECIFIED.search(term) and name.is_said_by(term):
                    return code
        return ""

    def _without(self, children: Sequence[str]) -> str:
        """Return the one of two codes that says "without" what the other is with, "" if they are no such pair."""
        if len(children) != 2:
            return ""
        (fewer, title, plain), (more, _, _) = sorted(
            (len(_WITH.findall(title)), title, child) for child in children for title in [self._snapshot.title(child)]
        )
        return plain if fewer < more and _PLAIN.search(title) else ""

    def _below(self, parent: str) -> Iterator[str]:
        for child in self._snapshot.children(parent):
            if len(child.replace(".", "")) < 7:
                yield child
                yield from self._below(child)

    def _rank(self, child: str, name: "_Name", *, is_category: bool) -> tuple[int, int, int, bool] | None:
        """Say how plainly a child is its category without detail, lowest first; None if it is not."""
        title = self._snapshot.title(child)
        grade = self._grade(child, title, name, is_category=is_category)
        if grade is None:
            return None
        return grade, len(_DETAIL.findall(title)), -len(_UNSPECIFIED.findall(title)), child[-1] != "9"

    def _grade(self, child: str, title: str, name: "_Name", *, is_category: bool) -> int | None:
        is_other = bool(_OTHER.search(title))
        is_vague = bool(_UNSPECIFIED.search(title)) and (name.is_other or not _ABOVE_ALL_OTHER.search(title))
        terms = self._snapshot.notes(child, NoteKind.INCLUSION_TERM)
        if _SIDE.search(title) and not name.has_side:
            return None
        if (is_vague and name.is_said_by(title)) or (not is_other and name.is_repeated_by(title)):
            return 0
        if (is_vague or (_PLAIN.search(title) and is_other <= name.is_other)) and name.opens(title):
            return 1
        if not is_other and any(name.is_said_by(term) for term in terms):
            return 2
        if is_vague and name.takes_in(title):
            return 3
        if not name.is_joined and any(_UNSPECIFIED.search(term) and name.takes_in(term) for term in terms):
            return 4
        # The children of a category differ in kind; only its residual child stands for it whatever it is called.
        if is_vague and (child[-1] == "9" or not is_category):
            return 5
        if is_category:
            return None
        # Of two codes that differ by sex alone the code set lists the usual one first; "other" says "other" again last.
        is_of_one_sex = not is_other and _SEX.search(title) and name.is_said_by(_SEX.sub("", title))
        return 6 if is_of_one_sex or (name.is_other and name.is_repeated_by(title)) else None

    def seventh(self, code: str, *, encounter: Encounter, side: str = "") -> str:
        """Complete a code with its seventh character, from what is said near the mention.

        Returns `code` itself if it takes no seventh character, or if its characters have no default and nothing
        decides among them.
        """
        if not self.wants_seventh(code):
            return code
        character = _choose_seventh(self._snapshot.seventh_characters(code), encounter, side)
        completed = f"{code if '.' in code else code + '.'}".ljust(7, "X") + character
        return completed if character and self._snapshot.is_billable(completed) else code


class _Name:
    """The words of a category's title, to be found again in a child's; words in parentheses are nonessential."""

    def __init__(self, title: str) -> None:
        self.words = _content_words(title)
        self.is_other = bool(_OTHER.search(title))
        self.has_side = bool(_SIDE.search(title))
        self.is_joined = bool(_JOINED.search(_COMPANIONS.sub("", title)))
        self._in_order = _ordered_words(title)
        self._readings = {self.words, _content_words(_ASIDE.sub(" ", title))}

    def is_said_by(self, text: str) -> bool:
        """Whether a text says the same and no more."""
        return not self._readings.isdisjoint((_content_words(text), _content_words(_ASIDE.sub(" ", text))))

    def is_repeated_by(self, title: str) -> bool:
        """Whether a title says the same in the same order."""
        return _ordered_words(title) == self._in_order

    def opens(self, title: str) -> bool:
        """Whether a title says the same and then what it is with or without."""
        return any(self.is_said_by(title[: tail.start()]) for tail in _TAIL.finditer(title))

    def takes_in(self, term: str) -> bool:
        """Whether a term says no more than this."""
        return _content_words(_ASIDE.sub(" ", term)) <= self.words


def _ordered_words(text: str) -> tuple[str, ...]:
    words = _WORD.findall(_UNSAID.sub("", _COMPANIONS.sub("", text)).lower())
    return tuple(_singular(word) for word in words if word not in _EMPTY_WORDS)


def _content_words(text: str) -> frozenset[str]:
    return frozenset(_ordered_words(text))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


_SIDES = {"right": "right eye", "left": "left eye", "bilateral": "bilateral"}
_NO_DETAIL = ("unspecified", "not applicable", "without")


def _choose_seventh(meanings: Mapping[str, str], encounter: Encounter, side: str) -> str:
    lowered = {character: meaning.lower() for character, meaning in meanings.items()}
    if any("encounter" in meaning for meaning in lowered.values()):
        return _choose_phase(lowered, encounter)
    said = (
        _SIDES.get(side, ""),
        f"{encounter.stage} stage" if encounter.stage else "",
        f"fetus {encounter.fetus}" if encounter.fetus else "",
        "with tophus" if encounter.tophus else "",
    )
    for mark in (*filter(None, said), *_NO_DETAIL):
        for character, meaning in lowered.items():
            if mark in meaning:
                return character
    return ""


def _choose_phase(meanings: Mapping[str, str], encounter: Encounter) -> str:
    phase = "sequela" if encounter.phase == "sequela" else f"{encounter.phase} encounter"
    fitting = [character for character, meaning in meanings.items() if phase in meaning]
    return min(fitting, key=lambda character: _misfit(meanings[character], encounter), default="")


def _misfit(meaning: str, encounter: Encounter) -> tuple[bool, bool, bool]:
    """Say in what the meaning of a character differs from the encounter, the gravest first."""
    opening = _opening(meaning)
    is_open = encounter.opening != "closed"
    # Few lists tell type III apart, and some have no malunion; what comes nearest is taken.
    return (
        opening.startswith("open") != is_open and bool(opening),
        opening not in (encounter.opening, ""),
        encounter.healing not in meaning,
    )


def _opening(meaning: str) -> str:
    if "open" not in meaning:
        return "closed" if "closed" in meaning else ""
    return "open_iii" if "iii" in meaning else "open"
