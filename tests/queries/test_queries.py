"""Documentation queries on short charts: each kind where it must be raised, where it must not, and at its edge."""

import pytest

from engine.queries import care, conflict, indication, results, run, specificity, validation
from engine.queries.base import OTHER, UNABLE
from engine.types import Chart, Document, Route, Setting, Severity

STAY = Setting.INPATIENT
VISIT = Setting.OUTPATIENT


def code(pipeline, text, setting=VISIT):
    texts = [text] if isinstance(text, str) else text
    return pipeline.code(Chart("c", tuple(Document(part) for part in texts), setting))


def asked(coded, kind):
    return [alert for alert in coded.alerts if alert.kind == kind]


def quoted(coded_text, alert):
    return [coded_text[evidence.begin : evidence.end] for evidence in alert.evidence]


SPECIFICITY = (
    # What the assessment says, and the codes asked about.
    ("Assessment: congestive heart failure.", ["I50.9"]),
    ("Assessment: chronic systolic heart failure.", []),
    ("Assessment: systolic heart failure.", ["I50.20"]),
    ("Assessment: chronic kidney disease.", ["N18.9"]),
    ("Assessment: chronic kidney disease stage 4.", []),
    ("Assessment: atrial fibrillation.", ["I48.91"]),
    ("Assessment: paroxysmal atrial fibrillation.", []),
    ("Assessment: type 2 diabetes.", []),
    ("Assessment: type 2 diabetes, poorly controlled.", ["E11.9"]),
    ("Assessment: urinary tract infection.", []),
    ("Assessment: urinary tract infection. Foley in place.", ["N39.0"]),
    ("Assessment: no heart failure.", []),
    ("Family history: heart failure.\nAssessment: mild intermittent asthma.", []),
)


@pytest.mark.parametrize(("text", "codes"), SPECIFICITY)
def test_a_code_that_leaves_a_fact_open_is_asked_about(text, codes, pipeline):
    coded = code(pipeline, text)
    # "poorly controlled" is coded as hyperglycemia by the index: then there is nothing to ask.
    suggested = {suggestion.code for suggestion in coded.suggestions}
    found = [alert.codes[0] for alert in asked(coded, specificity.KIND)]
    assert found == [wanted for wanted in codes if wanted in suggested]
    assert suggested or not codes


def test_a_query_quotes_what_bears_on_it_and_ends_with_other_and_unable(pipeline):
    text = "Labs: BNP 1200, ejection fraction 30%.\nAssessment: congestive heart failure. Lasix 40 mg."
    coded = code(pipeline, text)
    (alert,) = asked(coded, specificity.KIND)
    assert quoted(text, alert) == ["BNP", "ejection fraction", "congestive heart failure", "Lasix"]
    assert alert.severity is Severity.WARNING
    assert alert.query.options[-2:] == [OTHER, UNABLE]
    assert "BNP" not in alert.message
    (suggestion,) = [s for s in coded.suggestions if s.code == "I50.9"]
    assert suggestion.route is not Route.AUTO


def test_without_indicators_a_query_is_for_information(pipeline):
    (alert,) = asked(code(pipeline, "Assessment: congestive heart failure."), specificity.KIND)
    assert (alert.severity, alert.evidence) == (Severity.INFO, [])


INDICATION = (
    ("Medications: levothyroxine 50 mcg daily.\nAssessment: Ankle sprain, left.", ["levothyroxine"]),
    ("Medications: Synthroid 50 mcg daily.\nAssessment: Ankle sprain, left.", ["levothyroxine"]),
    ("Medications: levothyroxine 50 mcg daily.\nAssessment: Hypothyroidism.", []),
    ("Past medical history: hypothyroidism.\nMedications: levothyroxine.\nAssessment: Cough.", []),
    ("Allergies: levothyroxine.\nAssessment: Cough.", []),
    ("Plan: Levothyroxine was stopped years ago. \nAssessment: Palpitations.", []),
    ("Plan: He stopped taking levothyroxine.\nAssessment: Cough.", []),
    ("Plan: He does not take levothyroxine.\nAssessment: Cough.", []),
    ("Medications: donepezil, metformin.\nAssessment: Cough.", ["metformin", "donepezil"]),
    ("Medications: lisinopril.\nAssessment: Hypertension.", []),
)


@pytest.mark.parametrize(("text", "drugs"), INDICATION)
def test_a_drug_given_for_nothing_named_is_asked_about(text, drugs, pipeline):
    alerts = asked(code(pipeline, text), indication.KIND)
    assert [alert.message.split("condition is ")[1].split(" ")[0] for alert in alerts] == drugs
    assert all(alert.codes == [] for alert in alerts)


