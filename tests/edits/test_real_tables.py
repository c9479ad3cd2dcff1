"""The whole 2024Q3 files load and answer; skipped without the development data. Counts are those of the files.

The practitioners' pairs, read as the hospitals' are, are loaded by bench/test_claims.py.
"""

import os
from datetime import date
from pathlib import Path

import pytest

from codesets.aoc import find_add_on
from codesets.edit_store import EditTables
from codesets.edit_table import EditKind
from codesets.importer import import_files
from codesets.mce import find_flags
from codesets.mue import find_limit
from codesets.ncci import find_pairs
from codesets.pos import find_place

DATA = Path(os.environ.get("CHARTCODER_DATA", Path(__file__).parents[3] / "shared" / "data")) / "codesets"
DAY = date(2024, 8, 1)
COUNTS = {
    EditKind.PTP_OUTPATIENT: ("ncci_ptp_out_2024Q3_active.tsv.gz", 1_335_857),
    EditKind.MUE_PRACTITIONER: ("ncci_mue_prac_2024Q3.tsv", 14_677),
    EditKind.MUE_OUTPATIENT: ("ncci_mue_out_2024Q3.tsv", 14_628),
    EditKind.MUE_DME: ("ncci_mue_dme_2024Q3.tsv", 2_928),
    EditKind.ADD_ON: ("ncci_aoc_2024.tsv", 7_465),
    EditKind.MCE_DIAGNOSES: ("mce_v44_icd10cm.tsv.gz", 85_122),
    EditKind.MCE_PROCEDURES: ("mce_v44_icd10pcs.tsv.gz", 86_910),
    EditKind.PLACE: ("pos_codes_2024.tsv", 52),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> EditTables:
    """The real files, imported."""
    files = [DATA / name for name, _ in COUNTS.values()]
    absent = [str(file) for file in files if not file.exists()]
    if absent:
        pytest.skip(f"development data is absent: {absent[0]} (set CHARTCODER_DATA)")
    home = tmp_path_factory.mktemp("real")
    import_files(home, files)
    return EditTables.open(home)


def test_every_line_of_every_file_is_there(tables: EditTables) -> None:
    for kind, (_, count) in COUNTS.items():
        found = tables.on(kind, DAY)
        assert found is not None
        assert found.count == count, kind


@pytest.mark.parametrize(("left", "right", "modifier"), [("20611", "20610", 1), ("0001U", "0029U", 1)])
def test_pairs_read_off_the_file_by_hand(tables: EditTables, left: str, right: str, modifier: int) -> None:
    release = tables.on(EditKind.PTP_OUTPATIENT, DAY)
    assert release is not None
    [edit] = find_pairs(release, [left, right])
    assert (edit.column_1, edit.column_2, edit.modifier) == (left, right, modifier)


def test_spot_cases_of_the_smaller_files(tables: EditTables) -> None:
    practitioner, add_ons, places, editor = (
        tables.on(kind, DAY)
        for kind in (EditKind.MUE_PRACTITIONER, EditKind.ADD_ON, EditKind.PLACE, EditKind.MCE_DIAGNOSES)
    )
    assert practitioner is not None
    assert add_ons is not None
    assert places is not None
    assert editor is not None
    limit = find_limit(practitioner, "0001U")
    assert limit is not None
    assert (limit.units, limit.indicator) == (1, 2)
    add_on = find_add_on(add_ons, "0071U", DAY)
    assert add_on is not None
    assert (add_on.kind, sorted(add_on.primaries)) == (1, ["0070U"])
    assert find_place(places, "11") is not None
    assert find_place(places, "00") is None
    assert find_flags(editor, "Y65.51", DAY).flags == {"ecodepdx", "wrngproc"}
