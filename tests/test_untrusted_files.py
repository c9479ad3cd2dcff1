"""Files that come from elsewhere are data: nothing in the code loads them as anything that could act."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("codesets", "engine", "clients/python", "witness")
# What reads a file or text as code or objects.
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml", "jsonpickle", "xmlrpc"}
CALLS = {"eval", "exec", "compile", "__import__"}
ATTRIBUTES = {("np", "load"), ("numpy", "load"), ("os", "system"), ("os", "popen"), ("shutil", "unpack_archive")}
METHODS = {"extractall", "extract"}
# Takes the parent of a trace out of headers.
NO_ARCHIVE = {"_parents.extract"}


def sources() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path.relative_to(ROOT) for path in found if "pb" not in path.parts]


def findings(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            found += _of_call(node)
    return found


def _of_call(node: ast.Call) -> list[str]:
    function = node.func
    if isinstance(function, ast.Name):
        return [function.id] if function.id in CALLS else []
    if not isinstance(function, ast.Attribute):
        return []
    owner = getattr(function.value, "id", "") or getattr(function.value, "attr", "")
    is_method = function.attr in METHODS and f"{owner}.{function.attr}" not in NO_ARCHIVE
    is_bad = (owner, function.attr) in ATTRIBUTES or is_method
    has_shell = any(word.arg in ("shell", "allow_pickle") and _is_true(word.value) for word in node.keywords)
    return [f"{owner}.{function.attr}"] if is_bad or has_shell else []


def _is_true(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and not node.value)


@pytest.mark.parametrize("path", sources(), ids=str)
def test_no_file_is_read_as_code_or_objects(path: Path) -> None:
    assert findings(ast.parse((ROOT / path).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "import yaml",
        "import numpy as np\nnp.load(x)",
        "eval(x)",
        "exec(x)",
        "import subprocess\nsubprocess.run(x, shell=True)",
        "zipfile.ZipFile(x).extractall(y)",
        "tar.extract(x)",
    ],
)
def test_the_test_sees_what_it_forbids(code: str) -> None:
    assert findings(ast.parse(code))
