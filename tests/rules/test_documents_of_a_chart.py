"""What the other documents of a chart make of one: copied text, guesses before discharge, addenda, pages."""

import pytest

from engine.pipeline import Pipeline
from engine.types import Chart, CodedChart, Document, Setting

TOLD = "HPI: The patient is a man with type 2 diabetes who was admitted for hip pain after a fall at home.\n"
FIRST = f"PROGRESS NOTE\n\n{TOLD}\nASSESSMENT:\n1. Hypertension.\n2. Possible pneumonia.\n"
SECOND = f"PROGRESS NOTE\n\n{TOLD}\nASSESSMENT:\n1. Hypertension, better.\n"
FINAL = "DISCHARGE SUMMARY\n\nDISCHARGE DIAGNOSIS:\n1. Hypertension.\n2. Probable gout.\n"


def coded(pipeline: Pipeline, *documents: Document) -> CodedChart:
    return pipeline.code(Chart("made", documents, setting=Setting.INPATIENT))


def test_copied_evidence_does_not_count_and_is_marked(pipeline: Pipeline) -> None:
    once = {s.code: s for s in coded(pipeline, Document(FIRST)).suggestions}
    both = coded(pipeline, Document(FIRST), Document(SECOND))
    told = {s.code: s for s in both.suggestions}
    assert told["E11.9"].confidence == once["E11.9"].confidence
    assert "1 more in copied text" in told["E11.9"].reasons[0].detail
    assert told["I10"].confidence > once["I10"].confidence
    (alert,) = (alert for alert in both.alerts if alert.kind == "copied_forward")
    assert "E11.9" in alert.codes
    assert "I10" not in alert.codes
    assert {evidence.document for evidence in alert.evidence} == {1}


def test_nothing_is_marked_in_a_chart_of_one_document(pipeline: Pipeline) -> None:
    assert not [a for a in coded(pipeline, Document(FIRST + TOLD)).alerts if a.kind == "copied_forward"]


@pytest.mark.parametrize(
    ("documents", "codes"),
    [
        # II.H: uncertain at the time of discharge.
        ((Document(FIRST),), {"J18.9"}),
        ((Document(FIRST), Document(FINAL)), {"M10.9"}),
        ((Document(FIRST), Document(FINAL.replace("DISCHARGE SUMMARY", ""), kind="Death Summary")), {"M10.9"}),
        ((Document(FIRST, kind="radiology report"),), set()),
        ((Document("CT CHEST\n\nTECHNIQUE: Spiral.\nIMPRESSION: Probable pneumonia."),), set()),
    ],
)
def test_what_is_uncertain_is_coded_as_it_stands_at_discharge(
    pipeline: Pipeline, documents: tuple[Document, ...], codes: set[str]
) -> None:
    found = {suggestion.code for suggestion in coded(pipeline, *documents).suggestions}
    assert found & {"J18.9", "M10.9"} == codes


def test_what_is_added_to_an_assessment_belongs_to_it(pipeline: Pipeline) -> None:
    text = "FAMILY HISTORY: Stroke.\nASSESSMENT: Anemia.\nADDENDUM 3/4/2020: He also has gout."
    chart = Chart("made", (Document(text),), setting=Setting.OUTPATIENT)
    assert {"D64.9", "M10.9"} <= {suggestion.code for suggestion in pipeline.code(chart).suggestions}


def test_words_that_a_page_break_parts_are_one_term(pipeline: Pipeline) -> None:
    text = "ASSESSMENT: He has congestive heart\n\nDOE, JOHN   MRN: 12   Page 2 of 3\n\nfailure and gout.\n"
    found = coded(pipeline, Document(text)).findings
    assert [finding.codes[0].code for finding in found] == ["I50.9", "M10.9"]
    assert all(text[f.mention.begin : f.mention.end] == f.mention.text for f in found)
