"""Clients that mean no good: what they send is refused, memory stays bounded, and the others are still served."""

import gzip
import socket
import struct
from collections.abc import Callable

import grpc
import psutil
import pytest
from conftest import LiveServer

from engine.pb.chartcoder.v1 import coding_pb2

CODE_CHART = "/chartcoder.v1.CodingService/CodeChart"
LIST = "/chartcoder.v1.CodeSetService/ListCodeSets"
REQUEST = coding_pb2.CodeChartRequest(chart={"documents": [{"text": "hypertension"}]}).SerializeToString()
TIMEOUT_S = 60
MIB = 1024 * 1024


def still_serves(server: LiveServer) -> None:
    with server.channel() as channel:
        assert list(channel.unary_stream(CODE_CHART)(REQUEST, timeout=TIMEOUT_S))
        channel.unary_unary(LIST)(b"", timeout=TIMEOUT_S)


def test_a_small_body_that_inflates_beyond_the_limit_is_refused(start: Callable[..., LiveServer]) -> None:
    server = start(max_message_bytes=MIB)
    bomb = b"\0" * (200 * MIB)
    assert len(gzip.compress(bomb)) < MIB, "passes a limit on what is sent"
    before = psutil.Process().memory_info().rss
    with server.channel() as channel:
        call = channel.unary_unary(LIST)
        with pytest.raises(grpc.RpcError) as refused:
            call(bomb, timeout=TIMEOUT_S, compression=grpc.Compression.Gzip)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert psutil.Process().memory_info().rss - before < 400 * MIB, "what the client itself holds, and little more"
    still_serves(server)


def test_metadata_beyond_the_limit_are_refused(server: LiveServer) -> None:
    with server.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(LIST)(b"", metadata=(("x-large", "a" * 100_000),), timeout=TIMEOUT_S)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    still_serves(server)


def test_connections_that_say_nothing_or_half_of_it_do_not_hold_up_others(server: LiveServer) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    settings = b"\0\0\0\4\0\0\0\0\0"
    says = (
        b"",
        b"P",
        preface,
        preface + settings,
        preface + settings + struct.pack(">I", 0xFFFFFF) + b"\1\4\0\0\0\1",
        b"\0" * 100,
    )
    held = []
    for number in range(300):
        client = socket.create_connection((server.address.host, server.address.port), timeout=TIMEOUT_S)
        client.sendall(says[number % len(says)])
        held.append(client)
    still_serves(server)
    for client in held:
        client.close()
    still_serves(server)


def test_thousands_of_streams_cancelled_calls_and_clients_that_vanish_leave_room(server: LiveServer) -> None:
    for _ in range(3):
        channel = grpc.insecure_channel(server.target, options=[("grpc.use_local_subchannel_pool", 1)])
        method = channel.unary_stream(CODE_CHART)
        calls = [method(REQUEST, timeout=TIMEOUT_S) for _ in range(700)]
        for call in calls[::2]:
            call.cancel()
        channel.close()  # the rest vanish
    still_serves(server)
