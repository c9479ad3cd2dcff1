"""Turns credentials into a principal; keeps what was verified, and reads its files again when they change."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engine.config import Config
from engine.errors import ConfigError, CredentialsInvalidError
from engine.identity.directory import Directory, read_directory
from engine.identity.jwks import KeySet
from engine.identity.keys import DEFAULT_NAME, KeyRing, read_keys
from engine.identity.principal import LOCAL, Principal
from engine.identity.tokens import Verifier

# Verified tokens that are kept until they expire: a few hundred bytes each.
MAX_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a call brought: a bearer token, an API key, the names of a verified client certificate."""

    token: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    names: tuple[str, ...] = ()


def keys_path(config: Config) -> Path:
    """Return the file of API keys: the setting's, or that of the home folder."""
    return config.api_keys if config.api_keys is not None else config.home / DEFAULT_NAME


class _Known:
    """What one reading of the files gave, and the tokens verified by it; replaced whole."""

    def __init__(self, directory: Directory, ring: KeyRing, verifier: Verifier) -> None:
        self.directory = directory
        self.ring = ring
        self.verifier = verifier
        self._tokens: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
        self._generation = verifier.generation

    def kept(self, digest: bytes, now_s: float) -> Principal | None:
        """Return whose a token is that was verified before by the same keys, and has not expired."""
        if self._generation != self.verifier.generation:
            self._tokens.clear()
            self._generation = self.verifier.generation
        kept = self._tokens.get(digest)
        return kept[1] if kept is not None and kept[0] > now_s else None

    def verify(self, token: str, digest: bytes) -> Principal:
        """Verify a token and keep it; raises CredentialsError."""
        generation = self._generation
        verified = self.verifier.verify(token)
        principal = self.directory.of_token(verified)
        if generation == self.verifier.generation:
            self._tokens[digest] = (verified.expires_s, principal)
        if len(self._tokens) > MAX_TOKENS:
            self._tokens.popitem(last=False)
        return principal


class Gate:
    """Knows who may come in. `identify` never blocks; `refresh` and KeySet.load do, and are for other threads.

    `is_open`: nothing is configured, so every caller is LOCAL. It is decided at the start: a server that asks for
    credentials never stops to. `fingerprint` is the hash of the files that are in force.
    """

    def __init__(
        self, identities: Path | None, api_keys: Path | None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.is_open = identities is None and api_keys is None
        self._identities = identities
        self._api_keys = api_keys
        self._clock = clock
        self._seen = self._state()
        directory, ring = self._read()
        self.fingerprint = self._hash()
        self._known = _Known(directory, ring, Verifier(directory.issuers))

    @classmethod
    def of(cls, config: Config) -> "Gate":
        """Open the gate that the settings describe; raises ConfigError. API keys of the home count if there are any."""
        path = keys_path(config)
        return cls(config.identities, path if config.api_keys is not None or path.exists() else None)

    def identify(self, credentials: Credentials) -> Principal | None:
        """Return who calls; None if there are no credentials at all.

        A token goes before the certificate of the connection that brought it. Raises CredentialsError.
        """
        if self.is_open:
            return LOCAL
        known = self._known
        if credentials.token and credentials.api_key:
            raise CredentialsInvalidError("call: got a token and an API key, want one of them")
        if credentials.api_key:
            return known.ring.verify(credentials.api_key)
        if credentials.token:
            digest = _digest(credentials.token)
            return known.kept(digest, self._clock()) or known.verify(credentials.token, digest)
        if credentials.names:
            return known.directory.of_certificate(list(credentials.names))
        return None

    def due(self, credentials: Credentials) -> KeySet | None:
        """Return the key set to load before these credentials are judged; None, as a rule: there is none to load."""
        token, known = credentials.token, self._known
        if not token or known.kept(_digest(token), self._clock()) is not None:
            return None
        return known.verifier.due(token)

    def refresh(self) -> str:
        """Read the files again if they changed, and fetch issuers' keys that are due.

        Returns why that failed, and then what was known before stays; "" if it did not.
        """
        problem = self._read_again()
        key_sets = self._known.verifier.key_sets
        for keys in key_sets:
            if keys.is_stale:
                keys.load()
        return problem or next((keys.problem for keys in key_sets if keys.problem), "")

    def _read_again(self) -> str:
        state = self._state()
        if state == self._seen:
            return ""
        try:
            directory, ring = self._read()
        except ConfigError as error:
            return str(error)
        before = self._known
        is_same = directory.issuers == before.directory.issuers  # then the keys that were fetched stay
        self._known = _Known(directory, ring, before.verifier if is_same else Verifier(directory.issuers))
        self._seen, self.fingerprint = state, self._hash()
        return ""

    def _read(self) -> tuple[Directory, KeyRing]:
        directory = read_directory(self._identities) if self._identities else Directory()
        return directory, KeyRing(read_keys(self._api_keys) if self._api_keys else {}, directory.limits)

    def _hash(self) -> str:
        """Hash what the files hold, for the audit log; a file that is not there is empty."""
        digest = hashlib.sha256()
        for path in (self._identities, self._api_keys):
            content = path.read_bytes() if path and path.exists() else b""
            digest.update(hashlib.sha256(content).digest())
        return digest.hexdigest()

    def _state(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(_stamp(path) for path in (self._identities, self._api_keys))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _stamp(path: Path | None) -> tuple[int, int, int] | None:
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
