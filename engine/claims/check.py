"""What a claim must be before any edit looks at it: fields that are there, of bounded size, with possible dates."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from engine.claims.records import Claim, ClaimKind
from engine.errors import ClaimError

# The most of an 837: 25 diagnoses and 25 procedures on an institutional claim, 999 lines, 4 modifiers. More diagnoses
# and modifiers than that are let in, so that an edit can say which are too many.
MAX_DIAGNOSES = 100
MAX_PROCEDURES = 100
MAX_LINES = 999
MAX_MODIFIERS = 12
MAX_POINTERS = 12
MAX_HISTORY = 5000
MAX_DOCUMENTS = 100
MAX_NAME = 256
MAX_CODE = 16
MAX_UNITS = 999_999
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_SAFE = re.compile(r"[ -~]*")
_PATIENT_AGE = 150


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is wrong: its path from the claim, what it got and what it wants."""

    field: str
    description: str


def check_claim(claim: Claim) -> None:
    """Raise ClaimError, which names the first field that is wrong, unless a claim can be checked."""
    for fault in faults_of(claim):
        raise ClaimError(f"{fault.field}: {fault.description}", field=fault.field)


def faults_of(claim: Claim) -> Iterator[Fault]:
    """Yield every field of a claim that is wrong, in the order of the fields."""
    yield from _sizes(claim)
    yield from _kind(claim)
    yield from _dates(claim)
    yield from _patient(claim)
    yield from _items(claim)


def kind_of(claim: Claim) -> ClaimKind:
    """Return the kind of a claim; its type of bill tells where it is not said. UNSPECIFIED if neither does.

    Type of bill: leading zero, facility, classification, frequency. Classification 1 is inpatient (Part A), and so is
    8 (swing bed) of a hospital; all others are outpatient.
    """
    if claim.kind is not ClaimKind.UNSPECIFIED:
        return claim.kind
    digits = claim.bill_type.lstrip("0")
    if len(digits) != 3 or not digits[:2].isdigit():
        return ClaimKind.UNSPECIFIED
    return ClaimKind.INPATIENT if digits[1] == "1" or digits[:2] == "18" else ClaimKind.OUTPATIENT


def _sizes(claim: Claim) -> Iterator[Fault]:
    if not claim.diagnoses and not claim.lines and not claim.procedures:
        yield Fault("claim", "got neither diagnoses nor procedures nor lines, want at least one of them")
    for name, items, most in (
        ("diagnoses", claim.diagnoses, MAX_DIAGNOSES),
        ("procedures", claim.procedures, MAX_PROCEDURES),
        ("lines", claim.lines, MAX_LINES),
        ("history", claim.history, MAX_HISTORY),
        ("documentation", claim.documentation, MAX_DOCUMENTS),
    ):
        if len(items) > most:
            yield Fault(name, f"got {len(items)}, want at most {most}")
    for name in ("claim_id", "bill_type", "payer", "plan", "contractor", "place", "discharge_status"):
        yield from _text(name, getattr(claim, name), MAX_NAME, is_free=name in ("claim_id", "payer", "plan"))
    for number, text in enumerate(claim.documentation[:MAX_DOCUMENTS]):
        yield from _text(f"documentation[{number}]", text, MAX_NAME, is_free=True)


def _text(name: str, text: str, most: int, *, is_free: bool = False) -> Iterator[Fault]:
    if len(text) > most:
        yield Fault(name, f"got {len(text)} characters, want at most {most}")
    elif is_free and not text.isprintable():
        yield Fault(name, "got a control character, want printable text")
    elif not is_free and not _SAFE.fullmatch(text):
        yield Fault(name, "got a character that no code has, want letters and digits")


def _kind(claim: Claim) -> Iterator[Fault]:
    if kind_of(claim) is ClaimKind.UNSPECIFIED:
        got = "another bill_type" if claim.bill_type else "nothing"
        yield Fault(
            "kind",
            f"got {got}, want kind (PROFESSIONAL, OUTPATIENT, INPATIENT or DME) or a bill_type of 3 digits, as 0131",
        )


