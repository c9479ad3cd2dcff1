"""The command line: one file a command, each loaded only when it is asked for.

Exit status: 0 all went well; 1 some charts failed, or a check found faults; 2 wrong usage or configuration, or what was
asked for cannot be done here; 130 after Ctrl-C.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from engine import __version__
from engine.cli.failures import fail
from engine.cli.streams import open_streams
from engine.config import Config
from engine.dumps import forbid_core_files

COMPLETION_VARIABLE = "_CHARTCODER_COMPLETE"
# Where each command lives, and what `chartcoder --help` says of it without loading it.
COMMANDS = {
    "code": ("engine.cli.code", "Code charts: one FILE a chart, or standard input."),
    "check": ("engine.cli.check", "Check claims against the compliance edits."),
    "group": ("engine.cli.group", "MS-DRG and HCC risk score of claims (optional extra)."),
    "explain": ("engine.cli.explain", "Say why a code is, or is not, on a chart's claim."),
    "serve": ("engine.cli.serve", "Serve the engine over gRPC."),
    "lookup": ("engine.cli.lookup", "Show codes: title, place in the hierarchy, notes."),
    "search": ("engine.cli.lookup", "Find codes by words."),
    "validate": ("engine.cli.lookup", "Check that codes may be reported on a day."),
    "translate": ("engine.cli.translate", "Carry codes to another system or release."),
    "codesets": ("engine.cli.codesets", "Snapshots of the official code sets."),
    "evaluate": ("engine.cli.evaluate", "Measure accuracy on a corpus with gold labels."),
    "keys": ("engine.cli.keys", "API keys that may call a server."),
    "status": ("engine.cli.status", "Is the installation, or a server, well."),
    "retention": ("engine.cli.retention", "Kept charts: how long, and their end."),
    "routing": ("engine.cli.routing", "Routing policies: is one sound, what does it say."),
    "learn": ("engine.cli.learn", "Fit the ranker and its confidence to coded charts."),
    "audit": ("engine.cli.audit", "The audit log: is it whole, what does a record say."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used: `--help` and `code` start without grpc."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, the most used first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 all charts coded; 1 some failed, or a check found faults; 2 wrong usage or configuration.",
)
@click.version_option(__version__, prog_name="chartcoder")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file of settings (docs/configuration.md lists them).",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Compiled code sets and the audit log. [default: $CHARTCODER_HOME, else the user's data folder]",
)
@click.option(
    "--without",
    metavar="NAMES",
    help="Parts of the engine to leave out, to see what they are worth (docs/configuration.md lists them).",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file of coding rules of your own, and of built-in ones to switch off (engine/rules/README.md).",
)
@click.option(
    "--ranker",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Ranker that `chartcoder learn` made. [default: the one that comes with the engine]",
)
@click.pass_context
def cli(
    context: click.Context,
    config: Path | None,
    home: Path | None,
    without: str | None,
    rules: Path | None,
    ranker: Path | None,
) -> None:
    """Medical coding: charts in, coded suggestions with evidence, rules and an audit trail out.

    \b
    chartcoder code note.txt                      code a note, here, as a table
    chartcoder code *.txt --format jsonl          one line of JSON a chart, for a pipe
    chartcoder code note.txt --format html > n.html   the note with its evidence marked
    chartcoder search kidney stone                find codes by words
    chartcoder validate E11.9 --date 2026-03-31   may it be reported on that day
    chartcoder serve                              the gRPC server

    Everything stays on this machine. `chartcoder COMMAND --help` tells more of each command.
    """
    parts = None if without is None else tuple(name.strip() for name in without.split(",") if name.strip())
    context.obj = Config.load(config, {"home": home, "without": parts, "rules": rules, "ranker": ranker})


def _run() -> int:
    if COMPLETION_VARIABLE in os.environ:  # the shell asks what could come next
        cli.main(prog_name="chartcoder")
    # Not cli.main: it would end a broken pipe with status 1, which says that charts failed.
    with cli.make_context("chartcoder", sys.argv[1:]) as context:
        cli.invoke(context)
    return 0


def main() -> None:
    """Run the command line; every failure is one sentence on standard error and an exit status."""
    open_streams()
    forbid_core_files()
    try:
        status = _run()
        sys.stdout.flush()
    except BaseException as error:
        status = fail(error)
    sys.exit(status)
