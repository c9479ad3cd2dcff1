"""What needs a process of its own: signals, pipes, closed streams, start-up, and a server."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from command_line import Run, Terminal, finish

NOTE = "Assessment: essential hypertension.\n"


def limit_files() -> None:
    """Have every file over 1 MB refused, as a full disk does."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


def interrupt(process: "subprocess.Popen[str]") -> Run:
    """Send Ctrl-C and wait."""
    process.send_signal(signal.SIGINT)
    return finish(process)


def assert_stopped(run: Run) -> None:
    """Hold what every interrupted command does."""
    assert run.status == 130
    assert run.err.endswith("chartcoder: stopped\n")
    assert "Traceback" not in run.err


def test_ctrl_c_in_the_middle_of_charts_keeps_the_lines_so_far(terminal: Terminal) -> None:
    first = terminal.write("first.txt", NOTE)
    endless = terminal.folder / "endless"
    os.mkfifo(endless)
    process = terminal.start("code", first, endless, "--format", "jsonl")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["chart_id"] == "first"
    assert_stopped(interrupt(process))


def test_ctrl_c_in_the_middle_of_an_evaluation(terminal: Terminal) -> None:
    endless = terminal.folder / "endless"
    os.mkfifo(endless)
    process = terminal.start("evaluate", "negex", endless)
    writer = os.open(endless, os.O_WRONLY)  # returns once it is read
    run = interrupt(process)
    os.close(writer)
    assert_stopped(run)


def test_ctrl_c_in_the_middle_of_a_build_leaves_no_half_file(terminal: Terminal) -> None:
    process = terminal.start("--home", terminal.folder / "new", "codesets", "build")
    assert process.stderr is not None
    assert "reading the ICD-10-CM tabular list" in process.stderr.readline()
    assert_stopped(interrupt(process))
    assert not [path for path in (terminal.folder / "new").rglob("*") if path.is_file()]


def test_a_full_disk_stops_a_build_with_a_sentence(terminal: Terminal) -> None:
    home = terminal.folder / "new"
    (home / "snapshots").mkdir(parents=True)
    run = finish(terminal.start("--home", home, "lookup", "I10", preexec_fn=limit_files))
    assert (run.status, run.out) == (2, "")
    assert f"home {home}: cannot be written: File too large" in run.err
    assert "Traceback" not in run.err
    assert not [path for path in home.rglob("*") if path.is_file()]


@pytest.mark.parametrize("form", ["jsonl", "table", "html"])
def test_a_reader_that_goes_away_is_no_failure(form: str, terminal: Terminal) -> None:
    files = [terminal.write(f"{number}.txt", NOTE * 20) for number in range(30)]
    process = terminal.start("code", *files, "--format", form, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(30), err) == (0, "")


def test_a_full_output_is_said(terminal: Terminal) -> None:
    with open("/dev/full", "w") as full:
        run = finish(terminal.start("code", terminal.write("a.txt", NOTE), "--format", "jsonl", stdout=full))
    assert run.status == 2
    assert run.err == "chartcoder: output: cannot be written: No space left on device\n"


def shell(terminal: Terminal, redirections: str) -> subprocess.CompletedProcess[str]:
    """Code a chart by a shell, with some streams closed."""
    note = terminal.write("a.txt", NOTE)
    words = f"'{sys.executable}' -m engine --config '{terminal.config}' code '{note}' {redirections}"
    return subprocess.run(["sh", "-c", words], cwd=terminal.folder, capture_output=True, text=True, timeout=60)


def test_closed_streams_never_end_in_the_audit_log(terminal: Terminal) -> None:
    run = shell(terminal, ">&-")
    assert (run.returncode, run.stderr) == (2, "chartcoder: output: cannot be written: Bad file descriptor\n")
    run = shell(terminal, "missing.txt 2>&- <&-")
    assert run.returncode == 1
    assert "I10" in run.stdout
    verified = terminal.run("audit", "verify")
    assert (verified.status, verified.out) == (0, "2 records in 1 shard: whole\n")


def test_text_leaves_as_utf8_whatever_the_locale(terminal: Terminal) -> None:
    note = terminal.write("a.txt", "Assessment: hypertension \N{GRINNING FACE} caf\u00e9\n")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    for form in ("table", "html"):
        run = finish(terminal.start("code", note, "--format", form, env=environment))
        assert (run.status, run.err) == (0, "")
        assert "\N{GRINNING FACE} caf\u00e9" in run.out


def test_a_process_without_a_home_has_one_named_for_it(terminal: Terminal) -> None:
    run = finish(terminal.start("codesets", "list", env={"PATH": os.environ["PATH"]}))
    assert (run.status, run.err) == (0, "")


STARTS = {
    "--help": ["grpc", "numpy", "rich", "engine.pipeline", "structlog"],
    "code --help": ["grpc", "numpy", "rich", "engine.pipeline"],
    "code a.txt --format jsonl": ["grpc", "engine.cli.table", "engine.evaluation"],
    "code a.txt": ["grpc", "engine.evaluation"],
    "lookup I10": ["grpc", "numpy", "rich", "engine.pipeline"],
    "audit verify": ["grpc", "numpy", "rich", "engine.pipeline"],
}


