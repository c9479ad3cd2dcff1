"""Certificates, keys and tokens of made-up issuers."""

import ipaddress
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

ISSUER = "https://login.example"
AUDIENCE = "chartcoder"


@dataclass(frozen=True)
class Signer:
    """A private key of an issuer and its id."""

    key_id: str
    algorithm: str
    key: Any

    def jwk(self, **more: str) -> dict[str, Any]:
        """Return the public half as a JWK."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        public = json.loads(algorithm.to_jwk(self.key.public_key()))
        return {**public, "kid": self.key_id, "alg": self.algorithm, "use": "sig", **more}

    def token(self, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Sign a token; claims that are None are left out."""
        now = int(time.time())
        whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": now, "exp": now + 600, **claims}
        said = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(said, self.key, self.algorithm, headers={"kid": self.key_id, **(headers or {})})


def make_signer(algorithm: str, key_id: str = "k1") -> Signer:
    """Make a key for an algorithm."""
    makers: dict[str, Any] = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }
    return Signer(key_id, algorithm, makers[algorithm]())


def write_jwks(path: Path, *signers: Signer) -> Path:
    """Write the public keys of signers as a JWKS."""
    path.write_text(json.dumps({"keys": [signer.jwk() for signer in signers]}), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Certified:
    """A certificate with its key; `issue` makes one below it."""

    certificate: x509.Certificate
    key: Any

    @property
    def chain_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        no = serialization.NoEncryption()
        return bytes(self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no))

    def issue(self, name: str, *sans: x509.GeneralName) -> "Certified":
        """Make a certificate that this one vouches for."""
        return _certify(name, sans, self)


def make_ca(name: str = "test CA") -> Certified:
    """Make a certificate authority."""
    return _certify(name, (), None)


def local_names() -> tuple[x509.GeneralName, ...]:
    """Return the names of this machine's loopback."""
    return x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def _certify(name: str, sans: tuple[x509.GeneralName, ...], ca: Certified | None) -> Certified:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ca.certificate.subject if ca else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca is None, None), critical=True)
    )
    if sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
    return Certified(builder.sign(ca.key if ca else key, hashes.SHA256()), key)
