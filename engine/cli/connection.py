"""How the commands reach a server: TLS and credentials from the environment, so that none stands on a command line."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ConfigError

if TYPE_CHECKING:
    from chartcoder_client import ChartcoderClient

TOKEN_VARIABLE = "CHARTCODER_TOKEN"
API_KEY_VARIABLE = "CHARTCODER_API_KEY"
CA_VARIABLE = "CHARTCODER_CA"
CERT_VARIABLE = "CHARTCODER_CERT"
KEY_VARIABLE = "CHARTCODER_KEY"


def connect(server: str, **settings: Any) -> "ChartcoderClient":
    """Return a client of a server; raises ConfigError for a target that is none, or files that cannot be read."""
    from chartcoder_client import ChartcoderClient  # only here: grpc takes 0.2 s to import

    check_target(server)
    return ChartcoderClient(
        server,
        token=os.environ.get(TOKEN_VARIABLE) or None,
        api_key=os.environ.get(API_KEY_VARIABLE) or None,
        ca=_read(CA_VARIABLE),
        certificate=_read(CERT_VARIABLE),
        key=_read(KEY_VARIABLE),
        **settings,
    )


def check_target(server: str) -> None:
    """Raise ConfigError unless this is HOST:PORT or unix:PATH."""
    host, _, port = server.rpartition(":")
    if not (server.startswith("unix:") or (host and port.isdigit() and 0 < int(port) < 65536)):
        raise ConfigError(f"server: got {server[:64]!r}, want HOST:PORT (or unix:PATH)", field="server")


def _read(variable: str) -> bytes | None:
    named = os.environ.get(variable)
    if not named:
        return None
    try:
        return Path(named).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise ConfigError(f"{variable}: cannot be read: {reason}", field=variable) from None
