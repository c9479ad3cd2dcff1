"""Tables of edits: the publishers' layouts, compiled and found again; what is wrong is refused. Codes are invented."""

import gzip
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from made_files import contents

from codesets import aoc, coverage, mce, mue, ncci, pos
from codesets.delimited import release_of
from codesets.edit_importer import looks_like, read_edits
from codesets.edit_store import EditRelease, EditTables, save_edits
from codesets.edit_table import EditKind, EditSource
from codesets.errors import SnapshotError, SourceError
from codesets.importer import import_files

PTP_NAME = "ccipra-v302r0-f1.TXT"
PTP = (
    "CPT only copyright 2023 American Medical Association. All rights reserved.\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "U9002\tU9001\t\t20200101\t20231231\t1\tMore extensive procedure\n"
    "U9001\tU9003\t*\t19960101\t*\t0\tMutually exclusive procedures\n"
    "U9001\tU9002\t\t20240101\t*\t1\tMisuse\n"
)
ACTIVE = (
    "code\ttype\tcomplement\tdeleted\tmodifier_ind\trationale\nU9001\tComprehensive\tU9002\t9999-12-31\t1\tMisuse\n"
)
MUE_NAME = "MCR_MUE_OutpatientHospitalServices_Eff_10-01-2024.csv"
MUE = (
    '"Copyright\nAMA",,,\n'
    '"HCPCS/\nCPT Code","Outpatient Hospital Services MUE Values","MUE Adjudication Indicator","MUE Rationale"\n'
    "U9001,12,2 Date of Service Edit: Policy,Anatomic Consideration\n"
)
AOC = "primary_code\tadd_on_code\taoc_edit_type\nCCCCC\tU9101\t3\nU9001\tU9101\t3\nCCCCC\tU9102\t2\n"


def release(source: EditSource, home: Path) -> EditRelease:
    """Compile a table, and open it again."""
    save_edits(home, source)
    [found] = EditTables.open(home).releases(source.kind)
    return found


def test_pairs_are_found_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    found = release(ncci.read_ptp(PTP, name=PTP_NAME), tmp_path)
    assert (found.version, found.effective_from, found.count) == ("2024Q3", date(2024, 7, 1), 3)
    assert found.is_dated
    edits = sorted(ncci.find_pairs(found, ["U9003", "U9002", "U9001"]), key=lambda e: (e.column_1, e.column_2))
    assert edits == [
        ncci.PairEdit("U9001", "U9002", date(2024, 1, 1), None, 1, "Misuse"),
        ncci.PairEdit("U9001", "U9003", date(1996, 1, 1), None, 0, "Mutually exclusive procedures"),
        ncci.PairEdit("U9002", "U9001", date(2020, 1, 1), date(2023, 12, 31), 1, "More extensive procedure"),
    ]
    assert list(ncci.find_pairs(found, ["U9002", "U9003"])) == []
    assert list(ncci.find_pairs(found, ["\udcff", ""])) == []


def test_a_long_row_is_searched_and_gives_the_same_pairs(tmp_path: Path) -> None:
    rows = "".join(f"U9000\tT{n:04}\t\t20240101\t*\t{n % 2}\tMisuse\n" for n in range(3000))
    found = release(ncci.read_ptp(PTP + rows, name=PTP_NAME), tmp_path)
    for wanted in (["U9000", "T0007"], ["U9000", *(f"T{n:04}" for n in range(0, 3000, 3))]):
        edits = list(ncci.find_pairs(found, wanted))
        assert {edit.column_2 for edit in edits} == set(wanted[1:])
        assert all(edit.modifier == int(edit.column_2[1:]) % 2 for edit in edits)


