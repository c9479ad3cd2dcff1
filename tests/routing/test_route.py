"""Who acts on a suggestion: thresholds, escalations and caps, worked by hand on made policies."""

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from made_policies import CHART, GENERAL, HEAD, alert, policy_of, routed, suggestion

from engine.routing.look import draw
from engine.routing.quality import measure_quality
from engine.routing.read import read_policy
from engine.routing.route import Router, is_unspecified
from engine.types import Alert, Chart, Document, Setting, Severity


def escalation(*lines: str, name: str = "rule") -> str:
    """Write an escalation."""
    return "\n".join(("[[escalation]]", f'name = "{name}"', *lines, ""))


@pytest.mark.parametrize(
    ("confidence", "route"),
    [(0.0, "HOLD"), (0.3999, "HOLD"), (0.4, "REVIEW"), (0.7999, "REVIEW"), (0.8, "AUTO"), (1.0, "AUTO")],
)
def test_confidence_decides_where_nothing_else_does(tmp_path: Path, confidence: float, route: str) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL)
    assert routed(policy, suggestion(confidence=confidence)) == [(route, route.lower())]


def test_the_reason_names_the_threshold_and_the_policy(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL)
    (held,) = made = [suggestion(confidence=0.1)]
    routed(policy, *made)
    (reason,) = held.reasons
    assert reason.rule == "route:hold"
    assert reason.source == f"routing policy made 1 ({policy.content_hash[:12]})"
    assert reason.detail == "HOLD: confidence under 0.40 (threshold general)"


def test_the_first_threshold_that_means_a_code_holds(tmp_path: Path) -> None:
    policy = policy_of(
        tmp_path,
        HEAD
        + '[[threshold]]\nname = "stays"\nsettings = ["INPATIENT"]\nsystems = ["icd10cm"]\ncodes = ["I10-I16"]\n'
        + "auto = 0.95\nhold = 0.9\n"
        + '[[threshold]]\nname = "pcs"\nsystems = ["icd10pcs"]\nauto = 1.0\nhold = 0.0\n'
        + '[[threshold]]\nname = "scans"\ndocuments = ["radiology report"]\nauto = 0.99\nhold = 0.4\n'
        + GENERAL,
    )
    stay = replace(CHART, setting=Setting.INPATIENT)
    assert routed(policy, suggestion("I10", 0.93), chart=stay) == [("REVIEW", "review")]
    assert routed(policy, suggestion("I10", 0.85), chart=stay) == [("HOLD", "hold")]
    assert routed(policy, suggestion("I10", 0.85)) == [("AUTO", "auto")]
    assert routed(policy, suggestion("E11.9", 0.85), chart=stay) == [("AUTO", "auto")]
    assert routed(policy, suggestion("0DTJ4ZZ", 0.1, system="icd10pcs")) == [("REVIEW", "review")]
    scan = replace(CHART, documents=(Document("x", kind=" Radiology Report"), Document("y")))
    assert routed(policy, suggestion(confidence=0.9), suggestion(confidence=0.9, document=1), chart=scan) == [
        ("REVIEW", "review"),
        ("AUTO", "auto"),
    ]


def test_a_code_that_is_also_stated_elsewhere_is_not_a_radiologists_alone(tmp_path: Path) -> None:
    rule = escalation('when = "any"', 'documents = ["radiology report"]')
    policy = policy_of(tmp_path, HEAD + GENERAL + rule)
    chart = replace(CHART, documents=(Document("x", kind="radiology report"), Document("y", kind="progress note")))
    both = suggestion()
    both.evidence += suggestion(document=1).evidence
    assert routed(policy, suggestion(), both, chart=chart) == [("REVIEW", "rule"), ("AUTO", "auto")]


