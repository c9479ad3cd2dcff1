"""The chapters of ICD-10-CM by the first category of each (tabular list, FY 2026), to break figures down by."""

from bisect import bisect_right

_CHAPTERS = (
    ("A00", "1 Infectious"),
    ("C00", "2 Neoplasms"),
    ("D50", "3 Blood, immune"),
    ("E00", "4 Endocrine, metabolic"),
    ("F01", "5 Mental"),
    ("G00", "6 Nervous"),
    ("H00", "7 Eye"),
    ("H60", "8 Ear"),
    ("I00", "9 Circulatory"),
    ("J00", "10 Respiratory"),
    ("K00", "11 Digestive"),
    ("L00", "12 Skin"),
    ("M00", "13 Musculoskeletal"),
    ("N00", "14 Genitourinary"),
    ("O00", "15 Pregnancy"),
    ("P00", "16 Perinatal"),
    ("Q00", "17 Congenital"),
    ("R00", "18 Symptoms"),
    ("S00", "19 Injury, poisoning"),
    ("U00", "22 Special purposes"),
    ("V00", "20 External causes"),
    ("Z00", "21 Factors, status"),
)
_FIRST = tuple(first for first, _ in _CHAPTERS)
# In the order of the book, where U stands last.
CHAPTERS = tuple(sorted((name for _, name in _CHAPTERS), key=lambda name: int(name.split()[0])))


def chapter_of(code: str) -> str:
    """Return the number and short name of the chapter that a code stands in, "" for what is before A00."""
    place = bisect_right(_FIRST, code[:3].upper())
    return _CHAPTERS[place - 1][1] if place else ""
