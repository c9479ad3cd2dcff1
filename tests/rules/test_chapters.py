"""Rules of the chapters, by hand from the guidelines: obstetrics, newborns, stroke, sepsis, injuries, drugs."""

import pytest
from drafts import applied, chart_in, drafts, facts, finding, marked

from codesets.snapshot import Snapshot
from engine.rules import (
    abnormal_findings,
    complications,
    confirmed_only,
    diabetes_drugs,
    diabetic_ulcer,
    etiology,
    excludes2,
    external_causes,
    first_listed,
    infarction,
    injuries,
    kidney_stage,
    newborn,
    obstetrics,
    other_clinicians,
    planned,
    sepsis,
    stroke,
    threatened,
)
from engine.rules.base import Rule
from engine.rules.run import CHAPTERS
from engine.types import Assertion, Setting, Severity, Sex


def from_codes(rule: Rule, snapshot: Snapshot, codes: list[str], **chart: object) -> list[str]:
    """Apply a rule to codes that a text states one after another."""
    text = "\n".join(f"[{code}|x]." for code in codes)
    return applied(rule, marked(snapshot, text, **chart))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        # I.C.1.g.1.e; I.C.1.a.2.
        (["U07.1", "Z20.822"], ["U07.1"]),
        (["Z20.822"], ["Z20.822"]),
        (["Z21", "B59"], ["B20", "B59"]),
        (["B20", "R75"], ["B20"]),
        (["Z21"], ["Z21"]),
        # I.C.1.d.2, I.C.18.g.
        (["A41.9", "R65.21", "R65.20", "I95.9"], ["A41.9", "R65.21"]),
        (["R65.10"], ["R65.10"]),
        # I.C.9.a: the combination says the hypertension; its type and stage are coded.
        (["I11.0", "I50.9", "I10"], ["I11.0", "I50.9"]),
        (["I11.0"], ["I11.0", "I50.9"]),
        (["I12.9"], ["I12.9", "N18.9"]),
        (["I12.9", "N18.30"], ["I12.9", "N18.30"]),
        (["I15.0", "I10"], ["I15.0"]),
        # I.C.9.e.
        (["I21.4", "I21.02"], ["I21.02"]),
        (["I21.9", "I21.A1"], ["I21.A1"]),
        (["I21.4", "I20.0"], ["I21.4"]),
        (["I21.4", "I25.2"], ["I21.4", "I25.2"]),
        # I.C.5.b.2.
        (["F10.10", "F10.20"], ["F10.20"]),
        (["F10.10"], ["F10.10"]),
        (["F17.210", "Z87.891"], ["F17.210"]),
        # I.C.15.a.1, I.C.19.g.3.a, I.C.9.d.3.
        (["O24.410", "Z33.1"], ["O24.410"]),
        (["T86.11", "Z94.0"], ["T86.11"]),
        (["N18.30", "Z94.0"], ["N18.30", "Z94.0"]),
        (["I69.354", "Z86.73"], ["I69.354"]),
        (["C61", "Z85.46"], ["C61"]),
        (["E89.1", "E11.9"], ["E89.1", "E13.9"]),
        (["E11.9", "R73.03"], ["E11.9"]),
        ([], []),
    ],
)
def test_chapters_settle_what_stands_together(snapshot: Snapshot, codes: list[str], expected: list[str]) -> None:
    assert from_codes(CHAPTERS, snapshot, codes) == expected


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["I22.1"], "subsequent_infarction_alone"),
        (["C79.51"], "primary_not_stated"),
        (["Z03.89", "R07.9"], "observation_with_signs"),
        (["I11.0"], "heart_failure_type"),
    ],
)
def test_chapters_ask_for_what_is_missing(snapshot: Snapshot, codes: list[str], kind: str) -> None:
    outcome = CHAPTERS.apply(drafts(snapshot, *codes), facts(snapshot))
    assert kind in [alert.kind for alert in outcome.alerts]


@pytest.mark.parametrize("codes", [["I22.1", "I21.4"], ["C79.51", "C61"], ["C79.51", "Z85.46"], ["Z03.89"]])
def test_chapters_ask_for_nothing_that_is_there(snapshot: Snapshot, codes: list[str]) -> None:
    assert CHAPTERS.apply(drafts(snapshot, *codes), facts(snapshot)).alerts == []