def test_a_list_of_active_edits_is_read_and_answers_from_its_quarter_on(tmp_path: Path) -> None:
    found = release(ncci.read_ptp(ACTIVE, name="ncci_ptp_out_2024Q3_active.tsv"), tmp_path)
    assert found.kind is EditKind.PTP_OUTPATIENT
    assert not found.is_dated
    assert list(ncci.find_pairs(found, ["U9001", "U9002"])) == [
        ncci.PairEdit("U9001", "U9002", None, None, 1, "Misuse")
    ]
    tables = EditTables.open(tmp_path)
    assert tables.on(EditKind.PTP_OUTPATIENT, date(2024, 6, 30)) is None
    answering = tables.on(EditKind.PTP_OUTPATIENT, date(2024, 7, 1))
    assert answering is not None
    assert answering.content_hash == found.content_hash


def test_the_parts_of_a_release_answer_together_and_a_missing_one_is_known(tmp_path: Path) -> None:
    save_edits(tmp_path, ncci.read_ptp(PTP, name="ccipra-v302r0-f1.TXT"))
    save_edits(tmp_path, ncci.read_ptp(PTP.replace("U90", "T90"), name="ccipra-v302r0-f3.TXT"))
    [found] = EditTables.open(tmp_path).releases(EditKind.PTP_PRACTITIONER)
    assert (found.count, found.missing_parts) == (6, ("f2",))
    assert len(list(ncci.find_pairs(found, ["U9001", "U9002", "T9001", "T9002"]))) == 4
    save_edits(tmp_path, ncci.read_ptp(PTP.replace("U90", "V90"), name="ccipra-v302r0-f2.TXT"))
    [found] = EditTables.open(tmp_path).releases(EditKind.PTP_PRACTITIONER)
    assert (found.count, found.missing_parts) == (9, ())


def test_unit_limits_are_read_from_csv_with_breaks_in_its_header(tmp_path: Path) -> None:
    found = release(mue.read_mue(MUE, name=MUE_NAME), tmp_path)
    assert (found.kind, found.version) == (EditKind.MUE_OUTPATIENT, "2024Q4")
    assert mue.find_limit(found, "U9001") == mue.UnitLimit(12, 2, "Anatomic Consideration")
    assert mue.find_limit(found, "U9002") is None


def test_add_on_codes_have_a_type_and_their_primaries(tmp_path: Path) -> None:
    found = release(aoc.read_add_ons(AOC, name="ncci_aoc_2024.tsv"), tmp_path)
    day = date(2024, 8, 1)
    assert aoc.find_add_on(found, "U9101", day) == aoc.AddOn(3, frozenset(("U9001",)))
    assert aoc.find_add_on(found, "U9102", day) == aoc.AddOn(2, frozenset())
    assert aoc.find_add_on(found, "U9001", day) is None


def test_flags_of_the_code_editor_hold_on_their_days(tmp_path: Path) -> None:
    text = "code\tstart\tend\tflags\nN859\t20151001\t20240930\tfemale|adult\nN859\t20241001\t20270331\t\n"
    found = release(mce.read_mce(text, name="mce_v44_icd10cm.tsv"), tmp_path)
    assert (found.version, found.effective_from) == ("44", date(2026, 10, 1))
    assert mce.find_flags(found, "N85.9", date(2024, 9, 30)) == mce.CodeFlags(frozenset(("female", "adult")), True)
    assert mce.find_flags(found, "N85.9", date(2024, 10, 1)) == mce.CodeFlags(frozenset(), True)
    assert mce.find_flags(found, "N85.9", date(2027, 4, 1)) == mce.CodeFlags(frozenset(), False)
    assert mce.find_flags(found, "N85.8", date(2024, 10, 1)) == mce.CodeFlags(frozenset(), False)


def test_lists_of_the_definitions_manual_say_nothing_of_what_they_do_not_list(tmp_path: Path) -> None:
    text = (
        "icd_code\ticd_description\ticd_conflict_group\ticd_conflict_rule\n"
        "O80\tmade up\tAge\tMaternity (Ages 9-64)\nO80\tmade up\tSex\tFemale Only\n"
    )
    found = release(mce.read_mce(text, name="mce_v41.1_code_edits.tsv"), tmp_path)
    assert (found.version, found.effective_from) == ("41.1", date(2024, 4, 1))
    assert mce.find_flags(found, "O80", date(2024, 5, 1)) == mce.CodeFlags(frozenset(("maternity", "female")), None)
    assert mce.find_flags(found, "J18.9", date(2024, 5, 1)) == mce.CodeFlags(frozenset(), None)


