"""`chartcoder codesets`: what is loaded, building, importing, verifying, comparing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from codesets.crosswalk import FOLDER as MAP_FOLDER
from codesets.crosswalk import SUFFIX as MAP_SUFFIX
from codesets.crosswalk import Crosswalk
from codesets.edit_store import FOLDER as EDITS_FOLDER
from codesets.edit_store import EditTables
from codesets.edit_table import SUFFIX as EDITS_SUFFIX
from codesets.edit_table import EditTable
from codesets.errors import CodeSetError, NoReleaseError
from codesets.icd10pcs_reference import FOLDER as REFERENCE_FOLDER
from codesets.icd10pcs_reference import SUFFIX as REFERENCE_SUFFIX
from codesets.icd10pcs_reference import open_reference, reference_files
from codesets.index import SUFFIX as INDEX_SUFFIX
from codesets.index import index_files, open_index
from codesets.snapshot import Snapshot
from codesets.store import SNAPSHOT_SUFFIX, Releases
from codesets.types import Release, System
from engine.cli.failures import SOME_FAILED
from engine.cli.progress import steps
from engine.cli.settings import json_option, system_option, writing_to
from engine.cli.streams import say, write_line
from engine.cli.translate import map_line
from engine.config import Config
from engine.errors import ChartcoderError

_SET_ASIDE = ".damaged"


@click.group()
def codesets() -> None:
    """Snapshots of the official code sets: list, build, import, verify, diff.

    A snapshot is one release of one code system, immutable and named by the hash of its content. Several releases lie
    side by side; the date of service picks the one in force.
    """


@codesets.command("list", short_help="List what is loaded.")
@json_option
@click.pass_obj
def list_releases(config: Config, as_json: bool) -> None:
    """List the releases, index files, references, crosswalks and tables of edits that are loaded.

    \b
    chartcoder codesets list
    chartcoder codesets list --json | jq -r '.system + " " + .version'
    """
    store = Releases.open(config.home)
    releases = store.list()
    for release in releases:
        write_line(json.dumps(asdict(release), default=date.isoformat) if as_json else _release_line(release))
    for index in () if as_json else index_files(config.home):
        write_line(f"index     {index.version:8} {index.kind:24} {index.count:7} entries   {index.content_hash[:12]}")
    for path in () if as_json else reference_files(config.home):
        about = open_reference(path).about
        write_line(f"icd10pcs  {about['version']:8} {about['kind']:24} {'':7}            {about['source']}")
    for crosswalk in () if as_json else store.crosswalks:
        write_line(map_line(crosswalk.release))
    for table in () if as_json else EditTables.open(config.home).list():
        write_line(f"edits     {table.version:8} {table.kind:24} {table.count:7} rows      {table.content_hash[:12]}")
    if not releases:
        say("nothing is loaded yet; run `chartcoder codesets build`")


def _release_line(release: Release) -> str:
    until = release.effective_to.isoformat() if release.effective_to else "open"
    return (
        f"{release.system.value:9} {release.version:8} {release.effective_from} to {until:10} "
        f"{release.billable_count:7} billable  {release.content_hash[:12]}  {release.source}"
    )


@codesets.command(short_help="Compile what is missing or damaged.")
@click.option("--again", is_flag=True, help="Build anew even what is there.")
@click.pass_obj
def build(config: Config, again: bool) -> None:
    """Compile the packaged ICD-10-CM release, and the dictionary of every release.

    What is there is left as it is; a damaged file, or one of another version, is set aside and made again. A release
    that was imported has to be imported again.

    \b
    chartcoder codesets build
    """
    from engine.live import build as build_store

    for path in [path for path, error in _compiled_files(config.home) if error is not None]:
        path.replace(path.with_name(path.name + _SET_ASIDE))
        say(f"{path.name}: damaged or of another version, set aside as {path.name}{_SET_ASIDE}")
    with steps() as progress, writing_to(config.home):
        compiled = build_store(config.home, progress=progress, again=again)
    for release in compiled.releases.list():
        write_line(_release_line(release))


@codesets.command("import", short_help="Take the publishers' own files.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.pass_obj
def import_releases(config: Config, files: tuple[Path, ...]) -> None:
    """Take the publishers' own files (or zips of them) as downloaded.

    Each is recognised, checked and reported. If one is truncated, wrong or unknown, nothing is imported and what was
    there stays. Who imported what is recorded in the audit log.

    \b
    chartcoder codesets import icd10cm-tabular-2027.xml icd10cm-index-2027.xml
    chartcoder codesets import icd10pcs_order_2026.txt icd10pcs_tables_2026.xml icd10pcs_definitions_2026.xml
    chartcoder codesets import HCPC2026_OCT_ANWEB.txt
    chartcoder codesets import CMS32_DESC_LONG_DX.txt CMS32_DESC_LONG_SG.txt 2018_I9gem.txt 2018_I10gem.txt
    chartcoder codesets import SimpleTabulation-ICD-11-MMS-en.zip 10To11MapToOneCategory.txt
    chartcoder codesets import 2026_LONGULT.TXT 2026_MEDU.TXT 2026_SHORTU.TXT
    chartcoder codesets import ccipra-v322r0-f*.zip MCR_MUE_PractitionerServices_Eff_07-01-2026.csv
    """
    from codesets.importer import import_files
    from engine.audit.kinds import AdministrationAction, administration
    from engine.cli.operator import operator
    from engine.live import build as build_store
    from engine.live import open_audit_log

    with steps() as progress, writing_to(config.home), open_audit_log(config) as log:
        progress("reading and checking")
        reports = import_files(config.home, files)
        did = AdministrationAction.RELEASE_IMPORTED
        log.append_many([administration(operator(), did, report.kind, after=report.sha256) for report in reports])
        progress("compiling")
        build_store(config.home, progress=progress)
    for report in reports:
        write_line(f"{report.name}: {report.kind}: {report.summary} (sha256 {report.sha256[:12]})")


@codesets.command(short_help="Check every compiled file against its hash.")
@click.pass_obj
def verify(config: Config) -> None:
    """Check every compiled file against its hash; exit status 1 if one is damaged.

    \b
    chartcoder codesets verify

    `chartcoder codesets build` replaces what is damaged.
    """
    damaged = total = 0
    for path, error in _compiled_files(config.home):
        total += 1
        damaged += error is not None
        write_line(f"ok       {path.name}" if error is None else f"DAMAGED  {_once(path.name, error)}")
    if not total:
        say("nothing is loaded yet; run `chartcoder codesets build`")
    if damaged:
        raise click.exceptions.Exit(SOME_FAILED)


def _compiled_files(home: Path) -> Iterator[tuple[Path, Exception | None]]:
    """Yield each compiled file, and why it cannot be used if so."""
    from engine.match.automaton import Dictionary
    from engine.match.recipe import SUFFIX as DICTIONARY_SUFFIX

    kinds = (
        ("snapshots", SNAPSHOT_SUFFIX, Snapshot),
        ("indexes", INDEX_SUFFIX, open_index),
        (MAP_FOLDER, MAP_SUFFIX, Crosswalk),
        (REFERENCE_FOLDER, REFERENCE_SUFFIX, open_reference),
        ("dictionaries", DICTIONARY_SUFFIX, Dictionary),
        (EDITS_FOLDER, EDITS_SUFFIX, EditTable),
    )
    for folder, suffix, opener in kinds:
        for path in sorted((home / folder).glob(f"*{suffix}")):
            try:
                opener(path)
            except (CodeSetError, ChartcoderError) as error:
                yield path, error
            else:
                yield path, None


def _once(name: str, error: Exception) -> str:
    said = str(error)
    return said if said.startswith(name) else f"{name}: {said}"


@codesets.command(short_help="Say what changed between two releases.")
@click.argument("before")
@click.argument("after")
@system_option
@click.option("--limit", type=click.IntRange(0), default=50, show_default=True, help="Lines of each kind; 0 for all.")
@click.pass_obj
def diff(config: Config, before: str, after: str, system: str, limit: int) -> None:
    """Say what changed between two loaded releases, named by their version.

    \b
    chartcoder codesets diff 2026 2027
    chartcoder codesets diff 2026 2027 --limit 0 > changes.txt
    """
    releases = Releases.open(config.home)
    old, new = (_release(releases, System(system), version) for version in (before, after))
    old_codes = {code: old.title(code) for code in old.codes() if old.is_billable(code)}
    new_codes = {code: new.title(code) for code in new.codes() if new.is_billable(code)}
    both = old_codes.keys() & new_codes.keys()
    _print("added", sorted(new_codes.keys() - old_codes.keys()), new_codes, limit)
    _print("removed", sorted(old_codes.keys() - new_codes.keys()), old_codes, limit)
    _print("retitled", sorted(code for code in both if old_codes[code] != new_codes[code]), new_codes, limit)


def _release(releases: Releases, system: System, version: str) -> Snapshot:
    loaded = releases.snapshots(system)
    for snapshot in loaded:
        if snapshot.release.version == version:
            return snapshot
    have = ", ".join(snapshot.release.version for snapshot in loaded) or "none, which is all that is loaded"
    raise NoReleaseError(f"release: got {system.value} {version[:32]!r}, want one of {have}")


def _print(kind: str, codes: Sequence[str], titles: dict[str, str], limit: int) -> None:
    write_line(f"{kind}: {len(codes)} billable codes")
    for code in codes[: limit or None]:
        write_line(f"  {code:9} {titles[code]}")
    if limit and len(codes) > limit:
        write_line(f"  ... and {len(codes) - limit} more (--limit 0 shows all)")
