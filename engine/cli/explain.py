"""`chartcoder explain`: why a code is, or is not, on a chart's claim."""

import json
from dataclasses import asdict
from datetime import date

import click
from rich.text import Text

from codesets.types import System
from codesets.validate import CodeStatus, normalise_code, validate_codes
from engine.cli.charts import read_charts
from engine.cli.operator import operator
from engine.cli.settings import json_option, open_engine, read_day
from engine.cli.streams import write_line
from engine.cli.terminal import output_console
from engine.config import Config
from engine.errors import ChartcoderError, InputError
from engine.types import Chart, Setting, Sex

_MOST_CHARACTERS = 16


@click.command()
@click.argument("code")
@click.option(
    "--chart", "file", required=True, metavar="FILE", help="The chart, plain UTF-8 text; - is standard input."
)
@click.option(
    "--setting",
    type=click.Choice([s.value.lower() for s in Setting], case_sensitive=False),
    default="unspecified",
    show_default=True,
    help="Where the encounter took place.",
)
@click.option(
    "--date", "day", type=read_day, metavar="YYYY-MM-DD", help="Date of service. [default: the newest release]"
)
@click.option("--age", type=click.IntRange(0, 150), help="Age in years on the date of service.")
@click.option(
    "--sex",
    type=click.Choice([s.value.lower() for s in Sex], case_sensitive=False),
    default="unspecified",
    show_default=True,
    help="Administrative sex of the patient.",
)
@json_option
@click.pass_obj
def explain(
    config: Config, code: str, file: str, setting: str, day: date | None, age: int | None, sex: str, as_json: bool
) -> None:
    """Say why a code is, or is not, on a chart's claim: where it was read, what was decided, by which rule.

    \b
    chartcoder explain E11.22 --chart note.txt --setting outpatient
    chartcoder explain R07.9 --chart note.txt --json | jq -r .verdict

    The chart is coded anew and, as with `chartcoder code`, written to the audit log before anything is answered.

    Exit status: 0 the code is explained, on the claim or not; 2 the chart cannot be coded, or wrong usage.
    """
    from engine.audit.log import record_coded_chart
    from engine.cli.explained import explain as explain_code
    from engine.cli.explained import quotes

    if not 0 < len(code.strip()) <= _MOST_CHARACTERS:
        raise InputError(f"CODE: got {len(code)} characters, want 1 to {_MOST_CHARACTERS}", field="CODE")
    facts = Chart("", (), Setting(setting.upper()), day, Sex(sex.upper()), age)
    given = next(read_charts((file,), facts, max_bytes=config.max_chart_bytes)).chart
    if isinstance(given, ChartcoderError):
        raise given
    live = open_engine(config)
    system = (
        System.ICD10PCS if len(code.strip()) == 7 and "." not in code and code.strip().isalnum() else System.ICD10CM
    )
    with live.audit_log() as log:
        coded = live.pipeline.code(given)
        record_coded_chart(log, given, coded, origin=operator())
    known = {item.code for item in coded.suggestions} | {c.code for f in coded.findings for c in f.codes}
    written = next((w for s in (system, System.ICD10CM) if (w := normalise_code(code, s)) in known), "")
    found = explain_code(written or normalise_code(code, System.ICD10CM), coded)
    check = None if written else validate_codes(live.releases, System.ICD10CM, [code], day)[0]
    doubt = check.message if check is not None and check.status is not CodeStatus.VALID else ""
    if as_json:
        write_line(json.dumps({**asdict(found), "code_check": doubt}))
        return
    console = output_console()
    console.print(Text(found.verdict, style="bold"))
    if doubt:
        console.print(Text(f"the code itself: {doubt}", style="yellow"))
    for number, step in enumerate(found.steps, 1):
        line = Text(f"{number:2} {step.text}")
        if step.source:
            line.append(f" ({step.source})", style="dim")
        for words in quotes(step, given):
            line.append(f'\n   "{"".join(c if c.isprintable() else "?" for c in words)[:100]}"', style="green")
        console.print(line)