def test_places_are_known_by_their_two_digits(tmp_path: Path) -> None:
    text = "pos_code\tpos_type\tpos_name\n1\tNon-Facility\tPharmacy\n27\t\tUnassigned\n21\tFacility\tHospital\n"
    found = release(pos.read_places(text, name="pos_codes_2024.tsv"), tmp_path)
    assert pos.find_place(found, "01") == pos.Place("Pharmacy", False)
    assert pos.find_place(found, "21") == pos.Place("Hospital", True)
    assert pos.find_place(found, "27") is None


EXPORT = {
    "article_x_hcpc_code.csv": "article_id,article_version,hcpc_code_id,hcpc_code_version,hcpc_code_group\n"
    "52840,7,U9201,1,1\n52841,2,U9202,1,1\n",
    "article_x_icd10_covered.csv": "article_id,article_version,icd10_code_id,icd10_code_version,icd10_covered_group\n"
    "52840,7,J18.9,1,1\n52841,2,M81.0,1,1\n",
    "article_x_icd10_noncovered.csv": "article_id,article_version,icd10_code_id,icd10_code_version,"
    "icd10_noncovered_group\n52840,7,E119,1,1\n",
    "article_x_contractor.csv": "article_id,article_version,contractor_id,contractor_type_id\n52841,2,13102,9\n",
    "article.csv": "article_id,article_version,title,article_eff_date,article_end_date\n"
    '52841,2,"Billing, tests",2020-01-01 00:00:00,\n',
}


def test_an_export_of_the_coverage_database_is_read_whole(tmp_path: Path) -> None:
    zipped = tmp_path / "current_article.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, text in EXPORT.items():
            archive.writestr(name, text)
        archive.writestr("readme.pdf", b"%PDF\0")
    [report] = import_files(tmp_path / "home", [zipped])
    assert report.kind == "coverage edits"
    [found] = EditTables.open(tmp_path / "home").releases(EditKind.COVERAGE)
    assert coverage.find_policies(found, "U9201") == [coverage.Policy("A52840", "", "", None, None)]
    assert coverage.find_policies(found, "U9202") == [
        coverage.Policy("A52841", "Billing, tests", "13102", date(2020, 1, 1), None)
    ]
    assert coverage.is_covered(found, "A52840", "J18.9") is True
    assert coverage.is_covered(found, "A52840", "E11.9") is False
    assert coverage.is_covered(found, "A52840", "M81.0") is None


