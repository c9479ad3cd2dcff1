"""The pages of docs/ say what is so."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from command_line import run_here

from engine.cli import cli
from engine.cli.reference import reference
from engine.cli.serve import serve
from engine.config import Config

DOCS = Path(__file__).parents[2] / "docs"
FIELDS = {item.name: item for item in fields(Config)}
# One other value of each setting, as TOML.
OTHER_VALUES = {
    "home": '"elsewhere"',
    "audit_dir": '"log"',
    "rules": '"/tmp/rules.toml"',
    "audit_key": '"key.pem"',
    "audit_witness": '"witness"',
    "ranker": '"ranker"',
    "systems": '["icd10cm", "hcpcs"]',
    "without": '["rules"]',
    "routing_policy": '"policy.toml"',
    "shadow_charts": "100",
    "max_chart_bytes": "5000",
    "host": '"localhost"',
    "port": "1234",
    "uds": '"socket"',
    "tls_cert": '"chain.pem"',
    "tls_key": '"key.pem"',
    "tls_client_ca": '"ca.pem"',
    "identities": '"identities.toml"',
    "api_keys": '"keys.json"',
    "insecure": "true",
    "metrics_port": "9100",
    "traces": "true",
    "keep_charts": "true",
    "retention_days": "7",
    "vault_dir": '"vault"',
    "vault_keys": '"keys.toml"',
    "workers": "3",
    "pin_workers": "false",
    "reflection": "false",
    "max_message_bytes": "9999",
    "max_in_flight": "7",
    "drain_s": "2.5",
    "log_level": '"debug"',
}


def settings_table() -> dict[str, list[str]]:
    """Read the table of settings: name to the other cells."""
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in rows if len(row) == 4}


def test_the_command_line_page_is_what_the_help_says() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert page.rstrip() == reference().rstrip(), "run: python -m engine.cli.reference > docs/cli.md"


def test_every_setting_is_documented_and_no_other() -> None:
    assert list(settings_table()) == sorted(FIELDS, key=list(settings_table()).index)
    assert set(settings_table()) == set(FIELDS)
    assert all(len(cells[2]) > 20 for cells in settings_table().values())


@pytest.mark.parametrize("name", FIELDS)
def test_a_documented_default_is_the_default(name: str) -> None:
    shown = settings_table()[name][0]
    if name == "home":
        assert shown == "`$CHARTCODER_HOME`, else the user's data folder"
        return
    default = FIELDS[name].default
    # Strings, numbers, truth values and lists are written alike in TOML and JSON.
    assert shown == ("none" if default is None else f"`{json.dumps(default)}`")


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_can_be_set_by_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"{name} = {OTHER_VALUES[name]}\n", encoding="utf-8")
    assert getattr(Config.load(file), name) != getattr(Config(), name)


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_has_the_option_its_row_names(name: str) -> None:
    words = settings_table()[name][1].strip("`").split()
    command = serve if words[0] == "serve" else cli
    options = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
    assert words[-1] in options
    assert words[-1] == f"--{name.replace('_', '-')}"


def test_options_of_serve_go_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Config] = []
    monkeypatch.setattr("engine.live.build", lambda *_, **__: None)
    monkeypatch.setattr("engine.server.workers.serve", seen.append)
    file = tmp_path / "c.toml"
    file.write_text(f'home = "{tmp_path}"\nport = 1234\nworkers = 2\nreflection = false\n', encoding="utf-8")
    words = "--port 0 --host localhost --uds /tmp/s --max-in-flight 9 --drain-s 1.5 --log-level error "
    words += "--systems icd10cm,hcpcs --max-chart-bytes 5000 --max-message-bytes 9999 --audit-dir /tmp/a "
    words += "--audit-key /tmp/k --audit-witness /tmp/w "
    words += (
        "--tls-cert c --tls-key k --tls-client-ca ca --identities i --api-keys a --insecure --metrics-port 9 --traces"
        " --keep-charts --vault-keys v --vault-dir d --retention-days 3"
    )
    assert run_here("--config", file, "serve", *words.split()).status == 0
    assert seen == [
        Config(
            home=tmp_path,
            audit_dir=Path("/tmp/a"),
            audit_key=Path("/tmp/k"),
            audit_witness=Path("/tmp/w"),
            systems=("icd10cm", "hcpcs"),
            max_chart_bytes=5000,
            host="localhost",
            port=0,
            uds=Path("/tmp/s"),
            tls_cert=Path("c"),
            tls_key=Path("k"),
            tls_client_ca=Path("ca"),
            identities=Path("i"),
            api_keys=Path("a"),
            insecure=True,
            metrics_port=9,
            traces=True,
            keep_charts=True,
            retention_days=3,
            vault_dir=Path("d"),
            vault_keys="v",
            workers=2,
            reflection=False,
            max_message_bytes=9999,
            max_in_flight=9,
            drain_s=1.5,
            log_level="error",
        )
    ]


def test_every_link_between_the_pages_leads_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