@pytest.mark.parametrize(
    ("code", "text", "assertion", "setting", "stays"),
    [
        ("U07.1", "Possible [{}|COVID-19].", Assertion.POSSIBLE, Setting.INPATIENT, False),
        ("B20", "Probable [{}|AIDS].", Assertion.POSSIBLE, Setting.INPATIENT, False),
        ("U07.1", "[{}|COVID-19].", Assertion.PRESENT, Setting.INPATIENT, True),
        # II.H holds for everything else.
        ("J18.9", "Probable [{}|pneumonia].", Assertion.POSSIBLE, Setting.INPATIENT, True),
        # A test is no diagnosis, unless it is positive.
        ("U07.1", "[{}|SARS-CoV-2] test pending.", Assertion.PRESENT, Setting.EMERGENCY, False),
        ("U07.1", "[{}|SARS-CoV-2] PCR positive.", Assertion.PRESENT, Setting.EMERGENCY, True),
    ],
)
def test_some_infections_are_coded_only_when_confirmed(
    snapshot: Snapshot, code: str, text: str, assertion: Assertion, setting: Setting, stays: bool
) -> None:
    given = marked(snapshot, text.format(code), assertion=assertion, setting=setting)
    assert applied(confirmed_only.RULE, given) == ([code] if stays else [])


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["E66.813", "Z68.41"], ["E66.813", "Z68.41"]),
        (["J30.2", "Z68.41"], ["J30.2"]),
        (["Z68.41"], []),
        (["E43", "Z68.1"], ["E43", "Z68.1"]),
        (["I63.9", "R29.706"], ["I63.9", "R29.706"]),
        (["G43.909", "R29.706"], ["G43.909"]),
        (["S06.0X1A", "R40.2410"], ["S06.0X1A", "R40.2410"]),
        (["J30.2", "R40.2410"], ["J30.2"]),
        # Social circumstances need no diagnosis.
        (["J30.2", "Z59.01"], ["J30.2", "Z59.01"]),
    ],
)
def test_measures_of_other_clinicians_need_the_providers_diagnosis(
    snapshot: Snapshot, codes: list[str], expected: list[str]
) -> None:
    assert from_codes(other_clinicians.RULE, snapshot, codes) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[L89.159|Sacral pressure ulcer], stage 3.", ["L89.153"]),
        ("Stage II [L89.159|sacral pressure ulcer].", ["L89.152"]),
        ("[L89.159|Sacral pressure ulcer], unstageable.", ["L89.150"]),
        ("[L89.159|Sacral pressure ulcer].", ["L89.159"]),
        (
            "Stage 3 CKD is stable and was followed by the renal service for many years. [L89.159|Sacral ulcer].",
            ["L89.159"],
        ),
    ],
)
def test_a_pressure_ulcer_has_the_stage_that_is_said_of_it(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    assert applied(other_clinicians.RULE, marked(snapshot, text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A stroke now: its deficits are themselves.
        ("[I63.9|Stroke]. Right [I69.359|hemiplegia due to stroke].", ["I63.9", "G81.91"]),
        ("[I63.9|Stroke]. [I69.320|Aphasia due to stroke].", ["I63.9", "R47.01"]),
        # A residual of an old one beside a new one (I.C.9.d.2).
        ("[I63.9|Stroke]. [I69.320|Aphasia] from an old stroke.", ["I63.9", "I69.320"]),
        # The dominant side (I.C.6.a): right is dominant by default, left is not.
        ("Left [I69.359|hemiplegia following infarction].", ["I69.354"]),
        ("Right [I69.359|hemiplegia following infarction].", ["I69.351"]),
        ("Right and left [I69.359|hemiplegia].", ["I69.359"]),
        ("Left [G81.90|hemiplegia].", ["G81.94"]),
        # The phase of a dysphagia (note at I69.391).
        ("[I69.391|Dysphagia following infarction], oropharyngeal phase.", ["I69.391", "R13.12"]),
        ("[I69.391|Dysphagia following infarction].", ["I69.391"]),
        ("[I10|Hypertension].", ["I10"]),
    ],
)
def test_what_a_stroke_leaves(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    assert applied(stroke.RULE, marked(snapshot, text, section="DISCHARGE_DIAGNOSIS")) == expected


def test_a_past_stroke_that_is_told_beside_its_residuals_is_not_coded(snapshot: Snapshot) -> None:
    given = drafts(snapshot, "I69.354", "I63.511")
    found = [
        finding("I69.354", at=0, section="DISCHARGE_DIAGNOSIS"),
        finding("I63.511", at=1, section="HISTORY_OF_PRESENT_ILLNESS"),
    ]
    assert [s.code for s in stroke.RULE.apply(given, facts(snapshot, found)).suggestions] == ["I69.354"]


@pytest.mark.parametrize(
    ("text", "expected", "asks"),
    [
        ("[A41.9|Sepsis]. [N17.9|Acute kidney injury] due to sepsis.", ["A41.9", "R65.20", "N17.9"], False),
        ("[A41.9|Sepsis]. [N17.9|Acute kidney injury].", ["A41.9", "N17.9"], True),
        ("[A41.9|Sepsis] with [R65.21|septic shock]. [N17.9|AKI].", ["A41.9", "R65.21", "N17.9"], False),
        ("[A41.9|Sepsis].", ["A41.9"], False),
        ("[R65.20|Severe sepsis].", ["R65.20"], True),
        ("[N17.9|Acute kidney injury].", ["N17.9"], False),
    ],
)
def test_severe_sepsis_needs_a_stated_link(snapshot: Snapshot, text: str, expected: list[str], asks: bool) -> None:
    outcome = sepsis.RULE.apply(*marked(snapshot, text))
    assert [s.code for s in outcome.suggestions] == expected
    assert bool(outcome.alerts) is asks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[E10.22|Type 1 diabetes with CKD] stage 3.", ["E10.22", "N18.30"]),
        ("[E11.22|Diabetes with CKD] stage 3b.", ["E11.22", "N18.32"]),
        ("[E11.22|Diabetes with CKD] stage IV.", ["E11.22", "N18.4"]),
        ("ESRD due to [E11.22|diabetes].", ["E11.22", "N18.6"]),
        ("[E11.22|Diabetic kidney disease].", ["E11.22", "N18.9"]),
        ("[E11.22|Diabetic CKD] stage 3. [N18.31|CKD 3a].", ["E11.22", "N18.31"]),
        ("[E11.9|Diabetes]. Cancer, stage 3.", ["E11.9"]),
    ],
)
def test_a_diabetic_kidney_disease_has_its_stage(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    assert applied(kidney_stage.RULE, marked(snapshot, text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Four weeks are 28 days (I.C.9.e.1).
        ("[I25.2|NSTEMI] two weeks ago.", ["I21.4"]),
        ("[I25.2|NSTEMI] 28 days ago.", ["I21.4"]),
        ("[I25.2|NSTEMI] 29 days ago.", ["I25.2"]),
        ("[I25.2|NSTEMI] six weeks ago.", ["I25.2"]),
        ("[I25.2|NSTEMI] in the past.", ["I25.2"]),
        # A new one within them (I.C.9.e.4).
        ("[I21.02|Anterior STEMI]. [I25.2|NSTEMI] 3 weeks ago.", ["I22.0", "I21.4"]),
        ("[I21.02|Anterior STEMI]. [I25.2|NSTEMI] 3 years ago.", ["I21.02", "I25.2"]),
        ("[I21.4|NSTEMI].", ["I21.4"]),
    ],
)
def test_an_infarction_is_acute_for_four_weeks(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    suggestions, known = marked(snapshot, text)
    for stated in known.findings:
        if stated.codes[0].code == "I25.2":
            stated.codes[0].code = "I21.4"  # what the words mean, before the context makes history of it
    assert applied(infarction.RULE, (suggestions, known)) == expected


def test_urosepsis_is_asked_about(snapshot: Snapshot) -> None:
    (alert,) = sepsis.RULE.apply(*marked(snapshot, "Urosepsis. [N39.0|Urinary tract infection].")).alerts
    assert (alert.severity, alert.evidence[0].begin, alert.evidence[0].end) == (Severity.WARNING, 0, 9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # I.B.11: by the index entry, or not at all.
        ("Impending [I21.9|myocardial infarction].", ["I20.0"]),
        ("Impending [I96|gangrene]. [I10|Hypertension].", ["I10"]),
        ("Impending [I96|gangrene]. [I96|Gangrene] was debrided.", ["I96"]),
        ("[O20.0|Threatened abortion].", ["O20.0"]),
        # I.B.17: as confirmed, but for the index entries.
        ("Borderline [I10|hypertension].", ["R03.0"]),
        ("Borderline [I27.20|pulmonary hypertension].", ["I27.20"]),
        ("[I10|Hypertension].", ["I10"]),
    ],
)
def test_what_impends_or_is_borderline(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    assert applied(threatened.RULE, marked(snapshot, text)) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        # I.C.15.a.1 and a.3: 32 weeks are of the third trimester, 13 of the first, 14 of the second.
        (["D50.9", "Z3A.32"], ["O99.013", "D50.9", "Z3A.32"]),
        (["D50.9", "Z3A.13"], ["O99.011", "D50.9", "Z3A.13"]),
        (["D50.9", "Z3A.14"], ["O99.012", "D50.9", "Z3A.14"]),
        (["D50.9", "Z3A.28"], ["O99.013", "D50.9", "Z3A.28"]),
        (["N39.0", "Z3A.20"], ["O23.42", "Z3A.20"]),
        (["O99.013", "D50.9", "Z3A.32"], ["O99.013", "D50.9", "Z3A.32"]),
        # Incidental, if the provider says so.
        (["J20.9", "Z33.1"], ["J20.9", "Z33.1"]),
        # Childbirth; the mother's record has the outcome; O80 alone of its chapter (I.C.15.b.5, n).
        (["O14.13", "O80", "Z38.2", "Z3A.37"], ["O14.14", "Z37.0", "Z3A.37"]),
        (["O80", "Z3A.39"], ["O80", "Z3A.39", "Z37.0"]),
        (["O14.13", "Z3A.33"], ["O14.13", "Z3A.33"]),
        # Nobody is pregnant.
        (["D50.9"], ["D50.9"]),
    ],
)
def test_pregnancy_comes_first_and_in_its_time(snapshot: Snapshot, codes: list[str], expected: list[str]) -> None:
    assert from_codes(obstetrics.RULE, snapshot, codes, sex=Sex.FEMALE, age=30) == expected


