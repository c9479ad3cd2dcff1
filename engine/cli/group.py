"""`chartcoder group`: the MS-DRG of stays and the HCC risk score of claims, with what each code is worth."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.failures import SOME_FAILED
from engine.cli.operator import operator
from engine.cli.settings import json_option
from engine.cli.streams import say, write_line
from engine.config import Config
from engine.errors import ChartcoderError

if TYPE_CHECKING:
    from engine.claims.records import Claim
    from engine.grouping.drg import DrgGrouper
    from engine.grouping.hcc import RiskScorer
    from engine.grouping.records import GroupedStay, RiskScore


@click.command()
@click.argument("file", default="-", metavar="[FILE | -]")
@json_option
@click.pass_obj
def group(config: Config, file: str, as_json: bool) -> None:
    """Group claims: the MS-DRG of a stay, the CC and MCC that moved it, what it would be without each code; HCC risk.

    FILE holds claims as for `chartcoder check`. Needs `pip install 'chartcoder[grouping]'`. The risk score is of the
    claim's diagnoses alone, CMS-HCC V28, for a continuing enrollee of the community without Medicaid. Each answer is
    written to the audit log first.

    \b
    chartcoder group stay.json
    chartcoder group stays.jsonl --json | jq .drg.number

    Exit status: 0 all claims grouped; 1 some could not be; 2 wrong usage, or the packages are not installed.
    """
    from engine.audit.claims import claim_grouped
    from engine.claims.from_json import MAX_BYTES, read_claims
    from engine.grouping.drg import DrgGrouper
    from engine.grouping.hcc import RiskScorer
    from engine.live import open_audit_log

    if file == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        with Path(file).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    failed = False
    scorer = RiskScorer()
    with DrgGrouper() as grouper, open_audit_log(config) as log:
        for number, claim in enumerate(read_claims(data), 1):
            try:
                if isinstance(claim, ChartcoderError):
                    raise claim
                stay, risk = _group(claim, grouper, scorer)
            except ChartcoderError as error:
                failed = True
                say(f"claim {number}: {error} [{error.REASON}]")
                continue
            drg = stay.drg.number if stay else None
            hccs = [item.number for item in risk.hccs] if risk else []
            log.append(claim_grouped(claim, drg=drg, hccs=hccs, salt=log.salt, origin=operator()))
            _print(claim, stay, risk, as_json=as_json)
    if failed:
        raise click.exceptions.Exit(SOME_FAILED)


def _group(
    claim: "Claim", grouper: "DrgGrouper", scorer: "RiskScorer"
) -> tuple["GroupedStay | None", "RiskScore | None"]:
    """Group a claim that is a stay, and score it where it says age and sex; raises what neither can do."""
    from engine.claims.check import kind_of
    from engine.claims.records import ClaimKind

    stay = grouper.group(claim) if kind_of(claim) is ClaimKind.INPATIENT else None
    try:
        return stay, scorer.score(claim)
    except ChartcoderError:
        if stay is None:
            raise
        return stay, None


def _print(claim: "Claim", stay: "GroupedStay | None", risk: "RiskScore | None", *, as_json: bool) -> None:
    if as_json:
        drg = {**asdict(stay.drg), "version": stay.version, "codes": [asdict(c) for c in stay.codes]} if stay else None
        write_line(json.dumps({"claim_id": claim.claim_id, "drg": drg, "risk": asdict(risk) if risk else None}))
        return
    if stay is not None:
        problem = f"  ({stay.drg.problem})" if stay.drg.problem else ""
        write_line(f"MS-DRG {stay.drg.number:03} v{stay.version}  {stay.drg.title}{problem}")
        for code in stay.codes:
            what = code.severity or ("OR procedure" if code.is_operating_room else "")
            other = code.without
            moves = f"without it {other.number:03} {other.title}" if other and other.number != stay.drg.number else ""
            write_line(f"  {code.code:9} {what:12} {moves}".rstrip())
    if risk is not None:
        parts = f"{risk.score:.3f}, of it age and sex {risk.demographic:.3f}"
        write_line(f"{risk.model}, payment year {risk.payment_year}: {parts}")
        for hcc in risk.hccs:
            over = f", leaves out {', '.join(hcc.over)}" if hcc.over else ""
            what = f"{hcc.label}: {' '.join(hcc.codes)}{over}"
            write_line(f"  HCC {hcc.number:4} {hcc.coefficient:.3f}  {what}; without it {hcc.score_without:.3f}")
        for name, value in risk.interactions:
            write_line(f"  {name:8} {value:.3f}")
