"""What a debugger's, a log's or a traceback's `repr` shows of our records: no chart, no credentials."""

import asyncio
import dataclasses
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from canaries import MARK, Watch
from canary_requests import BY_NAME, base
from made_coded import HEADER, made_coded, made_finding, made_suggestion

from engine.audit.claims import claim_checked
from engine.audit.record import Origin, chart_coded
from engine.claims.records import CheckedClaim, ClaimAlert
from engine.cli.answers import Answer as CliAnswer
from engine.cli.charts import ChartFile
from engine.errors import ChartError
from engine.identity.gate import Credentials
from engine.server.answers import Desk
from engine.server.claim_convert import claim_from
from engine.server.convert import chart_from
from engine.server.jobs import Answer, Job
from engine.types import Evidence, Severity
from engine.vault.keys import TenantKey
from engine.vault.sealed import seal

BIRTH = date(1923, 2, 17)
CHART = chart_from(base(BY_NAME["CodeChart"]))
CLAIM = claim_from(base(BY_NAME["CheckClaim"]))
PLACE = Evidence(0, 0, 12)
CODED = made_coded(CHART, [made_finding(PLACE, MARK, "I10")], [made_suggestion("I10", [PLACE])])
ALERT = ClaimAlert("malformed_code", Severity.ERROR, f"diagnosis {MARK}", "test", f"take {MARK} off", codes=[MARK])
CHECKED = CheckedClaim(MARK, HEADER, [ALERT])
KEY = TenantKey("1", MARK.encode() * 2)


class Coder:
    """Answers with CODED."""

    def code(self, *_: Any, **__: Any) -> Any:
        return CODED


def draft() -> Any:
    return Desk(SimpleNamespace(coder=Coder()), b"s" * 32).draft(base(BY_NAME["CodeChart"]), "r", Origin("p"))  # type: ignore[arg-type]


def job() -> Job:
    async def make() -> Job:
        return Job(base(BY_NAME["CodeChart"]), 1, "r", Origin("p"))

    return asyncio.run(make())


OBJECTS: dict[str, Any] = {
    "chart": lambda: CHART,
    "document": lambda: CHART.documents[0],
    "coded chart": lambda: CODED,
    "claim": lambda: CLAIM,
    "checked claim": lambda: CHECKED,
    "diagnosis": lambda: CLAIM.diagnoses[1],
    "chart file": lambda: ChartFile(MARK, MARK, CHART),
    "command line's answer": lambda: CliAnswer(MARK, MARK, CHART, CODED),
    "refused answer": lambda: CliAnswer(MARK, MARK, None, ChartError("text: got none, want some", field="text")),
    "credentials": lambda: Credentials(MARK, MARK),
    "tenant key": lambda: KEY,
    "draft": draft,
    "job": job,
    "answer": lambda: Answer([MARK.encode()], 1, 1),
    "audit entry of a chart": lambda: chart_coded(CHART, CODED, salt=b"s" * 32, origin=Origin("p")),
    "audit entry of a claim": lambda: claim_checked(CLAIM, CHECKED, salt=b"s" * 32),
    "sealed chart": lambda: seal(CHART, KEY, place="p"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_repr_shows_nothing_of_charts_and_secrets(name: str) -> None:
    made = OBJECTS[name]()
    watch = Watch()
    for shown in (repr(made), str(made), f"{made}"):
        watch.look(name, shown)
        watch.look(name, shown.replace("datetime.date(1923, 2, 17)", "1923-02-17"))
    assert watch.leaks == []


def test_the_records_here_do_hold_what_they_must_not_show() -> None:
    assert (CHART.birth_date, CHART.chart_id, CHART.payer) == (BIRTH, MARK, MARK)
    assert MARK in str(dataclasses.asdict(CHART))
    assert MARK in str(dataclasses.asdict(CLAIM))