def test_a_childs_record_has_no_codes_of_the_mother(snapshot: Snapshot) -> None:
    assert from_codes(obstetrics.RULE, snapshot, ["P22.0", "I10", "O41.00X0"]) == ["P22.0", "I10", "O41.00X0"]
    assert from_codes(newborn.RULE, snapshot, ["P22.0", "O41.00X0"]) == ["P22.0"]
    assert from_codes(newborn.RULE, snapshot, ["P22.0", "O41.00X0"], age=30) == ["P22.0", "O41.00X0"]


def test_a_code_of_another_encounter_does_not_lead(snapshot: Snapshot) -> None:
    given = marked(snapshot, "[R51.9|Headache]. [Z33.2|Elective abortion].", section="PAST_MEDICAL_HISTORY")
    assert applied(first_listed.RULE, given) == ["R51.9", "Z33.2"]


def test_a_man_is_not_pregnant(snapshot: Snapshot) -> None:
    assert from_codes(obstetrics.RULE, snapshot, ["D50.9", "Z3A.32"], sex=Sex.MALE) == ["D50.9", "Z3A.32"]


@pytest.mark.parametrize(
    ("text", "age", "expected"),
    [
        ("[Z37.0|Single liveborn infant], delivered vaginally.", 0, ["Z38.00"]),
        ("[P59.9|Jaundice]. [Z37.0|Liveborn], by cesarean.", 0, ["Z38.01", "P59.9"]),
        ("[Z38.00|Liveborn]. [Z39.1|Breastfeeding] well.", 0, ["Z38.00"]),
        ("[Z37.0|Single live birth].", 30, ["Z37.0"]),
        ("[P59.9|Jaundice].", 0, ["P59.9"]),
    ],
)
def test_a_newborns_record_has_its_birth_and_nothing_of_the_mother(
    snapshot: Snapshot, text: str, age: int, expected: list[str]
) -> None:
    assert applied(newborn.RULE, marked(snapshot, text, age=age)) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        # I.C.19.b.1.
        (["S06.0X1A", "S00.03XA"], ["S06.0X1A"]),
        (["S82.001A", "S80.01XA"], ["S82.001A"]),
        (["S82.002A", "S80.01XA"], ["S82.002A", "S80.01XA"]),  # the other side
        (["S06.0X1A", "S80.01XA"], ["S06.0X1A", "S80.01XA"]),  # another site
        # I.C.19.d.2.
        (["T23.231A", "T23.131A"], ["T23.231A"]),
        (["T23.231A", "T22.111A"], ["T23.231A", "T22.111A"]),
        (["T23.131A"], ["T23.131A"]),
    ],
)
def test_of_injuries_of_one_site_the_graver_is_coded(snapshot: Snapshot, codes: list[str], expected: list[str]) -> None:
    assert from_codes(injuries.RULE, snapshot, codes) == expected


