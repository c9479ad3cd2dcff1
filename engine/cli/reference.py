"""Makes docs/cli.md from the help texts: `python -m engine.cli.reference > docs/cli.md`; a test holds the two equal."""

import inspect
from collections.abc import Iterator

import click

from engine.cli import cli
from engine.cli.streams import write_line

_INTRODUCTION = """# Command line

Made from the help texts by `python -m engine.cli.reference > docs/cli.md`; do not edit.

| exit status | meaning |
|---|---|
| 0 | all went well: every chart coded, every check passed |
| 1 | some charts failed (their jsonl lines carry `"error"`, the rest are complete), or a check found faults |
| 2 | wrong usage or configuration, or what was asked for cannot be done here; one sentence on standard error says why |
| 130 | stopped by Ctrl-C |

Answers go to standard output, everything else to standard error. Progress is shown on a terminal only. Output in a pipe
is UTF-8. `CHARTCODER_HOME` names the home folder where `--home` does not; `CHARTCODER_DEBUG=1` lets Python show where a
fault of Chartcoder's own happened. Completion for your shell: `eval "$(_CHARTCODER_COMPLETE=bash_source chartcoder)"`.
"""


def reference() -> str:
    """Return the page."""
    top = click.Context(cli, info_name="chartcoder")
    return "\n".join([_INTRODUCTION, *(_section(path, command) for path, command in _commands("chartcoder", cli, top))])


def _commands(path: str, command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _commands(f"{path} {name}", child, context)


def _section(path: str, command: click.Command) -> str:
    arguments = " ".join(
        parameter.metavar or (parameter.name or "").upper()
        for parameter in command.params
        if isinstance(parameter, click.Argument)
    )
    rest = "COMMAND ..." if isinstance(command, click.Group) else arguments
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    usage = " ".join(part for part in (path, "[OPTIONS]" if options else "", rest) if part)
    parts = [f"## {path}", f"`{usage}`", *_paragraphs(command.help or ""), *_paragraphs(command.epilog or "")]
    if options:
        parts.append("\n".join(["| option | meaning |", "|---|---|", *(_row(option) for option in options)]))
    return "\n\n".join(parts) + "\n"


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; examples (marked by a backspace for click) as code."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b\n"):
            yield f"```\n{paragraph[2:]}\n```"
        elif paragraph:
            yield paragraph


def _row(option: click.Option) -> str:
    names = ", ".join(option.opts) + "".join(f" / {name}" for name in option.secondary_opts)
    choices = "|".join(str(choice) for choice in option.type.choices) if isinstance(option.type, click.Choice) else ""
    takes = option.metavar or choices or ("" if option.is_flag else "N")
    default = ", ".join(option.default) if isinstance(option.default, tuple) else option.default
    shown = f" [default: {default}]" if option.show_default else ""
    name = f"{names} {takes}".strip().replace("|", "\\|")
    return f"| `{name}` | {(option.help or '') + shown} |"


if __name__ == "__main__":
    write_line(reference().rstrip())
