"""CodeSetService against a live server."""

from collections.abc import Callable
from datetime import date
from typing import Any

import grpc
import pytest
from chartcoder_client import CallError, ChartcoderClient
from chartcoder_client.errors import error_from_call
from conftest import LiveServer

from codesets.search import MatchKind, search_codes
from codesets.translate import Translation, TranslationKind
from codesets.types import System
from codesets.validate import CodeStatus, CodeTitle, validate_codes
from engine.pb.chartcoder.v1 import codeset_pb2 as pb


def refused_call(method: Callable[..., Any], request: Any) -> CallError:
    with pytest.raises(grpc.RpcError) as refused:
        method(request)
    return error_from_call(refused.value)


def test_lookup_gives_a_code_with_its_notes_and_an_unknown_one_its_error(
    client: ChartcoderClient, server: LiveServer
) -> None:
    known, unknown = client.lookup(["i10", "Z99.9"])
    assert known == server.engine.releases.release(System.ICD10CM).find("I10")
    assert isinstance(unknown, CallError)
    assert (unknown.code, unknown.reason) == ("NOT_FOUND", "CODE_UNKNOWN")


def test_lookup_on_a_date_uses_the_release_of_that_day(codesets: Any) -> None:
    request = pb.LookupCodeRequest(codes=["R51"], date={"year": 2025, "month": 1, "day": 1})
    reply = codesets.LookupCode(request)
    assert reply.results[0].code.billable
    assert [release.version for release in reply.header.releases] == ["2025"]


def test_lookup_takes_a_thousand_codes(client: ChartcoderClient) -> None:
    assert len(client.lookup(["I10"] * 1000)) == 1000


def test_search_gives_what_the_shell_gives(client: ChartcoderClient, server: LiveServer) -> None:
    for query in ("diabetes kidney", "I10", "E11", "hypertensoin", "high blood pressure", "diab"):
        assert client.search(query) == search_codes(server.engine.releases, query)


def test_search_finds_an_inclusion_term_and_says_so(client: ChartcoderClient) -> None:
    hit = client.search("high blood pressure")[0]
    assert (hit.code, hit.match, hit.matched_term) == ("I10", MatchKind.WORDS, "high blood pressure")


def test_search_pages_give_each_hit_once_in_the_order_of_one_page(codesets: Any) -> None:
    whole = [hit.code for hit in codesets.SearchCodes(pb.SearchCodesRequest(query="diabetes")).hits]
    paged: list[str] = []
    request = pb.SearchCodesRequest(query="diabetes", page_size=2)
    while True:
        reply = codesets.SearchCodes(request)
        assert len(reply.hits) <= 2
        paged += [hit.code for hit in reply.hits]
        if not reply.next_page_token:
            break
        request.page_token = reply.next_page_token
    assert paged == whole
    assert len(whole) > 4


def test_a_page_token_of_another_query_is_refused(codesets: Any) -> None:
    token = codesets.SearchCodes(pb.SearchCodesRequest(query="diabetes", page_size=1)).next_page_token
    error = refused_call(codesets.SearchCodes, pb.SearchCodesRequest(query="headache", page_token=token))
    assert list(error.fields) == ["page_token"]


def test_validate_gives_what_the_shell_gives(client: ChartcoderClient, server: LiveServer) -> None:
    codes = ["I10", "E11", "Z03.8", "R51.9", "E11.99", "hello"]
    for day in (None, date(2025, 1, 1), date(2026, 1, 1)):
        assert client.validate(codes, day=day) == validate_codes(server.engine.releases, System.ICD10CM, codes, day)


def test_validate_tells_deleted_from_not_yet_effective(client: ChartcoderClient) -> None:
    codes = ["Z03.8", "R51.9"]
    assert [check.status for check in client.validate(codes, day=date(2026, 1, 1))] == [
        CodeStatus.DELETED,
        CodeStatus.VALID,
    ]
    assert [check.status for check in client.validate(codes, day=date(2025, 1, 1))] == [
        CodeStatus.VALID,
        CodeStatus.NOT_YET_EFFECTIVE,
    ]


