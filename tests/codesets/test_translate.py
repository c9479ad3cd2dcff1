"""Translation by crosswalks: alternatives, combinations kept together, WHO's maps, rules of SNOMED CT, conversion."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from codesets.crosswalk import CrosswalkSource, MapKind, MapRow, Relationship, open_crosswalks, save_crosswalk
from codesets.errors import CrosswalkError, NoReleaseError, SnapshotError
from codesets.map_rules import PatientFacts
from codesets.mapping import MapOption
from codesets.store import Releases, save_release
from codesets.translate import TranslationKind, translate
from codesets.types import Attribute, Node, ReleaseSource, System

RELATED, EQUIVALENT, NONE = Relationship.RELATED_TO, Relationship.EQUIVALENT, Relationship.NOT_RELATED_TO
NARROWER = Relationship.SOURCE_IS_NARROWER
AGE = "IFA 445518008 | Age at onset of clinical finding (observable entity) | < 18.0 years"
FEMALE = "IFA 248152002 | Female (finding) |"


def years(version: int) -> tuple[date, date]:
    return date(version - 1, 10, 1), date(version, 9, 30)


def release(system: System, version: str, codes: dict[str, bool], *notes: Attribute) -> ReleaseSource:
    first, last = years(int(version))
    nodes = [Node(code, f"Title of {code}", "", billable=billable) for code, billable in codes.items()]
    nodes.extend(Node(f"XN{n:02}", "Extension", "", False, (note.as_note(),)) for n, note in enumerate(notes))
    return ReleaseSource(system, version, first, last, "made for tests", tuple(nodes))


def crosswalk(
    kind: MapKind, source: System, target: System, rows: dict[str, Sequence[MapRow]], version: str = "2018"
) -> CrosswalkSource:
    return CrosswalkSource(kind, source, target, version, f"{kind.value}.txt", rows)


MAPS = (
    crosswalk(
        MapKind.GEM,
        System.ICD9CM,
        System.ICD10CM,
        {
            "001.0": [MapRow("A00.0", EQUIVALENT)],
            "250.00": [MapRow("E11.9", RELATED), MapRow("E11.6", RELATED), MapRow("E11.0", RELATED)],
            "E950.0": [MapRow("", NONE)],
            "250.70": [
                MapRow("E11.9", RELATED),
                MapRow("A00.0", RELATED, 2, 1),
                MapRow("I96", RELATED, 1, 2),
                MapRow("E11.9", RELATED, 1, 1),
                MapRow("E11.0", RELATED, 1, 1),
            ],
        },
    ),
    crosswalk(MapKind.GEM, System.ICD9CM, System.ICD10CM, {"001.0": [MapRow("A00.9", RELATED)]}, "2017"),
    crosswalk(MapKind.GEM, System.ICD9CM, System.ICD10PCS, {"00.01": [MapRow("0TT00ZZ", RELATED)]}),
    crosswalk(
        MapKind.WHO,
        System.ICD10,
        System.ICD11,
        {
            "E11.2": [MapRow("5A11", EQUIVALENT, 0, 1), MapRow("5A1Y", RELATED, 1, 1), MapRow("5A11", RELATED, 1, 2)],
            "A00.0": [MapRow("1A00&XN00", RELATED, 0, 1, "Cholera [first]")],
            "A01": [MapRow("", NONE)],
        },
    ),
    crosswalk(
        MapKind.WHO,
        System.ICD11,
        System.ICD10,
        {"5A11": [MapRow("E11", RELATED, 0, 1, "Sugar")], "1A00": [MapRow("A00.9", RELATED, 0, 1, "Cholera")]},
    ),
    crosswalk(
        MapKind.RULES,
        System.SNOMEDCT,
        System.ICD10CM,
        {
            "111111111": [
                MapRow("A00.0", RELATED, 1, 1, rule=AGE, advice="IF CHILD CHOOSE A00.0"),
                MapRow("A00.9", RELATED, 1, 2, rule="OTHERWISE TRUE", advice="ALWAYS A00.9"),
                MapRow("I96", RELATED, 2, 1, rule="TRUE", advice="ALWAYS I96"),
            ],
            "222222222": [MapRow("", NONE, 1, 1, rule="TRUE", advice="MAP SOURCE CONCEPT CANNOT BE CLASSIFIED")],
        },
    ),
    crosswalk(
        MapKind.CONVERSION,
        System.ICD10CM,
        System.ICD10CM,
        {
            "R51": [MapRow("R51.9", Relationship.SOURCE_IS_BROADER, 2021, 1, advice="new")],
            "G00.0": [
                MapRow("G00.1", RELATED, 2025, 1, advice="deleted"),
                MapRow("E11.9", RELATED, 2025, 2, advice="new"),
            ],
            "G00.1": [MapRow("G00.2", RELATED, 2026, 1, advice="deleted")],
            "OLD.1": [MapRow("A00.9", RELATED, 2019, 1, advice="new")],
        },
        "2026",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    home = tmp_path_factory.mktemp("translate")
    extension = Attribute("extension", "yes", "an extension code")
    new = {"A00.0": True, "A00.9": True, "E11.9": True, "E11.0": True, "E11": False, "I96": True, "G00.2": True}
    save_release(home, release(System.ICD10CM, "2026", {**new, "E11.22": True}))
    save_release(home, release(System.ICD10CM, "2024", {"A00.0": True, "G00.0": True, "E11.9": True, "R51": True}))
    save_release(home, release(System.ICD9CM, "2015", {"001.0": True, "250.00": True, "999.9": True}))
    save_release(home, release(System.ICD11, "2024", {"5A11": True, "1A00": True}, extension))
    for source in MAPS:
        save_crosswalk(home, source)
    return Releases.open(home)


def shown(option: MapOption) -> tuple[str, list[list[str]]]:
    return option.relationship.value, [[one.code for one in part.choices] for part in option.parts]


@pytest.mark.parametrize(
    ("source", "target", "code", "options"),
    [
        (System.ICD9CM, System.ICD10CM, "0010", [("equivalent", [["A00.0"]])]),
        (
            System.ICD9CM,
            System.ICD10CM,
            "250.00",
            [("related-to", [["E11.9"]]), ("related-to", [["E11.6"]]), ("related-to", [["E11.0"]])],
        ),
        # The alternative by itself, then scenario 1: one code of list 1 together with that of list 2; then scenario 2.
        (
            System.ICD9CM,
            System.ICD10CM,
            "250.70",
            [("related-to", [["E11.9"]]), ("related-to", [["E11.9", "E11.0"], ["I96"]]), ("related-to", [["A00.0"]])],
        ),
        (System.ICD9CM, System.ICD10PCS, "0001", [("related-to", [["0TT00ZZ"]])]),
        # WHO's one category first; it is among the several too, and not said twice.
        (System.ICD10, System.ICD11, "E112", [("equivalent", [["5A11"]]), ("related-to", [["5A1Y"]])]),
        (System.ICD10, System.ICD11, "A00.0", [("related-to", [["1A00&XN00"]])]),
        # ICD-10-CM goes by way of the nearest ICD-10 code above it.
        (System.ICD10CM, System.ICD11, "E11.22", [(NARROWER.value, [["5A11"]]), (NARROWER.value, [["5A1Y"]])]),
        (System.ICD11, System.ICD10, "5A11", [("related-to", [["E11"]])]),
        (System.ICD11, System.ICD10CM, "1A00", [("related-to", [["A00.9"]])]),
        (System.ICD11, System.ICD10, "1A00&XN00/5A11", [(NARROWER.value, [["A00.9"], ["E11"]])]),
    ],
)
def test_a_code_is_carried_over_with_all_that_the_map_says(
    store: Releases, source: System, target: System, code: str, options: list[tuple[str, list[list[str]]]]
) -> None:
    made = translate(store, [code], source=source, target=target)
    assert [one.kind for one in made.translations] == [TranslationKind.MAPPED]
    assert [shown(option) for option in made.translations[0].options] == options


@pytest.mark.parametrize(
    ("source", "target", "code", "kind"),
    [
        (System.ICD9CM, System.ICD10CM, "E950.0", TranslationKind.NO_MAP),
        (System.ICD9CM, System.ICD10CM, "999.9", TranslationKind.UNMAPPED),
        (System.ICD9CM, System.ICD10CM, "999.8", TranslationKind.UNKNOWN),
        (System.ICD10, System.ICD11, "A01", TranslationKind.NO_MAP),
        (System.ICD10, System.ICD11, "Z99", TranslationKind.UNMAPPED),
        (System.ICD10CM, System.ICD11, "G00.2", TranslationKind.UNMAPPED),
        (System.ICD11, System.ICD10, "1A00/5A12", TranslationKind.UNMAPPED),
        (System.ICD11, System.ICD10, "1A00&", TranslationKind.UNKNOWN),
        (System.ICD11, System.ICD10, "/", TranslationKind.UNKNOWN),
        (System.SNOMEDCT, System.ICD10CM, "222222222", TranslationKind.NO_MAP),
        (System.SNOMEDCT, System.ICD10CM, "333333333", TranslationKind.UNMAPPED),
        (System.SNOMEDCT, System.ICD10CM, "\U0001f600\0", TranslationKind.UNMAPPED),
    ],
)
def test_a_code_without_a_target_says_why(
    store: Releases, source: System, target: System, code: str, kind: TranslationKind
) -> None:
    (translation,) = translate(store, [code], source=source, target=target).translations
    assert (translation.kind, translation.options, translation.targets) == (kind, (), ())


def test_targets_are_checked_in_the_release_of_the_day(store: Releases) -> None:
    def notes(day: date | None) -> list[str]:
        made = translate(store, ["250.00"], source=System.ICD9CM, target=System.ICD10CM, target_day=day)
        return [one.note for option in made.translations[0].options for part in option.parts for one in part.choices]

    assert notes(None) == ["", "E11.6 is not in icd10cm 2026", ""]
    assert notes(date(2024, 1, 1)) == ["", "E11.6 is not in icd10cm 2024", "E11.0 is not in icd10cm 2024"]
    (translation,) = translate(store, ["5A11"], source=System.ICD11, target=System.ICD10CM).translations
    (choice,) = translation.options[0].parts[0].choices
    assert (choice.title, choice.note) == ("Title of E11", "a heading in icd10cm 2026: report a code below it")


def test_the_answer_names_map_and_releases(store: Releases) -> None:
    made = translate(store, ["0010"], source=System.ICD9CM, target=System.ICD10CM)
    assert [(one.kind, one.version, one.source) for one in made.maps] == [(MapKind.GEM, "2018", "gem.txt")]
    assert len(made.maps[0].content_hash) == 64
    assert [(one.system, one.version) for one in made.releases] == [(System.ICD9CM, "2015"), (System.ICD10CM, "2026")]


def test_a_cluster_s_title_is_the_map_s(store: Releases) -> None:
    (translation,) = translate(store, ["A00.0"], source=System.ICD10, target=System.ICD11).translations
    (choice,) = translation.options[0].parts[0].choices
    assert (choice.title, choice.note) == ("Cholera [first]", "")


@pytest.mark.parametrize(
    ("facts", "parts"),
    [
        (PatientFacts(age_years=7), [["A00.0"], ["I96"]]),
        (PatientFacts(age_years=18), [["A00.9"], ["I96"]]),
        (PatientFacts(), [["A00.0", "A00.9"], ["I96"]]),
    ],
)
def test_each_map_group_gives_one_code_by_the_facts(
    store: Releases, facts: PatientFacts, parts: list[list[str]]
) -> None:
    made = translate(store, ["111111111"], source=System.SNOMEDCT, target=System.ICD10CM, facts=facts)
    (option,) = made.translations[0].options
    assert [[one.code for one in part.choices] for part in option.parts] == parts


def test_while_a_fact_is_missing_each_choice_says_when_it_holds(store: Releases) -> None:
    made = translate(store, ["111111111"], source=System.SNOMEDCT, target=System.ICD10CM)
    (option,) = made.translations[0].options
    assert [one.note for one in option.parts[0].choices] == [AGE, "OTHERWISE TRUE"]
    assert option.advice == ("IF CHILD CHOOSE A00.0", "ALWAYS A00.9", "ALWAYS I96")


@pytest.mark.parametrize(
    ("code", "kind", "targets"),
    [
        ("A00.0", TranslationKind.UNCHANGED, ["A00.0"]),
        # Deleted in 2025 for G00.1, and that in 2026 for G00.2; what was new beside a deletion is left out.
        ("G00.0", TranslationKind.DELETED, ["G00.2"]),
        # The row is of 2021, before the source release: its nearest category, of which there is none, is all there is.
        ("R51", TranslationKind.DELETED, []),
        # Older than every loaded release.
        ("OLD.1", TranslationKind.DELETED, ["A00.9"]),
        ("Q99.9", TranslationKind.UNKNOWN, []),
    ],
)
def test_a_system_s_own_history_follows_its_conversion_table(
    store: Releases, code: str, kind: TranslationKind, targets: list[str]
) -> None:
    (translation,) = translate(store, [code], source=System.ICD10CM, target=System.ICD10CM).translations
    assert (translation.kind, [target.code for target in translation.targets]) == (kind, targets)


def test_without_a_map_the_pairs_there_are_and_the_import_are_named(store: Releases) -> None:
    with pytest.raises(CrosswalkError, match=r"icd9cm to icd10cm.*codesets import") as caught:
        translate(store, ["J0120"], source=System.HCPCS, target=System.ICD10CM)
    assert caught.value.REASON == "CROSSWALK_NOT_LOADED"


def test_a_day_without_a_release_is_refused(store: Releases) -> None:
    with pytest.raises(NoReleaseError):
        translate(store, ["0010"], source=System.ICD9CM, target=System.ICD10CM, target_day=date(1999, 1, 1))


def test_a_table_that_leads_in_a_circle_comes_to_an_end(tmp_path: Path) -> None:
    save_release(tmp_path, release(System.ICD10CM, "2024", {"A00.0": True}))
    save_release(tmp_path, release(System.ICD10CM, "2026", {"A00.9": True}))
    rows = {one: [MapRow(two, RELATED, 2025, 1, advice="deleted")] for one, two in (("A00.0", "B1"), ("B1", "A00.0"))}
    save_crosswalk(tmp_path, crosswalk(MapKind.CONVERSION, System.ICD10CM, System.ICD10CM, rows))
    (translation,) = translate(
        Releases.open(tmp_path), ["A00.0"], source=System.ICD10CM, target=System.ICD10CM
    ).translations
    assert translation.options == ()


@pytest.mark.parametrize("damage", [lambda data: data[:-70], lambda data: b"", lambda data: data[:-1] + b"x"])
def test_a_damaged_map_is_refused(tmp_path: Path, damage: object) -> None:
    path = save_crosswalk(tmp_path, MAPS[0])
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(SnapshotError):
        open_crosswalks(tmp_path)


def test_a_map_without_a_date_comes_after_those_with_one(tmp_path: Path) -> None:
    for version in ("undated", "2017", "2018"):
        save_crosswalk(tmp_path, crosswalk(MapKind.GEM, System.ICD9CM, System.ICD10CM, {"001.0": []}, version))
    assert [one.release.version for one in open_crosswalks(tmp_path)] == ["2018", "2017", "undated"]


def test_the_same_map_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (save_crosswalk(tmp_path / name, MAPS[0]).read_bytes() for name in ("one", "two"))
    assert first == second
