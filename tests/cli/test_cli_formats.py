"""The HTML page and the FHIR bundle, of records made by hand."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from command_line import Terminal
from hypothesis import given
from hypothesis import strategies as st
from made_coded import made_coded, made_finding, made_suggestion

from engine.cli.fhir import fhir_bundle, operation_outcome
from engine.cli.html import html_error, html_footer, html_header, html_section
from engine.cli.html_text import Span, marked_text
from engine.cli.table import quote
from engine.errors import ChartError
from engine.types import (
    Alert,
    Assertion,
    Candidate,
    Chart,
    CodedChart,
    Document,
    Evidence,
    Finding,
    Reason,
    Role,
    Route,
    Setting,
    Severity,
    Sex,
    Suggestion,
)

TEXT = "<script>alert('x')</script> HTN & \"DM2\". No <b>gout</b>."


def place(word: str) -> Evidence:
    """Return where a word of the text stands."""
    begin = TEXT.index(word)
    return Evidence(0, begin, begin + len(word))


def finding(word: str, code: str, assertion: Assertion = Assertion.PRESENT) -> Finding:
    """Make the finding of a word of the text."""
    return made_finding(place(word), word, code, assertion=assertion)


def suggestion(code: str, word: str, **changes: Any) -> Suggestion:
    """Make a suggestion that rests on a word of the text, and whose own words would be markup."""
    changed: dict[str, Any] = {
        "display": f"Title of {code} <i>",
        "confidence": 0.849,
        "route": Route.REVIEW,
        "alternatives": [Candidate("icd10cm", "I15.9", "Other <u>", 0.3)],
        "reasons": [Reason("stated", "Guidelines <p>", "once & more")],
    }
    return made_suggestion(code, [place(word)], **(changed | changes))


@pytest.fixture
def chart() -> Chart:
    """A chart whose text and id would be markup."""
    return Chart(
        "a<b>&\"'", (Document(TEXT),), Setting.INPATIENT, date(2026, 3, 31), Sex.FEMALE, 61, birth_date=date(1965, 1, 2)
    )


@pytest.fixture
def coded(chart: Chart) -> CodedChart:
    """Its answer: a diagnosis, a procedure, an alert, and a finding that is absent."""
    return made_coded(
        chart,
        [finding("HTN", "I10"), finding("DM2", "E11.9"), finding("gout", "M10.9", Assertion.ABSENT)],
        [
            suggestion("I10", "HTN", role=Role.PRINCIPAL),
            suggestion("0DTJ4ZZ", "DM2", system="icd10pcs", role=Role.PROCEDURE),
        ],
        alerts=[Alert("edit", Severity.WARNING, "I10 <em> beside", "MCE", [place("HTN")], ["I10"])],
        elapsed_ms=1.5,
        audit_record="f00d",
    )


class Page(HTMLParser):
    """Reads a page; fails on elements that are not closed in order, and keeps what was found."""

    VOID = frozenset(("meta", "br", "link", "img"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts.setdefault(tag, []).append(data)


def page_of(chart: Chart, coded: CodedChart) -> str:
    """Return a whole page."""
    return "\n".join([html_header(), html_section(chart, coded), html_error("x<y", ChartError("a < b")), html_footer()])


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(chart: Chart, coded: CodedChart) -> None:
    page = page_of(chart, coded)
    read = Page(page)
    assert not set(read.tags) & {"script", "link", "img", "iframe", "object", "b>", "em", "u", "p"}
    assert not [name for name, _ in read.attributes if name.startswith("on") or name == "src"]
    assert not re.search(r"https?://|@import|url\(", page)
    assert "default-src 'none'" in page


def test_the_page_shows_the_text_as_it_is(chart: Chart, coded: CodedChart) -> None:
    shown = "".join(Page(re.sub(r"<sup>.*?</sup>", "", page_of(chart, coded))).texts["pre"])
    assert shown == TEXT


def test_the_page_marks_evidence_by_number_and_the_absent_otherwise(chart: Chart, coded: CodedChart) -> None:
    page = html_section(chart, coded)
    assert re.search(r'<mark id="c1-1" title="[^"]*">HTN<sup>1</sup></mark>', page)
    assert re.search(r'<mark class="off" title="M10.9 [^"]*absent[^"]*">gout</mark>', page)
    assert 'href="#c1-1"' in page
    assert "84% REVIEW" in page, "0.849 falls short of 85%"


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 3)), max_size=6),
)
def test_spans_that_overlap_leave_the_text_whole(text: str, places: list[tuple[int, int, int]]) -> None:
    marked = marked_text(text, [Span(begin, end, number) for begin, end, number in places], anchor="c1")
    read = Page(f"<pre>{re.sub('<sup>[0-9,]*</sup>', '', marked)}</pre>")
    shown = "".join(read.texts.get("pre", []))
    assert len(shown) == len(text)
    assert shown == text or not text.isprintable()
    identifiers = [value for name, value in read.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return a bundle's resources of a kind."""
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def values(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every name and value inside a resource."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from values(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from values(item, name)


def test_every_reference_of_the_bundle_resolves_inside_it(chart: Chart, coded: CodedChart) -> None:
    bundle = json.loads(fhir_bundle(chart, coded))
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(urls) == len(set(urls))  # bdl-7
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", url) for url in urls)
    references = [value for name, value in values(bundle) if name == "reference"]
    assert references
    assert set(references) <= set(urls)


def test_a_diagnosis_is_an_unconfirmed_condition_of_the_patient(chart: Chart, coded: CodedChart) -> None:
    bundle = json.loads(fhir_bundle(chart, coded))
    (condition,) = resources(bundle, "Condition")
    patient = next(e["fullUrl"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    assert condition["subject"] == {"reference": patient}
    assert condition["code"]["coding"] == [
        {
            "system": "http://hl7.org/fhir/sid/icd-10-cm",
            "version": "2026",
            "code": "I10",
            "display": "Title of I10 <i>",
        }
    ]
    assert condition["verificationStatus"]["coding"][0]["code"] == "unconfirmed"
    assert "clinicalStatus" not in condition  # unconfirmed and of an encounter: con-3 asks for none
    (place,) = condition["evidence"][0]["detail"]
    assert [part["valueUnsignedInt"] for part in place["extension"][0]["extension"]] == [28, 31]


def test_a_procedure_is_a_procedure(chart: Chart, coded: CodedChart) -> None:
    (procedure,) = resources(json.loads(fhir_bundle(chart, coded)), "Procedure")
    assert procedure["code"]["coding"][0]["system"] == "http://www.cms.gov/Medicare/Coding/ICD10"
    assert "version" not in procedure["code"]["coding"][0], "no release of it was used, and FHIR has no empty strings"
    assert procedure["status"] == "unknown"


def test_the_encounter_ranks_what_belongs_on_the_claim(chart: Chart, coded: CodedChart) -> None:
    (encounter,) = resources(json.loads(fhir_bundle(chart, coded)), "Encounter")
    assert [item["rank"] for item in encounter["diagnosis"]] == [1, 2]
    assert encounter["class"]["code"] == "IMP"
    assert encounter["period"] == {"end": "2026-03-31"}  # an inpatient's day is that of discharge


def test_the_document_comes_with_its_text(chart: Chart, coded: CodedChart) -> None:
    (document,) = resources(json.loads(fhir_bundle(chart, coded)), "DocumentReference")
    attachment = document["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]).decode() == TEXT
    assert attachment["size"] == len(TEXT.encode())


def test_fhir_has_no_empty_values_and_no_urn_for_an_extension(chart: Chart, coded: CodedChart) -> None:
    # FHIR R4, JSON: no empty arrays, objects or strings. Extensibility: the url SHALL be a URL, not a URN.
    bundle = json.loads(fhir_bundle(replace(chart, documents=(Document(""),)), replace(coded, suggestions=[])))
    texts = [(name, value) for name, value in values(bundle) if name != "data"]
    assert [(name, value) for name, value in texts if value in ("", [], {}, None)] == []
    outer = [value["url"] for _, value in values(json.loads(fhir_bundle(chart, coded))) if _is_extension(value)]
    assert all(url.startswith("http://") or url in ("begin", "end") for url in outer)


def _is_extension(value: Any) -> bool:
    return isinstance(value, dict) and "url" in value


def test_a_bundle_is_the_same_on_every_run(chart: Chart, coded: CodedChart) -> None:
    assert fhir_bundle(chart, coded) == fhir_bundle(chart, coded)
    assert fhir_bundle(chart, coded) != fhir_bundle(replace(chart, age_years=62), coded)


def test_a_failed_chart_is_an_operation_outcome() -> None:
    outcome = json.loads(operation_outcome("x", ChartError("documents: got none", field="documents")))
    assert outcome["resourceType"] == "OperationOutcome"
    assert (outcome["issue"][0]["severity"], outcome["issue"][0]["code"]) == ("error", "invalid")


@pytest.mark.parametrize("form", ["html", "fhir"])
def test_a_failed_chart_stands_in_its_place(form: str, terminal: Terminal) -> None:
    files = [terminal.write("one.txt", "HTN"), terminal.folder / "gone.txt", terminal.write("two.txt", "GERD")]
    run = terminal.run("code", *files, "--format", form)
    assert run.status == 1
    if form == "html":
        assert [part in run.out for part in ("one", "gone", "two", "</html>")] == [True] * 4
    else:
        assert [line["resourceType"] for line in run.lines] == ["Bundle", "OperationOutcome", "Bundle"]


def test_no_page_is_begun_where_nothing_can_be_coded(terminal: Terminal) -> None:
    terminal.write("audit", "in the way")
    run = terminal.run("code", "--format", "html", stdin=b"HTN")
    assert (run.status, run.out) == (2, "")


QUOTES = {
    "short": ("Has HTN now.", "HTN", '"Has HTN now."'),
    "cut between words": (f"{'word ' * 20}HTN{' word' * 20}", "HTN", '"..' + "word " * 6 + "HTN" + " word" * 5 + '.."'),
    "lines": ("a\n\n  HTN\tb", "HTN", '"a HTN b"'),
    "no spaces": (f"{'x' * 80}HTN{'y' * 80}", "HTN", '"..HTN.."'),
}


@pytest.mark.parametrize(("text", "word", "shown"), QUOTES.values(), ids=QUOTES)
def test_evidence_is_quoted_on_one_line_between_words(text: str, word: str, shown: str) -> None:
    begin = text.index(word)
    chart = Chart("", (Document(text),))
    assert quote(chart, Evidence(0, begin, begin + len(word))).plain == shown
