"""`chartcoder check`: claims against the compliance edits."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from engine.cli.failures import SOME_FAILED, InternalError, is_debugging
from engine.cli.operator import operator
from engine.cli.settings import open_releases
from engine.cli.streams import say, write_line
from engine.cli.terminal import output_console
from engine.config import Config
from engine.errors import ChartcoderError, ConfigError
from engine.types import Severity

if TYPE_CHECKING:
    from engine.audit.log import AuditLog
    from engine.claims.records import CheckedClaim, Claim, ClaimAlert
    from engine.edits.run import ClaimChecker

_STYLES = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_STDIN = "-"


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE... | -]")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "jsonl")),
    default="table",
    show_default=True,
    help="table: for people; jsonl: a line of JSON a claim.",
)
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="File or folder of payer rules (TOML). [default: payer-rules in the home folder]",
)
@click.pass_obj
def check(config: Config, files: tuple[str, ...], form: str, rules: Path | None) -> None:
    """Check claims against the compliance edits: NCCI, MUE, add-on codes, code editor, modifiers, coverage, payers.

    Each FILE (or standard input) holds one claim as a JSON object, a list of them, or one a line. Fields: claim_id,
    kind (PROFESSIONAL, OUTPATIENT, INPATIENT, DME) or bill_type, from_date, through_date, sex, birth_date or age_years,
    payer, plan, contractor, place, discharge_status, diagnoses, procedures, lines (code, modifiers, units, day, place,
    pointers), history (code, day, units), documentation.

    \b
    chartcoder check claim.json
    chartcoder check claims.jsonl --format jsonl | jq -r '.alerts[] | select(.severity == "ERROR") | .message'
    echo '{"kind": "PROFESSIONAL", "from_date": "2026-03-31", "place": "11", "diagnoses": ["M54.50"],
           "lines": [{"code": "99213"}, {"code": "20610"}]}' | chartcoder check -

    Tables come from the publishers' files: `chartcoder codesets import`. What was not checked for want of one is said.
    Each checked claim is written to the audit log before it is answered.

    Exit status: 0 all claims are clean; 1 an alert says that a claim would be wrong, or a claim could not be checked;
    2 wrong usage or configuration.
    """
    from engine.claims.to_json import checked_line, claim_error_line
    from engine.live import open_audit_log

    checker = _open_checker(config, rules)
    failed = False
    with open_audit_log(config) as log:
        for name, claim in _claims(files):
            result = claim if isinstance(claim, ChartcoderError) else _checked(checker, log, claim)
            failed = failed or isinstance(result, ChartcoderError) or not result.is_clean
            if isinstance(result, ChartcoderError):
                say(f"{name}: {result} [{result.REASON}]")
                if form == "jsonl":
                    write_line(claim_error_line("" if isinstance(claim, ChartcoderError) else claim.claim_id, result))
            elif form == "jsonl":
                write_line(checked_line(result))
            else:
                print_claim(result)
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


def _open_checker(config: Config, rules: Path | None) -> "ClaimChecker":
    from codesets.edit_store import EditTables
    from engine.edits.payer_rules import FOLDER, read_rules
    from engine.edits.run import ClaimChecker

    if rules is not None and not rules.exists():
        raise ConfigError(
            f"--rules: got {rules}, where nothing is, want a file or folder of payer rules", field="rules"
        )
    found = read_rules(rules or config.home / FOLDER)
    return ClaimChecker(EditTables.open(config.home), open_releases(config), found)


def _claims(names: tuple[str, ...]) -> Iterator[tuple[str, "Claim | ChartcoderError"]]:
    """Yield the name of each claim's place with the claim, or why it is none."""
    from engine.claims.from_json import MAX_BYTES, read_claims
    from engine.errors import ClaimError

    for place, name in enumerate(names or (_STDIN,), 1):
        try:
            if name == _STDIN:
                data = sys.stdin.buffer.read(MAX_BYTES + 1)
            else:
                with Path(name).open("rb") as file:
                    data = file.read(MAX_BYTES + 1)
            for number, claim in enumerate(read_claims(data), 1):
                yield f"file {place}, claim {number}", claim
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            why = getattr(error, "strerror", None) or "cannot be read"
            yield f"file {place}", ClaimError(f"file: {why}", field="FILE")
        except ClaimError as error:
            yield f"file {place}", error


def _checked(checker: "ClaimChecker", log: "AuditLog", claim: "Claim") -> "CheckedClaim | ChartcoderError":
    from engine.audit.claims import claim_checked

    try:
        checked = checker.check(claim)
        receipt = log.append(claim_checked(claim, checked, salt=log.salt, origin=operator()))
        return replace(checked, audit_record=receipt.record_id)
    except ChartcoderError as error:
        return error
    except Exception as error:  # the boundary that keeps one claim's fault from the others
        if is_debugging():
            raise
        return InternalError(error)


def print_claim(checked: "CheckedClaim") -> None:
    """Print a claim's answer as a table on standard output."""
    console = output_console()
    verdict = "clean" if checked.is_clean else "would be wrong"
    said = "".join(c if c.isprintable() else "\ufffd" for c in checked.claim_id)
    console.print(
        f"[bold]{escape(said or 'claim')}[/bold]  {verdict}, {len(checked.alerts)} alerts  "
        f"[dim]{checked.elapsed_ms:.2f} ms[/dim]"
    )
    if checked.alerts:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("", no_wrap=True)
        table.add_column("where", no_wrap=True)
        table.add_column("what, what would resolve it, on what authority", ratio=1)
        for alert in checked.alerts:
            table.add_row(Text(alert.severity.value, style=_STYLES[alert.severity]), _where(alert), _what(alert))
        console.print(table)
    used = ", ".join(f"{r.system} {r.version} {r.content_hash[:8]}" for r in checked.header.releases)
    console.print(f"[dim]{escape(used or 'no table')} | audit record {escape(checked.audit_record or '-')}[/dim]\n")


def _where(alert: "ClaimAlert") -> Text:
    places = [f"line {number + 1}" for number in alert.lines[:3]]
    places += [f"diagnosis {number + 1}" for number in alert.diagnoses[:3]]
    places += [f"procedure {number + 1}" for number in alert.procedures[:3]]
    return Text("\n".join(places) or "claim")


def _what(alert: "ClaimAlert") -> Text:
    shown = Text(f"{alert.kind}: ", style="bold")
    shown.append(alert.message, style="not bold")
    shown.append(f"\n{alert.resolve}", style="not bold italic")
    shown.append(f"\n{alert.source}" + (f"; {alert.release}" if alert.release else ""), style="dim")
    return shown
