"""Load for the look-ups, from a process of its own: python -m bench.lookup_load TARGET LookupCode --clients 50.

Closed loop: each client is a connection that waits for an answer before it asks again. The codes asked for are the
release's, in an order with a fixed seed; the queries are those of lookup_queries.tsv. Every status is checked here, the
answers themselves in test_lookup.py before.
"""

import argparse
import json
import random
import select
import sys
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from bench.http2 import Connection
from engine.pb.chartcoder.v1 import codeset_pb2 as pb

SERVICE = "/chartcoder.v1.CodeSetService/"
# A call with nothing in it: what gRPC and the machine cost at that moment.
EMPTY_CALL = "/grpc.health.v1.Health/Check"
QUERIES = Path(__file__).parent / "lookup_queries.tsv"
OK = 0


def read_queries() -> list[tuple[str, frozenset[str]]]:
    """Return the queries of the table, each with the codes that answer it."""
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return [(query, frozenset(codes.split(","))) for query, codes in rows]


def encode_requests(method: str, codes: Sequence[str]) -> list[bytes]:
    """Return the requests of a run."""
    if method == EMPTY_CALL:
        return [b""]
    if method == "SearchCodes":
        return [pb.SearchCodesRequest(query=query).SerializeToString() for query, _ in read_queries()]
    kind = {
        "LookupCode": pb.LookupCodeRequest,
        "ValidateCodes": pb.ValidateCodesRequest,
        "TranslateCode": pb.TranslateCodeRequest,
    }[method]
    return [kind(codes=[code]).SerializeToString() for code in codes]


def run(target: str, method: str, requests: Sequence[bytes], *, clients: int, seconds: float) -> list[float]:
    """Return the seconds that each call took; raises AssertionError for a call that failed."""
    connections = {connection.fileno(): connection for connection in (Connection(target) for _ in range(clients))}
    headers = next(iter(connections.values())).headers(method if method == EMPTY_CALL else SERVICE + method, "load")
    poll = select.epoll()
    for fd in connections:
        poll.register(fd, select.EPOLLIN)
    asked, began, took = cycle(requests), dict.fromkeys(connections, 0.0), []
    for fd, connection in connections.items():
        began[fd] = time.perf_counter()
        connection.call(headers, next(asked))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for fd, _ in poll.poll(1.0):
            connection = connections[fd]
            connection.flush()
            for _, reply in connection.receive():
                took.append(time.perf_counter() - began[fd])
                assert reply.status == OK, f"{method}: got status {reply.status}"
                began[fd] = time.perf_counter()
                connection.call(headers, next(asked))
    for connection in connections.values():
        connection.close()
    return took


def main() -> None:
    """Run and print one line of JSON: calls a second, and quantiles in seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("method")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0)
    arguments = parser.parse_args()
    codes = sys.stdin.read().split()
    random.Random(1).shuffle(codes)
    requests = encode_requests(arguments.method, codes)
    warm_up = run(arguments.target, arguments.method, requests, clients=arguments.clients, seconds=0.3)
    took = sorted(
        run(arguments.target, arguments.method, requests, clients=arguments.clients, seconds=arguments.seconds)
    )
    parts = {f"p{part}": took[min(len(took) - 1, len(took) * part // 100)] for part in (50, 95, 99)}
    whole = {"rate": len(took) / arguments.seconds, "calls": len(took) + len(warm_up)}
    sys.stdout.write(json.dumps(whole | parts) + "\n")


if __name__ == "__main__":
    main()
