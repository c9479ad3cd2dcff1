"""Word lists of the matcher, kept as data."""

from pathlib import Path


def read_words(name: str) -> frozenset[str]:
    """Read a list of words from a file of this folder, but for its lines of "#", which say what it is."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