@pytest.mark.parametrize(("words", "unwanted"), STARTS.items(), ids=STARTS)
def test_a_command_loads_only_what_it_needs(words: str, unwanted: list[str], terminal: Terminal) -> None:
    terminal.write("a.txt", NOTE)
    (terminal.folder / "audit").mkdir()
    argv = ["chartcoder", "--config", str(terminal.config), *words.split()]
    program = (
        f"import sys; sys.argv = {argv!r}\n"
        "from engine.__main__ import main\n"
        "try: main()\n"
        f"finally: print([name for name in {unwanted!r} if name in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=terminal.folder, capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "[]\n")


class ServerProcess:
    """`chartcoder serve` in a process of its own."""

    def __init__(self, terminal: Terminal, *words: str | Path) -> None:
        self.process = terminal.start("serve", "--port", "0", *words)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        self.log = line
        self.ready: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        self.target = f"{self.ready.get('host')}:{self.ready.get('port')}"


@pytest.fixture
def serve(terminal: Terminal) -> Iterator[Callable[..., ServerProcess]]:
    """Start servers that end with the test."""
    servers: list[ServerProcess] = []

    def begin(*words: str | Path) -> ServerProcess:
        servers.append(ServerProcess(terminal, *words))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


def comparable(line: dict[str, Any]) -> dict[str, Any]:
    """Leave out what may differ: times, the audit record, and the server's request id."""
    kept = {name: value for name, value in line.items() if name not in ("summary", "header")}
    return kept | {"releases": line.get("header", {}).get("releases")}


def test_a_server_answers_as_this_process_does(terminal: Terminal, serve: Callable[..., ServerProcess]) -> None:
    socket = terminal.folder / "s"
    server = serve("--uds", socket, "--max-chart-bytes", "2000000", "--systems", "icd10cm", "--drain-s", "1")
    assert server.ready["event"] == "ready"
    files = [
        terminal.folder / "missing.txt",
        terminal.write("a.txt", NOTE),
        terminal.write("bad.txt", b"\xff"),
        terminal.write("empty.txt", ""),
        terminal.write("b.txt", "No pneumonia. \N{GRINNING FACE} DM2."),
        terminal.folder,
    ]
    here = terminal.run("code", *files, "--format", "jsonl")
    for target in (server.target, f"unix:{socket}"):
        there = terminal.run("code", *files, "--format", "jsonl", "--server", target)
        assert there.status == here.status == 1
        assert [comparable(line) for line in there.lines] == [comparable(line) for line in here.lines]
    over = terminal.write("over.txt", "x " * 1_100_000)
    large = terminal.run("code", over, "--format", "jsonl", "--server", server.target)
    assert (large.status, large.lines[0]["error"]["reason"]) == (1, "CHART_TOO_LARGE")
    second = finish(terminal.start("serve", "--port", str(server.ready["port"])))
    assert (second.status, second.out) == (2, "")
    assert f"port: got 127.0.0.1:{server.ready['port']}, which is in use" in second.err
    stopped = interrupt(server.process)
    assert stopped.status == 0
    assert [json.loads(line)["event"] for line in stopped.err.splitlines()][-2:] == ["draining", "stopped"]


def test_a_server_that_dies_fails_the_charts_it_had_not_answered(
    terminal: Terminal, serve: Callable[..., ServerProcess]
) -> None:
    server = serve()
    endless = terminal.folder / "endless"
    os.mkfifo(endless)
    files = [terminal.write("a.txt", NOTE), endless, terminal.write("b.txt", NOTE), terminal.folder / "missing.txt"]
    process = terminal.start("code", *files, "--format", "jsonl", "--server", server.target)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["suggestions"]
    server.process.kill()
    server.process.wait()
    endless.write_text(NOTE)
    run = finish(process)
    assert run.status == 1
    assert [(line["chart_id"], line["error"]["reason"]) for line in run.lines] == [
        ("endless", "UNAVAILABLE"),
        ("b", "UNAVAILABLE"),
        ("missing", "CHART_INVALID"),
    ]
    assert "3 of 4 charts could not be coded" in run.err


def test_no_server_is_a_matter_of_configuration(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.cli.answers._CONNECT_S", 0.3)
    run = terminal.run("code", "--server", "127.0.0.1:1", stdin=b"HTN")
    assert (run.status, run.out) == (2, "")
    assert "server 127.0.0.1:1: no server within 0.3 s" in run.err


def test_ctrl_c_while_workers_are_starting_stops_them_quietly(terminal: Terminal) -> None:
    process = terminal.start("serve", "--port", "0", "--workers", "2", start_new_session=True)
    while process.poll() is None and len(psutil.Process(process.pid).children()) < 3:  # and multiprocessing's own
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    try:
        run = finish(process)
    finally:
        process.kill()
    assert run.status == 0
    assert "Traceback" not in run.err


def read_terminal(terminal_end: int, until: bytes) -> bytes:
    """Read what a terminal shows until it has shown something."""
    shown = b""
    while until not in shown:
        shown += os.read(terminal_end, 4096)
    return shown


def test_a_bar_is_shown_on_a_terminal_and_leaves_the_output_alone(terminal: Terminal) -> None:
    ours, theirs = os.openpty()
    endless = terminal.folder / "endless"
    os.mkfifo(endless)
    environment = {**os.environ, "TERM": "xterm"}
    files = [terminal.write("a.txt", NOTE), endless, terminal.folder / "missing.txt"]
    process = terminal.start("code", *files, "--format", "jsonl", stderr=theirs, env=environment)
    os.close(theirs)
    read_terminal(ours, b"coding")
    endless.write_text(NOTE)
    run = finish(process)
    os.close(ours)
    assert run.status == 1
    assert [line["chart_id"] for line in run.lines] == ["a", "endless", "missing"]


def test_a_chart_can_be_typed(terminal: Terminal) -> None:
    ours, theirs = os.openpty()
    process = terminal.start("code", "--format", "jsonl", stdin=theirs)
    os.close(theirs)
    os.write(ours, b"Assessment: hypertension\n\x04")
    run = finish(process)
    os.close(ours)
    assert run.status == 0
    assert run.lines[0]["suggestions"][0]["code"] == "I10"
    assert run.err == "chartcoder: reading a chart from the terminal; end it with Ctrl-D\n"
