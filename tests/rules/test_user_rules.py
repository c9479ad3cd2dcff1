"""A user's rules: what they can say, what a wrong file answers, and that one that fails takes nothing down."""

from pathlib import Path

import pytest
from drafts import drafts, facts, marked

from codesets.snapshot import Snapshot
from engine.config import Config
from engine.errors import ConfigError
from engine.live import Live
from engine.rules import declared
from engine.rules.base import Outcome
from engine.rules.declared import rule_of
from engine.rules.declared_file import chapter_rules, parse, read_file
from engine.rules.run import RULES, apply_rules, rules_with
from engine.rules.user import open_rules
from engine.types import Chart, Document, Setting, Severity, Sex

RULE = """
[[rule]]
name = "house_rule"
source = "Coding manual of the house, 4.2"
why = "the house does not report it"
"""


def write(folder: Path, text: str) -> Path:
    """Write a rules file."""
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def ruled(snapshot: Snapshot, when: str, then: str, codes: list[str], **chart: object) -> list[str]:
    """Apply one declared rule to codes."""
    import tomllib

    (made,) = parse(tomllib.loads(f"{RULE}when = {when}\nthen = {then}\n")).rules
    given = marked(snapshot, "\n".join(f"[{code}|x]." for code in codes), **chart)  # type: ignore[arg-type]
    return [s.code for s in rule_of(made).apply(*given).suggestions]


@pytest.mark.parametrize(
    ("when", "then", "codes", "expected"),
    [
        ('{ any = ["E11"] }', '{ drop = ["Z79.84"] }', ["E11.9", "Z79.84"], ["E11.9"]),
        ('{ any = ["E10"] }', '{ drop = ["Z79.84"] }', ["E11.9", "Z79.84"], ["E11.9", "Z79.84"]),
        (
            '{ every = [["E11"], ["N18"]] }',
            '{ drop = ["E11.9"], add = ["E11.22"] }',
            ["E11.9", "N18.30"],
            ["E11.22", "N18.30"],
        ),
        ('{ every = [["E11"], ["N18"]] }', '{ add = ["E11.22"] }', ["E11.9"], ["E11.9"]),
        ('{ any = ["I10"], none = ["I50"] }', '{ drop = ["I10"] }', ["I10", "I50.9"], ["I10", "I50.9"]),
        ('{ first = ["R"] }', '{ drop = ["R"] }', ["R05.9", "I10"], ["I10"]),
        ('{ first = ["R"] }', '{ drop = ["R"] }', ["I10", "R05.9"], ["I10", "R05.9"]),
        ("{}", '{ before = ["Z79.4"], after = ["I10"] }', ["E11.9", "I10", "Z79.4"], ["E11.9", "Z79.4", "I10"]),
        ("{}", '{ before = ["Z79.4"] }', ["E11.9", "I10", "Z79.4"], ["Z79.4", "E11.9", "I10"]),
        # A code that the release cannot bill is not added; one that is there is not added twice.
        ('{ any = ["I10"] }', '{ add = ["E11"] }', ["I10"], ["I10"]),
        ('{ any = ["I10"] }', '{ add = ["I10"] }', ["I10"], ["I10"]),
        ("{}", '{ add = ["I10"] }', [], []),
    ],
)
def test_a_rule_drops_adds_and_orders(
    snapshot: Snapshot, when: str, then: str, codes: list[str], expected: list[str]
) -> None:
    assert ruled(snapshot, when, then, codes) == expected


@pytest.mark.parametrize(
    ("when", "chart", "holds"),
    [
        ('{ settings = ["INPATIENT"] }', {"setting": Setting.INPATIENT}, True),
        ('{ settings = ["INPATIENT"] }', {"setting": Setting.OUTPATIENT}, False),
        ('{ sexes = ["MALE"] }', {"sex": Sex.MALE}, True),
        ('{ sexes = ["MALE"] }', {}, False),
        ("{ min_age = 18 }", {"age": 18}, True),
        ("{ min_age = 18 }", {"age": 17}, False),
        ("{ max_age = 17 }", {"age": 17}, True),
        ("{ max_age = 17 }", {}, False),
        ('{ payers = ["Medicare"] }', {}, False),
        ("{ from = 2026-01-01 }", {}, False),
    ],
)
def test_a_rule_asks_for_the_chart(snapshot: Snapshot, when: str, chart: dict[str, object], holds: bool) -> None:
    assert ruled(snapshot, when, '{ drop = ["I10"] }', ["I10"], **chart) == ([] if holds else ["I10"])


def test_an_alert_has_the_words_and_the_severity_of_the_file(snapshot: Snapshot, tmp_path: Path) -> None:
    path = write(tmp_path, f'{RULE}when = {{ any = ["I10"] }}\nthen = {{ alert = "see 4.2", severity = "ERROR" }}\n')
    rules, digest = open_rules(path)
    _, alerts = apply_rules(drafts(snapshot, "I10"), facts(snapshot), rules)
    assert [(a.message, a.severity, a.source, a.codes) for a in alerts if a.kind == "house_rule"] == [
        ("see 4.2", Severity.ERROR, "Coding manual of the house, 4.2", ["I10"])
    ]
    assert len(digest) == 64


