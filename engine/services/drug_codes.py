"""The drugs of a HCPCS release: which code a drug is billed by, and how much of it one billing unit is.

Both are read from the official descriptors ("Injection, ceftriaxone sodium, per 250 mg"). A descriptor that names a
maker, a brand, a form or a use ("(fresenius kabi)", "preservative free") holds only where the note says so too.
Source: CMS, HCPCS Level II; Medicare Claims Processing Manual, chapter 17, section 10 (units by the descriptor).
"""

import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

_DESCRIPTOR = re.compile(
    r"injection,? (?P<name>[a-z][^,(]*?)(?P<more>(?:,? ?\([^()]*\)|, [^,()]*)*?),? ?"
    r"(?:per |(?:per |up to )?(?P<amount>\d[\d,]*(?:\.\d+)?) ?)"
    r"(?P<unit>mg|mcg|micrograms?|gm|g|grams?|million units|units?|usp units?|iu|meq)"
    r"(?: \([^()]*\))?",
    re.IGNORECASE,
)
# What may follow the name and restricts nothing.
_OPEN = re.compile(r"not otherwise specified|excludes biosimilar|^ *$", re.IGNORECASE)
_SALTS = frozenset(
    (
        "sodium", "hydrochloride", "hcl", "sulfate", "acetate", "phosphate", "tromethamine", "succinate", "citrate",
        "tartrate", "maleate", "lactate", "mesylate", "bitartrate", "gluconate", "chloride", "decanoate", "disodium",
        "potassium", "acetonide",
    )
)  # fmt: skip
# In milligrams; units and milliequivalents are kinds of their own.
_SCALE = {
    "mg": ("mg", 1.0),
    "mcg": ("mg", 0.001),
    "microgram": ("mg", 0.001),
    "g": ("mg", 1000.0),
    "gm": ("mg", 1000.0),
    "gram": ("mg", 1000.0),
    "unit": ("unit", 1.0),
    "usp unit": ("unit", 1.0),
    "iu": ("unit", 1.0),
    "million unit": ("unit", 1_000_000.0),
    "meq": ("meq", 1.0),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """How much: `value` in milligrams, units or milliequivalents, by `kind`."""

    value: float
    kind: str


@dataclass(frozen=True, slots=True)
class DrugCode:
    """A code of a drug, what one billing unit is, and the words that a note must hold for it (empty: none)."""

    code: str
    name: str
    per: Amount
    only: tuple[str, ...] = ()

    def units(self, dose: Amount) -> int:
        """Return the billing units of a dose: a part of a unit counts as one."""
        return max(1, math.ceil(round(dose.value / self.per.value, 6)))

    def waste(self, dose: Amount) -> float:
        """Return how much more the billing units hold than was given."""
        return self.units(dose) * self.per.value - dose.value


def read_amount(value: str, unit: str) -> Amount | None:
    """Read "1,000" and "units"; None for a unit that is none of these."""
    key = unit.lower().rstrip("s").replace("units", "unit")
    if key not in _SCALE:
        return None
    kind, scale = _SCALE[key]
    amount = float(value.replace(",", "")) * scale
    return Amount(amount, kind) if amount > 0 else None


def read_descriptor(code: str, title: str) -> DrugCode | None:
    """Read a descriptor; None for one of no single drug by weight or units."""
    found = _DESCRIPTOR.fullmatch(title.strip())
    if found is None:
        return None
    name = " ".join(found["name"].lower().split())
    amount = read_amount(found["amount"] or "1", found["unit"])
    if amount is None or " and " in name:
        return None
    more = [part.strip(" ,()").lower() for part in re.findall(r"\([^()]*\)|, [^,()]*", found["more"])]
    only = tuple(part for part in more if not _OPEN.search(part))
    return DrugCode(code, name, amount, only)


class DrugIndex:
    """The drugs of a release by every name that a note may use."""

    def __init__(self, codes: Iterable[tuple[str, str]]) -> None:
        """`codes` are the codes that may stand on a claim, with their long descriptors."""
        self._by_name: dict[str, list[DrugCode]] = {}
        for code, title in codes:
            drug = read_descriptor(code, title)
            if drug is not None:
                for name in _names(drug.name):
                    self._by_name.setdefault(name, []).append(drug)
        for brand, name in _brands().items():
            if name in self._by_name:
                self._by_name[brand] = self._by_name[name]
        self.longest = max((name.count(" ") + 1 for name in self._by_name), default=0)

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def choose(self, name: str, dose: Amount, text: str) -> list[DrugCode]:
        """Return the codes that a dose of a drug may be billed by, the best first; `text` is what is said around it.

        Of one drug in several sizes the one that holds the dose with the least over, then in the fewest units.
        """
        said = text.lower()
        fitting = [
            drug
            for drug in self._by_name.get(name, ())
            if drug.per.kind == dose.kind and all(_is_said(part, said) for part in drug.only)
        ]
        return sorted(fitting, key=lambda drug: (-len(drug.only), drug.waste(dose), drug.units(dose), drug.code))


def _is_said(part: str, text: str) -> bool:
    """Whether a text says what restricts a descriptor: all its words that are not grammar."""
    if "therapeutically equivalent" in part:
        return True  # of a maker, who is named beside it
    return all(word in text for word in re.findall(r"[a-z]{4,}", part))


def _names(name: str) -> list[str]:
    words = name.split()
    without = [word for word in words if word not in _SALTS]
    return list(dict.fromkeys((name, " ".join(without) or name)))


@lru_cache(maxsize=1)
def _brands() -> MappingProxyType[str, str]:
    with (Path(__file__).parent / "brands.toml").open("rb") as file:
        return MappingProxyType(dict(tomllib.load(file)["brands"]))
