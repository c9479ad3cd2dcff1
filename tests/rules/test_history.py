"""Past and family history codes, by hand from Guidelines I.C.21.c.4 and the index ("History, personal, ...")."""

import tomllib
from pathlib import Path

import pytest
from drafts import in_context

import engine.rules.history
from codesets.snapshot import Snapshot
from engine.rules.history import code_in_context
from engine.types import Experiencer, Temporality

PAST = in_context(temporality=Temporality.HISTORICAL)
PAST_BY_HEADING = in_context(temporality=Temporality.HISTORICAL, rule="section:SOCIAL_HISTORY")
FAMILY = in_context(experiencer=Experiencer.FAMILY)


@pytest.mark.parametrize(
    ("code", "becomes"),
    [
        ("C50.911", "Z85.3"),
        ("C61", "Z85.46"),
        ("C18.9", "Z85.038"),
        ("C34.90", "Z85.118"),
        ("C33", "Z85.12"),
        ("C02.9", "Z85.810"),
        ("C43.9", "Z85.820"),
        ("C57.00", "Z85.4A"),
        ("C57.9", "Z85.44"),
        ("C90.00", "Z85.79"),
        ("C91.00", "Z85.6"),
        ("D05.90", "Z86.000"),
        ("D12.6", "Z86.0101"),
        ("K63.5", "Z86.0100"),
        ("I63.9", "Z86.73"),
        ("G45.9", "Z86.73"),
        ("I21.9", "I25.2"),
        ("I26.99", "Z86.711"),
        ("I82.409", "Z86.718"),
        ("J18.9", "Z87.01"),
        ("K25.9", "Z87.11"),
        ("N39.0", "Z87.440"),
        ("N20.0", "Z87.442"),
        ("S72.001A", "Z87.81"),
        ("M80.00XA", "Z87.310"),
        ("S06.0X0A", "Z87.820"),
        ("O24.419", "Z86.32"),
        ("T78.2XXA", "Z87.892"),
        ("F17.210", "Z87.891"),
        ("F10.20", "F10.21"),
    ],
)
def test_a_past_condition_has_its_history_code(code: str, becomes: str) -> None:
    found, reason = code_in_context(code, PAST)
    assert found == becomes
    assert reason is not None
    assert reason.rule == "personal_history"


@pytest.mark.parametrize("code", ["I10", "E11.9", "J44.9", "I50.9", "N18.30", "G40.909", "F32.A", "Q21.0"])
def test_a_lasting_condition_stays_current(code: str) -> None:
    # IV.I: chronic diseases are coded as often as the patient is treated for them.
    found, reason = code_in_context(code, PAST)
    assert found == code
    assert reason is not None
    assert reason.rule == "history_of_chronic_condition"


@pytest.mark.parametrize("code", ["J20.9", "R05.9", "K35.80"])
def test_a_past_illness_without_a_history_code_is_not_coded(code: str) -> None:
    assert code_in_context(code, PAST) == ("", None)


def test_a_heading_alone_makes_no_smoker_a_former_one() -> None:
    assert code_in_context("F17.210", PAST_BY_HEADING)[0] == "F17.210"
    assert code_in_context("C50.919", PAST_BY_HEADING)[0] == "Z85.3"


@pytest.mark.parametrize(
    ("code", "becomes"),
    [
        ("C50.919", "Z80.3"),
        ("C18.9", "Z80.0"),
        ("C61", "Z80.42"),
        ("E11.9", "Z83.3"),
        ("I10", "Z82.49"),
        ("I21.9", "Z82.49"),
        ("I63.9", "Z82.3"),
        ("J45.909", "Z82.5"),
        ("F10.20", "Z81.1"),
        ("Q61.2", "Z82.71"),
        ("H90.3", "Z82.2"),
    ],
)
def test_a_relatives_condition_has_its_family_history_code(code: str, becomes: str) -> None:
    found, reason = code_in_context(code, FAMILY)
    assert found == becomes
    assert reason is not None
    assert reason.rule == "family_history"


def test_a_relatives_condition_without_a_family_code_is_not_coded() -> None:
    assert code_in_context("J20.9", FAMILY) == ("", None)


@pytest.mark.parametrize("code", ["I10", "C50.919", "J20.9"])
def test_what_somebody_else_has_is_not_coded(code: str) -> None:
    assert code_in_context(code, in_context(experiencer=Experiencer.OTHER)) == ("", None)


@pytest.mark.parametrize(
    ("code", "context", "found"),
    [
        ("Z85.3", PAST, "Z85.3"),
        ("Z80.3", FAMILY, "Z80.3"),
        ("Z80.3", in_context(), "Z80.3"),
        ("Z79.4", FAMILY, ""),
        ("I10", in_context(), "I10"),
    ],
)
def test_status_codes_say_themselves_whose_and_when(code: str, context: object, found: str) -> None:
    assert code_in_context(code, context) == (found, None)  # type: ignore[arg-type]


def test_every_code_of_the_table_is_in_the_release(snapshot: Snapshot) -> None:
    path = Path(engine.rules.history.__file__).with_name("history.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    seen: set[tuple[str, str]] = set()
    for kind in ("past", "family"):
        for row in data[kind]:
            assert snapshot.is_billable(row["becomes"]), row
            for code in row["codes"]:
                assert code in snapshot, code
                assert (kind, code) not in seen, code
                seen.add((kind, code))
    for code in data["chronic"]["codes"]:
        assert code == "Q" or code in snapshot, code
