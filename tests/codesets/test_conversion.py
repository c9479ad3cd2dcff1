"""Conversion tables: old codes to new by fiscal year, of CMS (ICD-10-PCS) and NCHS (ICD-10-CM)."""

import pytest
from made_files import real_text

from codesets.conversion import looks_like, read_conversion
from codesets.crosswalk import MapRow, Relationship
from codesets.errors import SourceError
from codesets.types import System

BROADER, RELATED = Relationship.SOURCE_IS_BROADER, Relationship.RELATED_TO
PCS_HEAD = (
    "Current code(s) assignment\tCode title\tEffective year\tPrevious code(s) assignment\tPredecessor code title\t"
    "Change type\tComment\tEffective month/day [MM.DD]\r\n"
)
PCS = PCS_HEAD + (
    '0TT00ZA\t"Part of kidney, new"\t2026\t0TT00ZZ\t"Kidney"\tNew\t10.01\r\n'
    '0TT04ZZ\t"Kidney by scope"\t2025\t0TT04Z6\t"Kidney by old scope"\tDeleted\t"now one code"\t10.01\r\n'
    '0TT10ZZ\t"Left kidney"\t2024\t0TT10ZZ\t"Kidney, left"\tRevised\t"name changed"\t10.01\r\n'
    'NoPCS\t\t2024\t0TT20Z6\t"Gone"\tDeleted\t"no successor"\t10.01\r\n'
)
CM = (
    '"The National Center has published an update."\t\t\n'
    '"Current code assignment"\t"Effective"\t"Previous Code(s) Assignment"\n'
    '"A04.71"\t2017\t"A04.7"\n"A04.72"\t2017\t"A04.7"\n"U09.9"\t04/01/23\t"B94.8 & Z86.16"\n"V00.01"\t2016\t"None"\n'
    '"T15.1"\t2018\t"Codes in Categories T15-T19"\n"S72.1"\t10/01/21\t"S72.8X1A, S72.8X2A"\n'
)


def test_the_table_of_procedures_leads_from_old_to_new() -> None:
    read = read_conversion(PCS, name="icd10pcs_conversion_table.txt")
    assert (read.source_system, read.target_system, read.version) == (System.ICD10PCS, System.ICD10PCS, "2026")
    assert read.rows == {
        "0TT00ZZ": [MapRow("0TT00ZA", BROADER, 2026, 1, "Part of kidney, new", advice="new")],
        "0TT04Z6": [MapRow("0TT04ZZ", RELATED, 2025, 1, "Kidney by scope", advice="deleted; now one code")],
        "0TT20Z6": [MapRow("", Relationship.NOT_RELATED_TO, 2024, 1, advice="deleted; no successor")],
    }


def test_the_table_of_diagnoses_counts_fiscal_years_from_its_octobers() -> None:
    rows = read_conversion(CM, name="table.csv").rows
    assert [(row.target, row.group) for row in rows["A04.7"]] == [("A04.71", 2018), ("A04.72", 2018)]
    assert [(row.target, row.group) for row in rows["Z86.16"]] == [("U09.9", 2023)]
    assert "together" in rows["B94.8"][0].advice
    assert [(code, row.group) for code in ("S72.8X1A", "S72.8X2A") for row in rows[code]] == [
        ("S72.8X1A", 2022),
        ("S72.8X2A", 2022),
    ]
    assert sorted(rows) == ["A04.7", "B94.8", "S72.8X1A", "S72.8X2A", "Z86.16"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PCS_HEAD, "without a row"),
        (PCS_HEAD + "0TT00ZA\tTitle\n", "line 2: got 2 cells"),
        (PCS_HEAD + "0TT0OZA\tTitle\t2026\t0TT00ZZ\tOld\tNew\n", "current code: got '0TT0OZA'"),
        (PCS_HEAD + "0TT00ZA\tTitle\tsoon\t0TT00ZZ\tOld\tNew\n", "effective year: got 'soon'"),
        (CM + '"A04.7"\tlater\t"A04"\n', "line 9: effective: got 'later'"),
        (CM + '"code"\t2017\t"A04"\n', "current code: got 'code'"),
    ],
)
def test_a_wrong_table_is_refused(text: str, message: str) -> None:
    assert looks_like(text)
    with pytest.raises(SourceError, match=message):
        read_conversion(text, name="table.txt")


def test_the_published_tables_are_read_whole() -> None:
    procedures = read_conversion(real_text("icd10pcs_conversion_table.txt.gz"), name="pcs.txt")
    assert (procedures.version, len(procedures.rows)) == ("2026", 8_357)
    diagnoses = read_conversion(real_text("icd-10-cm-conversion-table-FY2025.csv.gz"), name="cm.csv")
    assert (diagnoses.version, len(diagnoses.rows)) == ("2025", 2_081)
