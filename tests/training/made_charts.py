"""Coded charts that are made up: some conditions are coded whenever they are named, some never."""

import json
import random

ALWAYS = {"hypertension": "I10", "asthma": "J45.909", "hypothyroidism": "E03.9", "migraine": "G43.909", "gout": "M10.9"}
NEVER = ("cough", "headache", "fatigue", "nausea")


def made_charts(count: int, *, setting: str = "OUTPATIENT") -> list[dict[str, object]]:
    """Make charts, the same each time."""
    chance = random.Random(4)
    charts: list[dict[str, object]] = []
    for number in range(count):
        named = chance.sample(sorted(ALWAYS), 2)
        told = chance.sample(NEVER, 2)
        text = f"HISTORY: The patient reports {told[0]} and {told[1]}.\nASSESSMENT: {named[0]}. {named[1]}.\n"
        codes = [ALWAYS[name] for name in named]
        charts.append(
            {"chart_id": f"visit-{number}", "documents": [{"text": text}], "setting": setting, "codes": codes}
        )
    return charts


def to_lines(charts: list[dict[str, object]]) -> str:
    """Write charts as JSON lines."""
    return "".join(json.dumps(chart) + "\n" for chart in charts)
