"""From text to ICD-10-PCS on a few made-up rows: what is read, what settles an axis, what belongs on the claim."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from engine.config import Config
from engine.errors import ReleaseError, UnsupportedSystemError
from engine.live import Live
from engine.pipeline import Pipeline
from engine.types import Alert, Chart, CodedChart, Document, Role, Setting, Temporality

PCS = ("icd10pcs",)


def code(live: Live, text: str, *, systems: tuple[str, ...] = PCS, setting: Setting = Setting.INPATIENT) -> CodedChart:
    """Code one document."""
    return live.pipeline.code(Chart("made", (Document(text),), setting, systems=systems))


def candidates(live: Live, text: str) -> list[list[str]]:
    """List the candidate codes of each procedure found."""
    return [[candidate.code for candidate in finding.codes] for finding in code(live, text).findings]


def claimed(coded: CodedChart) -> list[str]:
    """List the procedures suggested."""
    return [suggestion.code for suggestion in coded.suggestions if suggestion.role is Role.PROCEDURE]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # Whole terms; what the text says settles side and approach.
        ("A laparoscopic left nephrectomy was performed.", [["0TT14ZZ"]]),
        ("Right nephrectomy by laparotomy.", [["0TT00ZZ"]]),
        ("Laparoscopic cholecystectomy.", [["0FT44ZZ"]]),
        ("Colonoscopy.", [["0DJD8ZZ"]]),
        # What it does not say stays open: the side first, then the approach; the qualifier is none unless named.
        ("Right nephrectomy.", [["0TT00ZZ", "0TT04ZZ"]]),
        ("Cholecystectomy.", [["0FT40ZZ", "0FT44ZZ"]]),
        ("Nephrectomy.", [["0TT00ZZ", "0TT04ZZ", "0TT10ZZ", "0TT14ZZ", "0TT20ZZ"]]),
        ("Bilateral nephrectomy.", [["0TT20ZZ"]]),
        # An examination that names no side is of both; there is no bilateral value, so each side has its code.
        ("Fundus examination was normal.", [["08J0XZZ"], ["08J1XZZ"]]),
        ("Fundus examination of the left eye.", [["08J1XZZ"]]),
        # Operation and body part from words of their own.
        ("A percutaneous biopsy of the liver was taken.", [["0FB03ZX"]]),
        ("Liver biopsy.", [["0FB00ZX", "0FB03ZX"]]),
        ("The lesion in the liver was excised through a laparotomy.", [["0FB00ZZ"]]),
        # Images: parts listed together share them, and regions shown together have one value.
        ("Plain chest and abdominal X-rays were normal.", [["BW03ZZZ"], ["BW00ZZZ"]]),
        ("CT of the chest, abdomen and pelvis.", [["BW25ZZZ"]]),
        ("CT of the abdomen without contrast.", [["BW20ZZZ"]]),
        ("Abdominal CT.", [["BW20ZZZ", "BW2000Z"]]),
        ("Abdominal ultrasound and CT.", [["BW40ZZZ"], ["BW20ZZZ", "BW2000Z"]]),
        # No body part, no procedure; a code that the release lacks is none either.
        ("A biopsy was taken.", []),
        ("Appendectomy.", []),
    ],
)
def test_a_text_leads_to_the_codes_that_it_settles(made: Live, text: str, found: list[list[str]]) -> None:
    assert sorted(candidates(made, text)) == sorted(found)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Laparoscopic cholecystectomy was performed.", ["0FT44ZZ"]),
        # What a procedure found is not said of itself.
        ("Chest X-ray was negative.", ["BW03ZZZ"]),
        ("No metastases were seen on chest X-ray.", ["BW03ZZZ"]),
        # What is said of itself.
        ("No chest X-ray was taken.", []),
        ("Colonoscopy was not performed.", []),
        ("Colonoscopy (planned) was declined.", []),
        # Not yet.
        ("Plan: outpatient colonoscopy in 6 weeks.", []),
        ("She is scheduled for laparoscopic cholecystectomy.", []),
        ("A colonoscopy was recommended; a colonoscopy was done.", ["0DJD8ZZ"]),
        # Before this encounter.
        ("PAST SURGICAL HISTORY: laparoscopic cholecystectomy.", []),
    ],
)
def test_only_what_was_done_in_the_encounter_is_on_the_claim(made: Live, text: str, codes: list[str]) -> None:
    assert claimed(code(made, text)) == codes


def test_what_is_not_documented_is_asked_for(made: Live) -> None:
    coded = code(made, "Right nephrectomy was performed.")
    (alert,) = [alert for alert in coded.alerts if alert.kind == "procedure_detail"]
    assert alert.message == "0TT00ZZ: approach not documented; other codes fit as well"
    assert alert.codes == ["0TT00ZZ", "0TT04ZZ"]
    assert [code.code for code in coded.suggestions[0].alternatives] == ["0TT04ZZ"]


def test_a_settled_procedure_raises_no_question(made: Live) -> None:
    coded = code(made, "Open right nephrectomy was performed.")
    assert claimed(coded) == ["0TT00ZZ"]
    assert [alert for alert in coded.alerts if isinstance(alert, Alert) and alert.kind == "procedure_detail"] == []


def test_a_procedure_said_twice_is_one_suggestion_with_both_places(made: Live) -> None:
    text = "Open right nephrectomy was performed. The open right nephrectomy went well."
    (suggestion,) = code(made, text).suggestions
    stated = [text[place.begin : place.end].lower() for place in suggestion.evidence]
    assert stated == ["open right nephrectomy"] * 2


@pytest.mark.parametrize(
    ("setting", "systems", "has_codes"),
    [
        (Setting.INPATIENT, (), True),
        (Setting.OUTPATIENT, (), False),
        (Setting.UNSPECIFIED, (), False),
        (Setting.INPATIENT, ("icd10cm",), False),
        (Setting.OUTPATIENT, ("icd10cm", "icd10pcs"), True),
    ],
)
def test_inpatients_get_procedures_and_others_by_asking(
    made: Live, setting: Setting, systems: tuple[str, ...], has_codes: bool
) -> None:
    coded = code(made, "Acute cholecystitis. Laparoscopic cholecystectomy.", systems=systems, setting=setting)
    assert (claimed(coded) == ["0FT44ZZ"]) is has_codes
    assert ("icd10pcs" in {release.system for release in coded.header.releases}) is has_codes
    assert {suggestion.system for suggestion in coded.suggestions} >= {"icd10cm"}


def test_diagnoses_are_left_out_if_only_procedures_are_asked_for(made: Live) -> None:
    coded = code(made, "Acute cholecystitis. Laparoscopic cholecystectomy.")
    assert {suggestion.system for suggestion in coded.suggestions} == {"icd10pcs"}


def test_diagnoses_are_the_same_with_procedures_beside_them(made: Live) -> None:
    text = "Acute cholecystitis, type 2 diabetes. Laparoscopic cholecystectomy and chest X-ray."
    alone = code(made, text, systems=("icd10cm",))
    beside = code(made, text, systems=("icd10cm", "icd10pcs"))
    assert [s for s in beside.suggestions if s.system == "icd10cm"] == alone.suggestions
    assert [f for f in beside.findings if f.codes[0].system == "icd10cm"] == alone.findings


def test_findings_come_by_document_as_they_are_given(made: Live) -> None:
    texts = ("Chest X-ray. Hypertension.", "Colonoscopy. Asthma.")
    given: list[object] = []
    chart = Chart("made", tuple(Document(text) for text in texts), Setting.INPATIENT)
    coded = made.pipeline.code(chart, on_findings=given.extend)
    assert given == coded.findings
    documents = [finding.mention.document for finding in coded.findings]
    assert documents == sorted(documents)
    assert {finding.codes[0].system for finding in coded.findings} == {"icd10cm", "icd10pcs"}


def test_a_procedure_of_the_past_is_found_but_historical(made: Live) -> None:
    (finding,) = code(made, "PAST SURGICAL HISTORY: laparoscopic cholecystectomy.").findings
    assert finding.mention.context.temporality is Temporality.HISTORICAL


@pytest.fixture
def bare(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """An engine without any release of ICD-10-PCS, not even the packaged one."""
    monkeypatch.setattr("engine.live.packaged_codes", lambda: None)
    shutil.copytree(home, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("icd10pcs-*", "audit"))
    return Live.open(Config(home=tmp_path)).pipeline


def test_without_a_release_an_inpatient_is_coded_as_ever(bare: Pipeline) -> None:
    chart = Chart("made", (Document("Hypertension. Laparoscopic cholecystectomy."),), Setting.INPATIENT)
    coded = bare.code(chart)
    assert {suggestion.system for suggestion in coded.suggestions} == {"icd10cm"}
    assert [alert.kind for alert in coded.alerts] == []


def test_without_a_release_asking_for_it_says_how_to_import_one(bare: Pipeline) -> None:
    with pytest.raises(ReleaseError, match="no release is loaded; import one"):
        bare.code(Chart("made", (Document("Colonoscopy."),), systems=PCS))


@pytest.mark.parametrize(
    ("setting", "day", "kinds"),
    [
        (Setting.INPATIENT, date(2026, 3, 31), ["no_procedure_release"]),
        (Setting.INPATIENT, None, []),
        (Setting.OUTPATIENT, date(2026, 3, 31), []),
    ],
)
def test_a_stay_that_no_release_covers_says_so(
    pipeline: Pipeline, setting: Setting, day: date | None, kinds: list[str]
) -> None:
    # The packaged codes are those of FY2024.
    coded = pipeline.code(Chart("made", (Document("Hypertension."),), setting, date_of_service=day))
    assert [alert.kind for alert in coded.alerts if alert.kind == "no_procedure_release"] == kinds


def test_a_day_without_a_release_is_refused_where_it_is_asked_for(made: Live) -> None:
    # FY2026 ends on 2026-09-30, as does the ICD-10-CM release: the day is outside both.
    with pytest.raises(ReleaseError):
        made.pipeline.code(Chart("made", (Document("Colonoscopy."),), date_of_service=date(2030, 1, 1), systems=PCS))


def test_a_system_that_is_off_is_refused(made: Live) -> None:
    with pytest.raises(UnsupportedSystemError):
        made.pipeline.code(Chart("made", (Document("Colonoscopy."),), systems=("icd11",)))


def test_the_same_chart_gives_the_same_answer(made: Live) -> None:
    text = "CT of the chest, abdomen and pelvis. Right nephrectomy. Liver biopsy. Fundus examination."
    first, second = code(made, text), code(made, text)
    assert (first.findings, first.suggestions, first.alerts) == (second.findings, second.suggestions, second.alerts)
