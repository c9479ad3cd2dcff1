"""`chartcoder learn`: fits the ranker and its confidence to coded charts."""

from pathlib import Path

import click

from engine.cli.progress import steps
from engine.cli.settings import open_engine
from engine.cli.streams import write_line
from engine.config import Config
from engine.errors import ConfigError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option(
    "--charts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Coded charts as JSON lines; may be given more than once.",
)
@click.option(
    "--codiesp",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="A split of CodiEsp, whose case reports are learned from as well.",
)
@click.option(
    "--confidence-only",
    is_flag=True,
    help="Keep the trees and rates of the ranker in use, and fit confidence alone: for few charts.",
)
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Seed of the trees.")
@click.pass_obj
def learn(
    config: Config, folder: Path, charts: tuple[Path, ...], codiesp: Path | None, confidence_only: bool, seed: int
) -> None:
    """Fit the ranker and its confidence to coded charts, and write it to FOLDER with a model card.

    \b
    chartcoder learn ranker --charts coded.jsonl --codiesp corpus/train   learn all
    chartcoder learn ranker --charts coded.jsonl --confidence-only        fit confidence alone
    chartcoder --ranker ranker code note.txt                              use it
    chartcoder --ranker ranker evaluate aci visits.jsonl                  measure it

    A line of coded.jsonl is one chart: {"chart_id": "...", "documents": [{"text": "...", "kind": "..."}],
    "setting": "OUTPATIENT", "codes": ["E11.9", "I10"]}; kind and setting may be left out.

    The same charts and seed give the same files on one machine. Counts and weights are kept, no text: terms by their
    hash, and of your charts only what two documents have. Needs the extra `learn`.
    """
    if not charts and codiesp is None:
        raise click.UsageError("want --charts or --codiesp: there is nothing to learn from")
    try:
        from engine.training.card import card_text
        from engine.training.charts import read_charts, read_codiesp
        from engine.training.fit import Recipe
        from engine.training.learn import calibrate, learn, write_folder
    except ModuleNotFoundError as error:
        raise ConfigError(f'learn: {error.name} is not installed, want pip install "chartcoder[learn]"') from None
    from engine.rank.document_ranker import FOLDER

    labelled = [chart for path in charts for chart in read_charts(path)]
    if codiesp is not None:
        labelled += read_codiesp(codiesp)
    live = open_engine(config)
    with steps() as tell:
        if confidence_only:
            learned = calibrate(live, labelled, config.ranker or FOLDER)
        else:
            # Of patients' charts, what one alone has is not kept: whose it is could be found out.
            learned = learn(live, labelled, Recipe(seed=seed, least_seen=2 if charts else 1), tell)
    options = ["--confidence-only"] if confidence_only else [f"--seed {seed}"]
    files = [f"--charts {path.name}" for path in charts] + ([f"--codiesp {codiesp.name}"] if codiesp else [])
    write_folder(folder, learned.files, card_text(learned, f"chartcoder learn FOLDER {' '.join([*files, *options])}"))
    write_line(str(folder))
