"""Messages for the fuzzer of the RPCs: random ones over the descriptors, valid ones with bytes changed, plain noise."""

import random
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as Field

_WORDS = (
    "",
    " ",
    "I10",
    "E11.9",
    "e119",
    "R51",
    "99213",
    "0DTJ4ZZ",
    "icd10cm",
    "icd10pcs",
    "hcpcs",
    "icd9cm",
    "A4253-NU",
    "hypertension",
    "no chest pain, hypertension",
    "chest pain " * 40,
    "diabète",
    "सिरदर्द",
    "😀 face",
    "\0",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "\r\n",
    "a" * 257,
    "x" * 5000,
    "%s%n",
    "../../etc/passwd",
    "'; DROP TABLE charts; --",
    "{}",
    "[",
    "ab" * 16,
    "AAAAAA==",
    "0131",
    "11",
    "Y",
    "2026-03-31",
    "(" * 300,
    "\u0301" * 50,
    "İ",
    "ß",
    "\U0010ffff",
    "1" * 40,
)
_INTS = (0, 1, -1, 2, 3, 20, 100, 150, 151, 999, 1001, 2**31 - 1, -(2**31))
_WIDE = (0, 1, 2, 2**32, 2**63 - 1, 2**64 - 1)
_FLOATS = (0.0, -0.0, 1.5, 61.0, 150.0, -1.0, 1e308, float("inf"), float("-inf"), float("nan"))
_YEARS = (0, 1, 1899, 1900, 1980, 2024, 2025, 2026, 2100, 9999, 10_000, -1)
# What is right in a field of that name: most are, else nothing would come past the first check.
_LIKELY: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("system", "source_system", "target_system"), ("icd10cm", "")),
    "systems": ("icd10cm",),
    **dict.fromkeys(("codes", "known_codes"), ("I10", "e119", "R51", "E11.2", "X")),
    "code": ("I10", "E11.9", "99213", "0DTJ4ZZ", "J0120"),
    "query": ("diabetes", "hart", "E11", "kidney disease", "e11.2"),
    "text": ("hypertension", "no chest pain, hypertension", "diabète, सिरदर्द, 😀 face"),
    **dict.fromkeys(("chart_id", "claim_id", "payer", "plan", "document_id", "kind"), ("", "x", "Aetna")),
    **dict.fromkeys(("page_token", "contractor", "discharge_disposition"), ("",)),
    **dict.fromkeys(("setting", "sex", "offset_unit"), (0, 1, 2, 3)),
    **dict.fromkeys(("page_size", "units"), (0, 1, 2, 50)),
    **dict.fromkeys(("age_years", "sequence", "since_size"), (0, 1, 2, 3)),
    "bill_type": ("0131", "", "0111"),
    "place": ("11", "", "21"),
    "discharge_status": ("01", ""),
    "present_on_admission": ("Y", ""),
    "modifiers": ("25", "RT", "59"),
    "pointers": (1,),
    "documentation": ("operative report",),
}
_CLAIM_KINDS = (1, 2, 3, 4)
# How much of a message is likely: of some, all.
_SHARES_LIKELY = (1.0, 1.0, 0.98, 0.8)
_COUNTS = (0, 1, 1, 1, 2, 3, 12)
# Rare, for each costs as much as a hundred others.
_MANY = (101, 1001)
_RARE = 0.001
_NASTY = (
    b"\xff" * 12,  # a number without end
    b"\x0a\xff\xff\xff\xff\x0f",  # a text of 4 GiB
    b"\x0b" * 200,  # groups in groups
    b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\x0c",
    b"\x00\x00",
    b"\x0a\x02\xc3\x28",
    b"\x0a\x03\xed\xa0\x80",  # a lone surrogate
)


