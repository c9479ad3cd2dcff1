"""Present on admission, by hand from Appendix I of the guidelines."""

import gzip
from pathlib import Path

import pytest
from drafts import marked

from codesets.snapshot import Snapshot
from engine.errors import ConfigError
from engine.rules.poa import RULE, is_exempt_by_category, read_exempt
from engine.rules.run import RULES
from engine.rules.user import open_rules
from engine.types import Setting

CMS = "Order26\tPOAexemptCode\tDescription\r\n1\tB90.0\tSequelae\r\n2\tZ7984\tLong term\r\n"


def indicators(snapshot: Snapshot, text: str, section: str = "", setting: Setting = Setting.INPATIENT) -> list[str]:
    """Return the indicator of each diagnosis that a text marks, "" for none."""
    outcome = RULE.apply(*marked(snapshot, text, section=section, setting=setting))
    found = [[r.detail.split(":")[0] for r in s.reasons if r.rule == RULE.name] for s in outcome.suggestions]
    return [details[0] if details else "" for details in found]


@pytest.mark.parametrize(
    ("text", "section", "expected"),
    [
        ("[J18.9|Pneumonia].", "", ["Y"]),  # the reason for admission
        ("[J18.9|Pneumonia]. [I10|Hypertension].", "DISCHARGE_DIAGNOSIS", ["Y", "Y"]),  # lasting by nature
        ("[J18.9|Pneumonia]. [C18.2|Colon cancer].", "", ["Y", "Y"]),
        ("[J18.9|Pneumonia]. [N39.0|UTI].", "HISTORY_OF_PRESENT_ILLNESS", ["Y", "Y"]),
        ("[J18.9|Pneumonia]. [N39.0|UTI] present on admission.", "HOSPITAL_COURSE", ["Y", "Y"]),
        ("[S72.141A|Hip fracture]. Hospital-acquired [N39.0|UTI].", "HOSPITAL_COURSE", ["Y", "N"]),
        ("[S72.141A|Hip fracture]. [I82.401|DVT] noted on hospital day 4.", "HOSPITAL_COURSE", ["Y", "N"]),
        ("[S72.141A|Hip fracture]. [N39.0|UTI].", "HOSPITAL_COURSE", ["Y", "U"]),
        ("[S72.141A|Hip fracture]. [Z79.4|Insulin].", "", ["Y", "exempt"]),
        ("[S72.141A|Hip fracture]. [W01.0XXA|Slip].", "", ["Y", "Y"]),
    ],
)
def test_the_indicator_follows_what_the_chart_says(
    snapshot: Snapshot, text: str, section: str, expected: list[str]
) -> None:
    assert indicators(snapshot, text, section) == expected


@pytest.mark.parametrize("setting", [s for s in Setting if s is not Setting.INPATIENT])
def test_only_stays_have_indicators(snapshot: Snapshot, setting: Setting) -> None:
    assert indicators(snapshot, "[J18.9|Pneumonia].", setting=setting) == [""]


def test_what_the_chart_leaves_open_is_asked_for(snapshot: Snapshot) -> None:
    text = "[S72.141A|Hip fracture]. [N39.0|UTI]."
    outcome = RULE.apply(*marked(snapshot, text, section="HOSPITAL_COURSE", setting=Setting.INPATIENT))
    assert [alert.codes for alert in outcome.alerts] == [["N39.0"]]


@pytest.mark.parametrize(
    ("code", "exempt"),
    [
        ("Z79.4", True),
        ("I25.2", True),
        ("I69.354", True),
        ("Q21.0", True),
        ("S52.501D", True),
        ("S52.501A", False),
        ("I25.10", False),
        ("J18.9", False),
    ],
)
def test_exempt_categories(code: str, exempt: bool) -> None:
    assert is_exempt_by_category(code) is exempt


def test_the_list_of_cms_is_read_with_and_without_dots() -> None:
    assert read_exempt(CMS.splitlines()) == {"B90.0", "Z79.84"}
    assert read_exempt(["", "no table", "1\tNOT A CODE\tx", "\0\t\0"]) == frozenset()


@pytest.mark.parametrize("packed", [False, True])
def test_a_users_list_takes_the_place_of_ours(snapshot: Snapshot, tmp_path: Path, packed: bool) -> None:
    (tmp_path / "poa.txt").write_bytes(gzip.compress(CMS.encode()) if packed else CMS.encode())
    (tmp_path / "rules.toml").write_text('poa_exempt = "poa.txt"\n')
    rules, _ = open_rules(tmp_path / "rules.toml")
    assert [r.name for r in rules] == [r.name for r in RULES]
    given = marked(snapshot, "[J18.9|x]. [Z79.84|x]. [Z79.4|x].", setting=Setting.INPATIENT)
    outcome = rules[-1].apply(*given)
    assert [s.reasons[-1].detail == "exempt" for s in outcome.suggestions] == [False, True, False]


@pytest.mark.parametrize("data", [b"", b"\x1f\x8bbroken", b"\xff\xff", b"a\tb\n"])
def test_a_list_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "poa.txt").write_bytes(data)
    (tmp_path / "rules.toml").write_text('poa_exempt = "poa.txt"\n')
    with pytest.raises(ConfigError, match="poa_exempt"):
        open_rules(tmp_path / "rules.toml")


def test_our_table_agrees_with_the_list_of_cms() -> None:
    path = Path("/work/shared/data/codesets/POAexemptCodesFY26.txt.gz")
    if not path.exists():
        pytest.skip("needs the list of CMS in ../shared/data")
    official = read_exempt(gzip.decompress(path.read_bytes()).decode("utf-8").splitlines())
    assert len(official) == 38_349
    assert sum(is_exempt_by_category(code) for code in official) / len(official) > 0.97
