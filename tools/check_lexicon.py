"""Checks lexicon files against the official tabular list: python tools/check_lexicon.py [FILE...]."""

import sys
import tempfile
from pathlib import Path

from codesets.lexicon import contradictions, lexicon_files, read_file
from codesets.lexicon.abbreviations import inventory_problems, read_abbreviations
from codesets.snapshot import Snapshot
from codesets.store import build_packaged
from codesets.types import System


def main() -> int:
    home = Path(tempfile.gettempdir()) / "chartcoder-lexicon-check"
    path = home / "snapshots" / "icd10cm-2026.ccsnap"
    snapshot = Snapshot(path if path.exists() else build_packaged(home))
    named = {Path(name).name for name in sys.argv[1:]}
    entries = [entry for path in lexicon_files(System.ICD10CM) for entry in read_file(path)]
    found = [*contradictions(entries, snapshot), *inventory_problems(read_abbreviations(System.ICD10CM), snapshot)]
    problems = [p for p in found if not named or p.split(":", 1)[0] in named]
    print("\n".join(problems))
    print(f"{len(entries)} rows in all files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
