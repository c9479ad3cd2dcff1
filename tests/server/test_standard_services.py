"""Health and reflection."""

import threading
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from conftest import LiveServer, serve_in_thread
from fake_engine import FakeEngine
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from engine.config import Config

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.mark.parametrize("service", ["", "chartcoder.v1.CodingService", "chartcoder.v1.CodeSetService"])
def test_health_says_serving(server: LiveServer, service: str) -> None:
    with server.channel() as channel:
        reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))
    assert reply.status == SERVING


def test_health_of_an_unknown_service_is_not_found(server: LiveServer) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service="no.such"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_watcher_is_told_when_the_server_drains(config: Config) -> None:
    seen: list[int] = []
    first = threading.Event()

    def watch(target: str) -> None:
        with grpc.insecure_channel(target) as channel:
            try:
                for reply in health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest()):
                    seen.append(reply.status)
                    first.set()
                    if reply.status == NOT_SERVING:
                        return
            except grpc.RpcError:
                return

    with serve_in_thread(config, FakeEngine(config)) as server:
        thread = threading.Thread(target=watch, args=(server.target,))
        thread.start()
        assert first.wait(10)
    thread.join(10)
    assert seen == [SERVING, NOT_SERVING]


def ask(server: LiveServer, **question: Any) -> Any:
    with server.channel() as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        return next(iter(stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(**question)]))))


def test_reflection_lists_the_services_and_describes_them(server: LiveServer) -> None:
    names = {service.name for service in ask(server, list_services="").list_services_response.service}
    assert {"chartcoder.v1.CodingService", "chartcoder.v1.CodeSetService", "grpc.health.v1.Health"} <= names
    reply = ask(server, file_containing_symbol="chartcoder.v1.CodingService")
    described = FileDescriptorProto.FromString(reply.file_descriptor_response.file_descriptor_proto[0])
    assert [method.name for method in described.service[0].method] == ["CodeChart", "CodeCharts"]


def test_reflection_can_be_switched_off(start: Callable[..., LiveServer]) -> None:
    server = start(reflection=False)
    with pytest.raises(grpc.RpcError) as refused:
        ask(server, list_services="")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
