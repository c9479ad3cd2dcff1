"""The rules in order: what is left out is reported, and a rule that fails takes nothing down."""

from collections.abc import Sequence

import pytest
from drafts import chart_in, draft, drafts, facts, finding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesets.snapshot import Snapshot
from engine.rules.assessed import RULE as ASSESSED
from engine.rules.base import Facts, Outcome, Rule, is_symptom
from engine.rules.run import RULES, apply_rules
from engine.types import Reason, Role, Setting, Severity, Suggestion

MANY = [
    *("I10", "E11.9", "E11.65", "E10.9", "J18.9", "R05.9", "R50.9", "N20.0", "N13.2", "R56.9", "G40.909", "S52.501A"),
    *(
        "S52.501",
        "I50.9",
        "I50.22",
        "R06.02",
        "M54.50",
        "M54.9",
        "R11.0",
        "R11.2",
        "Z79.4",
        "W19.XXXA",
        "F32.A",
        "F32.1",
    ),
    *("K21.9", "K21.00", "R07.9", "I21.4", "U07.1", "B96.20", "O24.419", "Z34.90", "Z86.73", "I69.90"),
]


# What may move a code: order by notes and chapters, what may only be first, and the code that stands for a vaguer one.
MOVERS = {"sequence", "first_listed", "unspecified_beside_specific"}


def moves_by_kind(codes: list[str]) -> bool:
    """Whether there are external causes, organisms or status codes, which stand behind diagnoses (I.C.20.a.6)."""
    return any(code.startswith(("V", "W", "X", "Y", "B95", "B96", "B97", "Z")) for code in codes)


def named(code: str, *, effective: str = "2025-10-01") -> Rule:
    """Make a rule that drops one code."""

    def apply(suggestions: list[Suggestion], facts: Facts) -> Outcome:
        return Outcome([s for s in suggestions if s.code != code])

    return Rule(f"drop {code}", "none", effective, apply)


def test_every_rule_has_a_name_of_its_own_a_source_and_a_date() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert "Guidelines" in rule.source
        assert rule.effective == "2025-10-01"


def test_a_rule_that_fails_is_reported_and_left_out(snapshot: Snapshot, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(suggestions: list[Suggestion], facts: Facts) -> Outcome:
        suggestions[0].reasons.append(Reason("half done", "none"))
        suggestions.clear()
        raise ZeroDivisionError("chart text must not leak")

    rules = (Rule("broken", "none", "2025-10-01", fail), named("I10"))
    suggestions, alerts = apply_rules(drafts(snapshot, "I10", "E11.9"), facts(snapshot), rules)
    assert [s.code for s in suggestions] == ["E11.9"]
    assert suggestions[0].reasons == []
    assert [(alert.kind, alert.severity) for alert in alerts] == [("rule_failed", Severity.ERROR)]
    assert "leak" not in alerts[0].message
    assert "leak" not in capsys.readouterr().out


def test_rules_run_in_order_each_on_what_the_last_left(snapshot: Snapshot) -> None:
    seen: list[list[str]] = []

    def look(suggestions: list[Suggestion], facts: Facts) -> Outcome:
        seen.append([s.code for s in suggestions])
        return Outcome(suggestions)

    looking = Rule("look", "none", "2025-10-01", look)
    apply_rules(drafts(snapshot, "I10", "E11.9"), facts(snapshot), (looking, named("I10"), looking))
    assert seen == [["I10", "E11.9"], ["E11.9"]]


def test_the_drafts_themselves_are_left_alone(snapshot: Snapshot) -> None:
    given_drafts = drafts(snapshot, "R05.9", "J18.9")
    apply_rules(given_drafts, facts(snapshot))
    assert [s.code for s in given_drafts] == ["R05.9", "J18.9"]
    assert all(s.reasons == [] and s.role is Role.UNSPECIFIED for s in given_drafts)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(st.sampled_from(MANY), unique=True, max_size=12))
def test_nothing_is_dropped_without_an_alert_nor_moved_without_a_reason(snapshot: Snapshot, codes: list[str]) -> None:
    suggestions, alerts = apply_rules(drafts(snapshot, *codes), facts(snapshot))
    kept = [s.code for s in suggestions]
    made = [code for code in kept if code not in codes]
    if [code for code in kept if code in codes] != [code for code in codes if code in kept]:
        assert any(reason.rule in MOVERS for s in suggestions for reason in s.reasons) or moves_by_kind(codes)
    assert all(s.reasons for s in suggestions if s.code in made)
    reported = {code for alert in alerts for code in alert.codes}
    assert set(codes) - set(kept) <= reported
    assert sum(s.role is Role.PRINCIPAL for s in suggestions) <= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(st.sampled_from(MANY), unique=True, max_size=10))
def test_applying_the_rules_again_changes_nothing_more(snapshot: Snapshot, codes: list[str]) -> None:
    once, _ = apply_rules(drafts(snapshot, *codes), facts(snapshot))
    twice, _ = apply_rules(once, facts(snapshot))
    assert [s.code for s in twice] == [s.code for s in once]


