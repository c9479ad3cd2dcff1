"""`chartcoder lookup`, `search`, `validate`: the code sets from the shell, as the RPCs answer."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from codesets.search import search_codes
from codesets.store import Releases
from codesets.types import Code, System
from codesets.validate import CodeStatus, normalise_code, validate_codes
from engine.cli.settings import date_option, steps, system_option
from engine.config import Config
from engine.live import build

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
FAULTS_FOUND = 1


def open_releases(config: Config) -> Releases:
    """Open the store, compiling the packaged release if nothing is there."""
    releases = Releases.open(config.home)
    if releases:
        return releases
    with steps() as progress:
        return build(config.home, progress=progress).releases


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda v: v.isoformat() if isinstance(v, date) else str(v))


@click.command()
@click.argument("code")
@system_option
@date_option
@json_option
@click.pass_obj
def lookup(config: Config, code: str, system: str, day: date | None, as_json: bool) -> None:
    """Show a code: title, place in the hierarchy, notes.

    Exit status 2 if the release has no such code.
    """
    snapshot = open_releases(config).release(System(system), day)
    found = snapshot.find(normalise_code(code, System(system)))
    if as_json:
        click.echo(_json(asdict(found)))
        return
    _show(found, [(above, snapshot.title(above)) for above in list(snapshot.ancestors(found.code))[1:]])


def _show(found: Code, above: list[tuple[str, str]]) -> None:
    click.echo(f"{found.code}  {found.title}")
    click.echo("  billable" if found.billable else "  not billable")
    for code, title in above:
        click.echo(f"  in {code}  {title}")
    for child in found.children:
        click.echo(f"  has {child}")
    for note in found.notes:
        click.echo(f"  {note.kind.value.replace('_', ' ')}: {note.text}")


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--system",
    "systems",
    multiple=True,
    type=click.Choice([s.value for s in System]),
    help="May be repeated. [default: all loaded]",
)
@date_option
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--billable", is_flag=True, help="Only codes that may stand on a claim.")
@json_option
@click.pass_obj
def search(
    config: Config,
    words: tuple[str, ...],
    systems: tuple[str, ...],
    day: date | None,
    limit: int,
    billable: bool,
    as_json: bool,
) -> None:
    """Find codes by words, beginnings of words or misspelt words.

    \b
    chartcoder search kidney stone
    chartcoder search diabetc nephrop --billable
    """
    releases = open_releases(config)
    wanted = [System(name) for name in systems] or releases.systems()
    hits = search_codes(releases, " ".join(words), systems=wanted, day=day, billable_only=billable, limit=limit)
    for hit in hits:
        if as_json:
            click.echo(_json(asdict(hit)))
        else:
            via = f"  (as {hit.matched_term!r})" if hit.matched_term else ""
            click.echo(f"{hit.code:10} {hit.title}{via}")
    if not hits:
        click.echo("chartcoder: nothing found", err=True)
        raise click.exceptions.Exit(FAULTS_FOUND)


@click.command()
@click.argument("codes", nargs=-1, required=True)
@system_option
@date_option
@json_option
@click.pass_obj
def validate(config: Config, codes: tuple[str, ...], system: str, day: date | None, as_json: bool) -> None:
    """Check that codes may be reported on a day; exit status 1 if one may not."""
    checks = validate_codes(open_releases(config), System(system), codes, day)
    for check in checks:
        if as_json:
            click.echo(_json(asdict(check)))
            continue
        click.echo(f"{check.asked:10} {check.status.value:18} {check.title or check.message}")
        if check.status is not CodeStatus.VALID:
            for option in check.alternatives[:8]:
                click.echo(f"{'':10} perhaps {option.code}  {option.title}")
    if any(check.status is not CodeStatus.VALID for check in checks):
        raise click.exceptions.Exit(FAULTS_FOUND)