def test_translate_carries_codes_to_the_newer_release(client: ChartcoderClient) -> None:
    same, split, deleted, unknown = client.translate(["I10", "R51", "Z03.8", "Q99"])
    assert same.kind is TranslationKind.UNCHANGED
    assert split == Translation(
        "R51",
        TranslationKind.SUBDIVIDED,
        (CodeTitle("R51.0", "Headache with orthostatic component"), CodeTitle("R51.9", "Headache, unspecified")),
    )
    assert deleted.kind is TranslationKind.DELETED
    assert unknown.kind is TranslationKind.UNKNOWN


def test_translate_between_systems_says_which_import_is_wanted(client: ChartcoderClient) -> None:
    with pytest.raises(CallError, match="General Equivalence Mappings") as refused:
        client.translate(["I10"], target=System.ICD9CM)
    assert (refused.value.code, refused.value.reason) == ("FAILED_PRECONDITION", "CROSSWALK_NOT_LOADED")


def test_list_gives_every_release_newest_first_and_pages(
    client: ChartcoderClient, codesets: Any, server: LiveServer
) -> None:
    assert client.list_code_sets() == server.engine.releases.list()
    first = codesets.ListCodeSets(pb.ListCodeSetsRequest(page_size=1))
    second = codesets.ListCodeSets(pb.ListCodeSetsRequest(page_size=1, page_token=first.next_page_token))
    assert [reply.code_sets[0].version for reply in (first, second)] == ["2026", "2025"]
    assert not second.next_page_token
    assert client.list_code_sets(System.HCPCS) == []


CASES: list[tuple[str, Any, str, str]] = [
    ("LookupCode", pb.LookupCodeRequest(), "REQUEST_INVALID", "codes"),
    ("LookupCode", pb.LookupCodeRequest(codes=["I10"] * 1001), "REQUEST_INVALID", "codes"),
    ("LookupCode", pb.LookupCodeRequest(codes=["I10"], system="icd12"), "CODE_SYSTEM_UNKNOWN", "system"),
    ("LookupCode", pb.LookupCodeRequest(codes=["I10", "x" * 65]), "REQUEST_INVALID", "codes[1]"),
    ("LookupCode", pb.LookupCodeRequest(codes=["I10"], date={"year": 2025}), "REQUEST_INVALID", "date"),
    ("ValidateCodes", pb.ValidateCodesRequest(), "REQUEST_INVALID", "codes"),
    ("ValidateCodes", pb.ValidateCodesRequest(codes=["I10"], system="x"), "CODE_SYSTEM_UNKNOWN", "system"),
    (
        "TranslateCode",
        pb.TranslateCodeRequest(codes=["I10"], target_system="x"),
        "CODE_SYSTEM_UNKNOWN",
        "target_system",
    ),
    ("TranslateCode", pb.TranslateCodeRequest(), "REQUEST_INVALID", "codes"),
    ("SearchCodes", pb.SearchCodesRequest(query="  "), "REQUEST_INVALID", "query"),
    ("SearchCodes", pb.SearchCodesRequest(query="x" * 201), "REQUEST_INVALID", "query"),
    ("SearchCodes", pb.SearchCodesRequest(query="x", systems=["icd10cm", "?"]), "CODE_SYSTEM_UNKNOWN", "systems[1]"),
    ("SearchCodes", pb.SearchCodesRequest(query="x", page_size=-1), "REQUEST_INVALID", "page_size"),
    ("SearchCodes", pb.SearchCodesRequest(query="x", page_token="x"), "REQUEST_INVALID", "page_token"),
    ("ListCodeSets", pb.ListCodeSetsRequest(system="x"), "CODE_SYSTEM_UNKNOWN", "system"),
    ("ListCodeSets", pb.ListCodeSetsRequest(page_token="é"), "REQUEST_INVALID", "page_token"),
]


@pytest.mark.parametrize(("method", "call", "reason", "field"), CASES)
def test_a_wrong_field_is_named(codesets: Any, method: str, call: Any, reason: str, field: str) -> None:
    error = refused_call(getattr(codesets, method), call)
    assert (error.code, error.reason, list(error.fields)) == ("INVALID_ARGUMENT", reason, [field])


