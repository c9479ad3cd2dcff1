"""`chartcoder retention` as its user runs it: keep, show, apply, delete, prove, rotate."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import Terminal

from engine.audit.log import AuditLog
from engine.audit.record import hash_chart_id
from engine.types import Chart, Document
from engine.vault.keys import FileKeys
from engine.vault.store import Vault

KEYS = """
[tenants.default]
current = "{current}"
[tenants.default.keys]
a = "{a}"
b = "{b}"
"""


def write_keys(path: Path, current: str) -> None:
    a, b = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
    path.write_text(KEYS.format(current=current, a=a, b=b), encoding="utf-8")
    path.chmod(0o600)


@pytest.fixture
def keeping(terminal: Terminal) -> Terminal:
    """A terminal whose vault holds an old chart and a new one."""
    keys = terminal.folder / "keys.toml"
    write_keys(keys, "a")
    folder = terminal.folder / "vault"
    with terminal.config.open("a", encoding="utf-8") as config:
        config.write(f'vault_keys = "{keys}"\nvault_dir = "{folder}"\nretention_days = 30\n')
    clock = [datetime.now(UTC) - timedelta(days=40)]
    vault = Vault(folder, FileKeys(keys), now=lambda: clock[0])
    with AuditLog(terminal.folder / "audit") as log:
        vault.keep("default", hash_chart_id(log.salt, "old"), Chart("old", (Document("Asthma."),)))
        clock[0] = datetime.now(UTC)
        vault.keep("default", hash_chart_id(log.salt, "new"), Chart("new", (Document("Gout."),)))
    vault.close()
    return terminal


def prove(terminal: Terminal, chart: str) -> dict[str, object]:
    run = terminal.run("retention", "prove", chart)
    assert run.status == 0
    told: dict[str, object] = json.loads(run.out)
    return told


def test_what_is_kept_and_due_is_shown(keeping: Terminal) -> None:
    lines = keeping.run("retention", "show").out.splitlines()
    assert lines[0].startswith("default: 2 charts, the oldest of ")
    assert lines[0].endswith("; 2 under a")
    assert lines[1] == "kept for 30 days; 1 due"


def test_what_is_due_is_destroyed_and_recorded(keeping: Terminal) -> None:
    assert keeping.run("retention", "apply", "--dry-run").out == "1 charts due, none destroyed\n"
    assert prove(keeping, "old")["fate"] == "HELD"
    run = keeping.run("retention", "apply")
    record = run.out.split("audit record ")[1].strip()
    told = prove(keeping, "old")
    assert told["fate"] == "DESTROYED"
    assert told["destroyed"]["audit_record"] == record  # type: ignore[index]
    assert prove(keeping, "new")["fate"] == "HELD"
    assert keeping.run("audit", "prove", record).status == 0
    assert keeping.run("audit", "verify").status == 0
    assert keeping.run("retention", "apply").out == "0 charts due\n"


def test_a_chart_is_destroyed_by_request(keeping: Terminal) -> None:
    assert keeping.run("retention", "delete", "new").status == 0
    assert prove(keeping, "new")["destroyed"]["reason"] == "REQUEST"  # type: ignore[index]
    again = keeping.run("retention", "delete", "new")
    assert again.status != 0
    assert "no such chart is kept" in again.err
    assert prove(keeping, "never") == prove(keeping, "never") | {"fate": "UNKNOWN", "destroyed": None}


def test_keys_are_rotated(keeping: Terminal) -> None:
    write_keys(keeping.folder / "keys.toml", "b")
    assert keeping.run("retention", "rotate").out == "2 charts wrapped anew\n"
    assert keeping.run("retention", "show").out.splitlines()[0].endswith("; 2 under b")


def test_without_keys_there_is_nothing_to_do(terminal: Terminal) -> None:
    run = terminal.run("retention", "show")
    assert (run.status, "setting vault_keys: got none" in run.err) == (2, True)
