"""TLS of the port: versions, renewal without a restart, client certificates, and what is refused without it."""

import ipaddress
import os
import socket
import ssl
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chartcoder_client import CallError, ChartcoderClient
from conftest import LiveServer
from cryptography import x509
from made_identities import Certified, local_names, make_ca, make_signer, write_jwks

from engine.audit.verify import find_record
from engine.cli.connection import connect as command_client
from engine.config import Config
from engine.errors import ConfigError
from engine.identity.keys import add_key
from engine.identity.principal import Role
from engine.server.tls import Certificates, is_loopback
from engine.server.workers import serve
from engine.types import Chart, Document

Start = Callable[..., LiveServer]
CA, OTHER_CA = make_ca(), make_ca("another CA")
SERVER = CA.issue("server", *local_names())
CHART = Chart("c", (Document("hypertension"),))
SIGNER = make_signer("ES256")
IDENTITIES = """
[[issuers]]
issuer = "https://login.example"
audience = "chartcoder"
jwks = "jwks.json"
[[principals]]
name = "emr"
san = "URI:spiffe://north/emr"
tenant = "north"
roles = ["submitter"]
[[principals]]
subject = "alice"
tenant = "north"
roles = ["coder"]
"""


def write(folder: Path, certified: Certified, name: str = "server") -> dict[str, Path]:
    """Write a certificate and its key; return them as settings."""
    for suffix, pem in (("pem", certified.chain_pem), ("key", certified.key_pem)):
        new = folder / "new"
        new.write_bytes(pem)
        os.replace(new, folder / f"{name}.{suffix}")
    return {"tls_cert": folder / f"{name}.pem", "tls_key": folder / f"{name}.key"}


def write_identities(folder: Path) -> Path:
    """Write the identities of the tests."""
    write_jwks(folder / "jwks.json", SIGNER)
    (folder / "identities.toml").write_text(IDENTITIES, encoding="utf-8")
    return folder / "identities.toml"


def serial_served(server: LiveServer) -> int:
    """Return the serial number of the certificate that a new connection gets."""
    pem = ssl.get_server_certificate((server.address.host, server.address.port))
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def connect(server: LiveServer, **settings: Any) -> ChartcoderClient:
    """Connect with TLS."""
    return ChartcoderClient(server.target, **{"timeout_s": 20, "ca": CA.chain_pem, **settings})


def test_a_chart_is_coded_over_tls_and_nothing_in_plain_text(start: Start, tmp_path: Path) -> None:
    server = start(**write(tmp_path, SERVER))
    with connect(server) as client:
        assert client.code_chart(CHART).audit_record
    with ChartcoderClient(server.target, timeout_s=5) as plain, pytest.raises(CallError) as refused:
        plain.code_chart(CHART)
    assert refused.value.code == "UNAVAILABLE"
    with connect(server, ca=OTHER_CA.chain_pem, timeout_s=5) as client, pytest.raises(CallError):
        client.code_chart(CHART)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(
    ("version", "is_spoken"),
    [
        (ssl.TLSVersion.TLSv1, False),
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_tls_before_1_2_is_not_spoken(start: Start, tmp_path: Path, version: ssl.TLSVersion, is_spoken: bool) -> None:
    server = start(**write(tmp_path, SERVER))
    context = ssl.create_default_context(cadata=CA.chain_pem.decode())
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else our own side would not offer the old versions
    context.set_alpn_protocols(["h2"])
    context.minimum_version = context.maximum_version = version

    with socket.create_connection((server.address.host, server.address.port), timeout=20) as raw:
        if is_spoken:
            with context.wrap_socket(raw, server_hostname="localhost") as wrapped:
                assert wrapped.version() == version.name.replace("_", ".")
        else:
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(raw, server_hostname="localhost")


def test_a_renewed_certificate_is_served_without_a_restart_while_calls_go_on(start: Start, tmp_path: Path) -> None:
    server = start(**write(tmp_path, SERVER))
    assert serial_served(server) == SERVER.certificate.serial_number
    renewed = CA.issue("server", *local_names())
    with connect(server) as client:
        client.code_chart(CHART)
        write(tmp_path, renewed)
        assert serial_served(server) == renewed.certificate.serial_number
        client.code_chart(CHART)  # the connection from before
    with connect(server) as client:
        client.code_chart(CHART)


def test_a_renewal_that_is_half_done_or_broken_leaves_the_old_certificate(tmp_path: Path) -> None:
    files = Certificates(*write(tmp_path, SERVER).values(), None)
    files.first()
    assert files.renewed() is None
    other = CA.issue("server", *local_names())
    (tmp_path / "server.pem").write_bytes(other.chain_pem)
    assert files.renewed() is None, "the key is still the old one's"
    (tmp_path / "server.key").write_bytes(other.key_pem)
    assert files.renewed() is not None
    (tmp_path / "server.pem").write_bytes(b"junk")
    assert files.renewed() is None
    (tmp_path / "server.pem").unlink()
    assert files.renewed() is None
    write(tmp_path, SERVER)
    assert files.renewed() is not None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tls_key": None}, "tls_key"),
        ({"tls_cert": None}, "tls_cert"),
        ({"tls_cert": None, "tls_key": None, "tls_client_ca": Path("ca.pem")}, "tls_cert"),
        ({"tls_cert": Path("none.pem")}, "tls_cert"),
        ({"tls_key": Path("server.pem")}, "tls_key"),
        ({"tls_cert": Path("junk")}, "tls_cert"),
        ({"tls_client_ca": Path("junk")}, "tls_client_ca"),
    ],
)
def test_files_that_do_not_fit_stop_the_start(
    start: Start, tmp_path: Path, change: dict[str, Path | None], field: str
) -> None:
    (tmp_path / "junk").write_text("junk")
    settings = {**write(tmp_path, SERVER), **{n: tmp_path / path if path else None for n, path in change.items()}}
    with pytest.raises(ConfigError) as refused:
        start(**settings)
    assert refused.value.field == field


