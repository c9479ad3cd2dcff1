"""The command line: one file a command, gathered here.

Exit status: 0 all went well; 1 some charts failed, or a check found faults; 2 wrong usage or configuration.
"""

import os
import sys
from pathlib import Path

import click

from codesets.errors import CodeSetError
from engine import __version__
from engine.cli.audit import audit
from engine.cli.code import code
from engine.cli.codesets import codesets
from engine.cli.evaluate import evaluate
from engine.cli.lookup import lookup, search, validate
from engine.cli.serve import serve
from engine.cli.settings import load_config
from engine.errors import ChartcoderError

USAGE_ERROR = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chartcoder")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="TOML file of settings.")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of compiled code sets and the audit log [default: $CHARTCODER_HOME or the user's data folder].",
)
@click.pass_context
def cli(context: click.Context, config: Path | None, home: Path | None) -> None:
    """Medical coding: charts in, coded suggestions with evidence, rules and an audit trail out.

    \b
    chartcoder code note.txt              code a note, here, as a table
    chartcoder code *.txt --format jsonl  one line of JSON a chart, for a pipe
    chartcoder serve                      the gRPC server
    chartcoder search kidney stone        find codes by words
    """
    context.obj = load_config(config, {"home": home})


for command in (serve, code, lookup, search, validate, codesets, evaluate, audit):
    cli.add_command(command)


def main() -> None:
    """Run the command line; every failure is one sentence on standard error and an exit status."""
    try:
        cli.main(prog_name="chartcoder", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("chartcoder: stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (ChartcoderError, CodeSetError) as error:
        click.echo(f"chartcoder: {error}", err=True)
        sys.exit(USAGE_ERROR)
    except BrokenPipeError:
        # The reader of our pipe has gone (`| head`): nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