@pytest.mark.parametrize("method", ["LookupCode", "ValidateCodes"])
def test_a_date_outside_every_release_says_which_periods_are_loaded(codesets: Any, method: str) -> None:
    kind = {"LookupCode": pb.LookupCodeRequest, "ValidateCodes": pb.ValidateCodesRequest}[method]
    error = refused_call(getattr(codesets, method), kind(codes=["I10"], date={"year": 1999, "month": 1, "day": 1}))
    assert (error.code, error.reason) == ("FAILED_PRECONDITION", "NO_RELEASE_FOR_DATE")
    assert "2024-10-01 to 2025-09-30" in error.message


def test_a_system_without_a_release_says_how_to_import_one(client: ChartcoderClient) -> None:
    with pytest.raises(CallError, match="codesets import") as refused:
        client.lookup(["J0120"], system=System.HCPCS)
    assert refused.value.reason == "NO_RELEASE_FOR_DATE"


@pytest.mark.parametrize("method", ["LookupCode", "SearchCodes", "ValidateCodes", "TranslateCode", "ListCodeSets"])
def test_bytes_that_are_no_message_are_invalid(server: LiveServer, method: str) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(f"/chartcoder.v1.CodeSetService/{method}")(b"\xff\xff\xff")
    error = error_from_call(refused.value)
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", "MESSAGE_MALFORMED")


def test_every_reply_has_a_header_with_engine_release_and_request_id(codesets: Any) -> None:
    replies = (
        codesets.LookupCode(pb.LookupCodeRequest(codes=["I10"])),
        codesets.SearchCodes(pb.SearchCodesRequest(query="headache")),
        codesets.ValidateCodes(pb.ValidateCodesRequest(codes=["I10"])),
        codesets.TranslateCode(pb.TranslateCodeRequest(codes=["I10"])),
        codesets.ListCodeSets(pb.ListCodeSetsRequest()),
    )
    for reply in replies:
        assert reply.header.engine_version
        assert reply.header.request_id
        assert all(len(release.content_hash) == 64 for release in reply.header.releases)
        assert reply.header.releases


REPLIES: list[tuple[str, Any, Any]] = [
    ("LookupCode", pb.LookupCodeRequest(codes=["I10", "Z99.9", "e11"]), pb.LookupCodeResponse),
    ("SearchCodes", pb.SearchCodesRequest(query="diabetes", page_size=2), pb.SearchCodesResponse),
    ("ValidateCodes", pb.ValidateCodesRequest(codes=["I10", "R51.9"] * 60), pb.ValidateCodesResponse),
    ("TranslateCode", pb.TranslateCodeRequest(codes=["I10", "R51"]), pb.TranslateCodeResponse),
    ("ListCodeSets", pb.ListCodeSetsRequest(), pb.ListCodeSetsResponse),
]


@pytest.mark.parametrize(("method", "request_", "kind"), REPLIES, ids=[method for method, _, _ in REPLIES])
def test_a_reply_put_together_from_bytes_is_what_the_generated_class_writes(
    server: LiveServer, method: str, request_: Any, kind: Any
) -> None:
    with server.channel() as channel:
        data = channel.unary_unary(f"/chartcoder.v1.CodeSetService/{method}")(request_.SerializeToString())
    assert kind.FromString(data).SerializeToString(deterministic=True) == data


def test_a_large_batch_is_checked_whole_and_in_order(client: ChartcoderClient) -> None:
    codes = ["I10", "XYZ", "R51.9", "E11"] * 250
    assert [check.asked for check in client.validate(codes)] == codes


def test_pages_of_a_search_end(codesets: Any) -> None:
    request = pb.SearchCodesRequest(query="e", page_size=100)
    pages = 0
    while True:
        reply = codesets.SearchCodes(request)
        pages += 1
        if not reply.next_page_token:
            break
        request.page_token = reply.next_page_token
    assert pages <= 11


@pytest.mark.parametrize(
    "query",
    ["\0" * 200, "😀🫀" * 100, ".,;!?-" * 33, "e", "unspecified", "糖尿病", "a\u0301" * 100, "a b c d e f g h i j"],
)
def test_a_hostile_query_is_answered(client: ChartcoderClient, query: str) -> None:
    assert isinstance(client.search(query), list)
