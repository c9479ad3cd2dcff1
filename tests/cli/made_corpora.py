"""A small corpus in each format, in our own words, with answers worked by hand."""

import json
from pathlib import Path

# Name, text, diagnoses of the gold as CodiEsp writes them.
CASES = (
    ("one", "Patient with essential hypertension and type 2 diabetes mellitus. No fever.", ("i10", "e11.9")),
    # The mother's illness is in the gold all the same; no leg is spoken of.
    ("two", "She has gout. Her mother has multiple sclerosis.", ("m10.9", "g35", "s82.101")),
    ("three", "He has asthma.", ("j45.909",)),
    ("four", "There is a cough.", ("k29.70",)),
    ("five", "Type 1 diabetes mellitus.", ("e10.65",)),
)
# Right: i10, e11.9, m10.9, g35, j45.909. Wrong: r50.9 of one, r05 of four, e10.9 of five.
# Missed: s82.101, k29.70, e10.65.
CASES_FULL = {"p": 0.625, "r": 0.625, "f1": 0.625}
# Of categories, e10 of five is right.
CASES_CATEGORY = {"p": 0.75, "r": 0.75, "f1": 0.75}
# One: the denied fever comes first, (1/2 + 2/3) / 2. Two: two thirds. Three: 1. Four: 0.
# Five: the code wanted is named by no term; as a sibling it stands fourth, behind e10.9 and two siblings oftener right.
CASES_MAP = 0.5
CASES_CAUSES = {
    "missed": {"never matched": 2, "other code of the category": 1},
    "wrong": {"another code of the category is wanted": 1, "nothing of the category is wanted": 2},
}

VISITS = (
    ("v1", "ASSESSMENT:\nHypertension.", ("I10",)),
    ("v2", "HISTORY OF PRESENT ILLNESS:\nHe has a cough.\n\nASSESSMENT:\nPneumonia.", ("J18.9", "R05.9")),
    ("v3", "ASSESSMENT:\nProbable gout.", ("M10.9",)),
)
# Right: I10, J18.9. Missed: R05.9, a symptom that nobody assessed; M10.9, which is uncertain (Guidelines IV.H).
VISITS_EXACT = {"p": 1.0, "r": 0.5, "f1": 0.6667}

PHRASES = (
    ("pneumonia", "There is no PNEUMONIA and no effusion.", "Negated\tRecent\tPatient"),
    ("effusion", "There is no pneumonia and no EFFUSION.", "Negated\tRecent\tPatient"),
    ("frobnitis", "She denies FROBNITIS.", "Negated\tRecent\tPatient"),
    ("gout", "GOUT is present.", "Affirmed\tRecent\tPatient"),
    ("stroke", "She has a history of STROKE.", "Affirmed\tHistorical\tPatient"),
    ("asthma", "ASTHMA since childhood, it seems.", "Negated\tRecent\tPatient"),
    ("gout", "Her mother had GOUT.", "Affirmed\tRecent\tOther"),
)
# Negated: three of four are read so (the label of asthma is wrong on purpose).
PHRASES_NEGATION = {"p": 1.0, "r": 0.75, "f1": 0.8571}


def write_codiesp(folder: Path) -> Path:
    """Write the cases as a CodiEsp split."""
    (folder / "text_files_en").mkdir(parents=True)
    for name, text, _ in CASES:
        (folder / "text_files_en" / f"{name}.txt").write_text(text, encoding="utf-8")
    rows = [f"{name}\t{code}\n" for name, _, codes in CASES for code in codes]
    (folder / "madeD.tsv").write_text("".join(rows), encoding="utf-8")
    (folder / "madeP.tsv").write_text("one\t0dtj4zz\n", encoding="utf-8")
    return folder


def write_negex(path: Path) -> Path:
    """Write the phrases as a table of the NegEx kit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = ["line\tcondition\tsentence\tnegation\ttemporality\texperiencer"]
    rows += ["\t".join((str(number), *row)) for number, row in enumerate(PHRASES)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def write_aci(path: Path) -> Path:
    """Write the visits as JSON lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"encounter_id": name, "note": note, "dialogue": f"[doctor] {note}", "icd10cm": codes}
        for name, note, codes in VISITS
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
