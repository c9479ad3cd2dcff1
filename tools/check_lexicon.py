"""Checks lexicon files against the official tabular list: python tools/check_lexicon.py [FILE...]."""

import collections
import re
import sys
import xml.etree.ElementTree as ET
from importlib.resources import files
from pathlib import Path

LEXICON = Path(__file__).parents[1] / "codesets" / "lexicon" / "icd10cm"
SOURCE = files("simple_icd_10_cm") / "data" / "icd10c-tabular-April-1-2026.xml"


def main() -> int:
    root = ET.fromstring(SOURCE.read_bytes())
    codes = {d.findtext("name") for d in root.iter("diag")}
    bases = {c.replace(".", "") for c in codes}
    terms = collections.defaultdict(dict)
    bad = 0
    named = {Path(name).name for name in sys.argv[1:]}
    for path in sorted(LEXICON.glob("*.tsv")):
        report = not named or path.name in named
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip() or line.startswith("#") or (number == 1 and line.startswith("term\t")):
                continue
            cells = line.split("\t")
            problem = ""
            if len(cells) != 4:
                problem = f"{len(cells)} cells, want 4"
            else:
                term, code, flags, note = cells
                bare = code.replace(".", "")
                exists = code in codes or (len(bare) == 7 and bare[:6].rstrip("X") in bases)
                if not exists:
                    problem = f"no such code {code}"
                elif set(flags.split(",")) - {"", "upper", "weak"}:
                    problem = f"flags {flags}"
                elif term != term.strip() or not term:
                    problem = "blank or padded term"
                else:
                    key = (re.sub(r"[\W_]+", " ", term.replace("'", "")).strip().lower(), "upper" in flags)
                    for other, (where, other_note) in terms[key].items():
                        if other == code and report:
                            problem = f"term already in {where}"
                        elif report and not (note and other_note):
                            problem = f"term also means {other} in {where}: both rows need a note, or drop one"
                    terms[key].setdefault(code, (f"{path.name}:{number}", note))
            if problem and report:
                bad += 1
                print(f"{path.name}:{number}: {problem}: {line[:90]}")
    print(f"{len(terms)} terms, {bad} problems")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
