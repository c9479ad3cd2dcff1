"""Bearer tokens: who gets in, and everything that must not."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from made_identities import AUDIENCE, ISSUER, Signer, make_signer, write_jwks

from engine.errors import ConfigError, CredentialsError, CredentialsInvalidError, TokenExpiredError
from engine.identity.jwks import MAX_BYTES, MAX_STALE_S, MISS_S, KeySet, is_source, read_keys
from engine.identity.tokens import Issuer, Token, Verifier, claim_of

ALGORITHMS = ("RS256", "ES256", "EdDSA")
SIGNERS = {algorithm: make_signer(algorithm, f"key-{algorithm}") for algorithm in ALGORITHMS}
STRANGER = make_signer("ES256", "key-ES256")
NOW = int(time.time())


def verifier(path: Path, *signers: Signer, **settings: Any) -> Verifier:
    """Make a verifier that knows the keys of some signers."""
    write_jwks(path / "jwks.json", *(signers or SIGNERS.values()))
    made = Verifier([Issuer(ISSUER, AUDIENCE, str(path / "jwks.json"), **settings)])
    for keys in made.key_sets:
        keys.load()
    return made


def encode(part: object) -> str:
    """Encode a part of a token."""
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(header: dict[str, Any], key: bytes | None) -> str:
    """Make a token by hand, unsigned or signed with a shared secret."""
    signed = f"{encode(header)}.{encode({'iss': ISSUER, 'aud': AUDIENCE, 'sub': 'alice', 'exp': NOW + 600})}"
    return f"{signed}.{encode(hmac.digest(key, signed.encode(), hashlib.sha256)) if key else ''}"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_a_known_key_is_read(tmp_path: Path, algorithm: str) -> None:
    token = verifier(tmp_path).verify(SIGNERS[algorithm].token(sub="bob"))
    assert token.claims["sub"] == "bob"
    assert token.expires_s == token.claims["exp"] + 30


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"exp": NOW - 29}, None),
        ({"exp": NOW - 31}, TokenExpiredError),
        ({"exp": None}, CredentialsInvalidError),
        ({"exp": "soon"}, CredentialsInvalidError),
        ({"nbf": NOW + 25}, None),
        ({"nbf": NOW + 90}, CredentialsInvalidError),
        ({"iat": NOW + 90}, CredentialsInvalidError),
        ({"aud": "another"}, CredentialsInvalidError),
        ({"aud": ["another", AUDIENCE]}, None),
        ({"aud": None}, CredentialsInvalidError),
        ({"iss": "https://another"}, CredentialsInvalidError),
        ({"iss": None}, CredentialsInvalidError),
    ],
)
def test_claims_are_held_to_the_issuer_with_thirty_seconds_of_skew(
    tmp_path: Path, claims: dict[str, Any], error: type[CredentialsError] | None
) -> None:
    # A fresh clock: the table above was made when the module was read.
    shift = int(time.time()) - NOW
    moved = {name: value + shift if isinstance(value, int) else value for name, value in claims.items()}
    token = SIGNERS["ES256"].token(**moved)
    if error is None:
        verifier(tmp_path).verify(token)
        return
    with pytest.raises(error):
        verifier(tmp_path).verify(token)


def hostile_tokens() -> dict[str, str]:
    """Name tokens that must not get in."""
    good = SIGNERS["RS256"].token()
    head, body, signature = good.split(".")
    public = json.dumps(SIGNERS["RS256"].jwk()).encode()
    other = encode({"iss": ISSUER, "aud": AUDIENCE, "sub": "root", "exp": NOW + 600})
    return {
        "no signature, none": forge({"alg": "none", "kid": "key-RS256"}, None),
        "None in capitals": forge({"alg": "NONE", "kid": "key-RS256"}, None),
        "a shared secret": forge({"alg": "HS256", "kid": "key-RS256"}, b"secret"),
        "the public key as a shared secret": forge({"alg": "HS256", "kid": "key-RS256"}, public),
        "another algorithm than the key's": f"{encode({'alg': 'ES256', 'kid': 'key-RS256'})}.{body}.{signature}",
        "an algorithm that is not pinned": f"{encode({'alg': 'RS512', 'kid': 'key-RS256'})}.{body}.{signature}",
        "a stranger's key under a known id": STRANGER.token(),
        "a key in the header": STRANGER.token(headers={"jwk": STRANGER.jwk(), "kid": "other"}),
        "a key set in the header": STRANGER.token(headers={"jku": "https://evil.example/jwks", "kid": "other"}),
        "another body": f"{head}.{other}.{signature}",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "no parts": "",
        "dots": "..",
        "not base64": "ä.ö.ü",
        "a nul": f"{head}\0.{body}.{signature}",
        "a header that is a list": f"{encode([])}.{body}.{signature}",
        "a body that is a list": f"{head}.{encode([])}.{signature}",
        "an issuer that is a list": f"{head}.{encode({'iss': [ISSUER]})}.{signature}",
        "deep": f"{encode(b'[' * 5000)}.{body}.{signature}",
        "too long": good + "A" * 9000,
        "a key id that is a list": f"{encode({'alg': 'RS256', 'kid': ['key-RS256']})}.{body}.{signature}",
    }


@pytest.mark.parametrize("name", hostile_tokens())
def test_a_hostile_token_is_refused_and_never_quoted(tmp_path: Path, name: str) -> None:
    token = hostile_tokens()[name]
    with pytest.raises(CredentialsInvalidError) as refused:
        verifier(tmp_path).verify(token)
    assert len(token) < 9 or token[:9] not in str(refused.value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.just(ISSUER)
    | st.just("key-RS256"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["iss", "aud", "exp", "nbf", "alg", "kid", "crit", "b64", "typ"]), inner)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    """A verifier that knows all signers."""
    return verifier(tmp_path_factory.mktemp("keys"))


@settings(max_examples=100, deadline=None)
@given(head=JSON, body=JSON, signature=st.binary(max_size=80))
def test_no_token_made_of_anything_gets_in_or_breaks_the_verifier(
    knowing: Verifier, head: object, body: object, signature: bytes
) -> None:
    token = f"{encode(head)}.{encode(body)}.{encode(signature)}"
    with pytest.raises(CredentialsInvalidError):
        knowing.verify(token)
    assert knowing.due(token) in (None, *knowing.key_sets)


@settings(max_examples=150, deadline=None)
@given(token=st.text(max_size=200))
def test_no_text_gets_in_or_breaks_the_verifier(knowing: Verifier, token: str) -> None:
    with pytest.raises(CredentialsInvalidError):
        knowing.verify(token)


def test_a_config_that_pins_one_algorithm_refuses_the_others(tmp_path: Path) -> None:
    narrow = verifier(tmp_path, algorithms=("EdDSA",))
    narrow.verify(SIGNERS["EdDSA"].token())
    with pytest.raises(CredentialsInvalidError):
        narrow.verify(SIGNERS["RS256"].token())


def test_two_issuers_do_not_vouch_for_each_other(tmp_path: Path) -> None:
    for name, signer in (("a", SIGNERS["ES256"]), ("b", STRANGER)):
        write_jwks(tmp_path / name, signer)
    both = Verifier(
        [Issuer("https://a", AUDIENCE, str(tmp_path / "a")), Issuer("https://b", AUDIENCE, str(tmp_path / "b"))]
    )
    for keys in both.key_sets:
        keys.load()
    assert both.verify(STRANGER.token(iss="https://b")).issuer.issuer == "https://b"
    with pytest.raises(CredentialsInvalidError):
        both.verify(STRANGER.token(iss="https://a"))


def weak_rsa() -> dict[str, Any]:
    """Make a key that is too short."""
    return Signer("weak", "RS256", rsa.generate_private_key(65537, 1024)).jwk()


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "RS256"},
        {"kty": "EC", "crv": "P-999", "kid": "s"},
        {"kty": "RSA", "kid": "s"},
        {"kid": "s"},
        SIGNERS["RS256"].jwk(use="enc"),
        SIGNERS["RS256"].jwk(alg="RS512"),
        SIGNERS["RS256"].jwk(alg="HS256"),
        weak_rsa(),
    ],
    ids=[
        "secret",
        "secret as RSA",
        "curve",
        "no modulus",
        "no type",
        "for encryption",
        "RS512",
        "RSA as secret",
        "weak",
    ],
)
def test_a_key_that_may_not_sign_is_left_out(jwk: dict[str, Any]) -> None:
    assert set(read_keys(json.dumps({"keys": [jwk, SIGNERS["EdDSA"].jwk()]}).encode())) == {"key-EdDSA"}


@pytest.mark.parametrize("encoded", [b"", b"[]", b"{}", b'{"keys": 3}', b'{"keys": []}', b"\xff\xfe", b'{"keys": [3]}'])
def test_what_is_no_key_set_is_refused(encoded: bytes) -> None:
    with pytest.raises((ConfigError, ValueError)):
        read_keys(encoded)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_keys_are_rotated_when_a_token_names_a_new_one_but_invented_ids_are_not_asked_for_again(tmp_path: Path) -> None:
    clock = Clock()
    first, second = make_signer("ES256", "first"), make_signer("ES256", "second")
    path = write_jwks(tmp_path / "jwks", first)
    made: list[KeySet] = []

    def open_keys(issuer: Issuer) -> KeySet:
        made.append(KeySet(issuer.jwks, refresh_s=300, clock=clock))
        return made[0]

    both = Verifier([Issuer(ISSUER, AUDIENCE, str(path))], open_keys=open_keys)
    assert both.due(first.token()) is made[0]
    assert made[0].load()
    assert both.due(first.token()) is None
    both.verify(first.token())
    write_jwks(path, second)
    assert both.due(second.token()) is None, "asked again at once"
    with pytest.raises(CredentialsInvalidError):
        both.verify(second.token())
    clock.now_s += MISS_S
    before = both.generation
    assert both.due(second.token()) is made[0]
    assert made[0].load()
    assert both.generation == before + 1
    both.verify(second.token())
    with pytest.raises(CredentialsInvalidError):
        both.verify(first.token())  # taken out of the set: no longer valid


def test_a_key_set_that_cannot_be_had_leaves_the_old_one_for_a_day(tmp_path: Path) -> None:
    clock = Clock()
    path = write_jwks(tmp_path / "jwks", SIGNERS["ES256"])
    keys = KeySet(str(path), refresh_s=300, clock=clock)
    assert keys.is_stale
    assert keys.load()
    assert not keys.is_stale
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    clock.now_s += 300
    assert keys.is_stale
    assert not keys.load()
    assert keys.problem == "keys of tokens: cannot be had: ValueError"
    assert keys.find("key-ES256") is not None
    clock.now_s += MAX_STALE_S
    assert keys.find("key-ES256") is None


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("keys/jwks.json", True),
        ("https://login.example/jwks", True),
        ("http://127.0.0.1:8080/jwks", True),
        ("http://localhost/jwks", True),
        ("http://login.example/jwks", False),
        ("ftp://login.example/jwks", False),
        ("https:///jwks", False),
        ("file:///etc/passwd", False),
        ("", False),
        (3, False),
    ],
)
def test_keys_come_from_files_and_https_only(source: object, is_one: bool) -> None:
    assert is_source(source) is is_one


Answers = dict[str, tuple[int, dict[str, str], bytes]]


@pytest.fixture
def serve_http() -> Iterator[Callable[[Answers], str]]:
    """Serve answers by path on loopback; gives the URL."""
    servers: list[ThreadingHTTPServer] = []

    def begin(answers: Answers) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return None

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def test_keys_come_over_http_and_a_redirect_is_not_followed(serve_http: Callable[..., str]) -> None:
    jwks = json.dumps({"keys": [SIGNERS["EdDSA"].jwk()]}).encode()
    url = serve_http({"/jwks": (200, {}, jwks), "/moved": (302, {"Location": "/jwks"}, b"")})
    good = KeySet(f"{url}/jwks", refresh_s=300)
    assert good.load()
    assert good.find("key-EdDSA") is not None
    moved = KeySet(f"{url}/moved", refresh_s=300)
    assert not moved.load()
    assert moved.problem == "keys of tokens: cannot be had: HTTPError"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plain", "x"),
        ("a.b", "nested"),
        ("https://h.example/tenant", "north"),
        ("a.c", None),
        ("plain.b", None),
        ("missing", None),
    ],
)
def test_a_claim_is_found_by_its_whole_name_or_by_its_path(name: str, value: object) -> None:
    claims = {"plain": "x", "a": {"b": "nested"}, "https://h.example/tenant": "north"}
    assert claim_of(claims, name) == value
    assert Token(Issuer("", "", ""), claims, 0).claims is claims