class Maker:
    """Makes requests of one kind; the same seed makes the same ones."""

    def __init__(self, kind: Any, seed: int, *, record_ids: Sequence[str] = ()) -> None:
        self._kind = kind
        self._likely = {**_LIKELY, "record_id": tuple(record_ids) or ("ab" * 16,)}
        self._random = random.Random(f"{seed}{kind.DESCRIPTOR.full_name}")
        self._kept: list[bytes] = [b""]
        self._share_likely = 1.0

    def make(self) -> bytes:
        """Return the next request, encoded."""
        roll = self._random.random()
        if roll < 0.55:
            message = self._kind()
            self._share_likely = self._random.choice(_SHARES_LIKELY)
            self._fill(message, depth=0, share=self._random.choice((0.4, 0.9, 1.0)))
            data = bytes(message.SerializeToString())
            self._keep(data)
            return data
        if roll < 0.95:
            return self._changed(self._random.choice(self._kept))
        return self._random.randbytes(self._random.choice((1, 3, 20, 200, 2000)))

    def _keep(self, data: bytes) -> None:
        if len(data) < 4096:
            self._kept.append(data)
            if len(self._kept) > 200:
                self._kept.pop(self._random.randrange(200))

    def _fill(self, message: Any, *, depth: int, share: float) -> None:
        for field in message.DESCRIPTOR.fields:
            if self._random.random() > (0.98 if depth == 0 else share):
                continue
            if field.message_type is not None and field.message_type.full_name == "google.type.Date":
                self._fill_day(message, field)
            elif field.is_repeated:
                self._fill_each(message, field, depth, share)
            elif field.message_type is not None:
                inner = getattr(message, field.name)
                inner.SetInParent()
                self._fill(inner, depth=depth + 1, share=share)
            else:
                setattr(message, field.name, self._value(field))

    def _fill_each(self, message: Any, field: Any, depth: int, share: float) -> None:
        held = getattr(message, field.name)
        pick = self._random
        for _ in range(pick.choice(_MANY if pick.random() < _RARE else _COUNTS)):
            if field.message_type is not None:
                self._fill(held.add(), depth=depth + 1, share=share)
            else:
                held.append(self._value(field))

    def _fill_day(self, message: Any, field: Any) -> None:
        day = getattr(message, field.name)
        pick = self._random
        if pick.random() < self._share_likely:
            year = 1980 if field.name == "birth_date" else 2026
            month = pick.randint(7, 9) if field.name in ("through_date", "discharge_date") else pick.randint(1, 6)
            day.year, day.month, day.day = year, month, pick.randint(1, 28)
        else:
            day.year, day.month, day.day = pick.choice(_YEARS), pick.randint(-1, 13), pick.randint(-1, 32)

    def _value(self, field: Any) -> Any:
        pick, kind = self._random, field.cpp_type
        if field.name in self._likely and pick.random() < self._share_likely:
            is_kind = kind == Field.CPPTYPE_ENUM and field.name == "kind"
            return pick.choice(_CLAIM_KINDS if is_kind else self._likely[field.name])
        if kind == Field.CPPTYPE_STRING:
            return pick.choice(_WORDS) + (pick.choice(_WORDS) if pick.random() < 0.2 else "")
        if kind == Field.CPPTYPE_ENUM:
            return pick.choice((0, 1, 2, 3, 4, 5, 99, -1))
        if kind in (Field.CPPTYPE_UINT32, Field.CPPTYPE_UINT64):
            return pick.choice(_WIDE[:3] if kind == Field.CPPTYPE_UINT32 else _WIDE)
        if kind in (Field.CPPTYPE_DOUBLE, Field.CPPTYPE_FLOAT):
            return pick.choice(_FLOATS)
        return pick.random() < 0.5 if kind == Field.CPPTYPE_BOOL else pick.choice(_INTS)

    def _changed(self, data: bytes) -> bytes:
        pick, changed = self._random, bytearray(data)
        for _ in range(pick.choice((1, 1, 2, 5))):
            at = pick.randint(0, len(changed))
            other = pick.choice(self._kept)
            match pick.randrange(7):
                case 0 if at < len(changed):
                    changed[at] ^= 1 << pick.randrange(8)
                case 1:
                    del changed[at:]
                case 2:
                    changed[at:at] = pick.choice(_NASTY)
                case 3:
                    changed[at:at] = other
                case 4:
                    del changed[at : at + pick.randint(1, 8)]
                case 5:
                    changed[at:] = other[at:]
                case _:
                    changed[at : at + 1] = bytes([pick.randrange(256)])
        return bytes(changed)
