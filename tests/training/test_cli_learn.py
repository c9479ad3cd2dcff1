"""`chartcoder learn` as its user runs it."""

from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="learning needs the extra `learn`")
pytest.importorskip("onnx", reason="learning needs the extra `learn`")

from made_charts import made_charts, to_lines

from engine.cli.learn import learn
from engine.config import Config
from engine.errors import ArtifactError, InputError
from engine.live import Live
from engine.rank.document_ranker import DocumentRanker
from engine.rank.ranker_folder import MANIFEST

learn_command = learn.callback
assert learn_command is not None


@pytest.fixture
def config(home: Path) -> Config:
    """Settings over the session's store."""
    return Config(home=home)


def run(config: Config, *words: str | Path) -> None:
    """Run the command in this process."""
    learn.main([str(word) for word in words], obj=config, standalone_mode=False)


def test_confidence_alone_is_fitted_to_few_charts_and_the_folder_is_taken(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    charts = tmp_path / "coded.jsonl"
    charts.write_text(to_lines(made_charts(40)), encoding="utf-8")
    run(config, tmp_path / "ranker", "--charts", charts, "--confidence-only")
    assert DocumentRanker.open(tmp_path / "ranker").calibration.curve("icd10cm", "OUTPATIENT").charts == 40
    assert "--charts coded.jsonl --confidence-only" in (tmp_path / "ranker" / "MODEL.md").read_text(encoding="utf-8")
    said = capsys.readouterr()
    assert "gout" not in said.out + said.err


def test_what_cannot_be_learned_from_is_refused(config: Config, tmp_path: Path) -> None:
    charts = tmp_path / "coded.jsonl"
    charts.write_text(to_lines(made_charts(10)), encoding="utf-8")
    with pytest.raises(InputError, match="got 10, want 50"):
        run(config, tmp_path / "ranker", "--charts", charts)
    with pytest.raises(InputError, match=r"want a CodiEsp split"):
        run(config, tmp_path / "ranker", "--codiesp", tmp_path)
    assert not (tmp_path / "ranker").exists()


def test_a_folder_that_is_no_ranker_stops_the_start(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=MANIFEST):
        Live.open(Config(home=home, ranker=tmp_path))