@pytest.mark.parametrize(("codes", "asks"), [(["M81.0", "S32.010A"], True), (["M81.0"], False), (["S32.010A"], False)])
def test_a_fracture_with_osteoporosis_is_asked_about(snapshot: Snapshot, codes: list[str], asks: bool) -> None:
    assert bool(injuries.RULE.apply(drafts(snapshot, *codes), facts(snapshot)).alerts) is asks


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["S93.402A", "Y92.009", "Y93.67"], ["S93.402A", "Y92.009", "Y93.67"]),
        (["S93.402D", "Y92.009", "Y93.67"], ["S93.402D"]),
        (["S93.402A", "Y92.009", "Y92.310"], ["S93.402A", "Y92.009"]),
        (["S93.402A", "Y92.9", "Y99.9"], ["S93.402A"]),
        (["S93.402A", "W19.XXXA"], ["S93.402A", "W19.XXXA"]),
    ],
)
def test_place_and_activity_are_coded_once_at_the_initial_encounter(
    snapshot: Snapshot, codes: list[str], expected: list[str]
) -> None:
    assert from_codes(external_causes.RULE, snapshot, codes) == expected


@pytest.mark.parametrize(
    ("text", "setting", "expected"),
    [
        # A stay: what is taken at home is long-term; insulin for the time of the stay is not (I.C.4.a.3).
        (
            "[E11.9|Type 2 diabetes].\nHome medications: metformin, insulin.",
            Setting.INPATIENT,
            ["E11.9", "Z79.4", "Z79.84"],
        ),
        ("[E11.9|Type 2 diabetes].\nHospital course: insulin as needed.", Setting.INPATIENT, ["E11.9"]),
        ("[E11.9|Type 2 diabetes]. Sliding scale insulin.", Setting.INPATIENT, ["E11.9"]),
        ("[E11.9|Type 2 diabetes]. Metformin stopped.", Setting.INPATIENT, ["E11.9"]),
        ("[E11.9|Type 2 diabetes]. On semaglutide weekly.", Setting.INPATIENT, ["E11.9", "Z79.85"]),
        # A visit: if it is said to be for long.
        ("[E11.9|Type 2 diabetes] on long-term insulin.", Setting.OUTPATIENT, ["E11.9", "Z79.4"]),
        ("[E11.9|Type 2 diabetes]. Continue metformin.", Setting.OUTPATIENT, ["E11.9"]),
        # Type 1 needs insulin by nature; nobody has diabetes.
        ("[E10.9|Type 1 diabetes] on insulin.", Setting.INPATIENT, ["E10.9"]),
        ("[I10|Hypertension]. Metformin.", Setting.INPATIENT, ["I10"]),
        ("[O24.414|Gestational diabetes, insulin controlled]. [Z79.4|Insulin].", Setting.OUTPATIENT, ["O24.414"]),
    ],
)
def test_long_term_drugs_of_diabetes(snapshot: Snapshot, text: str, setting: Setting, expected: list[str]) -> None:
    assert applied(diabetes_drugs.RULE, marked(snapshot, text, setting=setting)) == expected


