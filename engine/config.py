"""Settings, read once at the edge and handed down as values."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from platformdirs import user_data_dir

from codesets.types import System
from engine.errors import ConfigError
from engine.switches import SWITCHES

MIB = 1024 * 1024
HOME_VARIABLE = "CHARTCODER_HOME"


def default_directory() -> Path:
    """Return where compiled code sets and the audit log live: $CHARTCODER_HOME, or the user's data folder."""
    named = os.environ.get(HOME_VARIABLE, "")
    return _expanded(HOME_VARIABLE, Path(named)) if named else Path(user_data_dir("chartcoder", appauthor=False))


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting, with its default.

    `home` holds snapshots and compiled dictionaries; `audit_dir` the audit log (default: `home/audit`).
    `audit_key` is the file of the key that signs the log (default: in the log's folder), `audit_witness` a folder that
    gets signed checkpoints.
    `max_chart_bytes` limits the UTF-8 bytes of a chart's documents together. `drain_s` is how long a stopping
    server waits for calls in flight. `port` 0 picks a free one. `uds` is a unix domain socket path, added to TCP.
    `tls_cert` and `tls_key` are the PEM files of the TCP port; with `tls_client_ca`, clients must have a certificate of
    that CA. `identities` (TOML) and `api_keys` say who may call; `insecure` lets the server listen beyond loopback
    without.
    `pin_workers` keeps each of several workers on one core; a single worker never is.
    `max_in_flight` bounds the charts a worker holds; beyond it calls are refused with RESOURCE_EXHAUSTED.
    `metrics_port` is a loopback port for Prometheus, 0 for none; `traces` sends OpenTelemetry spans.
    `keep_charts` keeps what the server codes, encrypted, for `retention_days`; `vault_keys` says where the keys are: a
    file, `env` or `command:...` (engine/vault/keys.py), and `vault_dir` where the charts (default: `home/vault`).
    `rules` is a TOML file with a user's coding rules and the names of built-in ones that are off (rules/README.md).
    `routing_policy` is a file of rules on who acts on a suggestion (None: the packaged one).
    `ranker` is a folder that `chartcoder learn` made (None: the packaged one). `shadow_charts` is how many
    charts a new ranker or policy codes beside the old one before it takes its place.
    `without` names parts of the engine that are left out (switches.py), to see what they are worth.
    """

    home: Path = field(default_factory=default_directory)
    audit_dir: Path | None = None
    audit_key: Path | None = None
    audit_witness: Path | None = None
    systems: tuple[str, ...] = (
        System.ICD10CM.value,
        System.ICD10PCS.value,
        System.HCPCS.value,
        System.CPT.value,
    )
    without: tuple[str, ...] = ()
    rules: Path | None = None
    routing_policy: Path | None = None
    ranker: Path | None = None
    shadow_charts: int = 0
    max_chart_bytes: int = 4 * MIB
    host: str = "127.0.0.1"
    port: int = 50551
    uds: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_client_ca: Path | None = None
    insecure: bool = False
    identities: Path | None = None
    api_keys: Path | None = None
    workers: int = 1
    pin_workers: bool = True
    reflection: bool = True
    max_message_bytes: int = 16 * MIB
    max_in_flight: int = 64
    drain_s: float = 10.0
    log_level: str = "info"
    metrics_port: int = 0
    traces: bool = False
    keep_charts: bool = False
    retention_days: int = 30
    vault_dir: Path | None = None
    vault_keys: str = ""

    @property
    def audit_directory(self) -> Path:
        """Where the audit log is kept."""
        return self.audit_dir if self.audit_dir is not None else self.home / "audit"

    @classmethod
    def load(cls, path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> "Config":
        """Read a TOML file and lay non-None overrides over it.

        Raises ConfigError that names the setting, what it got and what it wants.
        """
        given = dict(_read_toml(path)) if path is not None else {}
        given.update({name: value for name, value in (overrides or {}).items() if value is not None})
        known = {item.name for item in fields(cls)}
        unknown = sorted(set(given) - known)
        if unknown:
            raise ConfigError(
                f"setting {unknown[0]}: unknown, want one of {', '.join(sorted(known))}", field=unknown[0]
            )
        return cls().changed(given)

    def changed(self, given: Mapping[str, Any]) -> "Config":
        """Return these settings with non-None values laid over them, converted and checked; raises ConfigError."""
        values = {name: _convert(name, value) for name, value in given.items() if value is not None}
        config = replace(self, **values)
        config._check()
        return config

    def _check(self) -> None:
        _want("home", self.home, not self.home.is_file(), "a folder")
        _want("port", self.port, 0 <= self.port <= 65535, "0 to 65535")
        _want("metrics_port", self.metrics_port, 0 <= self.metrics_port <= 65535, "0 to 65535")
        _want("workers", self.workers, 1 <= self.workers <= 256, "1 to 256")
        _want("max_chart_bytes", self.max_chart_bytes, 1024 <= self.max_chart_bytes <= 256 * MIB, "1 KiB to 256 MiB")
        _want(
            "max_message_bytes", self.max_message_bytes, 4096 <= self.max_message_bytes <= 512 * MIB, "4 KiB to 512 MiB"
        )
        _want("max_in_flight", self.max_in_flight, 1 <= self.max_in_flight <= 65536, "1 to 65536")
        _want("shadow_charts", self.shadow_charts, 0 <= self.shadow_charts <= 1_000_000, "0 to 1000000")
        _want("drain_s", self.drain_s, 0 <= self.drain_s <= 3600, "0 to 3600 seconds")
        _want("log_level", self.log_level, self.log_level in LOG_LEVELS, f"one of {', '.join(LOG_LEVELS)}")
        _want("retention_days", self.retention_days, 0 <= self.retention_days <= 36500, "0 to 36500")
        names = [system.value for system in System]
        for system in self.systems:
            _want("systems", system, system in names, f"names among {', '.join(names)}")
        for part in self.without:
            _want("without", part, part in SWITCHES, f"names among {', '.join(SWITCHES)}")


LOG_LEVELS = ("debug", "info", "warning", "error")
_PATHS = (
    "home",
    "audit_dir",
    "audit_key",
    "audit_witness",
    "uds",
    "tls_cert",
    "tls_key",
    "tls_client_ca",
    "identities",
    "api_keys",
    "vault_dir",
    "rules",
    "routing_policy",
    "ranker",
)
_INTEGERS = (
    "max_chart_bytes",
    "port",
    "workers",
    "max_message_bytes",
    "max_in_flight",
    "metrics_port",
    "retention_days",
    "shadow_charts",
)
_SWITCHES = ("pin_workers", "reflection", "insecure", "traces", "keep_charts")
_STRINGS = ("host", "log_level", "vault_keys")
_LISTS = ("systems", "without")


def _want(name: str, got: object, holds: bool, want: str) -> None:
    if not holds:
        raise ConfigError(f"setting {name}: got {got}, want {want}", field=name)


def _expanded(name: str, path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # "~name" of nobody, or "~" where no home folder is known
        raise ConfigError(f"setting {name}: got {path}, want a path whose ~ is somebody's home", field=name) from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"config file {path}: got bytes that are not UTF-8, want a TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"config file {path}: not TOML: {error}") from None


def _convert(name: str, value: Any) -> Any:
    if name in _PATHS:
        _want(name, value, isinstance(value, str | os.PathLike) and "\0" not in str(value), "a path")
        return _expanded(name, Path(value))
    if name in _INTEGERS:
        _want(name, value, isinstance(value, int) and not isinstance(value, bool), "a whole number")
    elif name in _STRINGS:
        _want(name, value, isinstance(value, str), "text")
    elif name == "drain_s":
        _want(name, value, isinstance(value, int | float) and not isinstance(value, bool), "a number of seconds")
        return float(value)
    elif name in _SWITCHES:
        _want(name, value, isinstance(value, bool), "true or false")
    elif name in _LISTS:
        _want(
            name,
            value,
            isinstance(value, list | tuple) and all(isinstance(item, str) for item in value),
            "a list of names",
        )
        return tuple(value)
    return value
