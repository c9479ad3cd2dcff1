"""Wrong words, wrong places, and the one sentence that answers them."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_line import Terminal, run_here

from engine.cli import COMMANDS, cli


def command_paths(command: click.Command = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every command, by the words that name it."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from command_paths(child, (*path, name))


@pytest.mark.parametrize("path", [*command_paths()], ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...]) -> None:
    run = run_here(*path, "--help")
    assert (run.status, run.err) == (0, "")
    about = run.out.split("Options:")[0].split("\n", 1)[1]
    assert path in (("codesets",), ("audit",)) or f"chartcoder {' '.join(path)}" in about


@pytest.mark.parametrize("path", [*command_paths()], ids=" ".join)
def test_every_option_has_a_meaning(path: tuple[str, ...]) -> None:
    command: click.Command | None = cli
    for name in path:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    assert [o.name for o in command.params if isinstance(o, click.Option) and not o.help] == []


def test_every_command_of_the_table_is_there() -> None:
    assert [cli.get_command(click.Context(cli), name) for name in COMMANDS if name] != []
    assert cli.get_command(click.Context(cli), "nonsense") is None


WRONG_USAGE = {
    "no command": ((), "Missing command"),
    "unknown command": (("bogus",), "No such command 'bogus'"),
    "unknown option": (("code", "--bogus"), "No such option '--bogus'"),
    "date": (("code", "--date", "2026-13-01"), "got '2026-13-01', want a date as 2026-03-31"),
    "setting": (("code", "--setting", "home"), "'home' is not one of"),
    "age": (("code", "--age", "200"), "200 is not in the range"),
    "system": (("code", "--systems", "icd12"), "got 'icd12', want names among icd10cm"),
    "no system": (("code", "--systems", ","), "got '', want names among icd10cm"),
    "system that is off": (("code", "--systems", "icd11"), "got icd11, which is not on, want one of icd10cm"),
    "stdin twice": (("code", "-", "-"), "got - twice"),
    "server": (("code", "--server", "nonsense"), "got 'nonsense', want HOST:PORT"),
    "no words": (("search",), "Missing argument"),
    "long query": (("search", "x" * 201), "got 201 characters, want 1 to 200"),
    "long code": (("lookup", "E" * 65), "got 65 characters, want at most 64"),
    "port": (("serve", "--port", "99999"), "setting port: got 99999, want 0 to 65535"),
    "chart limit": (("serve", "--max-chart-bytes", "1"), "setting max_chart_bytes: got 1, want 1 KiB to 256 MiB"),
    "corpus": (("evaluate", "bogus", "."), "'bogus' is not one of"),
    "corpus path": (("evaluate", "aci", "nowhere"), "'nowhere' does not exist"),
}


@pytest.mark.parametrize(("words", "said"), WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_is_answered_by_a_sentence_and_status_2(
    words: tuple[str, ...], said: str, terminal: Terminal
) -> None:
    run = terminal.run(*words)
    assert (run.status, run.out) == (2, "")
    assert said in run.err
    assert "Traceback" not in run.err
    assert run.err.count("\n") == 1


def test_the_bare_command_shows_its_help() -> None:
    run = run_here()
    assert (run.status, run.out) == (2, "")
    assert "Usage: chartcoder" in run.err


CONFIGURATIONS = {
    "missing": (None, "No such file or directory"),
    "not TOML": ("port =", "not TOML"),
    "not UTF-8": (b"\xff", "not UTF-8"),
    "unknown setting": ("prot = 1", "setting prot: unknown, want one of"),
    "wrong kind": ('port = "x"', "setting port: got x, want a whole number"),
    "nobody's home": ('home = "~nobody-of-that-name/x"', "whose ~ is somebody's home"),
    "NUL in a path": ('home = "a\\u0000b"', "want a path"),
    "home is a file": ('home = "wrong.toml"', "setting home: got wrong.toml, want a folder"),
}


@pytest.mark.parametrize(("content", "said"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_wrong_configuration_is_refused(
    content: str | bytes | None, said: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(terminal.folder)
    if content is not None:
        terminal.write("wrong.toml", content)
    run = run_here("--config", "wrong.toml", "codesets", "list")
    assert run.status == 2
    assert said in run.err
    assert run.err.startswith("chartcoder: ")


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "snapshots").write_text("in the way")
    run = run_here("--home", folder, "lookup", "I10")
    assert run.status == 2
    assert f"home {folder}: cannot be written" in run.err
    assert "Traceback" not in run.err


def test_a_fault_of_our_own_is_named_without_its_text(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("the patient's words")

    monkeypatch.setattr("engine.pipeline.Pipeline.code", fail)
    run = terminal.run("code", "--format", "jsonl", stdin=b"HTN")
    assert run.status == 1
    assert run.lines[0]["error"]["reason"] == "INTERNAL"
    assert "ValueError inside the engine" in run.err
    assert "patient's words" not in run.out + run.err