# Each case: the lines of one escalation, then what it takes and what it leaves to confidence (AUTO at 0.9).
STAY = replace(CHART, setting=Setting.INPATIENT)
CHILD = replace(CHART, age_years=17)
GARBLED = "P%ti3nt 4#8 ~~ {1}{2} \ufffd\ufffd 77 99 00 12 55"
CASES = [
    (('when = "codes"', 'systems = ["icd10cm"]', 'codes = ["A40-A41"]'), {"code": "A41.9"}, {"code": "I10"}),
    (('when = "codes"', 'systems = ["icd10pcs"]', 'codes = ["B"]'),
     {"code": "BW20ZZZ", "system": "icd10pcs"}, {"code": "B95.0"}),
    (('when = "codes"', 'systems = ["icd10cm"]', 'codes = ["I10"]', 'settings = ["INPATIENT"]'),
     {"chart": STAY}, {"chart": CHART}),
    (('when = "unspecified"',), {"title": "Heart failure, unspecified"}, {"title": "Acute systolic heart failure"}),
    (('when = "unspecified"', "below = 0.9"), {"title": "Fever, unspecified", "confidence": 0.89},
     {"title": "Fever, unspecified", "confidence": 0.9}),
    (('when = "alert"',), {"alerts": (alert(Severity.WARNING, "I10"),)}, {"alerts": (alert(Severity.INFO, "I10"),)}),
    (('when = "alert"', 'severity = "ERROR"'),
     {"alerts": (alert(Severity.ERROR, "I10"),)}, {"alerts": (alert(Severity.WARNING, "I10"),)}),
    (('when = "alerts"', "least = 2"), {"alerts": (alert(Severity.WARNING), alert(Severity.ERROR))},
     {"alerts": (alert(Severity.WARNING), alert(Severity.INFO))}),
    (('when = "new_code"',), {"is_new": True}, {"is_new": False}),
    (('when = "age"', "under_years = 18"), {"chart": CHILD}, {"chart": replace(CHART, age_years=18)}),
    (('when = "age"', "under_years = 18"),
     {"chart": replace(CHART, birth_date=date(2008, 6, 2), date_of_service=date(2026, 6, 1))},
     {"chart": replace(CHART, birth_date=date(2008, 6, 1), date_of_service=date(2026, 6, 1))}),
    (('when = "age"', "from_years = 90"), {"chart": replace(CHART, age_years=90)}, {"chart": CHART}),
    (('when = "age"', "from_years = 1", "under_years = 3"),
     {"chart": replace(CHART, age_years=2)}, {"chart": replace(CHART, age_years=0)}),
    (('when = "chart_has"', 'any_of = ["O00-O9A"]'), {"beside": "O80"}, {"beside": "N80.9"}),
    (('when = "many_codes"', "most = 1"), {"beside": "E11.9"}, {}),
    (('when = "document_quality"', "most_odd = 0.05"), {"text": GARBLED}, {"text": "Temp 38.2, BP 120/80, SpO2 97%"}),
    (('when = "document_quality"', "least_letters = 0.5"), {"text": GARBLED}, {"text": "Assessment: HTN x 10 years"}),
    (('when = "document_quality"', "least_characters = 10"),
     {"text": "a b c d e f g h i"}, {"text": "a b c d e f g h i j"}),
]  # fmt: skip


def route_case(folder: Path, lines: tuple[str, ...], case: dict[str, object]) -> tuple[str, str]:
    """Route one suggestion of a case and return its route and rule."""
    chart = case.get("chart", CHART)
    assert isinstance(chart, Chart)
    if "text" in case:
        chart = replace(chart, documents=(Document(str(case["text"])),))
    confidence = case.get("confidence", 0.9)
    assert isinstance(confidence, float)
    first = suggestion(
        str(case.get("code", "I10")),
        confidence,
        system=str(case.get("system", "icd10cm")),
        title=str(case.get("title", "A title")),
    )
    beside = [suggestion(str(case["beside"]))] if "beside" in case else []
    alerts = case.get("alerts", ())
    assert isinstance(alerts, tuple)
    policy = policy_of(folder, HEAD + GENERAL + escalation(*lines))
    return routed(policy, first, *beside, chart=chart, alerts=alerts, is_new=lambda *_: bool(case.get("is_new")))[0]


