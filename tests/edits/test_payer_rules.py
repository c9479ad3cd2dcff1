"""Payer rules: what a file may say, what it does, and how a wrong one is refused."""

from pathlib import Path

import pytest
from made_tables import alerts, check, make_store, open_checker, said, visit

from engine.edits.payer_rules import read_rule_file, read_rules
from engine.edits.run import ClaimChecker
from engine.errors import ConfigError

RULES = """
payer = "Acme Health"
plan = "HMO"
source = "Acme policy 12 of 2024-01"

[[rule]]
name = "imaging-needs-referral"
effective = 2024-01-01
end = 2024-12-31
severity = "ERROR"
message = "imaging needs a referral"
resolve = "attach the referral"
when = {codes = ["U92*"], kinds = ["PROFESSIONAL"]}
require = {documentation = ["Referral"]}

[[rule]]
name = "not-for-children"
effective = 2024-01-01
message = "not covered under 18"
resolve = "appeal"
when = {codes = ["U9005-U9006"], age = {to = 17}}

[[rule]]
name = "once-a-year"
effective = 2024-01-01
message = "one a year"
resolve = "wait"
when = {codes = ["U9008"]}
require = {at_most = {units = 1, days = 365}}

[[rule]]
name = "many-conditions"
effective = 2024-01-01
message = "conditions"
resolve = "mend them"
when = {codes = ["U9009"], diagnoses = ["E11*"], places = ["11"], modifiers = ["GA"], sex = "FEMALE", units_over = 1}
[rule.require]
diagnoses = ["J18.9"]
modifiers = ["RT"]
no_modifiers = ["22"]
places = ["22"]
age = {from = 18}
with_codes = ["U9005"]
without_codes = ["U9006"]
"""
ACME = {"payer": "ACME Health", "plan": "hmo"}


@pytest.fixture(scope="module")
def payer(tmp_path_factory: pytest.TempPathFactory) -> ClaimChecker:
    """A checker with the rules above."""
    home = tmp_path_factory.mktemp("payer-home")
    make_store(home)
    file = home / "acme.toml"
    file.write_text(RULES, encoding="utf-8")
    return open_checker(home, read_rules(file))


@pytest.mark.parametrize(
    ("claim", "want"),
    [
        (visit("U9203", **ACME), ["payer_rule:imaging-needs-referral ERROR"]),
        (visit("U9203", documentation=["referral"], **ACME), []),
        (visit("U9203", payer="Other"), []),
        (visit("U9203", payer="Acme Health", plan="PPO"), []),
        (visit("U9203", from_date="2025-01-01", **ACME), []),
        (visit("U9203", from_date="2023-12-31", **ACME), []),
        (visit("U9005", age_years=17, **ACME), ["payer_rule:not-for-children WARNING"]),
        (visit("U9006", age_years=17, **ACME), ["payer_rule:not-for-children WARNING"]),
        (visit("U9005", age_years=18, **ACME), []),
        # A condition on an age that is not known does not hold.
        (visit("U9005", **ACME), []),
    ],
)
def test_a_rule_is_of_its_payer_plan_days_and_codes(
    payer: ClaimChecker, claim: dict[str, object], want: list[str]
) -> None:
    assert [kind for kind in said(payer, claim) if kind.startswith("payer_rule")] == want


def service(day: str) -> dict[str, object]:
    """Make an earlier service."""
    return {"code": "U9008", "day": day}


@pytest.mark.parametrize(
    ("lines", "history", "want"),
    [
        (["U9008"], [], 0),
        ([{"code": "U9008", "units": 2}], [], 1),
        (["U9008"], [service("2023-08-02")], 0),
        (["U9008"], [service("2023-08-03")], 1),
        (["U9008"], [service("2024-08-02")], 0),
        (["U9005"], [service("2024-07-01")], 0),
        (["U9008", {"code": "U9008", "modifiers": ["76"]}], [], 1),
    ],
)
def test_a_limit_of_frequency_counts_lines_and_history(
    payer: ClaimChecker, lines: list[object], history: list[object], want: int
) -> None:
    """365 days that end on 2024-08-01 begin on 2023-08-03."""
    kinds = said(payer, visit(*lines, history=history, **ACME))
    assert kinds.count("payer_rule:once-a-year WARNING") == want


