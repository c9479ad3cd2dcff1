"""Code points to the caller's offset unit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.pb.chartcoder.v1 import types_pb2 as pb

# For each code point of a text, and its end, the offset in the caller's unit; None where the two are the same.
OffsetTable = Sequence[int] | None


def offset_tables(texts: Sequence[str], unit: int) -> list[OffsetTable]:
    """Return one table per text."""
    return [_table(text, unit) for text in texts]


def _table(text: str, unit: int) -> OffsetTable:
    if unit in (pb.OFFSET_UNIT_UNSPECIFIED, pb.OFFSET_UNIT_CODE_POINT) or text.isascii():
        return None
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    widths = 1 + (points > 0xFFFF).astype(np.uint32)
    if unit == pb.OFFSET_UNIT_UTF8_BYTE:
        widths += (points > 0x7F).astype(np.uint32) + (points > 0x7FF)
    offsets: Any = np.concatenate((np.zeros(1, np.uint32), np.cumsum(widths, dtype=np.uint32)))
    return memoryview(offsets)
