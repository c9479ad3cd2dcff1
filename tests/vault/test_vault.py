"""Charts at rest: they open again, nothing lies in the clear, what is destroyed is gone, keys rotate in use."""

import base64
import os
import sqlite3
import stat
import sys
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.errors import VaultError
from engine.types import Chart, Document, Setting, Sex
from engine.vault.keys import VARIABLE, CommandKeys, EnvironmentKeys, FileKeys, open_keys
from engine.vault.sealed import Sealed, seal, unseal
from engine.vault.store import FILE_NAME, Fate, Vault

MARK = "ZEBRA-4711"
CHART = Chart(
    "chart-1",
    (Document(f"Patient {MARK} has asthma. \U0001f642\0", "progress note", "d1"), Document("More.")),
    Setting.INPATIENT,
    date(2026, 3, 1),
    Sex.FEMALE,
    41,
    date(1985, 2, 3),
    "home",
    "payer",
    ("E11.9",),
    ("icd10cm",),
    discharge_date=date(2026, 3, 5),
)


def secret(number):
    return base64.b64encode(bytes([number]) * 32).decode()


def document(current="a", ids="ab", tenants=("default", "other")):
    lines = []
    for number, tenant in enumerate(tenants):
        lines += [f"[tenants.{tenant}]", f'current = "{current}"', f"[tenants.{tenant}.keys]"]
        lines += [f'{key} = "{secret(number * 16 + ord(key) - 96)}"' for key in ids]
    return "\n".join(lines)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys.toml"
    write(path, document())
    return path


def write(path, text):
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.chmod(0o600)
    fresh.replace(path)


@pytest.fixture
def vault(tmp_path, key_file):
    opened = Vault(tmp_path / "vault", FileKeys(key_file))
    yield opened
    opened.close()


def bytes_on_disk(folder):
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_kept_chart_opens_again_whole(vault):
    vault.keep("default", "h1", CHART)
    assert vault.read("default", "h1") == CHART
    assert vault.read("default", "h2") is None


def test_nothing_lies_in_the_clear(vault, tmp_path):
    vault.keep("default", "h1", CHART)
    on_disk = bytes_on_disk(tmp_path / "vault")
    assert b"h1" in on_disk
    for clear in (MARK, "asthma", "chart-1", "1985-02-03", "progress note"):
        assert clear.encode() not in on_disk


def test_the_file_is_for_its_owner_alone(vault, tmp_path):
    assert stat.S_IMODE((tmp_path / "vault" / FILE_NAME).stat().st_mode) == 0o600


def test_a_tenant_does_not_see_anothers_chart(vault):
    vault.keep("default", "h1", CHART)
    assert vault.read("other", "h1") is None
    assert vault.standing("other", "h1").fate is Fate.UNKNOWN


def test_a_chart_moved_to_another_place_does_not_open(vault, tmp_path):
    vault.keep("default", "h1", CHART)
    with sqlite3.connect(tmp_path / "vault" / FILE_NAME) as db:
        db.execute("UPDATE charts SET chart = 'h2'")
    with pytest.raises(VaultError, match="does not open"):
        vault.read("default", "h2")


