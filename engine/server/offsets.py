"""Code points to the caller's offset unit."""

from collections.abc import Callable, Sequence

import numpy as np

from engine.pb.chartcoder.v1 import types_pb2 as pb

# Turns a position in code points into one in the caller's unit.
Locate = Callable[[int], int]


def locators(texts: Sequence[str], unit: int) -> list[Locate]:
    """Return one locator per text."""
    return [_locator(text, unit) for text in texts]


def _same(position: int) -> int:
    return position


def _locator(text: str, unit: int) -> Locate:
    if unit in (pb.OFFSET_UNIT_UNSPECIFIED, pb.OFFSET_UNIT_CODE_POINT) or text.isascii():
        return _same
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    widths = 1 + (points > 0xFFFF).astype(np.uint32)
    if unit == pb.OFFSET_UNIT_UTF8_BYTE:
        widths += (points > 0x7F).astype(np.uint32) + (points > 0x7FF)
    offsets = np.concatenate((np.zeros(1, np.uint32), np.cumsum(widths, dtype=np.uint32)))
    return offsets.item
