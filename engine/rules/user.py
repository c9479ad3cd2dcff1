"""A user's coding rules: the file, read once, as rules among the built-in ones."""

import gzip
import hashlib
import zlib
from pathlib import Path

from engine.errors import ConfigError
from engine.rules.base import Rule
from engine.rules.declared_file import read_file
from engine.rules.poa import read_exempt
from engine.rules.run import RULES, rules_with


def open_rules(path: Path | None) -> tuple[tuple[Rule, ...], str]:
    """Return the rules in force and the hash of the user's file (SHA-256, hex), "" without one.

    Raises ConfigError that names the file, the rule and the field.
    """
    if path is None:
        return RULES, ""
    given = read_file(path)
    try:
        rules = rules_with(given.rules, given.off, _exempt(given.poa_exempt, path))
    except ConfigError as error:
        raise ConfigError(f"rules file {path}: {error}", field="rules") from None
    digest = hashlib.sha256(path.read_bytes())
    if given.poa_exempt:
        digest.update((path.parent / given.poa_exempt).read_bytes())
    return rules, digest.hexdigest()


def _exempt(name: str, beside: Path) -> frozenset[str]:
    """Read the user's list of exempt codes, plain or gzip, named as it lies beside the rules file."""
    if not name:
        return frozenset()
    path = beside.parent / name
    try:
        data = path.read_bytes()
        found = read_exempt((gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8").splitlines())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(
            f"poa_exempt: {path}: got {type(error).__name__}, want the list of CMS", field="rules"
        ) from None
    if not found:
        raise ConfigError(f"poa_exempt: {path}: got no codes, want the list of CMS, tab-separated", field="rules")
    return found