RESULTS = (
    ("Labs: Potassium 2.8. She was given potassium chloride.", ["Potassium 2.8"]),
    ("Labs: Potassium 3.4. She was given potassium chloride.", []),
    ("Labs: Potassium 2.8.", []),
    ("Labs: Potassium 2.8. She was given potassium chloride.\nAssessment: Hypokalemia.", []),
    ("Potassium chloride 20 mEq daily. Labs: sodium 140.", []),
    ("The potassium level was low at 2.9 and KCl was given.", ["potassium level was low at 2.9"]),
    ("Labs: Sodium 128. Plan: fluid restriction.", ["Sodium 128"]),
    ("Labs: Sodium 1280. Plan: fluid restriction.", []),
    ("Labs: Hgb 6.9. He was transfused 2 units.", ["Hgb 6.9"]),
    ("Labs: Hgb 6.9. Assessment: Iron deficiency anemia. He was transfused 2 units.", []),
    ("SpO2 84% on room air, placed on BiPAP.", ["SpO2 84"]),
    ("SpO2 94% on room air, placed on BiPAP.", []),
    ("Magnesium 400 mg daily. Magnesium oxide. Cough.", []),
)


@pytest.mark.parametrize(("text", "values"), RESULTS)
def test_a_result_acted_on_and_never_named_is_asked_about_and_never_coded(text, values, pipeline):
    coded = code(pipeline, text, STAY)
    found = [quoted(text, alert)[: len(values)] for alert in asked(coded, results.KIND)]
    assert found == ([values] if values else [])
    if values:
        named = ("E87", "D62", "D64", "J96")
        assert not any(suggestion.code.startswith(named) for suggestion in coded.suggestions)


VALIDATION = (
    ("Discharge diagnosis: Sepsis.", STAY, ["A41.9"]),
    ("Discharge diagnosis: Sepsis.", VISIT, []),
    ("Course: blood cultures were drawn, lactate 4.\nDischarge diagnosis: Sepsis.", STAY, []),
    ("Course: he had a fever.\nDischarge diagnosis: Sepsis.", STAY, []),
    ("Discharge diagnosis: Acute kidney injury.", STAY, ["N17.9"]),
    ("Labs: creatinine 3.1.\nDischarge diagnosis: Acute kidney injury.", STAY, []),
    ("Discharge diagnosis: Hypertension.", STAY, []),
)


@pytest.mark.parametrize(("text", "setting", "codes"), VALIDATION)
def test_a_diagnosis_that_nothing_bears_out_is_asked_about_and_stays(text, setting, codes, pipeline):
    coded = code(pipeline, text, setting)
    assert [alert.codes[0] for alert in asked(coded, validation.KIND)] == codes
    assert {suggestion.code for suggestion in coded.suggestions}.issuperset(codes)


CONFLICT = (
    (["Assessment: Pneumonia.", "Impression: No pneumonia."], ["J18.9"]),
    (["Assessment: Pneumonia.", "Impression: Pneumonia."], []),
    (["Assessment: Pneumonia.", "Review of systems: No pneumonia."], []),
    (["Assessment: Cough.", "Impression: No cough."], []),
    (["Assessment: Pneumonia. No pneumonia on the left."], []),
)


@pytest.mark.parametrize(("texts", "codes"), CONFLICT)
def test_conclusions_that_contradict_each_other_are_asked_about(texts, codes, pipeline):
    assert [alert.codes[0] for alert in asked(code(pipeline, texts), conflict.KIND)] == codes


def care_reasons(coded, wanted):
    return [r.detail for s in coded.suggestions if s.code == wanted for r in s.reasons if r.rule == "care"]


def test_the_care_of_a_lasting_condition_is_shown(pipeline):
    text = "Medications: metformin. Labs: A1c 7.1.\nAssessment: Type 2 diabetes."
    assert care_reasons(code(pipeline, text), "E11.9") == ["monitored or evaluated, assessed, treated"]
    assert care_reasons(code(pipeline, text, STAY), "E11.9") == []


def test_a_lasting_condition_that_is_only_listed_is_told(pipeline):
    coded = code(pipeline, "Past medical history: type 2 diabetes.")
    assert [alert.codes for alert in asked(coded, care.KIND)] == [["E11.9"]]
    assert asked(code(pipeline, "Assessment: Ankle sprain, left."), care.KIND) == []


def test_a_kind_that_fails_is_told_and_the_others_are_raised(pipeline, monkeypatch):
    def fail(record):
        raise ValueError("chart text must not be here")

    monkeypatch.setattr(run, "KINDS", (("query_broken", fail), (specificity.KIND, specificity.ask)))
    coded = code(pipeline, "Assessment: congestive heart failure.")
    (failed,) = asked(coded, "query_failed")
    assert "query_broken" in failed.message
    assert "chart text" not in failed.message
    assert len(asked(coded, specificity.KIND)) == 1


HOSTILE = ("Potassium " + "was " * 5000, "Potassium 2" + "9" * 5000 + " potassium chloride", "lasix\0\u0301 🙂 " * 300)


@pytest.mark.parametrize("text", HOSTILE)
def test_odd_text_raises_nothing(text, pipeline):
    assert asked(code(pipeline, text, STAY), "query_failed") == []
