"""Reads claims from JSON (README.md has the fields); each fault names its field, what it got and what it wants."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar

from engine.claims.records import Claim, ClaimDiagnosis, ClaimKind, ClaimLine, ClaimProcedure, PriorService
from engine.errors import ClaimError
from engine.types import Sex

MAX_BYTES = 4 * 1024 * 1024
T = TypeVar("T")
_Object = Mapping[str, Any]


def read_claims(data: bytes) -> Iterator[Claim | ClaimError]:
    """Yield the claims of a JSON text: one object, a list of them, or one a line; a bad one gives its error.

    Raises ClaimError where the text is no JSON at all.
    """
    if len(data) > MAX_BYTES:
        raise ClaimError(f"claim: got over {MAX_BYTES} bytes, want at most that", field="claim")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClaimError(f"claim: got a byte that is not UTF-8 at {error.start}, want JSON", field="claim") from None
    if not text.strip():
        raise ClaimError("claim: got nothing, want a JSON object", field="claim")
    for value in _values(text):
        if isinstance(value, ClaimError):
            yield value
            continue
        try:
            yield claim_from(value)
        except ClaimError as error:
            yield error


def _values(text: str) -> Iterator[Any]:
    try:
        value = _decode(text)
    except ClaimError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise error from None
        yield from (_decoded(line) for line in lines)
        return
    yield from value if isinstance(value, list) else [value]


def _decoded(line: str) -> Any:
    try:
        return _decode(line)
    except ClaimError as error:
        return error


def _decode(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ClaimError(f"claim: got what is no JSON{place}, want an object", field="claim") from None


def _refuse(_: str) -> None:
    raise ValueError("not a number")


def claim_from(value: Any) -> Claim:
    """Return the claim that a decoded JSON object says; raises ClaimError that names the field."""
    fields = _Fields(_object(value, "claim"), "")
    claim = Claim(
        claim_id=fields.text("claim_id"),
        kind=fields.member("kind", ClaimKind, ClaimKind.UNSPECIFIED),
        bill_type=fields.text("bill_type"),
        from_date=fields.day("from_date"),
        through_date=fields.day("through_date"),
        sex=fields.member("sex", Sex, Sex.UNSPECIFIED),
        birth_date=fields.day("birth_date"),
        age_years=fields.number("age_years", None),
        payer=fields.text("payer"),
        plan=fields.text("plan"),
        contractor=fields.text("contractor"),
        place=fields.text("place"),
        discharge_status=fields.text("discharge_status"),
        diagnoses=fields.each("diagnoses", _diagnosis),
        procedures=fields.each("procedures", _procedure),
        lines=fields.each("lines", _line),
        history=fields.each("history", _prior),
        documentation=fields.each("documentation", _plain),
    )
    fields.finish()
    return claim


def _plain(value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise _fault(at, value, "text")
    return value


def _diagnosis(value: Any, at: str) -> ClaimDiagnosis:
    if isinstance(value, str):
        return ClaimDiagnosis(value)
    fields = _Fields(_object(value, at), at)
    found = ClaimDiagnosis(fields.text("code"), fields.text("present_on_admission"))
    fields.finish()
    return found


def _procedure(value: Any, at: str) -> ClaimProcedure:
    if isinstance(value, str):
        return ClaimProcedure(value)
    fields = _Fields(_object(value, at), at)
    found = ClaimProcedure(fields.text("code"), fields.day("day"))
    fields.finish()
    return found


def _line(value: Any, at: str) -> ClaimLine:
    fields = _Fields(_object(value, at), at)
    found = ClaimLine(
        code=fields.text("code"),
        system=fields.text("system"),
        modifiers=fields.each("modifiers", _plain),
        units=fields.number("units", 1),
        day=fields.day("day"),
        place=fields.text("place"),
        pointers=fields.each("pointers", _whole),
    )
    fields.finish()
    return found


def _prior(value: Any, at: str) -> PriorService:
    fields = _Fields(_object(value, at), at)
    code, day, units = fields.text("code"), fields.day("day"), fields.number("units", 1)
    fields.finish()
    if day is None:
        raise ClaimError(f"{at}.day: got nothing, want a date as 2026-03-31", field=f"{at}.day")
    return PriorService(code, day, units)


def _whole(value: Any, at: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _fault(at, value, "a whole number")
    return value


def _object(value: Any, at: str) -> _Object:
    if not isinstance(value, dict):
        raise _fault(at, value, "an object")
    return value


def _fault(at: str, value: Any, want: str) -> ClaimError:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return ClaimError(f"{at}: got {names.get(type(value), 'a number')}, want {want}", field=at)


class _Fields:
    """Takes the fields of an object one by one; `finish` refuses what is left."""

    def __init__(self, value: _Object, at: str) -> None:
        self._left = dict(value)
        self._at = f"{at}." if at else ""
        self._known: list[str] = []

    def _take(self, name: str) -> Any:
        self._known.append(name)
        return self._left.pop(name, None)

    def text(self, name: str) -> str:
        value = self._take(name)
        return "" if value is None else _plain(value, self._at + name)

    def number(self, name: str, default: Any) -> Any:
        value = self._take(name)
        return default if value is None else _whole(value, self._at + name)

    def day(self, name: str) -> date | None:
        text = self.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            at = self._at + name
            raise ClaimError(f"{at}: got no date, want one as 2026-03-31", field=at) from None

    def member(self, name: str, kind: Any, default: Any) -> Any:
        text = self.text(name)
        if not text:
            return default
        try:
            return kind(text.upper())
        except ValueError:
            at = self._at + name
            raise ClaimError(f"{at}: got another name, want one of {', '.join(kind)}", field=at) from None

    def each(self, name: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
        value, at = self._take(name), self._at + name
        if value is None:
            return ()
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise _fault(at, value, "a list")
        return tuple([read(item, f"{at}[{number}]") for number, item in enumerate(value)])

    def finish(self) -> None:
        for name in self._left:
            # A misspelt name is shown; what is nothing like a field of ours may be a patient's.
            at = self._at + (name if len(name) <= 40 and get_close_matches(name, self._known, 1) else "?")
            raise ClaimError(f"{at}: unknown field, want one of {', '.join(self._known)}", field=at)
