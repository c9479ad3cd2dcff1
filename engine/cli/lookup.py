"""`chartcoder lookup`, `search`, `validate`: the code sets from the shell, as the RPCs answer."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from codesets.claim_lines import validate_lines
from codesets.errors import UnknownCodeError
from codesets.icd10pcs_reference import KeyTerm
from codesets.snapshot import Snapshot
from codesets.types import Axis, Code, System
from codesets.validate import CodeCheck, CodeStatus, normalise_code
from engine.cli.failures import SOME_FAILED
from engine.cli.progress import steps
from engine.cli.settings import SYSTEMS, date_option, json_option, open_releases, system_option
from engine.cli.streams import say, write_line
from engine.config import Config
from engine.errors import InputError

MAX_CODE_CHARACTERS = 64
_CHILDREN_SHOWN = 12
_INCLUDES_SHOWN = 8
_ALTERNATIVES_SHOWN = 8


def takes_codes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what `lookup` and `validate` ask for: codes, their system, a day, the form of the answer."""
    given = system_option(date_option(json_option(click.pass_obj(command))))
    return click.argument("codes", nargs=-1, required=True, metavar="CODE...")(given)


def _write_json(value: Any) -> None:
    write_line(json.dumps(asdict(value), ensure_ascii=False, default=date.isoformat))


def check_lengths(codes: tuple[str, ...]) -> None:
    """Refuse what is too long to be a code; raises InputError."""
    for number, code in enumerate(codes):
        if len(code) > MAX_CODE_CHARACTERS:
            raise InputError(f"codes[{number}]: got {len(code)} characters, want at most {MAX_CODE_CHARACTERS}")


@click.command()
@takes_codes
def lookup(config: Config, codes: tuple[str, ...], system: str, day: date | None, as_json: bool) -> None:
    """Show codes: title, place in the hierarchy, notes.

    \b
    chartcoder lookup E11.9
    chartcoder lookup e119 I10 --json
    chartcoder lookup G0008 --system hcpcs
    chartcoder lookup "vermiform appendix" --system icd10pcs

    With or without the dot, in any case. A name of the body part or device key of ICD-10-PCS is looked up in the keys.
    Exit status 1 if the release does not have one of them.
    """
    check_lengths(codes)
    releases = open_releases(config)
    snapshot = releases.release(System(system), day)
    unknown = 0
    for number, code in enumerate(codes):
        try:
            found = releases.find(snapshot, normalise_code(code, System(system)))
        except UnknownCodeError as error:
            keys = releases.key_terms(snapshot, code)
            unknown += not keys
            for key in keys:
                write_line(json.dumps(asdict(key), ensure_ascii=False) if as_json else _key_line(code, key))
            if not keys:
                say(str(error).replace("code", f"codes[{number}]", 1))
            continue
        if as_json:
            _write_json(found)
        else:
            _show(found, snapshot)
    if unknown:
        raise click.exceptions.Exit(SOME_FAILED)


def _show(found: Code, snapshot: Snapshot) -> None:
    write_line(f"{found.code}  {found.title}")
    write_line("  billable" if found.billable else "  not billable")
    for above in list(snapshot.ancestors(found.code))[1:]:
        write_line(f"  in   {above}  {snapshot.title(above)}")
    for child in found.children[:_CHILDREN_SHOWN]:
        write_line(f"  has  {child}  {snapshot.title(child)}")
    if len(found.children) > _CHILDREN_SHOWN:
        write_line(f"  ... and {len(found.children) - _CHILDREN_SHOWN} more (--json lists all)")
    for axis in found.axes:
        write_line(_axis_line(axis))
    for attribute in found.attributes:
        meaning = f" ({attribute.meaning})" if attribute.meaning else ""
        write_line(f"  {attribute.name.replace('_', ' ')}: {attribute.value}{meaning}")
    if found.added or found.terminated:
        write_line(f"  in force {found.added or 'from the first'} to {found.terminated or 'now'}")
    for note in found.notes:
        write_line(f"  {note.kind.value.replace('_', ' ')}: {note.text}")


def _key_line(name: str, key: KeyTerm) -> str:
    scope = f" ({key.scope})" if key.scope else ""
    return f"{name}  is coded to {key.label}: character {key.position}, {key.axis}, of section {key.section}{scope}"


