"""`chartcoder routing`: is a routing policy sound, and what does it say."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.failures import SOME_FAILED
from engine.cli.settings import json_option, open_releases
from engine.cli.streams import say, write_line
from engine.config import Config
from engine.routing.describe import describe
from engine.routing.families import Families
from engine.routing.fields import PolicyError
from engine.routing.policy import Cap, Escalation, Policy, Threshold
from engine.routing.read import PACKAGED, read_policy

if TYPE_CHECKING:
    from codesets.store import Releases


@click.group()
def routing() -> None:
    """Routing policies: who acts on a suggestion (docs/configuration.md, routing policy).

    \b
    chartcoder routing default > policy.toml          a copy to start from
    chartcoder routing check policy.toml              is it sound, and what does it say
    chartcoder serve --routing-policy policy.toml     have it decide
    """


@routing.command()
def default() -> None:
    """Print the packaged policy, as a file to start from.

    \b
    chartcoder routing default > policy.toml
    """
    write_line(PACKAGED.read_text(encoding="utf-8").rstrip("\n"))


@routing.command()
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@json_option
@click.pass_obj
def check(config: Config, file: Path | None, as_json: bool) -> None:
    """Check a policy and explain it in sentences; without FILE, the one that is in force (setting routing_policy).

    \b
    chartcoder routing check policy.toml
    chartcoder routing check --json

    Every fault is named with its line, what stands there and what is wanted. A family of which the newest loaded
    release has no code is told on standard error, since it may be meant for another year.

    Exit status: 0 the policy may be used; 1 it has faults.
    """
    try:
        policy = read_policy(file or config.routing_policy)
    except PolicyError as error:
        _print_faults(error, as_json=as_json)
        raise click.exceptions.Exit(SOME_FAILED) from None
    strangers = _families_without_codes(policy, open_releases(config))
    if as_json:
        write_line(_as_json(policy, strangers))
        return
    write_line(f"{policy.name} {policy.version} (SHA-256 {policy.content_hash})")
    for kind, name, sentence in describe(policy):
        write_line(f"{kind:10} {name}: {sentence}")
    for name, system, family in strangers:
        say(f"{name}: {family} is no code of the newest {system} release")


def _print_faults(error: PolicyError, *, as_json: bool) -> None:
    if as_json:
        faults = [{"field": f.field, "got": f.got, "want": f.want, "line": f.line or None} for f in error.faults]
        write_line(json.dumps({"faults": faults}, ensure_ascii=False))
        return
    for fault in error.faults:
        write_line(str(fault))


def _as_json(policy: Policy, strangers: list[tuple[str, str, str]]) -> str:
    return json.dumps(
        {
            "name": policy.name,
            "version": policy.version,
            "content_hash": policy.content_hash,
            "parts": [{"kind": kind, "name": name, "says": says} for kind, name, says in describe(policy)],
            "families_without_codes": [{"rule": rule, "system": s, "family": f} for rule, s, f in strangers],
        },
        ensure_ascii=False,
    )


def _families_without_codes(policy: Policy, releases: "Releases") -> list[tuple[str, str, str]]:
    """Return (rule, system, family) of each family that has no code in the newest release of its system."""
    asked: dict[str, list[tuple[str, str]]] = {}
    parts: list[Threshold | Escalation | Cap] = [*policy.thresholds, *policy.escalations, *policy.caps]
    for part in parts:
        for system in part.scope.systems:
            asked.setdefault(system, []).extend((part.name, family) for family in part.scope.codes.written)
    for escalation in policy.escalations:
        of_chart = [(escalation.name, family) for family in escalation.limits.any_of.written]
        asked.setdefault(escalation.limits.any_of_system, []).extend(of_chart)
    return [
        (name, release.release.system.value, family)
        for release in (releases.snapshots(system)[0] for system in releases.systems())
        for codes in [list(release.codes())]
        for name, family in asked.get(release.release.system.value, [])
        if not any(map(Families.of((family,)).has, codes))
    ]
