"""Writes grown trees as ONNX: one graph that gives the probability of a row, one that tells what each feature added.

What a feature adds to the log-odds of a row (Saabas 2014): along the row's path through each tree, the difference that
each split on the feature makes to the mean of the training rows below it. With the base, which is the mean of all, what
all features add is the log-odds: nothing is left over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from engine.rank.document_rows import FEATURES

OPSETS = (("", 17), ("ai.onnx.ml", 3))


@dataclass(frozen=True, slots=True)
class Node:
    """A split (leaf: feature -1); `mean` is that of the training rows below it, `added` what the path gave so far."""

    feature: int
    threshold: float
    left: int
    right: int
    mean: float
    added: tuple[tuple[int, float], ...]


def read_trees(model: Any) -> list[list[Node]]:
    """Read the trees of a fitted HistGradientBoostingClassifier."""
    return [_read_tree(predictor.nodes) for (predictor,) in model._predictors]


def _read_tree(nodes: Any) -> list[Node]:
    means: dict[int, float] = {}
    # Children come after their parents.
    for at in range(len(nodes) - 1, -1, -1):
        node = nodes[at]
        below = (int(node["left"]), int(node["right"]))
        shares = [int(nodes[child]["count"]) / int(node["count"]) for child in below] if not node["is_leaf"] else []
        split = sum(share * means[child] for share, child in zip(shares, below, strict=False))
        means[at] = float(node["value"]) if node["is_leaf"] else split
    added: dict[int, dict[int, float]] = {0: {}}
    for at, node in enumerate(nodes):
        if not node["is_leaf"]:
            feature = int(node["feature_idx"])
            for child in (int(node["left"]), int(node["right"])):
                so_far = added[at].get(feature, 0.0)
                added[child] = {**added[at], feature: so_far + means[child] - means[at]}
    return [
        Node(
            -1 if node["is_leaf"] else int(node["feature_idx"]),
            _rounded_down(float(node["num_threshold"])), int(node["left"]), int(node["right"]),
            means[at], tuple(sorted(added[at].items())),
        )
        for at, node in enumerate(nodes)
    ]  # fmt: skip


def _rounded_down(threshold: float) -> float:
    """Return the greatest float32 that is not above a threshold: rows are float32, and `<=` must not change."""
    near = np.float32(threshold)
    return float(near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf)))


def probability_graph(trees: list[list[Node]], baseline: float) -> bytes:
    """Return the model: rows to their probability."""
    leaves = ((t, at, 0, node.mean) for t, at, node in _leaves(trees))
    ensemble = _ensemble(trees, list(leaves), [baseline], "odds")
    return _model(
        [ensemble, helper.make_node("Sigmoid", ["odds"], ["probability"])], "document_ranker", "probability", 1
    )


def reasons_graph(trees: list[list[Node]], baseline: float) -> bytes:
    """Return the explanation: rows to what each feature adds, and last the base."""
    base = baseline + sum(tree[0].mean for tree in trees)
    leaves = [(t, at, feature, amount) for t, at, node in _leaves(trees) for feature, amount in node.added]
    ensemble = _ensemble(trees, leaves, [0.0] * (len(FEATURES) + 1), "along_paths")
    # ONNX Runtime leaves out the base of a target that no leaf of a row's paths has, so it is added by itself.
    bases = numpy_helper.from_array(np.array([[0.0] * len(FEATURES) + [base]], dtype=np.float32), "base")
    plus = helper.make_node("Add", ["along_paths", "base"], ["added"])
    return _model([ensemble, plus], "document_ranker_reasons", "added", len(FEATURES) + 1, [bases])


def _leaves(trees: list[list[Node]]) -> Iterator[tuple[int, int, Node]]:
    return ((t, at, node) for t, tree in enumerate(trees) for at, node in enumerate(tree) if node.feature < 0)


def _ensemble(trees: list[list[Node]], leaves: list[tuple[int, int, int, float]], base: list[float], name: str) -> Any:
    nodes = [(t, at, node) for t, tree in enumerate(trees) for at, node in enumerate(tree)]
    return helper.make_node(
        "TreeEnsembleRegressor", ["rows"], [name], domain="ai.onnx.ml", n_targets=len(base), base_values=base,
        nodes_treeids=[t for t, _, _ in nodes], nodes_nodeids=[at for _, at, _ in nodes],
        nodes_featureids=[max(0, node.feature) for *_, node in nodes],
        nodes_values=[node.threshold if node.feature >= 0 else 0.0 for *_, node in nodes],
        nodes_modes=["BRANCH_LEQ" if node.feature >= 0 else "LEAF" for *_, node in nodes],
        nodes_truenodeids=[node.left for *_, node in nodes], nodes_falsenodeids=[node.right for *_, node in nodes],
        target_treeids=[t for t, *_ in leaves], target_nodeids=[at for _, at, *_ in leaves],
        target_ids=[target for *_, target, _ in leaves], target_weights=[float(weight) for *_, weight in leaves],
    )  # fmt: skip


def _model(nodes: list[Any], name: str, output: str, width: int, constants: Sequence[Any] = ()) -> bytes:
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, len(FEATURES)])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, width])],
        initializer=list(constants),
    )
    opsets = [helper.make_opsetid(*opset) for opset in OPSETS]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="chartcoder")
    return bytes(made.SerializeToString(deterministic=True))
