"""What a HCPCS contractor record says of a code besides its descriptions, with what each value means.

Source: CMS, "HCPCS Contractor Record" layout, items 9 to 30. Fields that repeat give one attribute a value.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from codesets.types import Attribute

MODIFIER = "modifier"


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of the record: its name here, its first place (from 0), width, how often it may come, its meanings."""

    name: str
    begin: int
    width: int
    most: int = 1
    meanings: tuple[tuple[str, str], ...] = ()


_PRICING = (
    ("00", "not separately priced by part B"),
    ("11", "physician fee schedule: national RVUs"),
    ("12", "physician fee schedule: national anesthesia base units"),
    ("13", "physician fee schedule: priced by carriers"),
    ("21", "clinical lab fee schedule: national limitation amount"),
    ("22", "clinical lab fee schedule: priced by carriers"),
    ("31", "frequently serviced DME"),
    ("32", "inexpensive and routinely purchased DME"),
    ("33", "oxygen and oxygen equipment"),
    ("34", "DME supplies"),
    ("35", "surgical dressings"),
    ("36", "capped rental DME"),
    ("37", "ostomy, tracheostomy and urological supplies"),
    ("38", "orthotics, prosthetics, prosthetic devices and vision services"),
    ("39", "parenteral and enteral nutrition"),
    ("45", "customized DME items"),
    ("46", "carrier priced"),
    ("51", "drugs"),
    ("52", "reasonable charge"),
    ("53", "statute"),
    ("54", "vaccinations"),
    ("55", "splints and casts"),
    ("56", "intraocular lenses inserted in a physician's office"),
    ("57", "other carrier priced"),
    ("99", "value not established"),
)
_MULTIPLE = (
    ("9", "not priced separately by part B, or value not established"),
    ("A", "priced under one methodology"),
    ("B", "professional component by RVUs; technical component and global service by part B carriers"),
    ("C", "physician interpretation by RVUs; lab service under the clinical lab fee schedule"),
    ("D", "by physician under the fee schedule by RVUs; by clinical psychologist under theirs"),
    ("E", "by physician by RVUs; by clinical psychologist and clinical social worker under theirs"),
    ("F", "by physician by carriers; by clinical psychologist and clinical social worker under theirs"),
    ("G", "reasonable charge with blood products on the claim, else the clinical lab fee schedule"),
)
_COVERAGE = (
    ("C", "carrier judgment"),
    ("D", "special coverage instructions apply"),
    ("I", "not payable by Medicare"),
    ("M", "non-covered by Medicare"),
    ("S", "non-covered by Medicare statute"),
)
_TYPE_OF_SERVICE = (
    ("0", "whole blood"), ("1", "medical care"), ("2", "surgery"), ("3", "consultation"), ("4", "diagnostic radiology"),
    ("5", "diagnostic laboratory"), ("6", "therapeutic radiology"), ("7", "anesthesia"), ("8", "assistant at surgery"),
    ("9", "other medical items or services"), ("A", "used DME"), ("D", "ambulance"),
    ("E", "enteral or parenteral nutrients or supplies"), ("F", "ambulatory surgical center"),
    ("G", "immunosuppressive drugs"), ("J", "diabetic shoes"), ("K", "hearing items and services"),
    ("L", "ESRD supplies"), ("M", "monthly capitation payment for dialysis"), ("N", "kidney donor"),
    ("P", "lump sum purchase of DME, prosthetics, orthotics"), ("Q", "vision items or services"),
    ("R", "rental of DME"),
    ("S", "surgical dressings or other medical supplies"), ("T", "outpatient mental health limitation"),
    ("U", "occupational therapy"), ("V", "pneumococcal, flu or hepatitis B vaccine"), ("W", "physical therapy"),
)  # fmt: skip
_ACTIONS = (
    ("A", "added"),
    ("B", "administrative data and long description changed"),
    ("C", "long description changed"),
    ("D", "discontinued"),
    ("F", "administrative data changed"),
    ("N", "no maintenance"),
    ("P", "payment changed"),
    ("R", "re-activated"),
    ("S", "short description changed"),
    ("T", "miscellaneous change (BETOS, type of service)"),
)
_FIELDS = (
    _Field("pricing", 119, 2, 4, _PRICING),
    _Field("multiple_pricing", 127, 1, 1, _MULTIPLE),
    _Field("coverage_manual", 128, 6, 3),
    _Field("carriers_manual", 146, 8, 3),
    _Field("statute", 170, 10),
    _Field("lab_certification", 180, 3, 8),
    _Field("cross_reference", 204, 5, 5),
    _Field("coverage", 229, 1, 1, _COVERAGE),
    _Field("asc_group", 230, 2, 1, (("YY", "approved for an ambulatory surgical center"),)),
    _Field("asc_from", 232, 8),
    _Field("processing_note", 252, 4),
    _Field("betos", 256, 3),
    _Field("type_of_service", 260, 1, 5, _TYPE_OF_SERVICE),
    _Field("anesthesia_units", 265, 3),
    _Field("action_from", 276, 8),
    _Field("action", 292, 1, 1, _ACTIONS),
)
_NOTHING = frozenset(("", "0", "000", "00000000"))
_ANY_VALUE = frozenset(("pricing", "type_of_service"))


def read_attributes(line: str, *, is_modifier: bool) -> Iterator[Attribute]:
    """Yield the attributes of a first line of a record, those of it that say something."""
    if is_modifier:
        yield Attribute("kind", MODIFIER, "a modifier, appended to a code")
    for field in _FIELDS:
        meanings = dict(field.meanings)
        for number in range(field.most):
            begin = field.begin + number * field.width
            value = line[begin : begin + field.width].strip()
            if value and (value not in _NOTHING or field.name in _ANY_VALUE):
                yield Attribute(field.name, value.lstrip("0") if field.name == "anesthesia_units" else value,
                                meanings.get(value, ""))  # fmt: skip
