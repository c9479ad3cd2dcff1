"""Applies the edits in order to a claim; one that fails is reported and left out, and never takes the claim down."""

import time
from collections.abc import Sequence
from typing import Any

from codesets.edit_store import EditTables
from codesets.store import Releases
from engine import __version__
from engine.claims.check import check_claim
from engine.claims.records import CheckedClaim, Claim, ClaimAlert
from engine.edits import (
    add_on,
    age,
    duplicates,
    frequency,
    laterality,
    modifiers,
    mue,
    necessity,
    payer,
    place,
    principal,
    procedure_coverage,
    ptp,
    sex,
    stay,
    unspecified_side,
    validity,
    wrong_procedure,
)
from engine.edits.base import Edit, Sheet, label, lay_out
from engine.edits.payer_rules import RuleSet
from engine.types import Header, ReleaseUsed, Severity

# First whether the codes are codes at all, then the diagnoses, the stay, the lines by themselves, the lines among each
# other, and what depends on the payer.
EDITS: tuple[Edit, ...] = (
    validity.EDIT,
    stay.EDIT,
    principal.EDIT,
    age.EDIT,
    sex.EDIT,
    unspecified_side.EDIT,
    wrong_procedure.EDIT,
    procedure_coverage.EDIT,
    place.EDIT,
    modifiers.EDIT,
    laterality.EDIT,
    duplicates.EDIT,
    mue.EDIT,
    ptp.EDIT,
    add_on.EDIT,
    necessity.EDIT,
    payer.EDIT,
    frequency.EDIT,
)
_NOT_CHECKED = "Chartcoder: what was not checked"


class ClaimChecker:
    """Checks claims against the tables, releases and payer rules of one store; pure but for opening tables."""

    def __init__(
        self, tables: EditTables, releases: Releases, rules: RuleSet | None = None, edits: Sequence[Edit] = EDITS
    ) -> None:
        self._tables = tables
        self._releases = releases
        self._rules = rules or RuleSet()
        self._edits = tuple(edits)

    def check(self, claim: Claim, *, request_id: str = "") -> CheckedClaim:
        """Check a claim; raises ClaimError that names the field, or SnapshotError on a table that cannot be used."""
        check_claim(claim)
        started = time.perf_counter()
        sheet = lay_out(claim, self._tables, self._releases, self._rules.rules)
        alerts = [alert for edit in self._edits for alert in apply_edit(edit, sheet)]
        alerts += _not_checked(sheet)
        elapsed_ms = (time.perf_counter() - started) * 1000
        names = tuple(edit.name for edit in self._edits)
        return CheckedClaim(claim.claim_id, self._header(sheet, request_id), alerts, names, elapsed_ms)

    def _header(self, sheet: Sheet, request_id: str) -> Header:
        codes = [
            ReleaseUsed(system.value, snapshot.release.version, snapshot.release.content_hash)
            for system, snapshot in sorted(sheet.used_releases.items())
        ]
        tables = [
            ReleaseUsed(kind.value, release.version, release.content_hash)
            for kind, release in sorted(sheet.used_tables.items())
        ]
        rules = (("payer_rules", self._rules.content_hash),) if self._rules.content_hash else ()
        return Header(__version__, (*codes, *tables), rules, request_id)


def apply_edit(edit: Edit, sheet: Sheet) -> list[ClaimAlert]:
    """Return an edit's alerts; if it fails, the one alert that says so."""
    try:
        return list(edit.apply(sheet))
    except Exception as error:  # the boundary that keeps one edit's fault from the whole claim
        _log().error("edit_failed", edit=edit.name, error_type=type(error).__name__)
        return [
            ClaimAlert(
                kind="edit_failed",
                severity=Severity.ERROR,
                message=f"edit {edit.name} failed and was left out",
                source=edit.source,
                resolve="a person must check what it would have checked",
            )
        ]


def _not_checked(sheet: Sheet) -> list[ClaimAlert]:
    """Say what was not checked for want of a table, and what was checked against a table of an earlier quarter."""
    missing = [
        ClaimAlert(
            kind="not_checked",
            severity=Severity.INFO,
            message=f"{name}: not checked: {why}",
            source=_NOT_CHECKED,
            resolve="import the publisher's file with `chartcoder codesets import`",
        )
        for name, why in sorted(sheet.missing.items())
    ]
    old = [
        ClaimAlert(
            kind="table_outdated",
            severity=Severity.INFO,
            message=f"{release.kind.value}: {release.version} is of an earlier quarter than {sheet.day}",
            source=_NOT_CHECKED,
            resolve="import the quarter of the claim",
            release=label(release),
        )
        for release in sheet.outdated()
    ]
    return missing + old


def _log() -> Any:
    import structlog  # here, where it is rarely needed: it takes 60 ms to import

    return structlog.get_logger(__name__)