@pytest.mark.parametrize(
    ("name", "version", "first_day"),
    [
        ("ccipra-v302r0-f1.TXT", "2024Q3", date(2024, 7, 1)),
        ("ccioph-v320r1-f4.xlsx", "2026Q1", date(2026, 1, 1)),
        ("MCR_MUE_PractitionerServices_Eff_10-01-2025.csv", "2025Q4", date(2025, 10, 1)),
        ("AOC_V2024Q1-MCR.txt", "2024Q1", date(2024, 1, 1)),
        ("ncci_aoc_2024.tsv", "2024Q1", date(2024, 1, 1)),
    ],
)
def test_the_quarter_is_read_from_the_publishers_file_names(name: str, version: str, first_day: date) -> None:
    assert release_of(name) == (version, first_day)


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("ccipra.txt", PTP, "without its quarter"),
        ("pairs-v302r0.txt", PTP, "neither practitioner nor outpatient"),
        (PTP_NAME, PTP + "U9001\tU9004\t\t20240101\t*\t7\tMisuse\n", "row 5: got 'U9004' and modifier indicator '7'"),
        (PTP_NAME, PTP + "U9001\tU90", "row 5: got 'U90'"),
        (PTP_NAME, PTP + "U9001\tU9004\t\t20241301\t*\t1\tMisuse\n", "date: got '20241301'"),
        (PTP_NAME, PTP + "what is this\tU9004\t\t\t*\t1\t\n", "got 'what is this' in the first column"),
        (PTP_NAME, "\n".join(PTP.splitlines()[:3]), "got no row"),
        (MUE_NAME, MUE + "U9002,many,2,x\n", "got 'many' units"),
        (MUE_NAME, MUE + "U9002,1,4,x\n", "indicator '4'"),
        ("MUE_2024Q3.csv", MUE, "tells no service"),
        ("aoc_2024.tsv", AOC + "U9001\tU9103\t4\n", "edit type: got '4'"),
        ("mce_icd10cm.tsv", "code\tstart\tend\tflags\nN859\t20151001\t20240930\t\n", "without the editor's version"),
        ("cover.tsv", "policy\tcode\tdiagnosis\tcovered\nL1\tU9201\tJ18.9\tmaybe\n", "covered: got 'maybe'"),
        ("cover.tsv", "policy\tcode\tdiagnosis\tcovered\nL1\tU9201\tnonsense\tyes\n", "diagnosis: got 'nonsense'"),
        ("cover.tsv", "policy\tcode\tdiagnosis\tcovered\nL1\tU92\tJ18.9\tyes\n", "code: got 'U92'"),
        ("article_x_icd10_covered.csv", EXPORT["article_x_icd10_covered.csv"], "article_x_hcpc_code.csv is missing"),
    ],
)
def test_a_wrong_file_is_refused_by_its_row_and_nothing_is_written(
    tmp_path: Path, name: str, text: str, part: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as refused:
        import_files(tmp_path / "home", [file])
    assert part in str(refused.value)
    assert not (tmp_path / "home").exists() or contents(tmp_path / "home") == {}


def test_two_tables_of_coverage_at_once_are_refused() -> None:
    own = "policy\tcode\tdiagnosis\tcovered\nL1\tU9201\tJ18.9\tyes\n"
    with pytest.raises(SourceError, match="second table of coverage"):
        read_edits([("a.tsv", own), ("b.tsv", own)])


@pytest.mark.parametrize("form", ["plain", "gzip", "zip"])
def test_tables_are_imported_as_downloaded(tmp_path: Path, form: str) -> None:
    data = PTP.encode("cp1252")
    if form == "gzip":
        data = gzip.compress(data)
    elif form == "zip":
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(f"folder/{PTP_NAME}", data)
            archive.writestr("ccipra-v302r0-f1.xlsx", b"PK\3\4\0")
        data = held.getvalue()
    file = tmp_path / {"plain": PTP_NAME, "gzip": f"{PTP_NAME}.gz", "zip": "ccipra-v302r0-f1.zip"}[form]
    file.write_bytes(data)
    [report] = import_files(tmp_path / "home", [file])
    assert report.summary == "ncci-ptp-practitioner 2024Q3 f1, 3 rows"


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"just words\n", b"\xff\xfe\x00", PTP.encode()[:40]])
def test_what_is_no_table_is_not_taken_for_one(data: bytes) -> None:
    assert not looks_like("file.txt", data)
    assert not looks_like("file.pdf", PTP.encode())


@pytest.mark.parametrize("cut", [0, 10, 100, -1])
def test_a_truncated_table_is_not_opened(tmp_path: Path, cut: int) -> None:
    path = save_edits(tmp_path, mue.read_mue(MUE, name=MUE_NAME))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SnapshotError, match=path.name):
        EditTables.open(tmp_path).releases(EditKind.MUE_OUTPATIENT)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    for home in (tmp_path / "a", tmp_path / "b"):
        save_edits(home, ncci.read_ptp(PTP, name=PTP_NAME))
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