def test_at_a_visit_a_drug_that_is_only_named_is_offered(snapshot: Snapshot) -> None:
    given = marked(snapshot, "[E11.9|Type 2 diabetes]. Continue metformin.", setting=Setting.OUTPATIENT)
    (alert,) = diabetes_drugs.RULE.apply(*given).alerts
    assert (alert.codes, alert.severity) == (["Z79.84", "E11.9"], Severity.INFO)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[E11.621|Diabetes with foot ulcer], right foot, fat layer exposed.", ["E11.621", "L97.512"]),
        ("[E11.621|Diabetic ulcer] of the left heel.", ["E11.621", "L97.429"]),
        ("[E11.621|Diabetic foot ulcer].", ["E11.621"]),
        ("[E11.621|Diabetic foot ulcer] right and left.", ["E11.621"]),
        ("[E11.621|Diabetic foot ulcer], right. [L97.519|Ulcer of right foot].", ["E11.621", "L97.519"]),
    ],
)
def test_a_diabetic_foot_ulcer_has_its_site(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    assert applied(diabetic_ulcer.RULE, marked(snapshot, text)) == expected


@pytest.mark.parametrize(
    ("text", "expected", "asks"),
    [
        ("[F02.80|Dementia due to Alzheimer's disease].", ["G30.9", "F02.80"], False),
        ("[F02.80|Dementia in Parkinson's disease]. [G20.A1|Parkinson's].", ["F02.80", "G20.A1"], False),
        ("[F02.80|Dementia in a disease].", ["F02.80"], True),
        ("[I10|Hypertension].", ["I10"], False),
    ],
)
def test_a_manifestation_has_its_cause(snapshot: Snapshot, text: str, expected: list[str], asks: bool) -> None:
    outcome = etiology.RULE.apply(*marked(snapshot, text))
    assert [s.code for s in outcome.suggestions] == expected
    assert bool(outcome.alerts) is asks


@pytest.mark.parametrize(
    ("text", "setting", "expected"),
    [
        # I.C.21.c.16.
        ("[R73.03|Prediabetes]. [Z00.01|Annual exam].", Setting.OUTPATIENT, ["Z00.01", "R73.03"]),
        ("[I10|Hypertension]. [Z51.11|Chemotherapy].", Setting.INPATIENT, ["I10", "Z51.11"]),
        ("[Z00.01|Annual exam]. [Z34.02|Prenatal visit].", Setting.OUTPATIENT, ["Z00.01", "Z34.02"]),
        # II.A, IV.D.
        ("[R55|Syncope] due to [I44.2|complete heart block].", Setting.INPATIENT, ["I44.2", "R55"]),
        ("[R55|Syncope]. [I44.2|Complete heart block].", Setting.INPATIENT, ["R55", "I44.2"]),
        ("[R55|Syncope].", Setting.INPATIENT, ["R55"]),
    ],
)
def test_what_leads(snapshot: Snapshot, text: str, setting: Setting, expected: list[str]) -> None:
    assert applied(first_listed.RULE, marked(snapshot, text, setting=setting)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[K21.9|GERD]. Annual [Z12.31|mammogram] ordered.", ["K21.9"]),
        ("[K21.9|GERD]. Interested in [Z98.84|bariatric surgery].", ["K21.9"]),
        ("[Z12.31|Screening mammogram] today. [K21.9|GERD].", ["Z12.31", "K21.9"]),
        ("[Z12.11|Screening colonoscopy] is due. [K21.9|GERD].", ["K21.9"]),
        ("[Z12.31|Screening mammogram] ordered.", ["Z12.31"]),
        ("[K21.9|GERD]. Status post [Z98.84|gastric bypass].", ["K21.9", "Z98.84"]),
    ],
)
def test_what_is_only_planned_is_not_coded(snapshot: Snapshot, text: str, expected: list[str]) -> None:
    assert applied(planned.RULE, marked(snapshot, text)) == expected


