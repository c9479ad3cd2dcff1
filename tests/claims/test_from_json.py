"""Claims as JSON, and claims that are none."""

import json
from datetime import date
from typing import Any

import pytest

from engine.claims.check import check_claim, kind_of
from engine.claims.from_json import claim_from, read_claims
from engine.claims.records import Claim, ClaimDiagnosis, ClaimKind, ClaimLine
from engine.errors import ClaimError

GOOD: dict[str, Any] = {
    "claim_id": "c",
    "kind": "professional",
    "from_date": "2024-08-01",
    "diagnoses": ["J18.9", {"code": "E119", "present_on_admission": "Y"}],
    "lines": [{"code": "U9001", "modifiers": ["59"], "units": 2, "day": "2024-08-02", "pointers": [1]}],
}


def test_a_claim_is_read_field_by_field() -> None:
    claim = claim_from(GOOD)
    assert claim.kind is ClaimKind.PROFESSIONAL
    assert claim.diagnoses == (ClaimDiagnosis("J18.9"), ClaimDiagnosis("E119", "Y"))
    assert claim.lines == (ClaimLine("U9001", modifiers=("59",), units=2, day=date(2024, 8, 2), pointers=(1,)),)
    check_claim(claim)


@pytest.mark.parametrize(
    ("change", "field", "part"),
    [
        ({"kind": "BOTH"}, "kind", "want one of UNSPECIFIED, PROFESSIONAL"),
        ({"kind": None}, "kind", "got nothing, want kind"),
        ({"kind": None, "bill_type": "13"}, "kind", "bill_type of 3 digits"),
        ({"unknown": 1}, "?", "unknown field, want one of claim_id"),
        ({"claim_ids": "x"}, "claim_ids", "unknown field, want one of claim_id"),
        ({"bad name\0": 1}, "?", "unknown field"),
        ({"from_date": "2024-02-30"}, "from_date", "got no date"),
        ({"from_date": "0001-01-01"}, "from_date", "want a day from 1900 to 2100"),
        ({"from_date": 20240801}, "from_date", "got a number, want text"),
        ({"through_date": "2024-07-31"}, "through_date", "want 2024-08-01 (from_date) or later"),
        ({"birth_date": "2024-08-02"}, "birth_date", "got a day after the service"),
        ({"age_years": 151}, "age_years", "want 0 to 150"),
        ({"age_years": 1.5}, "age_years", "got a number, want a whole number"),
        ({"age_years": True}, "age_years", "got true or false"),
        ({"claim_id": "x" * 257}, "claim_id", "got 257 characters"),
        ({"claim_id": "a\0b"}, "claim_id", "control character"),
        ({"discharge_status": "é"}, "discharge_status", "no code has"),
        ({"diagnoses": "J18.9"}, "diagnoses", "got text, want a list"),
        ({"diagnoses": [""]}, "diagnoses[0].code", "got nothing"),
        ({"diagnoses": ["J18\0"]}, "diagnoses[0].code", "no code has"),
        ({"diagnoses": ["J" * 17]}, "diagnoses[0].code", "got 17 characters"),
        (
            {"diagnoses": [{"code": "J18.9", "present_on_admission": "X"}]},
            "diagnoses[0].present_on_admission",
            "want Y",
        ),
        ({"diagnoses": ["J18.9"] * 101}, "diagnoses", "got 101, want at most 100"),
        ({"lines": [{}]}, "lines[0].code", "got nothing"),
        ({"lines": ["U9001"]}, "lines[0]", "got text, want an object"),
        ({"lines": [{"code": "U9001", "units": -1}]}, "lines[0].units", "want 0 to"),
        ({"lines": [{"code": "U9001", "units": 10**9}]}, "lines[0].units", "want 0 to"),
        ({"lines": [{"code": "U9001", "pointers": [3]}]}, "lines[0].pointers[0]", "got 3, want 1 to 2"),
        ({"lines": [{"code": "U9001", "pointers": [0]}]}, "lines[0].pointers[0]", "got 0, want 1 to 2"),
        ({"lines": [{"code": "U9001", "modifiers": ["59"] * 13}]}, "lines[0].modifiers", "got 13, want at most 12"),
        ({"lines": [{"code": "U9001", "modifiers": ["\0"]}]}, "lines[0].modifiers[0]", "no code has"),
        ({"lines": [{"code": "U9001", "system": "icd9cm"}]}, "lines[0].system", "want hcpcs, cpt"),
        ({"history": [{"code": "U9001"}]}, "history[0].day", "got nothing, want a date"),
        ({"diagnoses": [], "lines": []}, "claim", "got neither diagnoses"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(change: dict[str, Any], field: str, part: str) -> None:
    with pytest.raises(ClaimError) as refused:
        check_claim(claim_from(GOOD | change))
    assert refused.value.field == field
    assert part in str(refused.value)
    assert "\0" not in str(refused.value)


def test_a_claim_without_any_day_is_refused() -> None:
    with pytest.raises(ClaimError, match="from_date: got nothing"):
        check_claim(Claim(kind=ClaimKind.INPATIENT, diagnoses=(ClaimDiagnosis("J18.9"),)))


@pytest.mark.parametrize(
    ("bill_type", "kind"),
    [
        ("0111", ClaimKind.INPATIENT),
        ("111", ClaimKind.INPATIENT),
        ("0181", ClaimKind.INPATIENT),
        ("0121", ClaimKind.OUTPATIENT),
        ("0131", ClaimKind.OUTPATIENT),
        ("0851", ClaimKind.OUTPATIENT),
        ("", ClaimKind.UNSPECIFIED),
        ("1111", ClaimKind.UNSPECIFIED),
        ("ab1", ClaimKind.UNSPECIFIED),
    ],
)
def test_the_type_of_bill_tells_the_kind(bill_type: str, kind: ClaimKind) -> None:
    assert kind_of(Claim(bill_type=bill_type)) is kind


@pytest.mark.parametrize("text", ["", "  ", "{", "nonsense", "\ufeff", "NaN", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ClaimError, match="want"):
        list(read_claims(text.encode()))


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(ClaimError, match="not UTF-8 at 0"):
        list(read_claims(b"\xff\xfe"))


def test_too_much_is_refused() -> None:
    with pytest.raises(ClaimError, match="bytes, want at most"):
        list(read_claims(b" " * (4 * 1024 * 1024 + 1)))


@pytest.mark.parametrize("join", [lambda texts: f"[{','.join(texts)}]", "\n".join], ids=["list", "lines"])
def test_of_many_claims_a_bad_one_does_not_stop_the_others(join: Any) -> None:
    text = join([json.dumps(GOOD), json.dumps(GOOD | {"kind": 3}), json.dumps(GOOD)])
    first, second, third = read_claims(text.encode())
    assert isinstance(first, Claim)
    assert isinstance(third, Claim)
    assert isinstance(second, ClaimError)
    assert second.field == "kind"
