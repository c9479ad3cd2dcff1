"""The layers of the house, held by reading the imports of codesets/ and engine/ (generated stubs aside)."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Imports go downward only; parts of one row do not import each other. A part is a module or a package of engine/.
ROWS = (
    ("errors", "switches", "enums", "explanation", "dumps"),
    ("types", "config", "_fasttext"),
    ("charts", "claims", "text", "_wire", "_fastmatch", "_canonical", "identity"),
    (
        "match",
        "context",
        "rank",
        "procedures",
        "rules",
        "services",
        "edits",
        "grouping",
        "routing",
        "audit",
        "vault",
        "ingest",
    ),
    ("queries",),
    ("reading",),
    ("diagnoses", "explainer", "billing"),
    ("pipeline",),
    ("shadow", "pinned"),
    ("live", "batch", "learning", "evaluation"),
    ("training",),
    ("server",),
    ("cli",),
    ("__main__",),
)
ROW_OF = {part: row for row, parts in enumerate(ROWS) for part in parts}
# What a stage may take from below; charts, config and codesets' stores are for those who put the engine together.
PER_STAGE = {
    "match": {"errors", "types", "text", "_fastmatch"},
    "context": {"errors", "types", "text", "_fasttext"},
    "rank": {"errors", "types", "explanation"},
    "procedures": {"errors", "types"},
    "rules": {"errors", "types"},
    "services": {"errors", "types"},
    "edits": {"errors", "types", "claims"},
    "grouping": {"errors", "types", "claims"},
    "routing": {"errors", "types"},
    "vault": {"errors", "types"},
    "audit": {"errors", "types", "claims", "_canonical"},
    "text": {"errors", "types", "_fasttext"},
}
STAGES_WITH_CODESETS = {"match", "rank", "procedures", "rules", "edits"}


def modules() -> list[Path]:
    """List our modules, without generated ones."""
    found = [path for folder in ("codesets", "engine") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path.relative_to(ROOT) for path in found if "pb" not in path.relative_to(ROOT).parts]


def name_of(path: Path) -> str:
    """Return the dotted name of a module's file."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Name every module of ours."""
    return frozenset(name_of(path) for path in modules())


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of what a module imports; for `from a import b` it is a.b if that is a module, or a."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (
                    node.lineno,
                    whole if whole in known() or node.module in ("engine", "codesets") else node.module or "",
                )


def parts_imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, part) of what a module of engine/ imports from other parts of it."""
    own = part_of(name_of(path))
    for line, name in imports(path):
        if name.startswith("engine.") and name != "engine.__version__" and part_of(name) != own:
            yield line, part_of(name)


def part_of(name: str) -> str:
    """Return the part of engine/ that a dotted name is in."""
    return name.split(".")[1] if "." in name else ""


ENGINE = [path for path in modules() if path.parts[0] == "engine" and name_of(path) != "engine"]


@pytest.mark.parametrize("path", modules(), ids=str)
def test_codesets_knows_nothing_of_the_engine(path: Path) -> None:
    if path.parts[0] == "codesets":
        assert [name for _, name in imports(path) if name.split(".")[0] == "engine"] == []


def test_every_part_of_the_engine_has_a_row() -> None:
    assert {part_of(name_of(path)) for path in ENGINE} - set(ROW_OF) == set()


@pytest.mark.parametrize("path", ENGINE, ids=str)
def test_imports_go_downward(path: Path) -> None:
    row = ROW_OF[part_of(name_of(path))]
    upward = [(line, part) for line, part in parts_imported(path) if part != "pb" and ROW_OF[part] >= row]
    assert upward == []


@pytest.mark.parametrize("path", ENGINE, ids=str)
def test_a_stage_takes_only_what_it_may(path: Path) -> None:
    part = part_of(name_of(path))
    allowed = PER_STAGE.get(part)
    if allowed is None:
        return
    assert {other for _, other in parts_imported(path)} - allowed == set()
    if part not in STAGES_WITH_CODESETS:
        assert [name for _, name in imports(path) if name.startswith("codesets")] == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_only_the_server_imports_grpc_and_the_stubs(path: Path) -> None:
    if path.parts[:2] == ("engine", "server"):
        return
    outside = ("grpc", "grpc_health", "grpc_reflection", "grpc_status", "google")
    assert [
        (line, name)
        for line, name in imports(path)
        if name.split(".")[0] in outside or name == "engine.pb" or name.startswith("engine.pb.")
    ] == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_nothing_but_the_version_is_imported_from_a_bare_package(path: Path) -> None:
    bare = [
        (line, name)
        for line, name in imports(path)
        if name.split(".")[0] in ("engine", "codesets") and name not in known() and name.count(".") == 1
    ]
    natives = {f"engine._{name}" for name in ("fastmatch", "fasttext", "wire", "canonical")}
    generated = {"engine.__version__", "engine.pb"} | natives
    assert [item for item in bare if item[1] not in generated] == []


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {name_of(path): {name for _, name in imports(path) if name in known()} for path in modules()}
    # Raises CycleError.
    assert set(TopologicalSorter(graph).static_order()) == known()
