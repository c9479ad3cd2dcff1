"""Reads ICD-9-CM from CMS's lists of titles (CMS32_DESC_LONG_DX.txt and its like), and makes the levels above a code.

Source: CMS, "ICD-9-CM Diagnosis and Procedure Codes: Abbreviated and Full Code Titles": the code without its dot in
five characters (diagnoses) or four (procedures), a space, the title. The lists have only codes that may be reported, so
the categories above them are made here, each with the words that its codes' titles begin with alike, or from its first
to its last title; chapters have the names of the book. Edition 32 is of fiscal year 2015, the last: ICD-9-CM ended on
2015-09-30 (45 CFR 162.1002).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from codesets.errors import SourceError
from codesets.icd10pcs import shared_beginning
from codesets.types import Node, ReleaseSource, System
from codesets.written import icd9_procedure, normalise_code

_DIAGNOSIS = re.compile(r"^(\d{3}  |\d{4} |\d{5}|V\d{2}  |V\d{3} |V\d{4}|E\d{3} |E\d{4}) (\S.*)$")
_PROCEDURE = re.compile(r"^(\d{3} |\d{4}) (\S.*)$")
_EDITION = re.compile(r"(?:CMS|V)(\d{2})(?!\d)", re.IGNORECASE)
_FIRST_YEAR = 1983  # edition 1 was of fiscal year 1984
_DIAGNOSIS_CHAPTERS = (
    ("001-139", "Infectious and Parasitic Diseases"),
    ("140-239", "Neoplasms"),
    ("240-279", "Endocrine, Nutritional and Metabolic Diseases, and Immunity Disorders"),
    ("280-289", "Diseases of the Blood and Blood-Forming Organs"),
    ("290-319", "Mental Disorders"),
    ("320-389", "Diseases of the Nervous System and Sense Organs"),
    ("390-459", "Diseases of the Circulatory System"),
    ("460-519", "Diseases of the Respiratory System"),
    ("520-579", "Diseases of the Digestive System"),
    ("580-629", "Diseases of the Genitourinary System"),
    ("630-679", "Complications of Pregnancy, Childbirth, and the Puerperium"),
    ("680-709", "Diseases of the Skin and Subcutaneous Tissue"),
    ("710-739", "Diseases of the Musculoskeletal System and Connective Tissue"),
    ("740-759", "Congenital Anomalies"),
    ("760-779", "Certain Conditions Originating in the Perinatal Period"),
    ("780-799", "Symptoms, Signs, and Ill-Defined Conditions"),
    ("800-999", "Injury and Poisoning"),
    ("E000-E999", "Supplementary Classification of External Causes of Injury and Poisoning"),
    ("V01-V91", "Supplementary Classification of Factors Influencing Health Status and Contact With Health Services"),
)
_PROCEDURE_CHAPTERS = (
    ("00", "Procedures and Interventions, Not Elsewhere Classified"),
    ("01-05", "Operations on the Nervous System"),
    ("06-07", "Operations on the Endocrine System"),
    ("08-16", "Operations on the Eye"),
    ("17", "Other Miscellaneous Diagnostic and Therapeutic Procedures"),
    ("18-20", "Operations on the Ear"),
    ("21-29", "Operations on the Nose, Mouth, and Pharynx"),
    ("30-34", "Operations on the Respiratory System"),
    ("35-39", "Operations on the Cardiovascular System"),
    ("40-41", "Operations on the Hemic and Lymphatic System"),
    ("42-54", "Operations on the Digestive System"),
    ("55-59", "Operations on the Urinary System"),
    ("60-64", "Operations on the Male Genital Organs"),
    ("65-71", "Operations on the Female Genital Organs"),
    ("72-75", "Obstetrical Procedures"),
    ("76-84", "Operations on the Musculoskeletal System"),
    ("85-86", "Operations on the Integumentary System"),
    ("87-99", "Miscellaneous Diagnostic and Therapeutic Procedures"),
)


@dataclass(frozen=True, slots=True)
class TitleList:
    """One list of titles as read: of which edition, of diagnoses or procedures, long or short; codes with dots."""

    name: str
    edition: int
    is_procedures: bool
    is_short: bool
    titles: Mapping[str, str]


def looks_like(text: str) -> bool:
    """Whether a text is a list of titles: its first lines have the fixed columns of one."""
    lines = [line.rstrip("\r") for line in text.split("\n", 3)[:3] if line.strip()]
    return bool(lines) and any(all(form.match(line) for line in lines) for form in (_DIAGNOSIS, _PROCEDURE))


def read_titles(text: str, *, name: str) -> TitleList:
    """Read a list of titles; its name says the edition and whether they are short, as the publisher's does.

    Raises SourceError on a line of another shape, a code twice, or a name without its edition.
    """
    edition = _EDITION.search(name)
    if edition is None:
        raise SourceError(f"{name}: got a file name without its edition, want the publisher's: CMS32_DESC_LONG_DX.txt")
    lines = [line for line in text.splitlines() if line.strip("\x1a \t")]
    is_procedures = all(_PROCEDURE.match(line) and not _DIAGNOSIS.match(line) for line in lines[:3])
    form = _PROCEDURE if is_procedures else _DIAGNOSIS
    titles: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        found = form.match(line)
        if found is None:
            raise SourceError(f"{name} line {number}: got {line[:16]!r}, want a code and its title; fetch it again")
        bare = found[1].strip()
        code = icd9_procedure(bare) if is_procedures else normalise_code(bare, System.ICD9CM)
        if code in titles:
            raise SourceError(f"{name}: code {code}: got it twice, want it once")
        titles[code] = found[2].strip()
    return TitleList(name, int(edition[1]), is_procedures, "SHORT" in name.upper(), titles)


def make_release(lists: Sequence[TitleList]) -> ReleaseSource:
    """Make the release of one edition from its lists: the long titles of diagnoses, and what else there is.

    Raises SourceError without long titles of diagnoses, with a second list of a kind, or where lists disagree.
    """
    by_kind: dict[tuple[bool, bool], TitleList] = {}
    for one in lists:
        if by_kind.setdefault((one.is_procedures, one.is_short), one) is not one:
            raise SourceError(f"{one.name}: got a second list of the same titles of edition {one.edition}, want one")
    if (False, False) not in by_kind:
        raise SourceError(f"{lists[0].name}: import the long titles of diagnoses with it (CMS32_DESC_LONG_DX.txt)")
    shorts = {code: title for one in lists if one.is_short for code, title in one.titles.items()}
    nodes: list[Node] = []
    for is_procedures, chapters in ((False, _DIAGNOSIS_CHAPTERS), (True, _PROCEDURE_CHAPTERS)):
        long = by_kind.get((is_procedures, False))
        nodes.extend(_nodes(long.titles, shorts, chapters) if long else ())
    stray = shorts.keys() - {node.code for node in nodes if node.billable}
    if stray:
        raise SourceError(f"{lists[0].name}: code {min(stray)}: got a short title for it and no long one")
    year = _FIRST_YEAR + lists[0].edition
    source = ", ".join(sorted(one.name for one in lists))
    first, last = date(year - 1, 10, 1), date(year, 9, 30)
    return ReleaseSource(System.ICD9CM, str(year), first, last, source, tuple(nodes))


def _nodes(titles: Mapping[str, str], shorts: Mapping[str, str], chapters: Sequence[tuple[str, str]]) -> Iterator[Node]:
    below: dict[str, list[str]] = {}
    for code, title in titles.items():
        for level in _levels(code):
            below.setdefault(level, []).append(title)
    made: set[str] = set()
    for code in sorted(titles, key=_place):
        chapter, name = _chapter(code, chapters)
        parent = ""
        for level in dict.fromkeys((chapter, *_levels(code), code)):
            if level not in made:
                made.add(level)
                title = titles.get(level) or (name if level == chapter else _heading(below[level]))
                yield Node(level, title, parent, billable=level in titles, short_title=shorts.get(level, ""))
            parent = level


def _heading(titles: Sequence[str]) -> str:
    return shared_beginning(titles) or f"{titles[0]} to {titles[-1]}"


def _levels(code: str) -> list[str]:
    """List the levels above a code, from the top: its category, and what lies between."""
    category, _, rest = code.partition(".")
    return [category, *(f"{category}.{rest[:length]}" for length in range(1, len(rest)))] if rest else []


def _place(code: str) -> tuple[bool, str]:
    return code[0].isalpha(), code


def _chapter(code: str, chapters: Sequence[tuple[str, str]]) -> tuple[str, str]:
    category = code.partition(".")[0]
    for span, name in chapters:
        first, _, last = span.partition("-")
        if len(first) == len(category) and first <= category <= (last or first):
            return span, name
    raise SourceError(f"code {code}: got a code outside the chapters of ICD-9-CM")
