"""A user's coding rules: the file, read once, as rules among the built-in ones."""

import hashlib
from pathlib import Path

from engine.errors import ConfigError
from engine.rules.base import Rule
from engine.rules.declared_file import read_file
from engine.rules.run import RULES, rules_with


def open_rules(path: Path | None) -> tuple[tuple[Rule, ...], str]:
    """Return the rules in force and the hash of the user's file (SHA-256, hex), "" without one.

    Raises ConfigError that names the file, the rule and the field.
    """
    if path is None:
        return RULES, ""
    declared, off = read_file(path)
    try:
        rules = rules_with(declared, off)
    except ConfigError as error:
        raise ConfigError(f"rules file {path}: {error}", field="rules") from None
    return rules, hashlib.sha256(path.read_bytes()).hexdigest()
