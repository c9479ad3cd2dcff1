"""Reading a policy: the packaged one is sound, and every fault is told with its field, its value and its line."""

from pathlib import Path

import pytest
from made_policies import GENERAL, HEAD, policy_of

from codesets.store import Releases
from codesets.types import System
from engine.errors import ConfigError
from engine.routing.families import Families
from engine.routing.fields import PolicyError
from engine.routing.policy import Unit, When
from engine.routing.read import MAX_BYTES, SYSTEMS, read_policy
from engine.types import Route, Setting, Severity

ESCALATION = '[[escalation]]\nname = "one"\nwhen = "any"\n'


def faults_of(folder: Path, text: str) -> list[tuple[int, str]]:
    """Return the line and the field of each fault."""
    with pytest.raises(PolicyError) as caught:
        policy_of(folder, text)
    return [(fault.line, fault.field) for fault in caught.value.faults]


def test_a_policy_is_read_as_it_is_written(tmp_path: Path) -> None:
    policy = policy_of(
        tmp_path,
        HEAD
        + '[[threshold]]\nname = "radiology"\nsettings = ["inpatient"]\ndocuments = ["Radiology  REPORT"]\n'
        + "auto = 1\nhold = 0.5\n"
        + GENERAL
        + '[[escalation]]\nname = "crowded"\nwhen = "alerts"\nseverity = "ERROR"\nleast = 3\nroute = "HOLD"\n'
        + 'below = 0.9\nwhy = "too many"\n'
        + '[[escalation]]\nname = "young"\nwhen = "age"\nunder_years = 18\nsystems = ["icd10cm"]\ncodes = ["F80-F89"]\n'
        + '[[cap]]\nname = "sample"\nshare = 0.25\nunit = "code"\nsalt = "2026"\n',
    )
    assert (policy.name, policy.version) == ("made", "1")
    first, last = policy.thresholds
    assert (first.scope.settings, first.scope.documents) == ((Setting.INPATIENT,), ("radiology report",))
    assert (first.auto, first.hold, last.auto, last.hold) == (1.0, 0.5, 0.8, 0.4)
    crowded, young = policy.escalations
    assert (crowded.when, crowded.route, crowded.below, crowded.why) == (When.ALERTS, Route.HOLD, 0.9, "too many")
    assert (crowded.limits.severity, crowded.limits.least) == (Severity.ERROR, 3)
    assert (young.route, young.limits.under_years, young.limits.from_years) == (Route.REVIEW, 18, None)
    assert young.scope.codes.has("F84.0")
    (cap,) = policy.caps
    assert (cap.share, cap.unit, cap.salt) == (0.25, Unit.CODE, "2026")
    assert policy.source == f"routing policy made 1 ({policy.content_hash[:12]})"


def test_the_hash_is_of_the_file(tmp_path: Path) -> None:
    first = policy_of(tmp_path, HEAD + GENERAL)
    assert policy_of(tmp_path, HEAD + GENERAL).content_hash == first.content_hash
    assert policy_of(tmp_path, HEAD + GENERAL + "# changed\n").content_hash != first.content_hash


def test_the_packaged_policy_covers_what_it_should() -> None:
    policy = read_policy()
    assert {escalation.when for escalation in policy.escalations} >= set(When) - {When.ANY}
    by_name = {escalation.name: escalation for escalation in policy.escalations}
    assert by_name["sepsis"].scope.has_code("icd10cm", "A41.9")
    assert by_name["sepsis"].scope.has_code("icd10cm", "R65.21")
    assert by_name["malnutrition"].scope.has_code("icd10cm", "E43")
    assert not by_name["malnutrition"].scope.has_code("icd10cm", "E66.9")
    assert by_name["high-value-procedure"].scope.has_code("icd10pcs", "02YA0Z0")
    assert not by_name["high-value-procedure"].scope.has_code("icd10pcs", "0DTJ4ZZ")
    assert policy.caps == ()


@pytest.mark.parametrize("system", [System.ICD10CM, System.ICD10PCS])
def test_every_family_of_the_packaged_policy_has_codes(home: Path, system: System) -> None:
    codes = list(Releases.open(home).release(system).codes())
    parts = [part for part in (*read_policy().escalations, *read_policy().thresholds) if system in part.scope.systems]
    written = [family for part in parts for family in part.scope.codes.written]
    if system is System.ICD10CM:
        written += [family for part in read_policy().escalations for family in part.limits.any_of.written]
    assert written
    assert [family for family in written if not any(map(Families.of((family,)).has, codes))] == []