@pytest.mark.parametrize("column", ["wrapped_key", "content"])
def test_an_altered_byte_is_found(vault, tmp_path, column):
    vault.keep("default", "h1", CHART)
    with sqlite3.connect(tmp_path / "vault" / FILE_NAME) as db:
        (value,) = db.execute(f"SELECT {column} FROM charts").fetchone()
        for place in (0, len(value) // 2, len(value) - 1):
            altered = bytearray(value)
            altered[place] ^= 1
            db.execute(f"UPDATE charts SET {column} = ?", (bytes(altered),))
            db.commit()
            with pytest.raises(VaultError, match="does not open"):
                vault.read("default", "h1")


def test_every_chart_has_a_key_and_nonces_of_its_own(key_file):
    key = FileKeys(key_file).current("default")
    sealed = [seal(CHART, key, place="p") for _ in range(20)]
    assert len({s.content[:12] for s in sealed} | {s.wrapped_key[:12] for s in sealed}) == 40
    assert all(unseal(s, key, place="p") == CHART for s in sealed)
    with pytest.raises(VaultError):
        unseal(sealed[0], key, place="q")
    with pytest.raises(VaultError):
        unseal(Sealed(key.key_id, b"", b""), key, place="p")


def test_what_is_destroyed_is_gone_from_the_file_and_leaves_a_tombstone(vault, tmp_path):
    vault.keep("default", "h1", CHART)
    with sqlite3.connect(tmp_path / "vault" / FILE_NAME) as db:
        wrapped, content = db.execute("SELECT wrapped_key, content FROM charts").fetchone()
    assert wrapped in bytes_on_disk(tmp_path / "vault")
    assert vault.destroy("default", "h1", reason="REQUEST", audit_record="ab" * 16)
    on_disk = bytes_on_disk(tmp_path / "vault")
    assert wrapped not in on_disk
    assert content not in on_disk
    standing = vault.standing("default", "h1")
    assert (standing.fate, standing.tombstone.reason, standing.tombstone.audit_record) == (
        Fate.DESTROYED,
        "REQUEST",
        "ab" * 16,
    )
    assert vault.read("default", "h1") is None
    assert not vault.destroy("default", "h1", reason="REQUEST", audit_record="")


def test_a_chart_kept_again_takes_the_place_of_the_first(vault, tmp_path):
    vault.keep("default", "h1", CHART)
    with sqlite3.connect(tmp_path / "vault" / FILE_NAME) as db:
        (wrapped,) = db.execute("SELECT wrapped_key FROM charts").fetchone()
    later = Chart("chart-1", (Document("Now."),))
    vault.keep("default", "h1", later)
    assert vault.read("default", "h1") == later
    vault.rotate()
    assert wrapped not in bytes_on_disk(tmp_path / "vault")


def test_what_is_older_than_the_policy_is_due(tmp_path, key_file):
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    vault = Vault(tmp_path / "vault", FileKeys(key_file), now=lambda: clock[0])
    for number in range(3):
        vault.keep("default", f"h{number}", CHART)
        clock[0] += timedelta(days=10)
    assert vault.due(timedelta(days=11)) == [("default", "h0"), ("default", "h1")]
    assert vault.due(timedelta(days=30)) == []  # kept exactly as long is not longer
    clock[0] -= timedelta(days=400)  # a clock set back makes nothing due
    assert vault.due(timedelta(days=0)) == []
    vault.close()


def test_keys_rotate_while_charts_are_read_and_kept(vault, key_file):
    for number in range(30):
        vault.keep("default", f"h{number}", CHART)
    problems = []
    stop = threading.Event()

    def use():
        while not stop.is_set():
            if vault.read("default", "h7") != CHART:
                problems.append("read")
            vault.keep("default", "busy", CHART)

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    write(key_file, document(current="b"))
    assert vault.rotate() >= 30
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    vault.rotate()
    assert vault.holdings()[0].by_key == (("b", 31),)
    write(key_file, document(current="b", ids="b"))  # the old key may go now
    assert vault.read("default", "h29") == CHART


def test_a_key_that_is_taken_away_too_early_is_named(vault, key_file):
    vault.keep("default", "h1", CHART)
    write(key_file, document(current="b", ids="b"))
    with pytest.raises(VaultError, match="no key of that id"):
        vault.read("default", "h1")
    with pytest.raises(VaultError, match="no key of that id"):
        vault.rotate()


def test_two_processes_worth_of_handles_share_the_file(vault, tmp_path, key_file):
    other = Vault(tmp_path / "vault", FileKeys(key_file))
    other.keep("default", "h1", CHART)
    assert vault.read("default", "h1") == CHART
    vault.destroy("default", "h1", reason="REQUEST", audit_record="")
    assert other.read("default", "h1") is None
    other.close()


def test_a_file_of_a_newer_version_is_refused(vault, tmp_path, key_file):
    with sqlite3.connect(tmp_path / "vault" / FILE_NAME) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(VaultError, match="version 99"):
        Vault(tmp_path / "vault", FileKeys(key_file))


def test_a_file_that_is_no_vault_is_refused(tmp_path, key_file):
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / FILE_NAME).write_bytes(b"not a database " * 500)
    with pytest.raises(VaultError, match="SQLITE_NOTADB"):
        Vault(tmp_path / "vault", FileKeys(key_file))


