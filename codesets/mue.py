"""Reads the Medically Unlikely Edits (MUE) of CMS: the most units of a code, and how they are adjudicated.

Source: CMS quarterly files (MCR_MUE_PractitionerServices_Eff_07-01-2024.csv, ...OutpatientHospitalServices...,
...DMESupplier...): HCPCS/CPT code, MUE value, MUE adjudication indicator ("2 Date of Service Edit: Policy"), MUE
rationale.
"""

import re
from array import array
from dataclasses import dataclass

from codesets.delimited import has_columns, read_table, release_of
from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind, EditSource
from codesets.errors import SourceError

_REQUIRED = {
    "code": r"hcpcs( cpt)? code",
    "units": r".*mue (values?|units)",
    "indicator": r"mue (adjudication indicator|mai)",
}
_OPTIONAL = {"rationale": r"mue rationale", "service": r"mue service"}
_KINDS = (
    (r"pra?c", EditKind.MUE_PRACTITIONER),
    (r"out|hosp|oph", EditKind.MUE_OUTPATIENT),
    (r"dme|supplier", EditKind.MUE_DME),
)


@dataclass(frozen=True, slots=True)
class UnitLimit:
    """The most units of a code; `indicator` is the MUE adjudication indicator (MAI).

    1: each claim line by itself; 2: the date of service, by policy, absolute; 3: the date of service, by clinical data,
    which records may overturn.
    """

    units: int
    indicator: int
    rationale: str


def looks_like(text: str) -> bool:
    """Whether a text is a table of MUEs."""
    return has_columns(text, _REQUIRED)


def read_mue(text: str, *, name: str) -> EditSource:
    """Read a file of MUEs; raises SourceError that names the row."""
    version, first_day = release_of(name)
    keys: list[str] = []
    units, indicators, reasons = array("I"), array("B"), list[str]()
    service = ""
    rows = read_table(text, name=name, required=_REQUIRED, optional=_OPTIONAL, first=r"[0-9A-Z]{5}")
    for number, (code, most, indicator, rationale, row_service) in rows:
        if not most.isascii() or not most.isdigit() or indicator[:1] not in ("1", "2", "3"):
            raise SourceError(
                f"{name} row {number}: got {most[:8]!r} units and indicator {indicator[:8]!r}, "
                "want a whole number and 1, 2 or 3"
            )
        keys.append(code)
        units.append(int(most))
        indicators.append(int(indicator[0]))
        reasons.append(rationale)
        service = service or row_service
    texts = sorted(set(reasons))
    place = {text: number for number, text in enumerate(texts)}
    columns = {"units": units, "indicator": indicators, "rationale": [place[text] for text in reasons]}
    return EditSource(_kind(f"{name} {service}"), version, first_day, name, keys, columns, texts)


def _kind(said: str) -> EditKind:
    for pattern, kind in _KINDS:
        if re.search(pattern, said.lower()):
            return kind
    raise SourceError(
        f"{said.strip()}: got a file name that tells no service, want practitioner, outpatient or DME in it"
    )


def find_limit(release: EditRelease, code: str) -> UnitLimit | None:
    """Return the limit of a code, None if it has none."""
    for table in release.parts:
        for row in table.rows(code):
            rationale = table.text(table.column("rationale").at(row))
            return UnitLimit(table.column("units").at(row), table.column("indicator").at(row), rationale)
    return None
