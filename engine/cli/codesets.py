"""`chartcoder codesets`: what is loaded, building, importing, verifying, comparing."""

from collections.abc import Sequence
from pathlib import Path

import click

from codesets.errors import CodeSetError, NoReleaseError
from codesets.importer import import_files
from codesets.index import index_files
from codesets.snapshot import Snapshot
from codesets.store import SNAPSHOT_SUFFIX, Releases
from codesets.types import System
from engine.cli.settings import steps, system_option
from engine.config import Config
from engine.errors import ChartcoderError
from engine.live import build as build_store
from engine.match.automaton import Dictionary
from engine.match.recipe import SUFFIX as DICTIONARY_SUFFIX

FAULTS_FOUND = 1


@click.group()
def codesets() -> None:
    """Snapshots of the official code sets: list, build, import, verify, diff."""


@codesets.command("list")
@click.pass_obj
def list_releases(config: Config) -> None:
    """List the releases and index files that are loaded."""
    releases = Releases.open(config.home).list()
    for release in releases:
        until = release.effective_to.isoformat() if release.effective_to else "open"
        click.echo(
            f"{release.system.value:9} {release.version:8} {release.effective_from} to {until:10} "
            f"{release.billable_count:7} billable  {release.content_hash[:12]}  {release.source}"
        )
    for index in index_files(config.home):
        click.echo(f"index     {index.version:8} {index.kind:24} {index.count:7} entries   {index.content_hash[:12]}")
    if not releases:
        click.echo("chartcoder: nothing loaded yet; run `chartcoder codesets build`", err=True)


@codesets.command()
@click.option("--again", is_flag=True, help="Build anew even what is there.")
@click.pass_obj
def build(config: Config, again: bool) -> None:
    """Compile the packaged ICD-10-CM release, and the dictionary of every release."""
    with steps() as progress:
        compiled = build_store(config.home, progress=progress, again=again)
    for release in compiled.releases.list():
        click.echo(
            f"{release.system.value} {release.version}: {release.billable_count} billable codes, {release.content_hash[:12]}"
        )


@codesets.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def import_releases(config: Config, files: tuple[Path, ...]) -> None:
    """Take the publishers' own files (or zips of them) as downloaded.

    Each is recognised, checked and reported. If one is truncated, wrong or unknown, nothing is imported.

    \b
    chartcoder codesets import icd10cm-tabular-2027.xml icd10cm-index-2027.xml
    chartcoder codesets import HCPC2026_OCT_ANWEB.txt
    """
    with steps() as progress:
        progress("reading and checking")
        reports = import_files(config.home, files)
        for report in reports:
            click.echo(f"{report.name}: {report.kind}: {report.summary} (sha256 {report.sha256[:12]})")
        build_store(config.home, progress=progress)


@codesets.command()
@click.pass_obj
def verify(config: Config) -> None:
    """Check every compiled file against its hash; exit status 1 if one is damaged."""
    folders = (("snapshots", SNAPSHOT_SUFFIX, Snapshot), ("dictionaries", DICTIONARY_SUFFIX, Dictionary))
    damaged = 0
    for folder, suffix, opener in folders:
        for path in sorted((config.home / folder).glob(f"*{suffix}")):
            try:
                opener(path)
            except (CodeSetError, ChartcoderError) as error:
                damaged += 1
                click.echo(f"DAMAGED {path.name}: {error}")
            else:
                click.echo(f"ok      {path.name}")
    if damaged:
        raise click.exceptions.Exit(FAULTS_FOUND)


@codesets.command()
@click.argument("before")
@click.argument("after")
@system_option
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="Lines of each kind; 0 for all.")
@click.pass_obj
def diff(config: Config, before: str, after: str, system: str, limit: int) -> None:
    """Say what changed between two loaded releases, by version: `chartcoder codesets diff 2026 2027`."""
    old, new = (_release(config, System(system), version) for version in (before, after))
    old_codes = {code: old.title(code) for code in old.codes() if old.is_billable(code)}
    new_codes = {code: new.title(code) for code in new.codes() if new.is_billable(code)}
    _print("added", sorted(new_codes.keys() - old_codes.keys()), new_codes, limit)
    _print("removed", sorted(old_codes.keys() - new_codes.keys()), old_codes, limit)
    _print(
        "retitled",
        sorted(c for c in old_codes.keys() & new_codes.keys() if old_codes[c] != new_codes[c]),
        new_codes,
        limit,
    )


def _release(config: Config, system: System, version: str) -> Snapshot:
    for snapshot in Releases.open(config.home).snapshots(system):
        if snapshot.release.version == version:
            return snapshot
    raise NoReleaseError(f"release: got {system.value} {version!r}, want one of `chartcoder codesets list`")


def _print(kind: str, codes: Sequence[str], titles: dict[str, str], limit: int) -> None:
    click.echo(f"{kind}: {len(codes)} billable codes")
    for code in codes[: limit or None]:
        click.echo(f"  {code:9} {titles[code]}")
    if limit and len(codes) > limit:
        click.echo(f"  ... and {len(codes) - limit} more (--limit 0 shows all)")