def _axis_line(axis: Axis) -> str:
    said = " ".join(part.rstrip(".") + "." for part in (axis.definition, axis.explanation) if part)
    includes = f" Includes: {', '.join(axis.includes[:_INCLUDES_SHOWN])}" if axis.includes else ""
    more = f" and {len(axis.includes) - _INCLUDES_SHOWN} more" if len(axis.includes) > _INCLUDES_SHOWN else ""
    return f"  {axis.position}  {axis.value}  {axis.name}: {axis.label or '-'}. {said}{includes}{more}".rstrip()


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option(
    "--system",
    "systems",
    multiple=True,
    type=click.Choice(SYSTEMS),
    help="Code system; may be repeated. [default: all that are loaded]",
)
@date_option
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most hits to show.")
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
    """Find codes by words, beginnings of words, misspelt words, or the beginning of a code.

    \b
    chartcoder search kidney stone
    chartcoder search diabetc nephrop --billable
    chartcoder search hart attak
    chartcoder search E11.3 --limit 100 --json | jq -r .code

    Best first. Exit status 1 if nothing is found.
    """
    from codesets.search import MAX_QUERY_CHARACTERS, search_codes, searched_releases
    from codesets.search_open import has_search, open_search

    query = " ".join(words).strip()
    if not 0 < len(query) <= MAX_QUERY_CHARACTERS:
        raise InputError(f"WORDS: got {len(query)} characters, want 1 to {MAX_QUERY_CHARACTERS}")
    wanted = tuple(System(name) for name in systems)
    releases = open_releases(config)
    searched = searched_releases(releases, wanted, day)
    for snapshot in searched:
        if not has_search(snapshot):
            with steps() as progress:
                progress(f"compiling the search index of {snapshot.release.system} {snapshot.release.version}")
                open_search(snapshot)
    hits = search_codes(releases, query, systems=wanted, day=day, billable_only=billable, limit=limit)
    for hit in hits:
        if as_json:
            _write_json(hit)
        else:
            via = f"  (as {hit.matched_term!r})" if hit.matched_term else ""
            of = f"  [{hit.system.value}]" if len(searched) > 1 else ""
            write_line(f"{hit.code:10} {hit.title}{via}{'' if hit.billable else '  (not billable)'}{of}")
    if not hits:
        say("nothing found; try fewer words, or the beginning of a word")
        raise click.exceptions.Exit(SOME_FAILED)


@click.command()
@takes_codes
def validate(config: Config, codes: tuple[str, ...], system: str, day: date | None, as_json: bool) -> None:
    """Check that codes may be reported on a day: written rightly, in the release, billable, not deleted.

    \b
    chartcoder validate E11.9 S72.001A --date 2026-03-31
    chartcoder validate E11 --json
    chartcoder validate 0TT34ZZ --system icd10pcs
    chartcoder validate A4253-NU-KX J0120 --system hcpcs --date 2025-10-01

    Of ICD-10-PCS it says which axis is wrong, and what would be valid there. HCPCS and CPT codes may have modifiers,
    and ICD-11 codes may be clusters. Exit status 1 if one may not be reported; what may be meant is listed below it.
    """
    check_lengths(codes)
    checks = validate_lines(open_releases(config), System(system), codes, day)
    for check in checks:
        if as_json:
            _write_json(check)
        else:
            _show_check(check)
    if any(check.status is not CodeStatus.VALID for check in checks):
        raise click.exceptions.Exit(SOME_FAILED)


def _show_check(check: CodeCheck) -> None:
    write_line(f"{check.asked:10} {check.status.value:12} {check.title or check.message}")
    if check.status is CodeStatus.VALID:
        return
    if check.title and check.message:
        write_line(f"{'':10} {'':12} {check.message}")
    for option in check.alternatives[:_ALTERNATIVES_SHOWN]:
        write_line(f"{'':10} {'perhaps':12} {option.code}  {option.title}")
    more = len(check.alternatives) - _ALTERNATIVES_SHOWN
    if more > 0:
        write_line(f"{'':10} {'':12} ... and {more} more (--json lists all)")