def test_a_full_disk_is_told_and_nothing_is_half_kept(vault):
    (pages,) = vault._db.execute("PRAGMA page_count").fetchone()
    vault._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    large = Chart("c", (Document("x" * 500_000),))
    with pytest.raises(VaultError, match="SQLITE_FULL"):
        vault.keep("default", "h1", large)
    assert vault.standing("default", "h1").fate is Fate.UNKNOWN
    vault._db.execute("PRAGMA max_page_count = 1000000")
    vault.keep("default", "h1", large)
    assert vault.read("default", "h1") == large


BAD_KEYS = (
    ("", "no tenants"),
    ("\0", "not TOML"),
    ("tenants = 3", "no tenants"),
    ("[tenants.other]\ncurrent = 'a'", "none for the tenant"),
    ("[tenants.default]\ncurrent = 'a'", "no key of that id"),
    ("[tenants.default]\ncurrent = 'a'\n[tenants.default.keys]\na = 3", "no key of that id"),
    ("[tenants.default]\ncurrent = 'a'\n[tenants.default.keys]\na = '***'", "base64 of 32 bytes"),
    ("[tenants.default]\ncurrent = 'a'\n[tenants.default.keys]\na = 'AAAA'", "base64 of 32 bytes"),
)


@pytest.mark.parametrize(("text", "problem"), BAD_KEYS)
def test_bad_keys_are_refused_without_being_shown(tmp_path, text, problem):
    path = tmp_path / "keys.toml"
    write(path, text)
    with pytest.raises(VaultError, match=problem):
        FileKeys(path).current("default")


def test_a_key_file_that_others_can_read_is_refused(key_file):
    key_file.chmod(0o640)
    with pytest.raises(VaultError, match="0640, want 0600"):
        FileKeys(key_file)


def test_a_missing_key_file_is_told(tmp_path):
    with pytest.raises(VaultError, match="No such file"):
        FileKeys(tmp_path / "none")


def test_a_secret_is_in_no_repr(key_file):
    key = FileKeys(key_file).current("default")
    assert secret(1) not in repr(key)
    assert "secret" not in repr(key)


def test_keys_come_from_the_environment(monkeypatch):
    monkeypatch.setenv(VARIABLE, document())
    assert open_keys("env").current("default") == EnvironmentKeys().find("default", "a")
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(VaultError):
        open_keys("env")


def test_keys_come_from_a_command(tmp_path, key_file):
    keys = open_keys(f"command:cat {key_file}")
    assert keys.current("other") == FileKeys(key_file).current("other")
    with pytest.raises(VaultError, match="the command failed"):
        CommandKeys([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(VaultError, match="the command failed"):
        CommandKeys([str(tmp_path / "none")])


def test_a_folder_that_cannot_be_made_is_told(tmp_path, key_file):
    (tmp_path / "file").write_text("")
    with pytest.raises(VaultError, match="cannot be used"):
        Vault(tmp_path / "file" / "vault", FileKeys(key_file))


def test_the_document_of_the_module_is_what_it_reads(tmp_path):
    text = f'[tenants.default]\ncurrent = "2026a"\n[tenants.default.keys]\n2026a = "{secret(9)}"\n'
    write(tmp_path / "keys.toml", text)
    assert FileKeys(tmp_path / "keys.toml").current("default").secret == bytes([9]) * 32
    assert os.environ.get(VARIABLE) is None
