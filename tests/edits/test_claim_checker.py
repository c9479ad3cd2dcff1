"""The edits together: order, faults, what was not checked, determinism, and how long hostile claims take."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_tables import check, open_checker, said, stay, visit

from codesets.edit_store import EditTables
from codesets.edit_table import EditKind
from codesets.errors import SnapshotError
from codesets.store import Releases
from engine.claims.from_json import claim_from
from engine.edits.base import Edit
from engine.edits.run import EDITS, ClaimChecker
from engine.errors import ClaimError
from engine.types import Severity


def test_every_edit_has_a_name_of_its_own_a_source_and_a_date() -> None:
    names = [edit.name for edit in EDITS]
    assert len(set(names)) == len(names)
    for edit in EDITS:
        assert len(edit.source) > 10
        assert edit.effective == "by rule" or len(edit.effective) == 10


def test_an_edit_that_fails_is_reported_and_the_others_go_on(edits_home: Path) -> None:
    def fail(_: object) -> list[object]:
        raise RuntimeError("a fault of ours")

    broken = Edit("broken", "made for tests", "2024-01-01", fail)  # type: ignore[arg-type]
    tables, releases = EditTables.open(edits_home), Releases.open(edits_home)
    checker = ClaimChecker(tables, releases, edits=(broken, *EDITS))
    found = check(checker, visit("U9001", "U9002"))
    assert [alert.kind for alert in found.alerts] == ["edit_failed", "ncci_ptp"]
    assert "a fault of ours" not in found.alerts[0].message
    assert not found.is_clean


def test_a_store_without_tables_says_what_it_did_not_check(tmp_path: Path) -> None:
    found = check(open_checker(tmp_path), visit("U9001", "U9002"))
    assert found.is_clean
    named = {alert.message.split(":")[0] for alert in found.alerts}
    tables = {"mce-icd10cm", "mue-practitioner", "ncci-add-on", "ncci-ptp-practitioner", "place-of-service"}
    assert named == tables | {"hcpcs", "icd10cm"}
    assert {alert.severity for alert in found.alerts} == {Severity.INFO}
    assert found.edits == tuple(edit.name for edit in EDITS)


def test_a_table_of_an_earlier_quarter_is_used_and_said_to_be_old(checker: ClaimChecker) -> None:
    found = check(checker, visit("U9001", "U9002", from_date="2024-10-01"))
    assert "ncci_ptp" in [alert.kind for alert in found.alerts]
    old = [alert.release for alert in found.alerts if alert.kind == "table_outdated"]
    assert old == ["mue-practitioner 2024Q3", "ncci-ptp-practitioner 2024Q3"]


def test_the_header_names_every_release_that_was_used(checker: ClaimChecker) -> None:
    header = check(checker, visit("U9001", "U9002")).header
    assert [f"{used.system} {used.version}" for used in header.releases] == [
        "hcpcs 2024-01",
        "icd10cm 2024",
        "coverage coverage",
        "mce-icd10cm 44",
        "mue-practitioner 2024Q3",
        "ncci-add-on 2024Q1",
        "ncci-ptp-practitioner 2024Q3",
        "place-of-service 2024Q1",
    ]
    assert all(len(used.content_hash) == 64 for used in header.releases)


def test_the_same_claim_gives_the_same_answer(edits_home: Path) -> None:
    claims = [visit("U9001", "U9002", "99213"), stay("O80", "E11.9", procedures=["10D00Z0"], age_years=70)]
    for claim in claims:
        first, second = (replace(check(open_checker(edits_home), claim), elapsed_ms=0.0) for _ in range(2))
        assert first == second


def test_a_claim_of_the_most_lines_is_answered(checker: ClaimChecker) -> None:
    lines = [
        {"code": f"U{9000 + n % 10}", "modifiers": ["59"], "day": f"2024-08-{n // 10 % 28 + 1:02}"} for n in range(999)
    ]
    found = check(checker, visit(*lines))
    assert any(alert.kind == "ncci_ptp" for alert in found.alerts)


def test_more_lines_are_refused_by_their_field(checker: ClaimChecker) -> None:
    with pytest.raises(ClaimError, match="lines: got 10000, want at most 999"):
        checker.check(claim_from(visit(*["U9001"] * 10_000)))


def test_a_damaged_table_is_not_used(edits_home: Path, tmp_path: Path) -> None:
    source = next((edits_home / "edits").glob("mue-practitioner*"))
    (tmp_path / "edits").mkdir()
    damaged = tmp_path / "edits" / source.name
    damaged.write_bytes(source.read_bytes()[:-1])
    with pytest.raises(SnapshotError):
        EditTables.open(tmp_path).releases(EditKind.MUE_PRACTITIONER)
    found = said(open_checker(tmp_path), visit("U9001"))
    assert found == ["edit_failed ERROR"]