@pytest.mark.parametrize(("lines", "taken", "left"), CASES, ids=lambda case: case[0] if isinstance(case, tuple) else "")
def test_an_escalation_takes_what_it_means_and_leaves_the_rest(
    tmp_path: Path, lines: tuple[str, ...], taken: dict[str, object], left: dict[str, object]
) -> None:
    assert route_case(tmp_path, lines, taken) == ("REVIEW", "rule")
    assert route_case(tmp_path, lines, left) == ("AUTO", "auto")


def test_an_unknown_age_is_nobodys_age(tmp_path: Path) -> None:
    assert route_case(tmp_path, ('when = "age"', "under_years = 18"), {"chart": CHART}) == ("AUTO", "auto")


def test_a_poor_document_counts_for_the_codes_stated_there(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL + escalation('when = "document_quality"', "most_odd = 0.05"))
    chart = replace(CHART, documents=(Document("Stable hypertension."), Document(GARBLED)))
    assert routed(policy, suggestion(), suggestion("E11.9", document=1), chart=chart) == [
        ("AUTO", "auto"),
        ("REVIEW", "rule"),
    ]


def test_the_strictest_holds_and_the_others_are_named(tmp_path: Path) -> None:
    policy = policy_of(
        tmp_path,
        HEAD
        + GENERAL
        + escalation('when = "any"', name="first")
        + escalation('when = "any"', 'route = "HOLD"', 'why = "ask"', name="second")
        + escalation('when = "any"', 'route = "HOLD"', name="third"),
    )
    made = suggestion(confidence=0.7)
    assert routed(policy, made) == [("HOLD", "second")]
    assert made.reasons[-1].detail == "HOLD: ask; also first, third, confidence"


def test_what_is_too_unsure_is_held_though_an_escalation_would_have_it_reviewed(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL + escalation('when = "any"'))
    assert routed(policy, suggestion(confidence=0.3)) == [("HOLD", "hold")]


def test_an_escalation_never_loosens(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL + escalation('when = "any"'))
    for confidence in (0.0, 0.5, 1.0):
        ((route, _),) = routed(policy, suggestion(confidence=confidence))
        assert route == ("HOLD" if confidence < 0.4 else "REVIEW")


CAP = '[[cap]]\nname = "sample"\n'


def test_a_draw_is_the_hash_of_salt_and_chart() -> None:
    digest = hashlib.sha256(b"chartcoder routing cap 1\nsample\0chart-1\0").digest()
    assert draw(b"chart-1", salt="sample") == int.from_bytes(digest[:8], "big") / 2**64


def test_a_cap_takes_whole_charts_and_always_the_same(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL + CAP + "share = 0.7\n")
    routes: dict[str, set[str]] = {}
    for number in range(2000):
        chart = replace(CHART, chart_id=f"visit {number}")
        routes[chart.chart_id] = {route for route, _ in routed(policy, suggestion(), suggestion("E11.9"), chart=chart)}
    assert all(len(found) == 1 for found in routes.values())
    # 2000 draws of 0.7: a standard deviation is 0.0102.
    assert sum(found == {"AUTO"} for found in routes.values()) / 2000 == pytest.approx(0.7, abs=0.035)
    for chart_id in ("visit 3", "visit 1999"):  # whatever was routed before
        chart = replace(CHART, chart_id=chart_id)
        assert {route for route, _ in routed(policy, suggestion("J45.20"), chart=chart)} == routes[chart_id]


def test_a_cap_by_code_draws_each_code_for_itself(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL + CAP + 'share = 0.5\nunit = "code"\n')
    routes = [route for route, _ in routed(policy, *(suggestion(f"S{number:02}") for number in range(100)))]
    assert 25 < routes.count("AUTO") < 75


