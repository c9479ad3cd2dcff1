"""Every setting: its default, what it refuses, and what the message says."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from engine.config import MIB, Config
from engine.errors import ConfigError

DEFAULTS: dict[str, Any] = {
    "audit_dir": None,
    "audit_key": None,
    "audit_witness": None,
    "ranker": None,
    "systems": ("icd10cm", "icd10pcs"),
    "without": (),
    "max_chart_bytes": 4 * MIB,
    "host": "127.0.0.1",
    "port": 50551,
    "uds": None,
    "workers": 1,
    "pin_workers": True,
    "reflection": True,
    "max_message_bytes": 16 * MIB,
    "max_in_flight": 64,
    "drain_s": 10.0,
    "log_level": "info",
}


def load(folder: Path, toml: str) -> Config:
    """Load a file of this text."""
    path = folder / "chartcoder.toml"
    path.write_text(toml, encoding="utf-8")
    return Config.load(path)


def test_every_setting_has_a_default_held_here() -> None:
    config = Config()
    assert {item.name for item in fields(Config)} == {"home", *DEFAULTS}
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS


def test_the_home_is_the_variable_or_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHARTCODER_HOME", str(tmp_path))
    assert Config().home == tmp_path
    monkeypatch.delenv("CHARTCODER_HOME")
    assert Config().home.name == "chartcoder"


def test_the_audit_log_is_in_the_home_unless_named(tmp_path: Path) -> None:
    assert Config(home=tmp_path).audit_directory == tmp_path / "audit"
    assert Config(home=tmp_path, audit_dir=tmp_path / "log").audit_directory == tmp_path / "log"


@pytest.mark.parametrize(
    ("toml", "name", "value"),
    [
        ('home = "/tmp/made"', "home", Path("/tmp/made")),
        ('audit_dir = "/tmp/log"', "audit_dir", Path("/tmp/log")),
        ('audit_key = "/tmp/key"', "audit_key", Path("/tmp/key")),
        ('audit_witness = "/tmp/seen"', "audit_witness", Path("/tmp/seen")),
        ('uds = "/tmp/s.sock"', "uds", Path("/tmp/s.sock")),
        ('systems = ["icd10cm", "hcpcs"]', "systems", ("icd10cm", "hcpcs")),
        ('without = ["rules"]', "without", ("rules",)),
        ("max_chart_bytes = 1024", "max_chart_bytes", 1024),
        ("max_message_bytes = 4096", "max_message_bytes", 4096),
        ("max_in_flight = 1", "max_in_flight", 1),
        ('host = "0.0.0.0"', "host", "0.0.0.0"),
        ("port = 0", "port", 0),
        ("port = 65535", "port", 65535),
        ("workers = 256", "workers", 256),
        ("reflection = false", "reflection", False),
        ("pin_workers = false", "pin_workers", False),
        ("drain_s = 0", "drain_s", 0.0),
        ("drain_s = 1.5", "drain_s", 1.5),
        ('log_level = "debug"', "log_level", "debug"),
    ],
)
def test_a_setting_is_read(tmp_path: Path, toml: str, name: str, value: object) -> None:
    read = getattr(load(tmp_path, toml), name)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("toml", "name"),
    [
        ("home = 3", "home"),
        ("audit_dir = true", "audit_dir"),
        ("uds = 1.5", "uds"),
        ('systems = "icd10cm"', "systems"),
        ("systems = [3]", "systems"),
        ('systems = ["icd99"]', "systems"),
        ('without = "rules"', "without"),
        ('without = ["brakes"]', "without"),
        ('max_chart_bytes = "4"', "max_chart_bytes"),
        ("max_chart_bytes = 1023", "max_chart_bytes"),
        ("max_chart_bytes = 268435457", "max_chart_bytes"),
        ("max_message_bytes = 4095", "max_message_bytes"),
        ("max_message_bytes = 1e6", "max_message_bytes"),
        ("max_in_flight = 0", "max_in_flight"),
        ("max_in_flight = 65537", "max_in_flight"),
        ("host = 127", "host"),
        ("port = -1", "port"),
        ("port = 65536", "port"),
        ("port = true", "port"),
        ("workers = 0", "workers"),
        ("workers = 257", "workers"),
        ('reflection = "yes"', "reflection"),
        ("reflection = 1", "reflection"),
        ("pin_workers = 1", "pin_workers"),
        ("drain_s = -0.1", "drain_s"),
        ("drain_s = nan", "drain_s"),
        ("drain_s = inf", "drain_s"),
        ('drain_s = "10"', "drain_s"),
        ("drain_s = false", "drain_s"),
        ('log_level = "loud"', "log_level"),
        ("log_level = 10", "log_level"),
    ],
)
def test_a_wrong_value_is_refused_and_the_setting_named(tmp_path: Path, toml: str, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, toml)
    assert caught.value.REASON == "CONFIG_INVALID"
    assert caught.value.field == name
    assert str(caught.value).startswith(f"setting {name}: got ")
    assert ", want " in str(caught.value)


def test_an_unknown_setting_is_refused_and_the_known_ones_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="setting prot: unknown") as caught:
        load(tmp_path, "prot = 50551")
    assert caught.value.field == "prot"
    assert all(name in str(caught.value) for name in ("home", *DEFAULTS))


@pytest.mark.parametrize("content", [b"port = ", b"port 50551", b"\xff\xfe", b"port = 1\nport = 2", b"[[["])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "chartcoder.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"config file .*chartcoder\.toml"):
        Config.load(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        Config.load(tmp_path / "missing.toml")


def test_overrides_lie_over_the_file_and_none_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "chartcoder.toml"
    path.write_text("port = 1\nworkers = 2\n")
    config = Config.load(path, {"port": 3, "workers": None, "host": None})
    assert (config.port, config.workers, config.host) == (3, 2, "127.0.0.1")


def test_an_override_is_checked_like_the_file() -> None:
    with pytest.raises(ConfigError, match="setting port"):
        Config.load(None, {"port": 70000})
    with pytest.raises(ConfigError, match="unknown"):
        Config.load(None, {"prot": 1})


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(ConfigError, match="setting home"):
        Config.load(None, {"home": path})
