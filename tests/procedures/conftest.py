"""Two engines that code procedures: over a few made-up lines of the order file, and over all of FY2026 where it is."""

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from codesets.importer import import_files
from codesets.store import save_release
from codesets.types import Node, ReleaseSource, System
from engine.config import Config
from engine.live import Live

DATA = Path(os.environ.get("CHARTCODER_DATA", Path(__file__).parents[3] / "shared" / "data"))
# Code and title, as CMS titles them: a few rows of the tables that the tests need.
CODES = {
    "0TT00ZZ": "Resection of Right Kidney, Open Approach",
    "0TT04ZZ": "Resection of Right Kidney, Percutaneous Endoscopic Approach",
    "0TT10ZZ": "Resection of Left Kidney, Open Approach",
    "0TT14ZZ": "Resection of Left Kidney, Percutaneous Endoscopic Approach",
    "0TT20ZZ": "Resection of Bilateral Kidneys, Open Approach",
    "0FT40ZZ": "Resection of Gallbladder, Open Approach",
    "0FT44ZG": "Resection of Gallbladder, Percutaneous Endoscopic Approach, Hand-Assisted",
    "0FT44ZZ": "Resection of Gallbladder, Percutaneous Endoscopic Approach",
    "0FB00ZX": "Excision of Liver, Open Approach, Diagnostic",
    "0FB00ZZ": "Excision of Liver, Open Approach",
    "0FB03ZX": "Excision of Liver, Percutaneous Approach, Diagnostic",
    "0DJD8ZZ": "Inspection of Lower Intestinal Tract, Via Natural or Artificial Opening Endoscopic",
    "08J0XZZ": "Inspection of Right Eye, External Approach",
    "08J1XZZ": "Inspection of Left Eye, External Approach",
    "BW03ZZZ": "Plain Radiography of Chest",
    "BW00ZZZ": "Plain Radiography of Abdomen",
    "BW2000Z": "Computerized Tomography (CT Scan) of Abdomen using High Osmolar Contrast, Unenhanced and Enhanced",
    "BW20ZZZ": "Computerized Tomography (CT Scan) of Abdomen",
    "BW25ZZZ": "Computerized Tomography (CT Scan) of Chest, Abdomen and Pelvis",
    "BW40ZZZ": "Ultrasonography of Abdomen",
}


def _open(home: Path, folder: Path) -> Live:
    return Live.open(Config(home=folder, audit_dir=home / "audit"))


def _copy(home: Path, folder: Path) -> Path:
    """Copy the session's store, so that ICD-10-PCS can be added."""
    shutil.copytree(home, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def made(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """Open an engine with a made-up release of ICD-10-PCS in force in FY2026."""
    nodes: dict[str, Node] = {}
    for code, title in CODES.items():
        for length in range(1, 5):
            nodes.setdefault(code[:length], Node(code[:length], code[:length], code[: length - 1], False))
        nodes[code] = Node(code, title, code[:4], True)
    folder = _copy(home, tmp_path_factory.mktemp("made"))
    days = date(2025, 10, 1), date(2026, 9, 30)
    save_release(folder, ReleaseSource(System.ICD10PCS, "2026", *days, "made for tests", tuple(nodes.values())))
    return _open(home, folder)


@pytest.fixture(scope="session")
def whole(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """Open an engine with the order file of FY2026; skips where the development data is absent."""
    path = DATA / "codesets" / "icd10pcs_order_2026.txt.gz"
    if not path.exists():
        pytest.skip(f"development data is absent: {path} (set CHARTCODER_DATA)")
    folder = _copy(home, tmp_path_factory.mktemp("whole"))
    import_files(folder, [path])
    return _open(home, folder)
