"""Records made natively are those that `__init__` makes."""

import gc
import sys
import weakref
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from engine import types
from engine._records import made_quickly


@dataclass(slots=True, weakref_slot=True)
class Slow:
    """A record with a value that must be given, one that need not, and one that is made afresh."""

    zeta: Any
    alpha: Any = 7
    many: list[int] = field(default_factory=list)


@made_quickly
@dataclass(slots=True, weakref_slot=True)
class Quick:
    """The same."""

    zeta: Any
    alpha: Any = 7
    many: list[int] = field(default_factory=list)


@made_quickly
@dataclass(frozen=True, slots=True)
class Frozen:
    """One that nothing may change."""

    begin: int
    end: int = 9


@pytest.mark.parametrize(
    ("values", "named"),
    [((1,), {}), ((1, 2), {}), ((1, 2, [3]), {}), ((1,), {"many": [3]}), ((), {"alpha": 2, "zeta": 1})],
)
def test_values_go_where_init_puts_them(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    slow, quick = Slow(*values, **named), Quick(*values, **named)
    assert [getattr(quick, f.name) for f in fields(quick)] == [getattr(slow, f.name) for f in fields(slow)]


@pytest.mark.parametrize(("values", "named"), [((), {}), ((1, 2, [], 4), {}), ((1,), {"zeta": 2}), ((1,), {"beta": 2})])
def test_what_init_refuses_is_refused(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"Quick.__init__\(\)"):
        Quick(*values, **named)


def test_what_is_made_afresh_is_shared_by_none() -> None:
    assert Quick(1).many is not Quick(1).many


def test_a_frozen_record_stays_frozen_and_hashable() -> None:
    assert Frozen(1) == Frozen(1, 9)
    assert hash(Frozen(1)) == hash(Frozen(1, 9))
    with pytest.raises(AttributeError):
        Frozen(1).begin = 2  # type: ignore[misc]


def test_values_and_defaults_are_held_once_for_each_record_and_let_go_of() -> None:
    value: list[int] = []
    before = sys.getrefcount(value)
    made = [Frozen(value, value) for _ in range(100)]  # type: ignore[arg-type]
    assert sys.getrefcount(value) == before + 200
    made.clear()
    assert sys.getrefcount(value) == before


def test_a_circle_of_records_is_collected() -> None:
    first = Quick(None, 1, [])
    first.zeta = Quick(first, 1, [])
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None


def test_a_subclass_is_made_by_its_own_init() -> None:
    class Longer(Quick):
        def __init__(self, zeta: int) -> None:
            Quick.__init__(self, zeta, 0)

    made = Longer(1)
    assert type(made) is Longer
    assert (made.zeta, made.alpha) == (1, 0)


def test_a_class_whose_init_does_more_is_refused() -> None:
    @dataclass(slots=True)
    class Checked:
        begin: int

        def __post_init__(self) -> None:
            raise AssertionError

    @dataclass
    class Unslotted:
        begin: int

    @dataclass(slots=True)
    class Named:
        begin: int = field(kw_only=True)

    for kind in (Checked, Unslotted, Named):
        with pytest.raises(TypeError, match=kind.__name__):
            made_quickly(kind)


def test_the_records_of_a_chart_are_made_so() -> None:
    assert types.Reason("r", "s") == types.Reason("r", "s", "")
    assert types.Context().cues == ()
