"""`translate`, and `lookup`, `validate`, `codesets list` over every code system."""

from pathlib import Path

import pytest
from command_line import run_here
from made_systems import make_systems


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, downloads = tmp_path_factory.mktemp("systems"), tmp_path_factory.mktemp("downloads")
    make_systems(home, downloads)
    return home


def test_translate_shows_combinations_and_where_they_are_from(home: Path) -> None:
    run = run_here("--home", home, "translate", "E11.52", "--to", "icd9cm")
    assert run.status == 0
    assert run.out.splitlines()[:4] == [
        "E11.52       MAPPED",
        "  related-to, scenario 1",
        "    250.70 Sugar with vessels",
        "  + 785.4 Gangrene",
    ]
    assert run.out.splitlines()[4].startswith("map       2018     icd10cm to icd9cm")


def test_translate_as_json_has_options_and_maps(home: Path) -> None:
    (line,) = run_here("--home", home, "translate", "0010", "--from", "icd9cm", "--to", "icd10cm", "--json").lines
    (option,) = line["options"]
    assert (line["kind"], option["relationship"]) == ("MAPPED", "equivalent")
    assert option["parts"] == [{"choices": [{"code": "A00.0", "title": "Cholera one", "note": ""}]}]
    assert [(one["version"], one["source"]) for one in line["maps"]] == [("2018", "2018_I9gem.txt")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("R29.700", "--to", "icd9cm"), "NO_MAP     the map says that there is no code for it"),
        (("A00.0", "--to", "icd9cm"), "UNMAPPED   the map does not have it"),
        (("Q99", "--to", "icd9cm"), "UNKNOWN    not a code of the source system"),
    ],
)
def test_a_code_without_a_target_ends_with_status_one(home: Path, words: tuple[str, ...], said: str) -> None:
    run = run_here("--home", home, "translate", *words)
    assert run.status == 1
    assert said in run.out


def test_translate_takes_the_facts_of_the_patient(home: Path) -> None:
    words = ("translate", "44054006", "--from", "snomedct", "--to", "icd10cm")
    child = run_here("--home", home, *words, "--age", "7")
    grown = run_here("--home", home, *words, "--age", "70")
    neither = run_here("--home", home, *words)
    assert "A00.0 Cholera one\n" in child.out
    assert "E11.9 Sugar\n" in grown.out
    assert "A00.0 Cholera one [IFA 445518008" in neither.out
    assert "| E11.9 Sugar [OTHERWISE TRUE]" in neither.out


def test_translate_without_a_map_says_what_to_import(home: Path) -> None:
    run = run_here("--home", home, "translate", "J0120", "--from", "hcpcs", "--to", "icd10cm")
    assert (run.status, run.out) == (2, "")
    assert "General Equivalence Mappings" in run.err


def test_lookup_shows_what_each_character_of_a_procedure_says(home: Path) -> None:
    run = run_here("--home", home, "lookup", "0TT04ZZ", "--system", "icd10pcs")
    assert "  3  T  Operation: Resection. All out." in run.out
    assert "  5  4  Approach: By scope." in run.out


def test_lookup_leads_a_name_of_the_keys_to_its_value(home: Path) -> None:
    run = run_here("--home", home, "lookup", "Renal bean", "--system", "icd10pcs")
    assert run.status == 0
    assert run.out == "Renal bean  is coded to Kidney, Right: character 4, Body Part, of section 0\n"
    (line,) = run_here("--home", home, "lookup", "Renal bean", "--system", "icd10pcs", "--json").lines
    assert line["label"] == "Kidney, Right"


def test_lookup_shows_coverage_and_dates(home: Path) -> None:
    run = run_here("--home", home, "lookup", "NU", "--system", "hcpcs")
    assert "  coverage: D (special coverage instructions apply)" in run.out
    assert "  kind: modifier (a modifier, appended to a code)" in run.out
    assert "  in force 2020-01-01 to 2026-06-30" in run.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("0TT05ZZ", "--system", "icd10pcs"), 1, "character 5 (approach): got 5, want one of 0, 4"),
        (("J0120-NU", "--system", "hcpcs", "--date", "2026-06-30"), 0, "VALID"),
        (("J0120-NU", "--system", "hcpcs", "--date", "2026-07-01"), 1, "modifier NU: deleted"),
        (("250.00", "--system", "icd9cm", "--date", "2016-01-01"), 1, "ended on 2015-09-30"),
        (("99213", "--system", "cpt"), 2, "licensed by the American Medical Association"),
    ],
)
def test_validate_answers_for_each_system(home: Path, words: tuple[str, ...], status: int, said: str) -> None:
    run = run_here("--home", home, "validate", *words)
    assert run.status == status
    assert said in run.out + run.err


def test_list_and_verify_name_maps_and_references(home: Path) -> None:
    listed = run_here("--home", home, "codesets", "list").out
    assert "icd9cm to icd10cm" in listed
    assert "tables" in listed
    verified = run_here("--home", home, "codesets", "verify").out
    assert "ok       gem-icd9cm-icd10cm-2018.ccmap" in verified
    assert "ok       icd10pcs-2026-tables.ccref" in verified


def test_verify_finds_a_damaged_map(tmp_path: Path) -> None:
    (tmp_path / "downloads").mkdir()
    make_systems(tmp_path / "home", tmp_path / "downloads")
    path = tmp_path / "home" / "crosswalks" / "gem-icd9cm-icd10cm-2018.ccmap"
    path.write_bytes(path.read_bytes()[:-64])
    run = run_here("--home", tmp_path / "home", "codesets", "verify")
    assert run.status == 1
    assert "DAMAGED  gem-icd9cm-icd10cm-2018.ccmap" in run.out


def test_search_over_several_systems_says_which_each_hit_is_of(home: Path) -> None:
    several = run_here("--home", home, "search", "kidney", "injection")
    assert "0TT00ZZ    Resection of Right Kidney, Open Approach  [icd10pcs]" in several.out
    one = run_here("--home", home, "search", "kidney", "--system", "icd10pcs")
    assert "[icd10pcs]" not in one.out
