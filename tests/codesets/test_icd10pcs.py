"""The ICD-10-PCS order file and list of codes: made-up files by the CMS layout, and FY2026 by its counts."""

import gzip
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from made_files import PCS, PCS_CODES, PCS_NAME, pcs_order, real_file

from codesets.errors import SourceError
from codesets.icd10pcs import looks_like, packaged_codes, read_codes, read_packaged
from codesets.snapshot import Snapshot
from codesets.store import save_release
from codesets.types import Node, System

LIST = "0TT00ZZ Resection of Right Kidney, Open Approach\nBW40ZZZ Ultrasonography of Abdomen\n"


def read(text: str, name: str = PCS_NAME) -> dict[str, Node]:
    """Read a file's nodes by code."""
    return {node.code: node for node in read_codes(text, name=name).nodes}


def test_a_code_has_both_titles_and_hangs_under_its_body_part() -> None:
    long, short = "Resection of Right Kidney, Open Approach", "Resection of R Kidney, Open"
    assert read(PCS)["0TT00ZZ"] == Node("0TT00ZZ", long, "0TT0", True, (), short)


@pytest.mark.parametrize(
    ("level", "title", "parent"),
    [
        ("0", "Medical and Surgical", ""),
        ("0T", "Urinary System", "0"),
        ("0TT", "Urinary System, Resection", "0T"),
        ("0TT0", "Resection of Right Kidney", "0TT"),
        ("0TT2", "Resection of Bilateral Kidneys", "0TT"),
        ("BW", "Imaging, Anatomical Regions", "B"),
        ("BW20", "Computerized Tomography (CT Scan) of Abdomen", "BW2"),
    ],
)
def test_the_levels_above_a_code_are_named_and_not_billable(level: str, title: str, parent: str) -> None:
    assert read(PCS)[level] == Node(level, title, parent, False)


def test_every_level_comes_before_what_is_under_it() -> None:
    seen = {""}
    for node in read_codes(PCS, name=PCS_NAME).nodes:
        assert node.parent in seen
        seen.add(node.code)


def test_the_fiscal_year_is_in_the_name_and_begins_in_october() -> None:
    release = read_codes(PCS, name=PCS_NAME)
    assert (release.system, release.version) == (System.ICD10PCS, "2026")
    assert (release.effective_from, release.effective_to) == (date(2025, 10, 1), date(2026, 9, 30))


def test_the_list_of_codes_is_read_alike() -> None:
    nodes = read(LIST, "icd10pcs_codes_2026.txt")
    assert nodes["0TT00ZZ"].title == "Resection of Right Kidney, Open Approach"
    assert nodes["0TT0"].parent == "0TT"
    assert sum(node.billable for node in nodes.values()) == 2


def test_only_codes_of_seven_characters_are_counted(tmp_path: Path) -> None:
    release = Snapshot(save_release(tmp_path, read_codes(PCS, name=PCS_NAME))).release
    assert (release.code_count, release.billable_count) == (8, 8)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (PCS, "order.txt", "without its fiscal year"),
        ("", PCS_NAME, "no ICD-10-PCS code"),
        (PCS.replace("00003", "00004"), PCS_NAME, "line 3: got '00004"),
        (PCS[:-40], PCS_NAME, "line 11"),
        (PCS.replace("0TT04ZZ 1", "0TT04ZZ 0"), PCS_NAME, "code 0TT04ZZ: got flag 0"),
        (PCS.replace("0TT04ZZ", "0TT0IZZ"), PCS_NAME, "line 3"),
        (pcs_order(*PCS_CODES[:2], PCS_CODES[1]), PCS_NAME, "code 0TT00ZZ: got it twice"),
        (LIST + "BW4 heading\n", PCS_NAME, "line 3: got 'BW4 heading'"),
    ],
)
def test_a_damaged_file_is_refused(text: str, name: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_codes(text, name=name)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (PCS, True),
        (PCS.replace("\n", "\r\n"), True),
        (LIST, True),
        ("", False),
        ("00001 A00     0 " + "Cholera".ljust(60) + " Cholera\n", False),
        ("A000001 Something else\n", False),
    ],
)
def test_the_files_are_known_by_their_first_line(text: str, is_one: bool) -> None:
    assert looks_like(text) is is_one


def test_the_packaged_list_is_read_as_fy2024(tmp_path: Path) -> None:
    path = tmp_path / "icd_10_pcs.csv"
    path.write_text('"0TT00ZZ","Resection of Right Kidney, Open Approach"\n"BW40ZZZ","Ultrasonography of Abdomen"\n')
    release = read_packaged(path)
    assert (release.version, release.effective_to) == ("2024", date(2024, 9, 30))
    assert [node.code for node in release.nodes if node.billable] == ["0TT00ZZ", "BW40ZZZ"]


def test_the_package_has_all_codes_of_fy2024() -> None:
    path = packaged_codes()
    if path is None:
        pytest.skip("the optional package drg is not installed")
    # CMS: 78,638 codes for FY2024 (April).
    assert sum(node.billable for node in read_packaged(path).nodes) == 78_638


def test_the_2026_files_are_read_whole_and_say_the_same() -> None:
    order = gzip.decompress(real_file("icd10pcs_order_2026.txt.gz").read_bytes()).decode()
    codes = gzip.decompress(real_file("icd10pcs_codes_2026.txt.gz").read_bytes()).decode()
    by_order, by_list = read(order), read(codes)
    # CMS: 79,193 codes for FY2026; the order file has 917 headings beside them.
    assert sum(node.billable for node in by_order.values()) == 79_193
    assert sum(len(code) == 3 for code in by_order) == order.count("\n") + (order[-1] != "\n") - 79_193
    titles = [{code: node.title for code, node in nodes.items() if node.billable} for nodes in (by_order, by_list)]
    assert titles[0] == titles[1]
    billable = [code for code, node in by_order.items() if node.billable]
    assert all(one < other for one, other in pairwise(billable))
