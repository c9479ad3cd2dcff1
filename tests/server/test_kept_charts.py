"""Charts that policy says to keep: kept before they are answered, encrypted, and not answered where they cannot be."""

import base64
from pathlib import Path

import pytest
from chartcoder_client import CallError, ChartcoderClient

from engine.audit.log import AuditLog
from engine.audit.record import hash_chart_id
from engine.errors import ConfigError
from engine.types import Chart, Document
from engine.vault.keys import FileKeys
from engine.vault.store import DEFAULT_TENANT, FILE_NAME, Vault

CHART = Chart("chart-9", (Document("Assessment: asthma. ZEBRA"),))


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.toml"
    secret = base64.b64encode(bytes(32)).decode()
    path.write_text(f'[tenants.default]\ncurrent = "a"\n[tenants.default.keys]\na = "{secret}"\n', encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_coded_chart_is_kept_encrypted(start, tmp_path, keys):
    server = start(keep_charts=True, vault_keys=str(keys), vault_dir=tmp_path / "vault")
    with ChartcoderClient(server.target) as client:
        client.code_chart(CHART)
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "vault").iterdir())
    assert b"ZEBRA" not in on_disk
    vault = Vault(tmp_path / "vault", FileKeys(keys))
    with AuditLog(tmp_path / "audit") as log:
        kept = vault.read(DEFAULT_TENANT, hash_chart_id(log.salt, "chart-9"))
    vault.close()
    assert (kept.chart_id, kept.documents) == (CHART.chart_id, CHART.documents)


def test_without_the_setting_nothing_is_kept(start, tmp_path, keys):
    server = start(vault_keys=str(keys), vault_dir=tmp_path / "vault")
    with ChartcoderClient(server.target) as client:
        client.code_chart(CHART)
    assert not (tmp_path / "vault" / FILE_NAME).exists()


def test_a_chart_that_cannot_be_kept_is_not_answered(start, tmp_path, keys):
    server = start(keep_charts=True, vault_keys=str(keys), vault_dir=tmp_path / "vault")
    keys.chmod(0o644)
    keys.write_text("changed", encoding="utf-8")
    with ChartcoderClient(server.target) as client, pytest.raises(CallError) as error:
        client.code_chart(CHART)
    assert (error.value.code, error.value.reason) == ("UNAVAILABLE", "VAULT_UNAVAILABLE")
    assert "ZEBRA" not in str(error.value)


def test_a_server_that_should_keep_charts_without_keys_does_not_start(start):
    with pytest.raises(ConfigError, match="vault_keys: got none"):
        start(keep_charts=True)
