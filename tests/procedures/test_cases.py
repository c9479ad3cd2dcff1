"""Common procedures, each with the code (or its beginning, where the text leaves the rest open) worked by hand.

Codes by the ICD-10-PCS tables and index of FY2026; skipped where the order file is absent.
"""

from pathlib import Path

import pytest

from codesets.icd10pcs_tables import Tables
from codesets.lexicon import read_lexicon
from codesets.lexicon.axes import read_axes
from codesets.types import System
from engine.live import Live
from engine.types import Chart, Document

CASES = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("cases.tsv").read_text(encoding="utf-8").splitlines()[1:]
]


@pytest.mark.parametrize(("text", "codes"), CASES)
def test_a_common_procedure_has_its_code(whole: Live, text: str, codes: str) -> None:
    coded = whole.pipeline.code(Chart("case", (Document(text),), systems=("icd10pcs",)))
    found = [finding.codes[0].code for finding in coded.findings]
    assert [any(code.startswith(want) for code in found) for want in codes.split()] == [True] * len(codes.split()), (
        found
    )


def test_every_pattern_of_the_lexicon_has_codes(whole: Live) -> None:
    tables = Tables.of(whole.releases.release(System.ICD10PCS))
    assert [entry.where for entry in read_lexicon(System.ICD10PCS) if not tables.matching(entry.code)] == []


def test_every_place_of_a_body_part_has_codes(whole: Live) -> None:
    tables = Tables.of(whole.releases.release(System.ICD10PCS))
    for part in read_axes().body_parts:
        for system, value in part.surgical:
            assert any(tables.matching(f"{system}{operation}{value}") for operation in tables.values(system)), (
                part.terms
            )
        for modality, place in [("01234", part.imaging), *part.by_modality]:
            assert not place or any(tables.matching(place[0] + one + place[1]) for one in modality), part.terms
