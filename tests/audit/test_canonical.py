"""The native check of canonical form never says yes to what the JSON library would write otherwise."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine._canonical import is_canonical
from engine.audit.record import make_entry
from engine.errors import AuditError

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def yes(body: bytes) -> bool:
    return is_canonical(body, 0, len(body))


def is_written_so(body: bytes) -> bool:
    try:
        value = json.loads(body.decode("utf-8"))
        return isinstance(value, dict) and make_entry("test", value).body == body
    except (ValueError, AuditError):
        return False


@given(body=st.dictionaries(st.text("abz_", max_size=3), values, max_size=5))
def test_what_the_writer_writes_is_canonical(body):
    encoded = make_entry("test", body).body
    # A key with an escape is left to the JSON library.
    assert yes(encoded) or "\\" in json.dumps(list(keys_of(body)), ensure_ascii=False).replace('\\"', "\\")


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


@given(body=st.dictionaries(st.text("ab", max_size=2), values, max_size=4), data=st.data())
def test_no_altered_byte_is_called_canonical_unless_it_is(body, data):
    encoded = bytearray(make_entry("test", body).body)
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] = data.draw(st.integers(0, 255))
    assert not yes(bytes(encoded)) or is_written_so(bytes(encoded))


@given(st.binary(max_size=12))
@example(b"")
@example(b"{")
def test_no_other_bytes_are_called_canonical(inside):
    for body in (inside, b'{"a":' + inside + b"}", b'{"a":"' + inside + b'"}'):
        assert not yes(body) or is_written_so(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}',
        b'{"a":1} ',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":NaN}',
        b'{"a":"\\/"}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\u000A"}',
        b'{"a":"\\u000a"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xc0\x80"}',
        b'{"a":"\xf4\x90\x80\x80"}',
        b'{"a":"\n"}',
        b'{"a":[1,]}',
        b'{"a":1,}',
        b"[]",
        b'{"a":tru}',
        b'{"a":"x}',
    ],
)
def test_what_is_not_canonical_is_refused(body):
    assert not yes(body)
    assert not is_written_so(body)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"a":{}}', b'{"a":[]}', b'{"a":"\\u001f\\b\x7f"}', b'{"A":1,"a":-5}', b'{"":""}']
)
def test_what_is_canonical_is_accepted(body):
    assert yes(body)
    assert is_written_so(body)


def test_bounds_are_kept():
    assert not is_canonical(b"{}", 0, 3)
    assert not is_canonical(b"{}", 2, 2)
    assert is_canonical(b"x{}y", 1, 3)
