"""The folder of a document ranker: its files, and the manifest that says which features they are for and their hashes.

`chartcoder learn` writes one; the setting `ranker` names it. What is missing, damaged or made for other features is
refused before anything is coded with it.
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import ArtifactError

MODEL, REASONS, RATES, PRECEDENTS = "document_ranker.onnx", "reasons.onnx", "code_rates.tsv", "precedents.tsv"
CALIBRATION, CARD, MANIFEST = "calibration.toml", "MODEL.md", "manifest.toml"
# What answers rest on; the card is for people.
FILES = (MODEL, REASONS, RATES, PRECEDENTS, CALIBRATION)
FORMAT = 1


def read_files(folder: Path, features: Sequence[str]) -> dict[str, bytes]:
    """Return the files of a ranker by name.

    Raises ArtifactError if one is missing or is not what the manifest says, or if the features are others.
    """
    try:
        manifest = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = {name: (folder / name).read_bytes() for name in FILES}
    except OSError as error:
        name = Path(str(error.filename)).name
        raise ArtifactError(f"ranker {folder}: {name}: {error.strerror}; want a folder of `chartcoder learn`") from None
    except ValueError as error:
        raise ArtifactError(f"ranker {folder}: {MANIFEST} is damaged: {error}") from None
    _check_shape(folder, manifest, features)
    hashes = manifest.get("sha256")
    for name, data in files.items():
        if not isinstance(hashes, dict) or hashes.get(name) != hashlib.sha256(data).hexdigest():
            raise ArtifactError(f"ranker {folder}: {name} is damaged: its SHA-256 is not that of {MANIFEST}")
    return files


def _check_shape(folder: Path, manifest: Mapping[str, object], features: Sequence[str]) -> None:
    if manifest.get("format") != FORMAT:
        raise ArtifactError(f"ranker {folder}: format: got {str(manifest.get('format'))[:16]}, want {FORMAT}")
    got = manifest.get("features")
    if got != list(features):
        count = len(got) if isinstance(got, list) else 0
        raise ArtifactError(
            f"ranker {folder}: made for {count} other features, want the {len(features)} of this version: "
            "make it again with `chartcoder learn`"
        )


def manifest_text(files: Mapping[str, bytes], features: Sequence[str]) -> str:
    """Write the manifest of files."""
    names = ",\n".join(f'    "{name}"' for name in features)
    hashes = "\n".join(f'"{name}" = "{hashlib.sha256(files[name]).hexdigest()}"' for name in FILES)
    return f"format = {FORMAT}\nfeatures = [\n{names},\n]\n\n[sha256]\n{hashes}\n"