def test_every_condition_must_hold_and_every_requirement_is_named(payer: ClaimChecker) -> None:
    line = {"code": "U9009", "modifiers": ["GA", "22"], "units": 2}
    facts = {"diagnoses": ["E11.9"], "sex": "FEMALE", "age_years": 10, **ACME}
    [alert] = [a for a in alerts(payer, visit(line, "U9006", **facts)) if a.kind == "payer_rule:many-conditions"]
    wanted = ("no diagnosis of J18.9", "no modifier of RT", "modifier 22", "place other than 22", "age not among")
    for part in (*wanted, "no U9005 on the same day", "U9006 on the same day"):
        assert part in alert.message
    assert (alert.source, alert.resolve, alert.units) == ("Acme policy 12 of 2024-01", "mend them", 2)
    for change in ({"sex": "MALE"}, {"diagnoses": ["J18.9"]}, {"place": "22"}):
        kinds = said(payer, visit(line, "U9006", **(facts | change)))
        assert "payer_rule:many-conditions WARNING" not in kinds, change


def test_rules_are_named_in_the_header_by_their_hash(payer: ClaimChecker) -> None:
    names = dict(check(payer, visit("U9005")).header.models)
    assert len(names["payer_rules"]) == 64


RULE = '[[rule]]\nname = "a"\neffective = 2024-01-01\nmessage = "m"\nresolve = "r"\n'


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("", "source: got nothing"),
        ("\0", "not TOML"),
        ("source = 3", "source: got int, want text"),
        ('source = "s"', "rule: got none"),
        (f'source = "s"\n{RULE}[rule.when]\ncode = ["U9001"]', "rule[0].when: code: unknown, want one of codes"),
        (f'source = "s"\n{RULE}when = {{codes = ["(.*)"]}}', "codes: got '(.*)', want codes as 99213"),
        (f'source = "s"\n{RULE}when = {{codes = ["U9009-U9001"]}}', "codes: got 'U9009-U9001'"),
        (f'source = "s"\n{RULE}when = {{codes = "U9001"}}', "codes: got str, want a list of texts"),
        (
            f'source = "s"\n{RULE}when = {{kinds = ["BOTH"]}}',
            "kinds: got 'BOTH', want one of UNSPECIFIED, PROFESSIONAL",
        ),
        (f'source = "s"\n{RULE}when = {{units_over = -1}}', "units_over: got -1, want 0 or more"),
        (f'source = "s"\n{RULE}when = {{units_over = true}}', "units_over: got bool, want a whole number"),
        (f'source = "s"\n{RULE}require = {{}}', "require: got nothing"),
        (f'source = "s"\n{RULE}require = {{at_most = {{units = 1}}}}', "at_most: got one of units and days"),
        (f'source = "s"\n{RULE}severity = "FATAL"', "severity: got 'FATAL', want one of INFO, WARNING, ERROR"),
        (f'source = "s"\n{RULE}end = 2023-01-01', "end: got 2023-01-01, want 2024-01-01 (effective) or later"),
        (f'source = "s"\n{RULE}end = "2025"', "end: got str, want a date"),
        (f'source = "s"\n{RULE}{RULE}', "name: got 'a' twice"),
        ('source = "s"\n[[rule]]\nname = "A b"', "name: got A b, want lower-case letters"),
        ('source = "s"\n[[rule]]\nname = "a"', "effective: got nothing, want the first day"),
        ('source = "s"\nrule = [1]', "rule[0]: got something else, want a table"),
    ],
)
def test_a_wrong_file_is_refused_by_file_rule_and_field(text: str, said_of_it: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_rule_file(text.encode(), name="acme.toml")
    assert "acme.toml" in str(refused.value)
    assert said_of_it in str(refused.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_rule_file(b"\xff\xfe", name="acme.toml")


def test_a_folder_is_read_in_the_order_of_its_names_and_none_is_no_rules(tmp_path: Path) -> None:
    assert read_rules(tmp_path / "nowhere").rules == ()
    for name in ("b", "a"):
        (tmp_path / f"{name}.toml").write_text(f'source = "{name}"\n{RULE}', encoding="utf-8")
    found = read_rules(tmp_path)
    assert [rule.source for rule in found.rules] == ["a", "b"]
    assert found.content_hash != read_rules(tmp_path / "a.toml").content_hash
