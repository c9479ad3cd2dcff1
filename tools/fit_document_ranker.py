"""Fits the document ranker on the CodiEsp train split: python -m tools.fit_document_ranker TRAIN_FOLDER [--write].

Each code that is a candidate anywhere in a document is a row; it is right if the document's gold has it. The model is
boosted stumps (one split each), so a sum of one function of each feature. While it is fitted, each document's rates of
codes come from the other folds, so that they are not trusted more than they deserve. Deterministic; a minute on one
core. Needs the extra `learn`.
"""

import argparse
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper
from sklearn.ensemble import HistGradientBoostingClassifier

from engine.config import Config
from engine.evaluation.codiesp import as_annotated, read_gold
from engine.live import Live
from engine.rank.document import FEATURES, CodeRates, Span, code_rows, count_rates
from engine.rank.ranking import Ranked
from engine.types import Document

FOLDS = 5
STUMPS, LEARNING_RATE, SMALLEST_LEAF, RIDGE = 300, 0.06, 30, 5.0
FOLDER = Path(__file__).parents[1] / "engine" / "rank"

# A document: its mentions with their candidates, the codes that are first candidates, and those of them that are right.
Read = tuple[list[tuple[Span, Ranked]], set[str], set[str], int]


def read_documents(train: Path) -> list[Read]:
    """Read the split, each document with the number of its fold."""
    config = replace(Config.load(), without=("document", "priors"))
    pipeline = Live.open(config, progress=print).pipeline
    texts = sorted((train / "text_files_en").glob("*.txt"))
    gold = read_gold(train, "D", {text.stem for text in texts}, as_annotated)
    documents = []
    for file in texts:
        mentions = pipeline.rank_mentions(Document(file.read_text(encoding="utf-8"), kind="case report"))
        codes = {candidate.code for _, ranked in mentions for candidate in ranked}
        right = {code for code in codes if as_annotated(code) in gold.get(file.stem, set())}
        first = {ranked[0].code for _, ranked in mentions if ranked}
        fold = int(hashlib.sha256(file.stem.encode()).hexdigest(), 16) % FOLDS
        documents.append((mentions, first, right, fold))
    return documents


def rows_of(document: Read, rates: CodeRates) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of a document and which are right."""
    mentions, _, right, _ = document
    codes, rows = code_rows([span for span, _ in mentions], [ranked for _, ranked in mentions], rates)
    return rows, np.array([code in right for code in codes], dtype=bool)


def fit(documents: list[Read]) -> tuple[HistGradientBoostingClassifier, dict[str, tuple[int, int]]]:
    """Fit the model with cross-fitted rates; return it with the rates of the whole split."""
    blocks, labels = [], []
    for fold in range(FOLDS):
        rates = CodeRates(count_rates((first, right) for _, first, right, other in documents if other != fold))
        for document in documents:
            if document[3] == fold and document[1]:
                rows, right = rows_of(document, rates)
                blocks.append(rows)
                labels.append(right)
    rows, right = np.vstack(blocks), np.concatenate(labels)
    print(f"{len(right)} codes of {len(documents)} documents, {int(right.sum())} right")
    model = HistGradientBoostingClassifier(
        max_iter=STUMPS, learning_rate=LEARNING_RATE, max_leaf_nodes=2, max_depth=1, min_samples_leaf=SMALLEST_LEAF,
        l2_regularization=RIDGE, early_stopping=False, random_state=0,
    )  # fmt: skip
    return model.fit(rows, right), count_rates((first, right) for _, first, right, _ in documents)


def to_onnx(model: HistGradientBoostingClassifier) -> bytes:
    """Write the stumps as an ONNX tree ensemble with a logistic at its end; equal stumps become one."""
    stumps: dict[tuple[int, float], list[float]] = {}
    for (predictor,) in model._predictors:
        root = predictor.nodes[0]
        if root["is_leaf"]:
            continue
        left, right = predictor.nodes[root["left"]]["value"], predictor.nodes[root["right"]]["value"]
        sums = stumps.setdefault((int(root["feature_idx"]), float(np.float32(root["num_threshold"]))), [0.0, 0.0])
        sums[0] += float(left)
        sums[1] += float(right)
    ordered = sorted(stumps.items())
    tree = range(len(ordered))
    node = helper.make_node(
        "TreeEnsembleRegressor", ["rows"], ["odds"], domain="ai.onnx.ml", n_targets=1,
        nodes_treeids=[t for t in tree for _ in range(3)], nodes_nodeids=[0, 1, 2] * len(ordered),
        nodes_featureids=[f for (column, _), _ in ordered for f in (column, 0, 0)],
        nodes_values=[v for (_, threshold), _ in ordered for v in (threshold, 0.0, 0.0)],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"] * len(ordered),
        nodes_truenodeids=[1, 0, 0] * len(ordered), nodes_falsenodeids=[2, 0, 0] * len(ordered),
        target_treeids=[t for t in tree for _ in range(2)], target_nodeids=[1, 2] * len(ordered),
        target_ids=[0] * (2 * len(ordered)), target_weights=[w for _, sums in ordered for w in sums],
        base_values=[float(model._baseline_prediction[0, 0])],
    )  # fmt: skip
    graph = helper.make_graph(
        [node, helper.make_node("Sigmoid", ["odds"], ["probability"])],
        "document_ranker",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, len(FEATURES)])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, 1])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="chartcoder")
    print(f"{len(ordered)} stumps on {len({column for (column, _), _ in ordered})} features")
    return bytes(made.SerializeToString())


def write(model: bytes, rates: dict[str, tuple[int, int]]) -> None:
    """Write document_ranker.onnx and code_rates.tsv beside the ranker."""
    (FOLDER / "document_ranker.onnx").write_bytes(model)
    lines = [f"{key}\t{right}\t{seen}" for key, (right, seen) in sorted(rates.items())]
    head = "# code, category or chapter; documents of the CodiEsp train split where it was right, was a candidate\n"
    (FOLDER / "code_rates.tsv").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("train", type=Path)
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    fitted, counted = fit(read_documents(given.train))
    made = to_onnx(fitted)
    if given.write:
        write(made, counted)
