"""CodeSetService over every code system: axes, attributes, claim lines, and crosswalks with their provenance."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import LiveServer, serve_in_thread
from fake_engine import FakeEngine
from made_systems import make_systems

from codesets.crosswalk import MapKind, Relationship
from codesets.map_rules import PatientFacts
from codesets.translate import TranslationKind, translate
from codesets.types import System
from codesets.validate import CodeStatus
from engine.config import Config
from engine.pb.chartcoder.v1 import codeset_pb2 as pb
from engine.pb.chartcoder.v1 import codeset_pb2_grpc
from engine.types import Sex


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home, downloads = tmp_path_factory.mktemp("systems"), tmp_path_factory.mktemp("downloads")
    make_systems(home, downloads)
    mine = Config(home=home, audit_dir=tmp_path_factory.mktemp("audit"), port=0, drain_s=5.0, log_level="error")
    with serve_in_thread(mine, FakeEngine(mine)) as live:
        yield live


@pytest.fixture
def client(server: LiveServer) -> Iterator[ChartcoderClient]:
    with ChartcoderClient(server.target, timeout_s=60) as client:
        yield client


@pytest.fixture
def stub(server: LiveServer) -> Iterator[Any]:
    with server.channel() as channel:
        yield codeset_pb2_grpc.CodeSetServiceStub(channel)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("system", "code"),
    [(System.ICD10CM, "E11.9"), (System.ICD10PCS, "0TT04ZZ"), (System.HCPCS, "J0120"), (System.HCPCS, "NU"),
     (System.ICD9CM, "250.70")],
)  # fmt: skip
def test_lookup_gives_all_that_the_store_says(
    client: ChartcoderClient, server: LiveServer, system: System, code: str
) -> None:
    releases = server.engine.releases
    assert client.lookup([code], system=system) == [releases.find(releases.release(system), code)]


def test_lookup_explains_each_character_of_a_procedure(client: ChartcoderClient) -> None:
    (code,) = client.lookup(["0TT04ZZ"], system=System.ICD10PCS)
    assert not isinstance(code, CallError)
    assert [axis.label for axis in code.axes][2:5] == ["Resection", "Kidney, Right", "By scope"]
    assert code.axes[2].definition == "All out"


def test_a_name_of_the_keys_is_led_to_its_value(stub: Any) -> None:
    reply = stub.LookupCode(pb.LookupCodeRequest(system="icd10pcs", codes=["renal BEAN", "0TT00ZZ", "nothing"]))
    found, code, nothing = reply.results
    assert [(key.position, key.axis, key.label) for key in found.key_terms] == [(4, "Body Part", "Kidney, Right")]
    assert found.HasField("error")
    assert code.code.axes[3].includes == ["Renal bean"]
    assert not nothing.key_terms


def test_validate_says_which_axis_is_wrong_and_what_would_be_valid(client: ChartcoderClient) -> None:
    (check,) = client.validate(["0TT05ZZ"], system=System.ICD10PCS)
    assert check.status is CodeStatus.UNKNOWN
    assert "character 5 (approach): got 5, want one of 0, 4" in check.message
    assert [option.code for option in check.alternatives] == ["0TT00ZZ", "0TT04ZZ"]


def test_validate_takes_modifiers_and_the_day_decides(client: ChartcoderClient) -> None:
    for day, status in ((date(2026, 6, 30), CodeStatus.VALID), (date(2026, 7, 1), CodeStatus.DELETED)):
        (check,) = client.validate(["J0120-NU"], system=System.HCPCS, day=day)
        assert check.status is status


def test_validate_of_icd9_ends_with_the_system(client: ChartcoderClient) -> None:
    (check,) = client.validate(["250.00"], system=System.ICD9CM, day=date(2015, 10, 1))
    assert (check.status, check.message) == (CodeStatus.DELETED, "icd9cm ended on 2015-09-30: report ICD-10")


@pytest.mark.parametrize("code", ["E11.52", "E11.9", "R29.700", "A00.0", "Q99"])
def test_translate_gives_what_the_shell_gives(client: ChartcoderClient, server: LiveServer, code: str) -> None:
    made = translate(server.engine.releases, [code], source=System.ICD10CM, target=System.ICD9CM)
    assert client.translate([code], target=System.ICD9CM) == list(made.translations)


def test_a_combination_stays_together_on_the_wire(stub: Any) -> None:
    reply = stub.TranslateCode(pb.TranslateCodeRequest(codes=["E1152"], target_system="icd9cm"))
    (option,) = reply.translations[0].options
    assert reply.translations[0].kind == pb.TRANSLATION_KIND_MAPPED
    assert (option.scenario, option.relationship) == (1, pb.CONCEPT_RELATIONSHIP_RELATED_TO)
    assert [[one.code for one in part.choices] for part in option.parts] == [["250.70"], ["785.4"]]


def test_the_reply_says_which_map_and_releases_it_is_from(stub: Any, server: LiveServer) -> None:
    reply = stub.TranslateCode(pb.TranslateCodeRequest(codes=["0010"], source_system="icd9cm", target_system="icd10cm"))
    (used,) = reply.maps
    assert (used.kind, used.source_system, used.target_system) == ("gem", "icd9cm", "icd10cm")
    assert (used.version, used.source, used.code_count) == ("2018", "2018_I9gem.txt", 3)
    assert [(one.system, one.version) for one in reply.header.releases] == [("icd9cm", "2015"), ("icd10cm", "2026")]
    loaded = [crosswalk.release.content_hash for crosswalk in server.engine.releases.crosswalks]
    assert used.content_hash in loaded


@pytest.mark.parametrize(
    ("age", "sex", "codes"),
    [(7.0, Sex.FEMALE, ["A00.0"]), (18.0, Sex.UNSPECIFIED, ["E11.9"]), (None, Sex.MALE, ["A00.0", "E11.9"])],
)
def test_the_facts_of_the_patient_decide_the_rules(
    client: ChartcoderClient, server: LiveServer, age: float | None, sex: Sex, codes: list[str]
) -> None:
    (translation,) = client.translate(
        ["44054006"], source=System.SNOMEDCT, target=System.ICD10CM, age_years=age, sex=sex
    )
    (option,) = translation.options
    assert [one.code for one in option.parts[0].choices] == codes
    facts = PatientFacts(age, sex.name.lower() if sex is not Sex.UNSPECIFIED else "")
    made = translate(server.engine.releases, ["44054006"], source=System.SNOMEDCT, target=System.ICD10CM, facts=facts)
    assert made.translations == (translation,)


def test_list_names_the_crosswalks(client: ChartcoderClient, stub: Any) -> None:
    pairs = [(one.kind, one.source_system, one.target_system) for one in client.list_crosswalks()]
    assert sorted(pairs) == [
        (MapKind.GEM, System.ICD10CM, System.ICD9CM),
        (MapKind.GEM, System.ICD9CM, System.ICD10CM),
        (MapKind.RULES, System.SNOMEDCT, System.ICD10CM),
    ]
    assert [one.kind for one in client.list_crosswalks(System.SNOMEDCT)] == [MapKind.RULES]
    assert client.list_crosswalks(System.HCPCS) == []
    systems = {release.system for release in client.list_code_sets()}
    assert systems == {System.ICD10CM, System.ICD10PCS, System.HCPCS, System.ICD9CM}


@pytest.mark.parametrize("age", [-1.0, 151.0, float("nan"), float("inf")])
def test_an_age_that_is_none_is_refused(client: ChartcoderClient, age: float) -> None:
    with pytest.raises(CallError) as refused:
        client.translate(["44054006"], source=System.SNOMEDCT, target=System.ICD10CM, age_years=age)
    assert refused.value.reason == "REQUEST_INVALID"


@pytest.mark.parametrize("method", ["lookup", "validate"])
def test_cpt_without_the_user_s_files_says_how_to_import_them(client: ChartcoderClient, method: str) -> None:
    with pytest.raises(CallError, match=r"licensed by the American Medical Association.*codesets import") as refused:
        getattr(client, method)(["99213"], system=System.CPT)
    assert (refused.value.code, refused.value.reason) == ("FAILED_PRECONDITION", "NO_RELEASE_FOR_DATE")


def test_the_relationships_of_the_wire_are_fhir_s() -> None:
    names = {name.removeprefix("CONCEPT_RELATIONSHIP_") for name in tuple(pb.ConceptRelationship.keys())}
    assert names == {one.name for one in Relationship} | {"UNSPECIFIED"}
    kinds = {name.removeprefix("TRANSLATION_KIND_") for name in tuple(pb.TranslationKind.keys())}
    assert kinds == {one.name for one in TranslationKind} - {"UNKNOWN"} | {"UNSPECIFIED"}