def test_a_client_is_known_by_the_name_in_its_certificate(start: Start, tmp_path: Path, config: Config) -> None:
    (tmp_path / "ca.pem").write_bytes(CA.chain_pem)
    server = start(**write(tmp_path, SERVER), tls_client_ca=tmp_path / "ca.pem", identities=write_identities(tmp_path))
    emr = CA.issue("whatever", x509.UniformResourceIdentifier("spiffe://north/emr"))
    with connect(server, certificate=emr.chain_pem, key=emr.key_pem) as client:
        coded = client.code_chart(CHART)
    record = find_record(config.audit_directory, coded.audit_record)
    assert record is not None
    origin = record.body["origin"]
    assert (origin["principal"], origin["role"], origin["tenant"]) == ("emr", "submitter", "north")
    # A token in the same connection names the person.
    with connect(server, certificate=emr.chain_pem, key=emr.key_pem, token=SIGNER.token) as client:
        coded = client.code_chart(CHART)
    record = find_record(config.audit_directory, coded.audit_record)
    assert record is not None
    assert record.body["origin"]["principal"] == "alice"


@pytest.mark.parametrize(
    ("san", "name"),
    [
        ("URI:spiffe://north/emr", x509.UniformResourceIdentifier("spiffe://north/emr")),
        ("DNS:emr.north.example", x509.DNSName("emr.north.example")),
        ("email:emr@north.example", x509.RFC822Name("emr@north.example")),
        ("IP:10.0.0.7", x509.IPAddress(ipaddress.ip_address("10.0.0.7"))),
    ],
)
def test_each_kind_of_name_is_known(start: Start, tmp_path: Path, san: str, name: x509.GeneralName) -> None:
    (tmp_path / "ca.pem").write_bytes(CA.chain_pem)
    principal = f'[[principals]]\nsan = "{san}"\ntenant = "north"\nroles = ["submitter"]\n'
    (tmp_path / "i.toml").write_text(principal, encoding="utf-8")
    server = start(**write(tmp_path, SERVER), tls_client_ca=tmp_path / "ca.pem", identities=tmp_path / "i.toml")
    own = CA.issue("x", x509.DNSName("first.example"), name)
    with connect(server, certificate=own.chain_pem, key=own.key_pem) as client:
        assert client.code_chart(CHART).audit_record


