"""No pattern of the engine can be made to run on and on by what a chart holds.

Every pattern that the engine compiles, those of its tables of words among them, is searched in texts made of what it
looks for, of blanks, digits and brackets, cut off before it can match. What takes long on 20,000 characters must not take
much more than twice as long as on 10,000: quadratic growth would take four times.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LENGTH = 10_000
# Below this a pattern on 20,000 characters is fast, whatever the ratio: a linear one takes a millisecond.
FAST_S = 0.15
MOST = 3.2
# On a tenth of the text; a cubic one would take an hour on all of it.
SHORT, SHORT_S = 1_000, 0.5
UNITS = (
    "a",
    "A",
    " ",
    "\n",
    "1",
    "(",
    "[",
    ".",
    "-",
    "/",
    ",",
    ":",
    "_",
    "é",
    "a ",
    "1 ",
    "a.",
    "1.",
    "1/",
    "(a",
    "a-",
    "\n ",
    " a\n",
    "A:\n",
    "' ",
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_PROGRAM = """
import importlib, json, pkgutil, re, sys
compile_, found = re.compile, {}
def note(pattern, flags=0):
    made = compile_(pattern, flags)
    name = sys._getframe(1).f_globals.get("__name__", "")
    if name.startswith("engine.") and isinstance(made.pattern, str):
        found[made.pattern, made.flags & ~re.DEBUG.value] = name
    return made
re.compile = note
import engine
for module in pkgutil.walk_packages(engine.__path__, "engine."):
    if ".pb" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from engine.config import Config
from engine.live import Live
from engine.types import Chart, Document, Setting
from pathlib import Path
live = Live.open(Config(home=Path(sys.argv[1]), audit_dir=Path(sys.argv[2])))
note_ = "DOCTOR: Any chest pain?\\nPATIENT: No, but hypertension.\\nPLAN: ceftriaxone 1 g IV given. Appendectomy."
for setting in (Setting.INPATIENT, Setting.OUTPATIENT):
    live.pipeline.code(Chart("", (Document(note_),), setting))
print(json.dumps([[*key, name] for key, name in sorted(found.items())]))
"""


@pytest.fixture(scope="session")
def patterns(home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, re.Pattern[str]]]:
    """Every pattern that is compiled by the engine's own modules, with the module's name."""
    audit = tmp_path_factory.mktemp("audit")
    words = [sys.executable, "-c", _PROGRAM, str(home), str(audit)]
    shown = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT, timeout=120)
    return [(name, re.compile(pattern, flags)) for pattern, flags, name in json.loads(shown.stdout)]


def units_of(pattern: str) -> Iterator[str]:
    """Yield what texts are made of: anybody's pieces, and the words that the pattern has."""
    yield from UNITS
    words = list(dict.fromkeys(_WORD.findall(re.sub(r"\\.", " ", pattern))))[:6]
    for word in words:
        yield f"{word} "
        yield f"{word}, "
    yield " ".join(words) + " "


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """How much CPU time all its uses take."""
    begin = time.process_time()
    for _ in pattern.finditer(text):
        pass
    pattern.fullmatch(text)
    return time.process_time() - begin


def is_slow(pattern: re.Pattern[str], unit: str) -> bool:
    """Whether a text of such pieces takes a pattern more than in proportion to its length."""

    def text(length: int) -> str:
        return (unit * (length // len(unit) + 1))[:length] + "\x00"

    if seconds(pattern, text(SHORT)) > SHORT_S:
        return True
    long_s = seconds(pattern, text(2 * LENGTH))
    if long_s < FAST_S:
        return False
    least_s = min(long_s, *(seconds(pattern, text(2 * LENGTH)) for _ in range(2)))
    return least_s > FAST_S and least_s > MOST * min(seconds(pattern, text(LENGTH)) for _ in range(3))


def test_no_pattern_grows_faster_than_the_text(patterns: list[tuple[str, re.Pattern[str]]]) -> None:
    assert len(patterns) > 60
    slow = [
        f"{name}: {pattern.pattern[:80]!r} on {unit!r}"
        for name, pattern in patterns
        for unit in units_of(pattern.pattern)
        if is_slow(pattern, unit)
    ]
    assert slow == []


@pytest.mark.parametrize(("pattern", "unit"), [(r"\s+$", " "), (r"a*a*b", "a"), (r"(a+)+b", "a"), (r"\w+:", "a")])
def test_the_measure_sees_what_grows(pattern: str, unit: str) -> None:
    if pattern == r"(a+)+b":
        pytest.importorskip("re")
        assert seconds(re.compile(pattern), "a" * 24) > 0.05, "exponential: seen long before it is long"
        return
    assert is_slow(re.compile(pattern), unit)
