"""Why a code was missed, on notes made so that each is lost to one thing; and chapters, and passages."""

import pytest

from engine.evaluation.causes import find_losses, find_words
from engine.evaluation.chapters import CHAPTERS, chapter_of
from engine.evaluation.passages import Passages
from engine.pipeline import Pipeline
from engine.types import Chart, Document, Setting

# Note, missed code, what it was lost to.
LOST = {
    "denied": ("Denies chest pain.", "R07.9", "context: absent"),
    "a relative's": ("FAMILY HISTORY: Mother has gout.", "M10.9", "context: family"),
    "uncertain": ("ASSESSMENT: Probable pneumonia.", "J18.9", "context: possible"),
    "taken off by a rule": ("ASSESSMENT: Appendicitis with abdominal pain.", "R10.9", "rule: integral_symptoms"),
    "of the same category": ("ASSESSMENT: Type 2 diabetes.", "E11.65", "other code of the category"),
    "not in the text": ("ASSESSMENT: Type 2 diabetes.", "S82.101A", "never matched"),
}


@pytest.mark.parametrize(("text", "code", "cause"), LOST.values(), ids=LOST)
def test_a_missed_code_is_traced_to_what_it_was_lost_to(pipeline: Pipeline, text: str, code: str, cause: str) -> None:
    chart = Chart("c", (Document(text),), setting=Setting.OUTPATIENT)
    coded = pipeline.code(chart)
    assert code not in [suggestion.code for suggestion in coded.suggestions]
    mentions = [(mention, pipeline.score_choices(mention)) for mention in pipeline.read_mentions(chart.documents[0])]
    loss = find_losses({code}, coded, mentions, is_claim=True)[code]
    assert loss.cause == cause
    assert (loss.place is None) == (cause == "never matched")


def test_a_choice_that_was_too_unlikely_is_below_the_threshold(pipeline: Pipeline) -> None:
    chart = Chart("c", (Document("Gout."),))
    coded, mentions = pipeline.code(chart), pipeline.read_mentions(chart.documents[0])
    coded.findings.clear()
    loss = find_losses({"M10.9"}, coded, [(mentions[0], [0.125])], is_claim=False)["M10.9"]
    assert (loss.cause, loss.place and loss.place.score) == ("below threshold", 0.125)


def test_a_candidate_behind_another_says_which(pipeline: Pipeline) -> None:
    coded = pipeline.code(Chart("c", (Document("Gout."),)))
    finding = coded.findings[0]
    behind = type(finding.codes[0])("icd10cm", "M1A.9XX0", "", 0.31)
    finding.codes.append(behind)
    loss = find_losses({"M1A.9XX0"}, coded, [], is_claim=False)["M1A.9XX0"]
    assert (loss.cause, loss.instead) == ("another code ranked higher", "M10.9")


@pytest.mark.parametrize(
    ("text", "title", "cause"),
    [
        ("Septic shock.", "Shock, unspecified", "its words matched as another code"),
        (
            "A fracture was seen in the shaft of the frobnar.",
            "Fracture of frobnar",
            "its words in a sentence, but not matched",
        ),
        ("A fracture. The frobnar is whole.", "Fracture of frobnar shaft", "never matched"),
    ],
)
def test_words_of_a_title_that_were_not_matched_are_looked_for(
    pipeline: Pipeline, text: str, title: str, cause: str
) -> None:
    coded = pipeline.code(Chart("c", (Document(text),)))
    assert find_words(title, coded, Passages(text)).cause == cause


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("A00.0", 1), ("B99.9", 1), ("C7A.1", 2), ("D49.9", 2), ("D50.0", 3), ("F99", 5), ("H59.89", 7), ("H60.0", 8),
        ("M1A.9", 13), ("O9A.1", 15), ("T88.9", 19), ("U07.1", 22), ("V00.0", 20), ("Y99.9", 20), ("z00.0", 21),
    ],
)  # fmt: skip
def test_a_code_stands_in_its_chapter(code: str, number: int) -> None:
    assert int(chapter_of(code).split()[0]) == number


def test_there_are_twenty_two_chapters_in_order() -> None:
    assert [int(name.split()[0]) for name in CHAPTERS] == list(range(1, 23))
    assert chapter_of("000") == ""


def test_a_passage_is_the_sentence_with_the_span_marked() -> None:
    text = "He has gout.\nShe has\nacute bronchitis today. Nothing else."
    begin = text.index("acute")
    assert Passages(text).around(begin, begin + 16) == "She has [acute bronchitis] today."


def test_the_sentence_most_like_a_title_shares_its_words() -> None:
    passages = Passages("The colon was seen. Small diverticula of the colon. No fever.")
    assert passages.most_like("Diverticulosis of large intestine, colon") == "Small diverticula of the colon."
    assert passages.most_like("Asthma") == ""