@pytest.mark.parametrize(("share", "route"), [(0, ("REVIEW", "sample")), (1, ("AUTO", "auto"))])
def test_a_cap_of_nothing_or_all(tmp_path: Path, share: int, route: tuple[str, str]) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL + CAP + f"share = {share}\n")
    for chart in (CHART, replace(CHART, chart_id=""), replace(CHART, chart_id="\ud800")):
        assert routed(policy, suggestion(), chart=chart) == [route]
    assert routed(policy, suggestion(confidence=0.5)) == [("REVIEW", "review")]
    assert routed(policy, suggestion(confidence=0.1)) == [("HOLD", "hold")]


def test_a_chart_without_an_id_is_drawn_by_its_texts(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, HEAD + GENERAL + CAP + "share = 0.5\n")
    charts = [replace(CHART, chart_id="", documents=(Document(f"note {number}"),)) for number in range(64)]
    found = [routed(policy, suggestion(), chart=chart)[0] for chart in charts]
    assert {route for route, _ in found} == {"AUTO", "REVIEW"}
    assert [routed(policy, suggestion(), chart=chart)[0] for chart in charts] == found


def test_a_router_gives_the_same_for_each_chart_whatever_it_routed_before() -> None:
    router = Router(read_policy())
    charts = [(CHART, []), (CHILD, []), (STAY, [alert(Severity.ERROR)]), (CHART, [alert(Severity.WARNING, "A41.9")])]

    def answers(order: list[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for number in order:
            chart, alerts = charts[number]
            made = [suggestion("A41.9", 0.9), suggestion("I10", 0.9), suggestion("J45.909", 0.6, title="unspecified")]
            router.route(chart, made, alerts)
            found[number] = [f"{s.route} {s.reasons}" for s in made]
        return found

    assert answers([0, 1, 2, 3]) == answers([3, 2, 1, 0]) == answers([2, 2, 0, 3, 1])


@pytest.mark.parametrize(
    ("title", "is_so"),
    [
        ("Hyperlipidemia, unspecified", True),
        ("Unspecified asthma, uncomplicated", True),
        ("Bronchitis, not specified as acute or chronic", True),
        ("Pain NOS", True),
        ("Other specified diabetes mellitus", False),
        ("Essential (primary) hypertension", False),
        ("Nosebleed", False),
    ],
)
def test_a_title_says_whether_it_is_unspecified(title: str, is_so: bool) -> None:
    assert is_unspecified(title) is is_so


@pytest.mark.parametrize(
    ("text", "characters", "letters", "odd"),
    [
        ("", 0, 0.0, 0.0),
        (" \n\t", 0, 0.0, 0.0),
        ("ab 12", 4, 0.5, 0.0),
        ("a~\x01b", 4, 0.5, 0.5),
        ("\ufffda", 4, 0.25, 0.75),
        ("é1", 3, 2 / 3, 0.0),
        ("\ud800", 3, 1.0, 0.0),
    ],
)
def test_quality_is_counted_in_bytes(text: str, characters: int, letters: float, odd: float) -> None:
    found = measure_quality(text)
    assert (found.characters, found.letters, found.odd) == (characters, pytest.approx(letters), pytest.approx(odd))


def test_no_reason_carries_chart_text(tmp_path: Path) -> None:
    policy = policy_of(
        tmp_path, HEAD + GENERAL + escalation('when = "document_quality"', "most_odd = 0.01") + CAP + "share = 0\n"
    )
    secret = "Zebrastripe ~~~~~~~"
    chart = Chart(secret, (Document(secret, kind=secret, document_id=secret),))
    made = [suggestion(), suggestion("E11.9", 0.1)]
    routed(policy, *made, chart=chart, alerts=(Alert("made", Severity.WARNING, secret, "made"),))
    assert all("Zebra" not in f"{reason}" for s in made for reason in s.reasons)
