"""The table RPC x role: every method of every served service, with every role and with none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from conftest import LiveServer, serve_in_thread
from fake_engine import FakeEngine
from google.protobuf import descriptor_pool
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from engine.config import Config
from engine.identity.keys import add_key
from engine.identity.principal import Role
from engine.identity.roles import EVERY_ROLE, OPEN, ROLES

# By hand, from issue 7: who does what. The table in the code is held to this one.
CODERS = {Role.SUBMITTER, Role.CODER}
AUDITORS = {Role.AUDITOR, Role.ADMINISTRATOR}
EVERYBODY = {Role.SUBMITTER, Role.CODER, Role.AUDITOR, Role.ADMINISTRATOR, Role.READER}
MAY = {
    "chartcoder.v1.CodingService": CODERS,
    "chartcoder.v1.ClaimService": CODERS,
    "chartcoder.v1.CodeSetService": EVERYBODY,
    "chartcoder.v1.AuditService": AUDITORS,
    "grpc.health.v1.Health": EVERYBODY,
    "grpc.reflection.v1alpha.ServerReflection": EVERYBODY,
}
METHODS = sorted(ROLES)


@pytest.fixture(scope="module")
def guarded(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, dict[str, str]]]:
    """A server that asks for API keys, and a key of each role."""
    folder = tmp_path_factory.mktemp("guarded")
    path = folder / "keys.json"
    keys = {role.value: add_key(path, f"a-{role}", tenant="north", roles=(role,))[1] for role in Role}
    mine = Config(home=small_home, audit_dir=folder / "audit", api_keys=path, port=0, drain_s=5.0, log_level="error")
    with serve_in_thread(mine, FakeEngine(mine)) as live:
        yield live, keys


def served_methods(server: LiveServer, key: str) -> set[str]:
    """Ask the server itself which methods it has."""
    with server.channel() as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[no-untyped-call]
        question = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        (reply,) = stub.ServerReflectionInfo(question, metadata=(("x-api-key", key),))
    names = [service.name for service in reply.list_services_response.service]
    pool = descriptor_pool.Default()
    return {f"/{name}/{method.name}" for name in names for method in pool.FindServiceByName(name).methods}


def test_every_served_method_is_in_the_table_and_no_other(guarded: tuple[LiveServer, dict[str, str]]) -> None:
    server, keys = guarded
    assert served_methods(server, keys["reader"]) == set(ROLES)


@pytest.mark.parametrize("method", METHODS)
def test_the_table_is_what_the_issue_asks_for(method: str) -> None:
    assert ROLES[method] == MAY[method.split("/")[1]]
    assert set(Role) == EVERYBODY == EVERY_ROLE


def outcome(server: LiveServer, method: str, metadata: tuple[tuple[str, str], ...]) -> tuple[grpc.StatusCode, str]:
    """Call a method with an empty request; return the status and the reason it ended with."""
    with server.channel() as channel:
        call = channel.stream_stream(method)(iter([b""]), metadata=metadata, timeout=20)
        try:
            for _ in call:
                call.cancel()  # an answer: it was let in
                break
            return (grpc.StatusCode.OK, "")
        except grpc.RpcError as error:
            return error.code(), reason_of(error)  # type: ignore[attr-defined]


def reason_of(error: Any) -> str:
    """Read the stable reason of a refusal, "" where grpc itself refused."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if details is None:
        return ""
    info = error_details_pb2.ErrorInfo()
    Status.FromString(details).details[0].Unpack(info)
    assert info.domain == "chartcoder"
    return info.reason


REFUSED = {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_lets_in_the_roles_of_the_table_and_refuses_the_others(
    guarded: tuple[LiveServer, dict[str, str]], method: str
) -> None:
    server, keys = guarded
    for role in Role:
        found = outcome(server, method, (("x-api-key", keys[role.value]),))
        if role in MAY[method.split("/")[1]]:
            assert found[0] not in REFUSED, role
        else:
            assert found == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING"), role


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ((), "CREDENTIALS_MISSING"),
        ((("x-api-key", "cck_" + "0" * 12 + "_" + "A" * 43),), "CREDENTIALS_INVALID"),
        ((("authorization", "Bearer a.b.c"),), "CREDENTIALS_INVALID"),
        ((("authorization", "Basic YTpi"),), "CREDENTIALS_INVALID"),
        ((("authorization", "Bearer a"), ("authorization", "Bearer b")), "CREDENTIALS_INVALID"),
        ((("x-api-key", "a"), ("authorization", "Bearer b")), "CREDENTIALS_INVALID"),
    ],
    ids=["none", "unknown key", "no token", "another scheme", "two tokens", "a key and a token"],
)
def test_every_method_refuses_who_is_not_known(
    guarded: tuple[LiveServer, dict[str, str]], method: str, metadata: tuple[tuple[str, str], ...], reason: str
) -> None:
    server, _ = guarded
    found = outcome(server, method, metadata)
    if method in OPEN and not metadata:
        assert found[0] not in REFUSED
    else:
        assert found == (grpc.StatusCode.UNAUTHENTICATED, reason)


def test_only_health_is_open() -> None:
    assert {method.split("/")[1] for method in OPEN} == {"grpc.health.v1.Health"}


def test_a_method_that_is_not_in_the_table_is_nobodys(
    guarded: tuple[LiveServer, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, keys = guarded
    method = "/chartcoder.v1.CodeSetService/ListCodeSets"
    monkeypatch.delitem(ROLES, method)
    for key in keys.values():
        assert outcome(server, method, (("x-api-key", key),)) == (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")


@pytest.mark.parametrize("method", METHODS)
def test_without_configuration_whoever_reaches_loopback_may_do_all(server: LiveServer, method: str) -> None:
    assert outcome(server, method, ())[0] not in REFUSED
