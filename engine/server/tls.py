"""TLS of the TCP port: certificates that are read again when they change, and what may be listened on without.

gRPC's own TLS (BoringSSL: 1.2 and 1.3 only). For each new connection it asks us whether there is a new certificate, so
one that is renewed on disk is served from the next connection on; connections that are open stay as they are.
"""

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509

from engine.config import Config
from engine.errors import ConfigError
from engine.identity.gate import Gate
from engine.server.logs import get_log


def check_exposure(config: Config, gate: Gate) -> None:
    """Raise ConfigError where strangers could reach the server, or read what it says, and nobody said that they may."""
    if config.insecure or is_loopback(config.host):
        return
    if config.tls_cert is None:
        raise ConfigError(
            f"host: got {config.host}, which others can reach, without TLS; want tls_cert and tls_key, or --insecure",
            field="host",
        )
    if gate.is_open:
        raise ConfigError(
            f"host: got {config.host}, which others can reach, without identities; want identities or api_keys, or "
            "--insecure",
            field="host",
        )


def is_loopback(host: str) -> bool:
    """Whether a name or address stands for this machine's loopback addresses only."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(entry[4][0]).split("%")[0]).is_loopback for entry in found)


def open_credentials(config: Config) -> Any:
    """Return gRPC's credentials of the TCP port; None without TLS. Raises ConfigError."""
    if config.tls_cert is None and config.tls_key is None and config.tls_client_ca is None:
        return None
    if config.tls_cert is None or config.tls_key is None:
        missing = "tls_cert" if config.tls_cert is None else "tls_key"
        raise ConfigError(f"setting {missing}: got none, want tls_cert and tls_key together", field=missing)
    files = Certificates(config.tls_cert, config.tls_key, config.tls_client_ca)
    return grpc.dynamic_ssl_server_credentials(
        files.first(), files.renewed, require_client_authentication=config.tls_client_ca is not None
    )


@dataclass(frozen=True, slots=True)
class _Pems:
    chain: bytes
    key: bytes
    client_ca: bytes | None


class Certificates:
    """The files of a certificate chain, its key, and the CA whose clients are let in.

    `renewed` is called by gRPC's threads. Files that do not fit each other are left alone until they do: a renewal
    writes one after the other.
    """

    def __init__(self, cert: Path, key: Path, client_ca: Path | None) -> None:
        self._paths = {"tls_cert": cert, "tls_key": key, "tls_client_ca": client_ca}
        self._served: tuple[object, ...] | None = None
        self._refused: tuple[object, ...] | None = None

    def first(self) -> Any:
        """Return what to start with; raises ConfigError."""
        state = self._state()
        pems = self._read()
        self._served = state
        return _configuration(pems)

    def renewed(self) -> Any:
        """Return what to serve from now on; None if that is what is served already."""
        state = self._state()
        if state in (self._served, self._refused):
            return None
        try:
            pems = self._read()
        except ConfigError as error:
            self._refused = state
            get_log().warning("certificate not renewed", problem=str(error))
            return None
        self._served, self._refused = state, None
        get_log().info("certificate renewed")
        return _configuration(pems)

    def _read(self) -> _Pems:
        read = {name: _read(name, path) if path else None for name, path in self._paths.items()}
        chain, key = read["tls_cert"] or b"", read["tls_key"] or b""
        _check_pair(chain, self._paths["tls_cert"], self._paths["tls_key"])
        if read["tls_client_ca"] is not None:
            _parse("tls_client_ca", read["tls_client_ca"])
        return _Pems(chain, key, read["tls_client_ca"])

    def _state(self) -> tuple[object, ...]:
        return tuple(_stamp(path) for path in self._paths.values())


def _configuration(pems: _Pems) -> Any:
    return grpc.ssl_server_certificate_configuration([(pems.key, pems.chain)], pems.client_ca)


def _check_pair(chain: bytes, cert: Path | None, key: Path | None) -> None:
    _parse("tls_cert", chain)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(str(cert), str(key), password=lambda: "")
    except (ssl.SSLError, OSError, ValueError):
        raise ConfigError("tls_key: want the key of tls_cert, as PEM, without a passphrase", field="tls_key") from None


def _parse(name: str, pem: bytes) -> None:
    try:
        x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise ConfigError(f"{name}: want certificates as PEM", field=name) from None


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}", field=name) from None


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path) if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