def test_what_a_rule_drops_is_in_an_alert(snapshot: Snapshot, tmp_path: Path) -> None:
    rules, _ = open_rules(write(tmp_path, f'{RULE}when = {{ any = ["I10"] }}\nthen = {{ drop = ["I10"] }}\n'))
    suggestions, alerts = apply_rules(drafts(snapshot, "I10"), facts(snapshot), rules)
    assert suggestions == []
    assert [alert.codes for alert in alerts] == [["I10"]]


def test_built_in_rules_can_be_switched_off(snapshot: Snapshot, tmp_path: Path) -> None:
    rules, _ = open_rules(write(tmp_path, 'off = ["integral_symptoms", "tobacco_use_beside_dependence"]\n'))
    assert len(rules) == len(RULES) - 1
    kept, _ = apply_rules(drafts(snapshot, "J20.9", "R05.9"), facts(snapshot), rules)
    assert [s.code for s in kept] == ["J20.9", "R05.9"]
    assert [s.code for s in apply_rules(drafts(snapshot, "J20.9", "R05.9"), facts(snapshot))[0]] == ["J20.9"]


def test_without_a_file_the_rules_are_the_built_in_ones() -> None:
    assert open_rules(None) == (RULES, "")
    assert rules_with() == RULES


def test_a_users_rule_that_fails_is_reported_and_left_out(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, _ = open_rules(write(tmp_path, f'{RULE}when = {{ any = ["I10"] }}\nthen = {{ drop = ["I10"] }}\n'))

    def fail(*_: object) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setattr(declared, "apply_declared", fail)
    # The chapters' table is applied by the same function, and so fails with it: neither takes the chart down.
    suggestions, alerts = apply_rules(drafts(snapshot, "I10", "I22.1"), facts(snapshot), rules)
    assert [s.code for s in suggestions] == ["I10", "I22.1"]
    assert {a.message.split()[1] for a in alerts if a.kind == "rule_failed"} == {"house_rule", "chapters"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("off = [", "not TOML"),
        ("off = 3", "list of texts"),
        ('off = ["no_such_rule"]', "no_such_rule"),
        ("rules = []", "fields among rule, off"),
        ("rule = 3", "list of tables"),
        ('[[rule]]\nname = "x y"', "lower-case letters"),
        ('[[rule]]\nname = "x"\nthen = { drop = ["I10"] }', "source"),
        (RULE, "drop, add, before or alert"),
        (f'{RULE}when = {{ any = ["diabetes"] }}\nthen = {{ drop = ["I10"] }}', "codes or how they begin"),
        (f'{RULE}when = {{ every = [[]] }}\nthen = {{ drop = ["I10"] }}', "list of lists"),
        (f'{RULE}when = {{ settings = ["WARD"] }}\nthen = {{ drop = ["I10"] }}', "INPATIENT"),
        (f'{RULE}when = {{ min_age = -1 }}\nthen = {{ drop = ["I10"] }}', "whole years"),
        (f'{RULE}when = {{ min_age = true }}\nthen = {{ drop = ["I10"] }}', "whole years"),
        (f'{RULE}when = {{ from = "soon" }}\nthen = {{ drop = ["I10"] }}', "date"),
        (f'{RULE}when = {{ codes = ["I10"] }}\nthen = {{ drop = ["I10"] }}', "codes"),
        (f'{RULE}then = {{ add = ["I10.-"] }}', "whole codes"),
        (f'{RULE}then = {{ alert = "" }}', "text"),
        (f'{RULE}then = {{ alert = "x", severity = "LOUD" }}', "WARNING"),
        (f'{RULE}then = {{ drop = ["I10"] }}\n{RULE}then = {{ drop = ["I10"] }}', "name of its own"),
        (f'{RULE.replace("house_rule", "excludes1")}then = {{ drop = ["I10"] }}', "built-in"),
        ('poa_exempt = "none.txt"', "poa_exempt"),
        ("\0", "not TOML"),
        ("\N{GRINNING FACE}", "not TOML"),
        ("a = " + "[" * 5000, "rules file"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match="rules file") as failure:
        open_rules(write(tmp_path, text))
    assert words in str(failure.value)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\x00" * (4 * 1024 * 1024 + 1)], ids=["no UTF-8", "huge"])
def test_a_file_of_other_bytes_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="rules file"):
        read_file(path)
    with pytest.raises(ConfigError, match="rules file"):
        read_file(tmp_path / "none.toml")


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    rules, digest = open_rules(write(tmp_path, ""))
    assert rules == RULES
    assert digest


def test_every_code_that_a_chapter_adds_is_of_the_release(snapshot: Snapshot) -> None:
    for row in chapter_rules():
        assert "Guidelines" in row.source
        assert all(snapshot.is_billable(code) for code in row.then.add), row.name


def test_an_answer_names_the_users_rules(home: Path, live: Live, tmp_path: Path) -> None:
    path = write(tmp_path, f'{RULE}when = {{ any = ["J20"] }}\nthen = {{ drop = ["J20"] }}\n')
    own = Live.open(Config(home=home, rules=path))
    chart = Chart("c", (Document("Assessment: acute bronchitis."),))
    named = {name for name, _ in own.pipeline.header(chart).models} - {n for n, _ in live.pipeline.header(chart).models}
    assert named == {"rules:user"}
    assert [s.code for s in own.pipeline.code(chart).suggestions] == []
    assert [s.code for s in live.pipeline.code(chart).suggestions] == ["J20.9"]
