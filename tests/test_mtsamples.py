"""Every transcribed report at hand is read without failure, and every span is true."""

import gzip
import json
from pathlib import Path

import pytest

from engine.pipeline import Pipeline
from engine.types import Chart, Document

NOTES = Path(__file__).parents[2] / "shared" / "data" / "notes" / "mtsamples.jsonl.gz"


@pytest.mark.slow
@pytest.mark.skipif(
    not NOTES.exists(), reason="needs ../shared/data/notes/mtsamples.jsonl.gz, which is not in the repository"
)
def test_all_mtsamples_notes_are_read_and_every_span_is_true(pipeline: Pipeline) -> None:
    with gzip.open(NOTES, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    assert len(texts) == 2357
    findings = 0
    for text in texts:
        coded = pipeline.code(Chart("note", (Document(text),)))
        findings += len(coded.findings)
        for finding in coded.findings:
            mention = finding.mention
            assert text[mention.begin : mention.end] == mention.text
            for cue in mention.context.cues:
                assert 0 <= cue.begin < cue.end <= len(text)
        for suggestion in coded.suggestions:
            assert all(0 <= e.begin < e.end <= len(text) for e in suggestion.evidence)
    assert findings > 30_000