def _dates(claim: Claim) -> Iterator[Fault]:
    for name in ("from_date", "through_date", "birth_date"):
        yield from _day(name, getattr(claim, name))
    if claim.from_date and claim.through_date and claim.through_date < claim.from_date:
        yield Fault("through_date", f"got {claim.through_date}, want {claim.from_date} (from_date) or later")
    if claim.from_date is None and claim.through_date is None and not any(line.day for line in claim.lines):
        yield Fault("from_date", "got nothing, want the first date of service: it decides which edits are in force")


def _day(name: str, day: date | None) -> Iterator[Fault]:
    if day is not None and not _FIRST_DAY <= day <= _LAST_DAY:
        got = "another day" if name == "birth_date" else str(day)
        yield Fault(name, f"got {got}, want a day from {_FIRST_DAY.year} to {_LAST_DAY.year}")


def _patient(claim: Claim) -> Iterator[Fault]:
    if claim.age_years is not None and not 0 <= claim.age_years <= _PATIENT_AGE:
        yield Fault("age_years", f"got {claim.age_years}, want 0 to {_PATIENT_AGE}")
    first = claim.from_date or claim.through_date
    # A newborn's own claim may begin on the day of birth.
    if claim.birth_date and first and claim.birth_date > max(first, claim.through_date or first):
        yield Fault("birth_date", f"got a day after the service ({first}), want one before or on it")


def _items(claim: Claim) -> Iterator[Fault]:
    for number, diagnosis in enumerate(claim.diagnoses[:MAX_DIAGNOSES]):
        yield from _code(f"diagnoses[{number}].code", diagnosis.code)
        if diagnosis.present_on_admission.upper() not in ("", "Y", "N", "U", "W", "1"):
            yield Fault(f"diagnoses[{number}].present_on_admission", "got another value, want Y, N, U, W, 1 or nothing")
    for number, procedure in enumerate(claim.procedures[:MAX_PROCEDURES]):
        yield from _code(f"procedures[{number}].code", procedure.code)
        yield from _day(f"procedures[{number}].day", procedure.day)
    for number, line in enumerate(claim.lines[:MAX_LINES]):
        at = f"lines[{number}]"
        yield from _code(f"{at}.code", line.code)
        yield from _day(f"{at}.day", line.day)
        yield from _text(f"{at}.place", line.place, 2)
        if line.system not in ("", "hcpcs", "cpt"):
            yield Fault(f"{at}.system", "got another name, want hcpcs, cpt or nothing")
        if not 0 <= line.units <= MAX_UNITS:
            yield Fault(f"{at}.units", f"got {line.units}, want 0 to {MAX_UNITS}")
        yield from _modifiers(f"{at}.modifiers", line.modifiers)
        yield from _pointers(f"{at}.pointers", line.pointers, len(claim.diagnoses))
    for number, service in enumerate(claim.history[:MAX_HISTORY]):
        yield from _code(f"history[{number}].code", service.code)
        yield from _day(f"history[{number}].day", service.day)
        if not 0 <= service.units <= MAX_UNITS:
            yield Fault(f"history[{number}].units", f"got {service.units}, want 0 to {MAX_UNITS}")


def _code(name: str, code: str) -> Iterator[Fault]:
    if not code.strip():
        yield Fault(name, "got nothing, want a code")
    else:
        yield from _text(name, code, MAX_CODE)


def _modifiers(name: str, modifiers: Sequence[str]) -> Iterator[Fault]:
    if len(modifiers) > MAX_MODIFIERS:
        yield Fault(name, f"got {len(modifiers)}, want at most {MAX_MODIFIERS}")
    for number, modifier in enumerate(modifiers[:MAX_MODIFIERS]):
        yield from _text(f"{name}[{number}]", modifier, MAX_CODE)


def _pointers(name: str, pointers: Sequence[int], count: int) -> Iterator[Fault]:
    if len(pointers) > MAX_POINTERS:
        yield Fault(name, f"got {len(pointers)}, want at most {MAX_POINTERS}")
    for number, pointer in enumerate(pointers[:MAX_POINTERS]):
        if not 1 <= pointer <= count:
            yield Fault(f"{name}[{number}]", f"got {pointer}, want 1 to {count}, the place of a diagnosis")