def after_assessment(snapshot: Snapshot, stated: Sequence[tuple[str, str]]) -> list[str]:
    """Apply the rule on assessment to codes with the section that states each."""
    suggestions = [draft(snapshot, code, at=place) for place, (code, _) in enumerate(stated)]
    findings = [finding(code, at=place, section=section) for place, (code, section) in enumerate(stated)]
    return [s.code for s in ASSESSED.apply(suggestions, facts(snapshot, findings)).suggestions]


@pytest.mark.parametrize(
    ("stated", "stays"),
    [
        # A finding of the examination that the assessment does not take up (III.B).
        ([("R01.1", "PHYSICAL_EXAM"), ("I10", "ASSESSMENT")], ["I10"]),
        ([("I34.0", "RESULTS"), ("I10", "ASSESSMENT")], ["I10"]),
        # A complaint that the assessment does not take up (I.B.4).
        ([("R05.9", "HISTORY_OF_PRESENT_ILLNESS"), ("J20.9", "ASSESSMENT")], ["J20.9"]),
        ([("M54.50", "CHIEF_COMPLAINT"), ("I10", "ASSESSMENT")], ["I10"]),
        # A complaint that is assessed stays.
        ([("R05.9", "ASSESSMENT"), ("I10", "ASSESSMENT")], ["R05.9", "I10"]),
        # A disease stated elsewhere stays (IV.J).
        ([("E11.9", "PAST_MEDICAL_HISTORY"), ("I10", "ASSESSMENT")], ["E11.9", "I10"]),
        # Severe sepsis is no complaint (I.C.1.d).
        ([("R65.20", "HOSPITAL_COURSE"), ("A41.9", "ASSESSMENT")], ["R65.20", "A41.9"]),
        # Radiculopathy is a diagnosis, though back pain is not.
        ([("M54.16", "HISTORY_OF_PRESENT_ILLNESS"), ("I10", "ASSESSMENT")], ["M54.16", "I10"]),
        # Without an assessment everything counts.
        ([("R05.9", "HISTORY_OF_PRESENT_ILLNESS"), ("R01.1", "PHYSICAL_EXAM")], ["R05.9", "R01.1"]),
        ([], []),
    ],
)
def test_what_nobody_assessed_is_left_out(snapshot: Snapshot, stated: list[tuple[str, str]], stays: list[str]) -> None:
    assert after_assessment(snapshot, stated) == stays


@pytest.mark.parametrize(
    ("section", "setting", "stays"),
    [
        # A visit: what is only told of did not need or affect care (IV.J).
        ("PAST_MEDICAL_HISTORY", Setting.OUTPATIENT, ["I10"]),
        ("HISTORY_OF_PRESENT_ILLNESS", Setting.EMERGENCY, ["I10"]),
        ("DIAGNOSIS", Setting.OUTPATIENT, ["E11.9", "I10"]),
        ("HOSPITAL_COURSE", Setting.OUTPATIENT, ["I10"]),
        # A stay in hospital: what coexists is coded (III).
        ("PAST_MEDICAL_HISTORY", Setting.INPATIENT, ["E11.9", "I10"]),
        ("PAST_MEDICAL_HISTORY", Setting.UNSPECIFIED, ["E11.9", "I10"]),
        # Talk of a transcript, wherever the visit took place.
        ("INTERVIEW", Setting.UNSPECIFIED, ["I10"]),
    ],
)
def test_a_condition_of_a_visit_that_was_only_told_of_is_left_out(
    snapshot: Snapshot, section: str, setting: Setting, stays: list[str]
) -> None:
    findings = [finding("E11.9", at=0, section=section), finding("I10", at=1, section="ASSESSMENT")]
    outcome = ASSESSED.apply(drafts(snapshot, "E11.9", "I10"), facts(snapshot, findings, chart_in(setting)))
    assert [s.code for s in outcome.suggestions] == stays


def test_what_is_left_out_as_not_assessed_is_reported_with_its_evidence(snapshot: Snapshot) -> None:
    findings = [finding("R05.9", at=0, section="REVIEW_OF_SYSTEMS"), finding("I10", at=1, section="PLAN")]
    outcome = ASSESSED.apply(drafts(snapshot, "R05.9", "I10"), facts(snapshot, findings))
    (alert,) = outcome.alerts
    assert alert.codes == ["R05.9"]
    assert [evidence.begin for evidence in alert.evidence] == [0]


def test_what_was_only_observed_takes_the_place_of_nothing(snapshot: Snapshot) -> None:
    # Were specificity judged first, the assessed code would go and then the observed one too.
    stated = [finding("I50.9", at=0, section="ASSESSMENT"), finding("I50.22", at=1, section="RESULTS")]
    suggestions, _ = apply_rules(drafts(snapshot, "I50.9", "I50.22"), facts(snapshot, stated))
    assert [s.code for s in suggestions] == ["I50.9"]


@pytest.mark.parametrize(
    ("code", "symptom"),
    [("R05.9", True), ("R10.9", True), ("R65.21", False), ("R57.0", False), ("R73.03", False), ("J18.9", False)],
)
def test_chapter_18_is_symptoms_but_for_what_is_a_diagnosis(code: str, symptom: bool) -> None:
    assert is_symptom(code) is symptom
