"""From findings to drafts: uncertainty by setting, history, order and roles, by hand from Guidelines II, III and IV."""

import pytest
from drafts import chart_in, draft, finding, in_context

from codesets.snapshot import Snapshot
from engine.rules.gather import assign_roles, gather_suggestions
from engine.types import Assertion, Experiencer, Finding, Role, Setting, Suggestion, Temporality


def gather(snapshot: Snapshot, *findings: Finding, setting: Setting = Setting.OUTPATIENT) -> list[Suggestion]:
    """Gather with the titles of the release."""
    return gather_suggestions(
        findings, chart_in(setting), lambda code: snapshot.title(code) if code in snapshot else ""
    )


@pytest.mark.parametrize(
    ("setting", "codes"),
    [
        (Setting.INPATIENT, ["J18.9"]),
        (Setting.OUTPATIENT, []),
        (Setting.EMERGENCY, []),
        (Setting.OBSERVATION, []),
        (Setting.UNSPECIFIED, []),
    ],
)
def test_an_uncertain_diagnosis_is_coded_for_inpatients_only(
    snapshot: Snapshot, setting: Setting, codes: list[str]
) -> None:
    # II.H and III.C against IV.H.
    possible = finding("J18.9", context=in_context(Assertion.POSSIBLE))
    assert [s.code for s in gather(snapshot, possible, setting=setting)] == codes


def test_an_uncertain_diagnosis_is_less_sure_and_says_so(snapshot: Snapshot) -> None:
    possible = finding("J18.9", 0.5, context=in_context(Assertion.POSSIBLE))
    (suggestion,) = gather(snapshot, possible, setting=Setting.INPATIENT)
    assert suggestion.confidence == pytest.approx(0.4)
    assert suggestion.reasons[0].source.endswith("II.H")


@pytest.mark.parametrize("assertion", [Assertion.ABSENT, Assertion.CONDITIONAL, Assertion.HYPOTHETICAL])
@pytest.mark.parametrize("setting", list(Setting))
def test_what_is_not_so_is_never_coded(snapshot: Snapshot, assertion: Assertion, setting: Setting) -> None:
    assert gather(snapshot, finding("J18.9", context=in_context(assertion)), setting=setting) == []


def test_a_code_said_twice_is_one_suggestion_with_both_places(snapshot: Snapshot) -> None:
    (suggestion,) = gather(snapshot, finding("I10", 0.5, at=1), finding("I10", 0.7, at=9, document=1))
    assert [(e.document, e.begin) for e in suggestion.evidence] == [(0, 1), (1, 9)]
    assert suggestion.confidence == pytest.approx(0.72)


def test_repeating_never_makes_sure(snapshot: Snapshot) -> None:
    (suggestion,) = gather(snapshot, *(finding("I10", 0.9, at=place) for place in range(50)))
    assert suggestion.confidence <= 0.98


def test_what_the_assessment_states_leads_in_its_order(snapshot: Snapshot) -> None:
    found = [
        finding("R05.9", 0.9, at=0, section="HISTORY_OF_PRESENT_ILLNESS"),
        finding("J20.9", 0.4, at=20, section="ASSESSMENT"),
        finding("I10", 0.8, at=30, section="ASSESSMENT"),
        finding("E11.9", 0.7, at=5, section="PAST_MEDICAL_HISTORY"),
    ]
    assert [s.code for s in gather(snapshot, *found)] == ["J20.9", "I10", "R05.9", "E11.9"]


@pytest.mark.parametrize(
    "late",
    [
        "W19.XXXA",  # I.C.20.a.6: an external cause is never first
        "B96.20",  # organisms are additional codes
        "F02.80",  # I.A.13: a manifestation is never first
    ],
)
def test_some_codes_never_lead(snapshot: Snapshot, late: str) -> None:
    found = [finding(late, 0.9, at=0, section="ASSESSMENT"), finding("I10", 0.3, at=9)]
    suggestions = gather(snapshot, *found)
    assert [s.code for s in suggestions] == ["I10", late]
    assign_roles(suggestions)
    assert [s.role for s in suggestions] == [Role.PRINCIPAL, Role.SECONDARY]


def test_an_external_cause_alone_is_secondary(snapshot: Snapshot) -> None:
    alone = [draft(snapshot, "W19.XXXA")]
    assign_roles(alone)
    assert [s.role for s in alone] == [Role.SECONDARY]


def test_a_condition_not_elsewhere_classified_may_lead(snapshot: Snapshot) -> None:
    lead = [draft(snapshot, "R07.89"), draft(snapshot, "G97.82")]
    assign_roles(lead)
    assert lead[0].role is Role.PRINCIPAL


def test_a_relatives_disease_becomes_a_family_history_code(snapshot: Snapshot) -> None:
    (suggestion,) = gather(snapshot, finding("C50.919", context=in_context(experiencer=Experiencer.FAMILY)))
    assert (suggestion.code, suggestion.display) == ("Z80.3", snapshot.title("Z80.3"))
    assert "family_history" in [reason.rule for reason in suggestion.reasons]


def test_a_past_disease_and_its_history_code_are_one_suggestion(snapshot: Snapshot) -> None:
    past = finding("C50.919", at=1, context=in_context(temporality=Temporality.HISTORICAL))
    (suggestion,) = gather(snapshot, past, finding("Z85.3", at=9))
    assert suggestion.code == "Z85.3"
    assert len(suggestion.evidence) == 2


def test_a_code_that_the_release_lacks_is_not_drafted(snapshot: Snapshot) -> None:
    assert gather(snapshot, finding("X99.999")) == []


def test_nothing_found_gives_nothing(snapshot: Snapshot) -> None:
    assert gather(snapshot) == []
    assign_roles([])
