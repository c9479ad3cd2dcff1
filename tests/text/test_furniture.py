"""Headers and footers of pages become white space, and what goes on over them stays together."""

import pytest

from engine._fasttext import has_pages
from engine.text.furniture import without_furniture


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("congestive heart\n\nDOE, JOHN  MRN: 1  Page 2 of 3\n\nfailure.", "congestive heart failure."),
        ("no\nMercy\nPage 1\nMercy\nfever. Also\nMercy\nPage 2\nMercy\ngout.", "no fever. Also gout."),
        ("chronic kidney\n\fMercy, DOE J\ndisease and\n\fMercy, DOE J\ngout.", "chronic kidney disease and gout."),
        ("PAGE 1 of 2\nGout.\nPAGE 2 of 2\nAsthma.", "Gout. Asthma."),
        ("He has\r\nPage 3/7\r\ngout.", "He has gout."),
        ("Gout.\nPage: 2\n", "Gout."),
    ],
)
def test_furniture_becomes_white_space_of_its_length(text: str, words: str) -> None:
    plain = without_furniture(text)
    assert len(plain) == len(text)
    assert plain.split() == words.split()


def test_a_sentence_that_goes_on_has_no_line_break_within() -> None:
    assert without_furniture("heart\n\nPage 2\n\nfailure") == "heart" + " " * 10 + "failure"
    assert "\n" not in without_furniture("heart\n\nPage 2\n\nfailure")
    assert "\n" in without_furniture("He is well.\nPage 2\nGout.")
    assert "\n" in without_furniture("Gout\nPage 2\nAsthma")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Paget disease of bone.",
        "See page 3 of his chart.",
        "As noted on page 3",
        "He was paged at noon.\nHe came.",
        "Page after page was read, and none of them said that the patient had been seen for gout before page 3",
        "gout\f",
        "\f\f\f",
        "pag",
        "\x00Pag\U0001f600e 1 gout was told to be there by her.",
    ],
)
def test_what_tells_something_stays(text: str) -> None:
    assert without_furniture(text) == text


@pytest.mark.parametrize("wide", ["", "\u0101", "\U0001d400"])
@pytest.mark.parametrize(
    "text", ["", "p", "pa", "ag", "pag", "PAGE", "x pAg", "paxg", "\f", "gout", "P\u0101g", "\u0150ag"]
)
def test_the_look_for_pages_is_that_of_plain_python(text: str, wide: str) -> None:
    given = wide + text
    assert has_pages(given) == ("\f" in given or "pag" in given.lower())
