"""No chart can keep the engine busy for longer than its length warrants.

Most patterns look at a window of bounded length and would be slow on more, so the whole pipeline is asked. What takes
long on 20,000 characters must not take much more than twice as long as on 10,000: quadratic growth takes four times.
"""

import time

import pytest

from engine.pipeline import Pipeline
from engine.types import Chart, Document, Setting

LENGTH = 10_000
# Less is fast on 20,000 characters, whatever the ratio.
FAST_S = 0.5
MOST = 3.2
UNITS = (
    *("a", "A", " ", "\n", "\t", "1", "(", "[", ".", "-", "/", ",", ":", "_", "é", "a ", "1 ", "a.", "1/", "(a", "a-"),
    *(
        "\n ",
        "A:\n",
        "' ",
        "?",
        "\u0301",
        "no ",
        "not ",
        "and ",
        "of the ",
        "was ",
        "with ",
        "for a total of ",
        "1 mg ",
    ),
    *(
        "hypertension ",
        "pain, ",
        "left ",
        "CHF (",
        "denies ",
        "potassium ",
        "is now ",
        "ceftriaxone 1 g ",
        "appendectomy ",
    ),
)
# In a conversation every line has another meaning.
HEADS = {"note": "ASSESSMENT: hypertension", "dialogue": "DOCTOR: Any chest pain?\nPATIENT: No.\n" * 6 + "DOCTOR: "}


def seconds(pipeline: Pipeline, text: str) -> float:
    """How much CPU time a chart takes."""
    begin = time.process_time()
    pipeline.code(Chart("", (Document(text),), Setting.INPATIENT))
    return time.process_time() - begin


@pytest.mark.parametrize("head", HEADS)
def test_time_grows_no_faster_than_the_text(pipeline: Pipeline, head: str) -> None:
    slow = []
    for unit in UNITS:
        short, long = (HEADS[head] + " " + unit * (length // len(unit)) for length in (LENGTH, 2 * LENGTH))
        if (long_s := seconds(pipeline, long)) < FAST_S:
            continue
        long_s = min(long_s, seconds(pipeline, long), seconds(pipeline, long))
        if long_s > FAST_S and long_s > MOST * min(seconds(pipeline, short) for _ in range(3)):
            slow.append((unit, round(long_s, 2)))
    assert slow == []
