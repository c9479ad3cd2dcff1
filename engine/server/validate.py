"""Checks what a request says, field by field, before any of it is used; all violations are reported together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from codesets.types import System
from engine.errors import InputError, UnsupportedSystemError

MAX_CODES = 1000
MAX_CODE_CHARACTERS = 64
MAX_CHART_ID_CHARACTERS = 256
MAX_NAME_CHARACTERS = 256

T = TypeVar("T")
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that is wrong: its path in the request, what it got and what it wants (never chart text)."""

    field: str
    description: str


class RequestError(InputError):
    """Fields of the request are wrong; `violations` lists them all."""

    REASON = "REQUEST_INVALID"

    def __init__(self, violations: Sequence[Violation]) -> None:
        first = violations[0]
        super().__init__(f"{first.field}: {first.description}", field=first.field)
        self.violations = tuple(violations)


class MalformedMessageError(InputError):
    """The bytes are not the message they should be."""

    REASON = "MESSAGE_MALFORMED"


@dataclass(slots=True)
class Checker:
    """Collects violations; `finish` raises them."""

    violations: list[Violation] = field(default_factory=list)

    def want(self, name: str, holds: bool, description: str) -> None:
        """Note a violation of the field unless it holds."""
        if not holds:
            self.violations.append(Violation(name, description))

    def take(self, name: str, read: Callable[[], T], default: T) -> T:
        """Return what `read` gives, or note its ValueError as a violation and return the default."""
        try:
            return read()
        except ValueError as error:
            self.violations.append(Violation(name, str(error)))
            return default

    def finish(self) -> None:
        """Raise RequestError if anything was wrong."""
        if self.violations:
            raise RequestError(self.violations)


def parse(kind: type[M], data: bytes) -> M:
    """Decode a message; raises MalformedMessageError."""
    message = kind()
    try:
        message.ParseFromString(data)
    except Exception:  # protobuf's DecodeError names no cause, and a subclass may change
        name = kind.DESCRIPTOR.full_name
        raise MalformedMessageError(
            f"request: got {len(data)} bytes that are no {name}, want a protobuf message whose text is valid UTF-8"
        ) from None
    return message


def day_from(value: Date) -> date:
    """Return a google.type.Date as a date; raises ValueError for a partial or impossible one."""
    try:
        return date(value.year, value.month, value.day)
    except (ValueError, OverflowError):
        # Not what was got: it may be a day of birth.
        raise ValueError("got a day that is in no calendar, want a whole calendar date") from None


def system_from(name: str, *, field: str) -> System:
    """Return the code system that a field names, icd10cm for ""; raises UnsupportedSystemError."""
    try:
        return System(name) if name else System.ICD10CM
    except ValueError:
        raise UnsupportedSystemError(
            f"{field}: got another name, want one of {', '.join(System)}", field=field
        ) from None


def check_codes(checker: Checker, codes: Sequence[str]) -> None:
    """Note a batch that is empty, too long, or holds something too long to be a code."""
    checker.want("codes", len(codes) > 0, "got none, want at least one")
    checker.want("codes", len(codes) <= MAX_CODES, f"got {len(codes)}, want at most {MAX_CODES}; send several batches")
    for number, code in enumerate(codes[:MAX_CODES]):
        length = len(code)
        checker.want(
            f"codes[{number}]",
            length <= MAX_CODE_CHARACTERS,
            f"got {length} characters, want at most {MAX_CODE_CHARACTERS}",
        )
