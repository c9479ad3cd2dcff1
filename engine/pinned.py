"""Models and policies that a server reads again while it runs: copied into the store once they are known to be sound.

A file that an operator replaces may be half written, or no model at all. What serves rests on a copy under its own
hash, so that a process that starts later (a worker after a fall, the reader of large charts) finds what others serve.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.config import Config
from engine.errors import ArtifactError
from engine.rank.document_ranker import DocumentRanker
from engine.rank.ranker_folder import FILES, MANIFEST
from engine.routing.fields import PolicyError
from engine.routing.read import read_policy

FOLDER = "pinned"


def pin(config: Config) -> Config:
    """Check the ranker and the policy that a config names, and return it with copies of them in their place.

    Raises ArtifactError on a ranker that is missing, broken or made for other features, PolicyError on a policy, and
    ArtifactError where the store cannot be written.
    """
    ranker, policy = config.ranker, config.routing_policy
    if policy is not None:
        read_policy(policy)  # names its lines by the file that the operator knows
    try:
        return config.changed(
            {
                "ranker": _pin(config.home, ranker, _copy_ranker, DocumentRanker.open) if ranker else None,
                "routing_policy": _pin(config.home, policy, _copy_policy, _read_copied) if policy else None,
            }
        )
    except OSError as error:
        raise ArtifactError(f"store {config.home}: models cannot be copied: {error.strerror}; want room") from None


def _pin(home: Path, source: Path, copy: Callable[[Path, Path], Path], check: Callable[[Path], object]) -> Path:
    """Copy, check the copy (the source may change meanwhile), and move it to where its hash says."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder, prefix="new-"))
    try:
        inside = copy(source, made).relative_to(made)
        check(made / inside)
        kept = folder / _digest(made)
        if not kept.exists():
            try:
                made.rename(kept)
            except OSError:
                if not kept.exists():  # else another process was first
                    raise
        return kept / inside
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _copy_ranker(source: Path, to: Path) -> Path:
    for name in (*FILES, MANIFEST):
        try:
            shutil.copyfile(source / name, to / name)
        except OSError as error:
            raise ArtifactError(f"document ranker in {source.name}: {name}: {error.strerror}") from None
    return to


def _copy_policy(source: Path, to: Path) -> Path:
    return Path(shutil.copyfile(source, to / "policy.toml"))


def _read_copied(path: Path) -> None:
    try:
        read_policy(path)
    except PolicyError:
        raise ArtifactError("routing policy: changed while it was read; try again") from None


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        data = (folder / name).read_bytes()
        digest.update(f"{name} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()[:32]
