"""The orders of sequence.toml: which codes the chapters of the guidelines put before which others.

A prefix ends in "$5" to ask for a drug code of that intent (T36-T50: 1 to 4 poisoning, 5 adverse effect, 6
underdosing), or in "$S" to ask for that seventh character; "*" is any diagnosis but what the row puts later.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.types import Setting

_ANY = "*"
_NO_DIAGNOSES = ("V", "W", "X", "Y", "Z")
_INTENT_PLACE = 5


@dataclass(frozen=True, slots=True)
class Order:
    """Codes that begin with `first` go before codes that begin with `later`; of `settings`, () for all."""

    first: tuple[str, ...]
    later: tuple[str, ...]
    source: str
    why: str
    settings: tuple[Setting, ...]
    weight: int

    def is_first(self, code: str) -> bool:
        """Whether a code is one of those that go before."""
        return _is_among(self.first, code) and not (_ANY in self.first and _is_among(self.later, code))

    def is_later(self, code: str) -> bool:
        """Whether a code is one of those that go after."""
        return _is_among(self.later, code)


@lru_cache(maxsize=65536)
def _is_among(prefixes: tuple[str, ...], code: str) -> bool:
    return any(_fits(prefix, code) for prefix in prefixes)


def _fits(prefix: str, code: str) -> bool:
    if prefix == _ANY:
        return not code.startswith(_NO_DIAGNOSES)
    stem, _, character = prefix.partition("$")
    if not code.startswith(stem):
        return False
    bare = code.replace(".", "")
    if not character:
        return True
    return bare[6:7] == character if character.isalpha() else _intent(bare) == character


def _intent(bare: str) -> str:
    """Return the sixth character of a drug's code: poisoning (1 to 4), adverse effect (5) or underdosing (6)."""
    return bare[_INTENT_PLACE : _INTENT_PLACE + 1]


@lru_cache(maxsize=1)
def orders() -> tuple[Order, ...]:
    """Read the table; a row that stands earlier weighs more."""
    rows = tomllib.loads(Path(__file__).with_name("sequence.toml").read_text(encoding="utf-8"))["order"]
    return tuple(_order(row, 2 + len(rows) - number) for number, row in enumerate(rows))


def _order(row: dict[str, Any], weight: int) -> Order:
    settings = tuple(Setting(name) for name in row.get("settings", ()))
    return Order(tuple(row["first"]), tuple(row["later"]), row["source"], row["why"], settings, weight)


@lru_cache(maxsize=1)
def _keys() -> tuple[tuple[Order, frozenset[str], frozenset[str]], ...]:
    return tuple((order, _keys_of(order.first), _keys_of(order.later)) for order in orders())


def _keys_of(prefixes: Sequence[str]) -> frozenset[str]:
    stems = [prefix.partition("$")[0] for prefix in prefixes]
    return frozenset(stem if stem == _ANY else stem[:3] if len(stem) > 2 else stem[0] for stem in stems)


def orders_for(codes: Sequence[str], setting: Setting) -> Iterator[Order]:
    """Yield the orders that may speak of two of the codes."""
    present = {code[:3] for code in codes}
    present.update([code[0] for code in codes])
    present.add(_ANY)
    for order, first, later in _keys():
        if first.isdisjoint(present) or later.isdisjoint(present):
            continue
        if not order.settings or setting in order.settings:
            yield order