def test_the_systems_a_policy_may_name_are_those_of_the_code_sets() -> None:
    sides_of_maps_only = {"icd10", "snomedct"}
    assert set(SYSTEMS) == {system.value for system in System} - sides_of_maps_only


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (GENERAL, [(0, "policy.name"), (0, "policy.version")]),
        (HEAD, [(0, "threshold")]),
        (HEAD.replace("made", "m de") + GENERAL, [(2, "policy.name")]),
        (HEAD.replace('"1"', "1") + GENERAL, [(3, "policy.version")]),
        (HEAD + "colour = 3\n" + GENERAL, [(4, "policy.colour")]),
        (HEAD + GENERAL.replace("0.8", "1.01"), [(6, "threshold[1] general.auto")]),
        (HEAD + GENERAL.replace("0.8", "nan"), [(6, "threshold[1] general.auto")]),
        (HEAD + GENERAL.replace("0.8", "true"), [(6, "threshold[1] general.auto")]),
        (HEAD + GENERAL.replace("0.8", '"0.8"'), [(6, "threshold[1] general.auto")]),
        (HEAD + GENERAL.replace("0.4", "0.9"), [(7, "threshold[1] general.hold")]),
        (HEAD + GENERAL.replace("hold = 0.4\n", ""), [(4, "threshold[1] general.hold")]),
        (HEAD + GENERAL + GENERAL, [(4, "threshold[1] general"), (0, "general.name")]),
        (HEAD + GENERAL + 'settings = ["INPATIENT"]\n', [(4, "threshold")]),
        (HEAD + GENERAL + ESCALATION.replace("any", "often"), [(10, "escalation[1] one.when")]),
        (HEAD + GENERAL + ESCALATION.replace("one", "One"), [(9, "escalation[1].name")]),
        (HEAD + GENERAL + ESCALATION.replace("one", "auto"), [(0, "auto.name")]),
        (HEAD + GENERAL + ESCALATION + ESCALATION, [(0, "one.name")]),
        (HEAD + GENERAL + ESCALATION + 'route = "AUTO"\n', [(11, "escalation[1] one.route")]),
        (HEAD + GENERAL + ESCALATION + 'codes = ["E11"]\n', [(8, "escalation[1] one.systems")]),
        (HEAD + GENERAL + ESCALATION + 'systems = ["icd10"]\n', [(11, "escalation[1] one.systems")]),
        (HEAD + GENERAL + ESCALATION + "systems = []\n", [(11, "escalation[1] one.systems")]),
        (HEAD + GENERAL + ESCALATION + 'systems = "icd10cm"\n', [(11, "escalation[1] one.systems")]),
        (HEAD + GENERAL + ESCALATION + "systems = [1]\n", [(11, "escalation[1] one.systems")]),
        (HEAD + GENERAL + ESCALATION + 'settings = ["HOME"]\n', [(11, "escalation[1] one.settings")]),
        (HEAD + GENERAL + ESCALATION + 'documents = [" "]\n', [(11, "escalation[1] one.documents")]),
        (HEAD + GENERAL + ESCALATION + 'why = "two\\nlines"\n', [(11, "escalation[1] one.why")]),
        (HEAD + GENERAL + ESCALATION + f'why = "{"x" * 201}"\n', [(11, "escalation[1] one.why")]),
        (HEAD + GENERAL + ESCALATION + "below = -1\n", [(11, "escalation[1] one.below")]),
        (HEAD + GENERAL + ESCALATION + "most = 3\n", [(11, "escalation[1] one.most")]),
        (HEAD + GENERAL + ESCALATION.replace("any", "codes"), [(8, "escalation[1] one.codes")]),
        (HEAD + GENERAL + ESCALATION.replace("any", "age"), [(8, "escalation[1] one.under_years")]),
        (HEAD + GENERAL + ESCALATION.replace("any", "many_codes"), [(8, "escalation[1] one.most")]),
        (HEAD + GENERAL + ESCALATION.replace("any", "document_quality"), [(8, "escalation[1] one.least_letters")]),
        (HEAD + GENERAL + ESCALATION.replace("any", "chart_has"), [(8, "escalation[1] one.any_of")]),
        (HEAD + GENERAL + '[[cap]]\nname = "c"\n', [(8, "cap[1] c.share")]),
        (HEAD + GENERAL + '[[cap]]\nname = "c"\nshare = 1.5\n', [(10, "cap[1] c.share")]),
        (HEAD + GENERAL + '[[cap]]\nname = "c"\nshare = 1\nunit = "day"\n', [(11, "cap[1] c.unit")]),
        (HEAD + GENERAL + "[limits]\n", [(8, "limits")]),
        (HEAD + GENERAL + "[escalation]\n", [(8, "escalation")]),
        ("policy = 3\n" + GENERAL, [(0, "policy.name"), (0, "policy.version")]),
    ],
)  # fmt: skip
def test_every_fault_is_told_with_its_line(tmp_path: Path, text: str, faults: list[tuple[int, str]]) -> None:
    assert faults_of(tmp_path, text) == faults


def test_a_fault_says_what_stands_there_and_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_of(tmp_path, HEAD + GENERAL.replace("0.8", "8"))
    assert str(caught.value) == (
        "routing policy policy.toml: line 6: threshold[1] general.auto: got 8, want a number from 0 to 1"
    )
    assert isinstance(caught.value, ConfigError)
    assert caught.value.field == "routing_policy"


def test_no_line_is_named_rather_than_a_wrong_one(tmp_path: Path) -> None:
    text = HEAD + 'x = """\n[[threshold]]\nauto = 3\n"""\n' + GENERAL.replace("0.8", "9")
    assert (0, "threshold[1] general.auto") in faults_of(tmp_path, text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"\0",
        b"name = ",
        b"[[threshold]]\nname = 'x'\n[threshold]\n",
        "😀".encode(),
        b"a = " + b"[" * 5000,
        b"# " + b"x" * MAX_BYTES,
        HEAD.encode()[:-3],
    ],
    ids=range(9),
)
def test_files_that_are_no_policy_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(PolicyError, match=r"routing policy bad\.toml: "):
        read_policy(file)


@pytest.mark.parametrize("name", ["absent.toml", ".", "a\0b"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolicyError, match="want a TOML file"):
        read_policy(tmp_path / name)


def test_a_value_is_shown_on_one_line_and_short(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_of(tmp_path, HEAD + GENERAL.replace("0.8", f'"{"y" * 500}\\n\\u001b[31m"'))
    (fault,) = caught.value.faults
    assert len(fault.got) < 50
    assert fault.got.isprintable()