@pytest.mark.parametrize(
    ("certified", "code"),
    [
        (CA.issue("emr", x509.DNSName("spiffe://north/emr")), "UNAUTHENTICATED"),
        (CA.issue("spiffe://north/emr"), "UNAUTHENTICATED"),
        (OTHER_CA.issue("emr", x509.UniformResourceIdentifier("spiffe://north/emr")), "UNAVAILABLE"),
        (None, "UNAVAILABLE"),
    ],
    ids=["another kind of name", "a common name alone", "another CA", "no certificate"],
)
def test_other_certificates_are_refused(start: Start, tmp_path: Path, certified: Certified | None, code: str) -> None:
    (tmp_path / "ca.pem").write_bytes(CA.chain_pem)
    server = start(**write(tmp_path, SERVER), tls_client_ca=tmp_path / "ca.pem", identities=write_identities(tmp_path))
    own = {"certificate": certified.chain_pem, "key": certified.key_pem} if certified else {}
    with connect(server, **own, timeout_s=5) as client, pytest.raises(CallError) as refused:
        client.code_chart(CHART)
    assert refused.value.code == code


def test_the_command_line_takes_tls_and_credentials_from_the_environment(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").write_bytes(CA.chain_pem)
    server = start(**write(tmp_path, SERVER), tls_client_ca=tmp_path / "ca.pem", identities=write_identities(tmp_path))
    client = write(tmp_path, CA.issue("emr", x509.UniformResourceIdentifier("spiffe://north/emr")), "client")
    for name, value in (("CA", tmp_path / "ca.pem"), ("CERT", client["tls_cert"]), ("KEY", client["tls_key"])):
        monkeypatch.setenv(f"CHARTCODER_{name}", str(value))
    with command_client(server.target) as by_certificate:
        assert by_certificate.code_chart(CHART).audit_record
    monkeypatch.setenv("CHARTCODER_TOKEN", SIGNER.token(sub="stranger"))
    with command_client(server.target) as by_token, pytest.raises(CallError) as refused:
        by_token.code_chart(CHART)
    assert refused.value.reason == "CREDENTIALS_INVALID"
    monkeypatch.setenv("CHARTCODER_CA", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="CHARTCODER_CA: cannot be read"):
        command_client(server.target)


def test_a_unix_socket_is_its_owners_alone_and_asks_for_credentials_too(start: Start, tmp_path: Path) -> None:
    _, shown = add_key(tmp_path / "k", "emr", tenant="north", roles=(Role.CODER,))
    path = tmp_path / "s"
    start(uds=path, api_keys=tmp_path / "k", **write(tmp_path, SERVER))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with ChartcoderClient(f"unix:{path}", timeout_s=20, api_key=shown) as client:
        assert client.code_chart(CHART).audit_record
    with ChartcoderClient(f"unix:{path}", timeout_s=20) as client, pytest.raises(CallError) as refused:
        client.code_chart(CHART)
    assert (refused.value.code, refused.value.reason) == ("UNAUTHENTICATED", "CREDENTIALS_MISSING")


@pytest.mark.parametrize(
    ("host", "is_local"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_loopback_is_told_from_the_world(host: str, is_local: bool) -> None:
    assert is_loopback(host) is is_local


@pytest.mark.parametrize(
    ("has_tls", "has_identities", "insecure", "wants"),
    [
        (False, False, False, "want tls_cert and tls_key"),
        (False, True, False, "want tls_cert and tls_key"),
        (True, False, False, "want identities or api_keys"),
        (True, True, False, ""),
        (False, False, True, ""),
    ],
)
def test_beyond_loopback_tls_and_identities_are_wanted_unless_told_otherwise(
    start: Start, tmp_path: Path, config: Config, has_tls: bool, has_identities: bool, insecure: bool, wants: str
) -> None:
    settings: dict[str, Any] = {"host": "0.0.0.0", "insecure": insecure}
    settings |= write(tmp_path, SERVER) if has_tls else {}
    settings |= {"identities": write_identities(tmp_path)} if has_identities else {}
    if not wants:
        assert start(**settings).address.port
        return
    with pytest.raises(ConfigError, match=wants) as refused:
        start(**settings)
    assert refused.value.field == "host"

    with pytest.raises(ConfigError, match=wants):  # before anything is opened
        serve(replace(config, **settings), open_engine=None)  # type: ignore[arg-type]