@pytest.mark.parametrize(
    ("section", "setting", "expected"),
    [
        ("LABS", Setting.INPATIENT, []),
        ("HOSPITAL_COURSE", Setting.INPATIENT, ["R79.89"]),
        ("LABS", Setting.OUTPATIENT, ["R79.89"]),
    ],
)
def test_abnormal_findings_of_a_stay_need_the_provider(
    snapshot: Snapshot, section: str, setting: Setting, expected: list[str]
) -> None:
    given = marked(snapshot, "[R79.89|Abnormal chemistry].", section=section, setting=setting)
    assert applied(abnormal_findings.RULE, given) == expected


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Postoperative [K91.89|ileus].", True),
        ("[K91.89|Ileus] due to the operation.", False),
        ("[T81.41XA|Infection] following hysterectomy.", False),
        ("[E89.0|Hypothyroidism after thyroidectomy].", False),
        ("[K56.7|Ileus].", False),
    ],
)
def test_a_complication_needs_a_stated_link(snapshot: Snapshot, text: str, asks: bool) -> None:
    outcome = complications.RULE.apply(*marked(snapshot, text))
    assert bool(outcome.alerts) is asks
    assert len(outcome.suggestions) == 1


@pytest.mark.parametrize(
    ("codes", "noted"),
    [
        (["J44.9", "J45.909"], False),
        (["E66.9", "I10"], False),
        # Excludes2 at J32: acute sinusitis (J01.-); at J01: chronic sinusitis (J32.0-J32.8).
        (["J01.00", "J32.0"], True),
        (["J44.9", "J43.9"], True),
    ],
)
def test_excludes2_drops_nothing_and_says_that_both_may_stand(
    snapshot: Snapshot, codes: list[str], noted: bool
) -> None:
    outcome = excludes2.RULE.apply(drafts(snapshot, *codes), facts(snapshot, chart=chart_in(Setting.OUTPATIENT)))
    assert [s.code for s in outcome.suggestions] == codes
    assert outcome.alerts == []
    assert any(reason.rule == "excludes2" for s in outcome.suggestions for reason in s.reasons) is noted
