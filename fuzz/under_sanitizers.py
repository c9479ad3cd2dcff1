"""Run the native modules' tests with modules built under sanitizers in place of the installed ones.

    LD_PRELOAD=libasan.so python fuzz/under_sanitizers.py build/fuzz/native [pytest options]

Left out: tests that measure time, that start another process (it would load the installed modules), those of
the twin in plain Python, and generated texts on more paths than one.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import pytest  # noqa: E402

TESTS = {
    "_fastmatch": ["tests/match/test_fastmatch.py", "tests/match/test_simd_paths.py"],
    "_fasttext": ["tests/text"],
    "_wire": ["tests/server/test_wire.py"],
}
LEFT_OUT = "not time and not process and not crashes and not reference and not generated_texts"


def load(path: Path) -> None:
    """Load a module of engine/ from `path`, for every import that follows."""
    name = f"engine.{path.stem}"
    spec = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    setattr(import_module("engine"), path.stem, module)


def main(folder: Path, options: list[str]) -> int:
    """Load every module in `folder`, run their tests, return pytest's exit status."""
    tests = []
    for path in sorted(folder.glob("*.so")):
        load(path)
        tests += TESTS.get(path.stem, [])
    print("under sanitizers:", *sorted(path.stem for path in folder.glob("*.so")))
    return int(pytest.main(["-q", "-k", LEFT_OUT, *options, *tests]))


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
