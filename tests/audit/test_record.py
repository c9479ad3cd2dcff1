import hashlib
import json
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_coded import made_coded, made_finding, made_suggestion

from engine.audit.record import (
    Envelope,
    chart_coded,
    chart_digest,
    decode_envelope,
    decode_record,
    encode_record,
    hash_chart_id,
    leaf_hash,
    make_entry,
)
from engine.errors import AuditCorruptError, AuditError
from engine.types import (
    Alert,
    Candidate,
    Chart,
    Document,
    Evidence,
    Header,
    Reason,
    ReleaseUsed,
    Role,
    Setting,
    Severity,
    Sex,
)

SALT = bytes(range(32))
ENVELOPE = Envelope(
    chain="00" * 16,
    record_id="ab" * 16,
    kind="chart_coded",
    previous="cd" * 32,
    sequence=7,
    time="2026-04-01T12:00:00.000000Z",
)
TAIL = (
    b',"chain":"00000000000000000000000000000000","format":1,"id":"abababababababababababababababab","kind":"chart_coded",'
    b'"previous":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","sequence":7,'
    b'"time":"2026-04-01T12:00:00.000000Z"}'
)

CHART = Chart(
    chart_id="CANARYID",
    documents=(Document("CANARYTEXT has type 2 diabetes", "CANARYKIND", "CANARYDOC"), Document("second CANARYTEXT")),
    setting=Setting.OUTPATIENT,
    date_of_service=date(2026, 4, 1),
    sex=Sex.FEMALE,
    age_years=61,
    birth_date=date(1964, 5, 17),
    discharge_disposition="CANARYDISPOSITION",
    payer="CANARYPAYER",
    known_codes=("CANARYCODE",),
    systems=("icd10cm",),
)
PLACE = Evidence(0, 15, 30)
CODED = made_coded(
    CHART,
    [made_finding(PLACE, "CANARYMENTION", "E11.9")],
    [
        made_suggestion(
            "E11.9",
            [PLACE],
            display="CANARYTITLE",
            role=Role.PRINCIPAL,
            confidence=0.91239,
            alternatives=[Candidate("icd10cm", "E11.8", "CANARYTITLE", 0.1)],
            reasons=[Reason("stated", "ICD-10-CM Guidelines I.A.19", "stated once")],
        )
    ],
    header=Header("0.1.0", (ReleaseUsed("icd10cm", "2026-04-01", "r" * 64),), (("ranker", "m" * 64),), "request-1"),
    alerts=[Alert("excludes1", Severity.WARNING, "CANARYMESSAGE", "I.A.12.a", [Evidence(0, 1, 2)], ["E11.9", "E10.9"])],
)

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))
names = st.text('az_"\\', max_size=3)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)
bodies = st.dictionaries(names, values, max_size=4)


def encoded(body: bytes) -> bytes:
    return b'{"body":' + body + TAIL


def test_record_has_the_documented_bytes():
    entry = make_entry("chart_coded", {"b": [1, True, None], "a": 'é "x"\n'})
    assert encode_record(ENVELOPE, entry.body) == encoded('{"a":"é \\"x\\"\\n","b":[1,true,null]}'.encode())


any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["", '"', "\\", "\x00\u2028é"]
)


@settings(max_examples=60, deadline=None)
@given(any_text, any_text, st.integers(0, 10**9), st.floats(0, 1), st.integers(0, 3))
def test_an_answer_is_recorded_in_canonical_bytes(word, other, number, confidence, count):
    place = Evidence(number, number + 1, number + 2)
    suggestions = [
        made_suggestion(
            word, [place] * count, confidence=confidence, system=other, reasons=[Reason(word, other, word)] * count
        )
    ] * count
    alerts = [Alert(word, Severity.WARNING, "", other, [place] * count, [word, other])] * count
    entry = chart_coded(CHART, made_coded(CHART, [], suggestions, alerts=alerts), salt=SALT)
    body = decode_record(encode_record(ENVELOPE, entry.body)).body
    assert [(item["code"], item["system"]) for item in body["suggestions"]] == [(word, other)] * count
    assert [item["codes"] for item in body["alerts"]] == [[word, other]] * count


def test_an_answer_that_utf_8_cannot_hold_is_not_recorded():
    coded = made_coded(CHART, [], [made_suggestion("\ud800", [])])
    with pytest.raises(AuditError):
        chart_coded(CHART, coded, salt=SALT)


def test_leaf_hash_is_that_of_rfc_9162():
    # The hash of the empty leaf, from the test vectors of certificate-transparency-go.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@settings(max_examples=60, deadline=None)
@given(bodies)
def test_what_is_encoded_reads_back(body):
    raw = encode_record(ENVELOPE, make_entry("chart_coded", body).body)
    record = decode_record(raw)
    assert (record.envelope, record.body, record.hash) == (ENVELOPE, body, leaf_hash(raw).hex())
    assert decode_envelope(raw) == ENVELOPE


@settings(max_examples=60, deadline=None)
@given(bodies)
def test_key_order_does_not_change_the_bytes(body):
    assert make_entry("a", body) == make_entry("a", dict(reversed(body.items())))


@pytest.mark.parametrize(
    "raw",
    [
        encoded(b'{"a": 1}'),
        encoded(b'{"b":1,"a":2}'),
        encoded(b'{"a":1,"a":1}'),
        encoded(b'{"a":1.0}'),
        encoded(b'{"a":1e2}'),
        encoded(b'{"a":-0}'),
        encoded(b'{"a":NaN}'),
        encoded(b'{"a":"\\u0041"}'),
        encoded(b'{"a":"\\/"}'),
        encoded(b'{"a":"\\ud800"}'),
        encoded(b'{"a":"\xff"}'),
        encoded(b'{"a":' + b"9" * 5000 + b"}"),
        encoded(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        encoded(b"{}{}"),
        encoded(b"[]"),
        encoded(b"{}") + b"\n",
        b" " + encoded(b"{}"),
        encoded(b"{}").replace(b'"format":1', b'"format":2'),
        encoded(b"{}").replace(b'"sequence":7', b'"sequence":07'),
        encoded(b"{}").replace(b"000Z", b"Z"),
        encoded(b"{}").replace(b"ab", b"AB"),
        encoded(b"{}")[:-1] + b',"zone":"x"}',
        b"",
        b"{}",
    ],
)
def test_bytes_that_are_not_canonical_are_refused(raw):
    with pytest.raises(AuditCorruptError):
        decode_record(raw)


@pytest.mark.parametrize("value", [0.5, float("nan"), "\ud800", {1, 2}, b"bytes", date(2026, 1, 1)])
def test_a_body_that_would_not_read_back_is_refused(value):
    with pytest.raises(AuditError, match="record body"):
        make_entry("chart_coded", {"value": value})


def test_a_body_over_the_limit_is_refused():
    with pytest.raises(AuditError, match="want at most"):
        make_entry("chart_coded", {"value": "x" * 17_000_000})


@pytest.mark.parametrize("kind", ["", "Chart", 'a"b', "a" * 65])
def test_a_kind_that_is_not_a_plain_word_is_refused(kind):
    with pytest.raises(AuditError, match="record kind"):
        make_entry(kind, {})


def test_chart_coded_names_the_answer_and_what_made_it():
    assert json.loads(chart_coded(CHART, CODED, salt=SALT).body) == {
        "alerts": [
            {
                "codes": ["E11.9", "E10.9"],
                "evidence": [{"begin": 1, "document": 0, "end": 2}],
                "kind": "excludes1",
                "severity": "WARNING",
                "source": "I.A.12.a",
            }
        ],
        "chart_id_hash": hash_chart_id(SALT, "CANARYID"),
        "engine_version": "0.1.0",
        "finding_count": 1,
        "input_hash": chart_digest(CHART),
        "models": [{"hash": "m" * 64, "name": "ranker"}],
        "releases": [{"content_hash": "r" * 64, "system": "icd10cm", "version": "2026-04-01"}],
        "request_id": "request-1",
        "setting": "OUTPATIENT",
        "suggestions": [
            {
                "code": "E11.9",
                "confidence_e4": 9124,
                "evidence": [{"begin": 15, "document": 0, "end": 30}],
                "reasons": [
                    {"detail": "stated once", "rule": "stated", "source": "ICD-10-CM Guidelines I.A.19"},
                ],
                "role": "PRINCIPAL",
                "route": "AUTO",
                "system": "icd10cm",
            }
        ],
    }


def test_the_same_answer_gives_the_same_bytes_however_long_it_took():
    assert chart_coded(CHART, CODED, salt=SALT) == chart_coded(CHART, replace(CODED, elapsed_ms=9.9), salt=SALT)


def test_no_word_of_the_chart_is_recorded():
    body = chart_coded(CHART, CODED, salt=SALT).body
    assert b"CANARY" not in body
    assert b"1964" not in body
    assert b"2026-04-01" in body  # the release, not the date of service:
    assert chart_coded(replace(CHART, date_of_service=date(2019, 7, 3)), CODED, salt=SALT).body.find(b"2019") == -1


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_confidence_that_is_none_is_refused(confidence):
    coded = replace(CODED, suggestions=[replace(CODED.suggestions[0], confidence=confidence)])
    with pytest.raises(AuditError, match="confidence"):
        chart_coded(CHART, coded, salt=SALT)


def test_chart_digest_is_the_documented_hash():
    chart = Chart("c1", (Document("é", "note", "d1"),), age_years=40, known_codes=("I10",))
    text_hash = hashlib.sha256("é".encode()).hexdigest()
    facts = (
        '{"age_years":40,"birth_date":null,"chart_id":"c1","date_of_service":null,"discharge_disposition":"",'
        '"documents":[{"id":"d1","kind":"note","text_hash":"' + text_hash + '"}],"known_codes":["I10"],"payer":"",'
        '"setting":"UNSPECIFIED","sex":"UNSPECIFIED","systems":[]}'
    )
    assert chart_digest(chart) == hashlib.sha256(b"chartcoder chart 1\n" + facts.encode()).hexdigest()


def test_chart_digest_depends_on_every_field():
    others = {
        "chart_id": "c2",
        "documents": CHART.documents[:1],
        "setting": Setting.INPATIENT,
        "date_of_service": None,
        "sex": Sex.MALE,
        "age_years": 62,
        "birth_date": date(1964, 5, 18),
        "discharge_disposition": "",
        "payer": "",
        "known_codes": (),
        "systems": ("icd10cm", "hcpcs"),
        "discharge_date": date(2026, 4, 2),
    }
    assert set(others) == {field.name for field in fields(Chart)}
    charts = [replace(CHART, **{name: value}) for name, value in others.items()]
    document = CHART.documents[0]
    for field in fields(Document):
        charts.append(replace(CHART, documents=(replace(document, **{field.name: "x"}), CHART.documents[1])))
    assert len({chart_digest(chart) for chart in [CHART, *charts]}) == len(charts) + 1


def test_text_does_not_move_between_documents_unseen():
    one = Chart("c", (Document("ab"), Document("c")))
    other = Chart("c", (Document("a"), Document("bc")))
    assert chart_digest(one) != chart_digest(other)


def test_an_unpaired_surrogate_in_a_file_name_can_be_hashed():
    chart = Chart("note-\udcff", (Document("x"),))
    assert len(chart_digest(chart)) == len(hash_chart_id(SALT, chart.chart_id)) == 64


def test_the_hash_of_a_chart_id_depends_on_the_salt():
    assert hash_chart_id(SALT, "c1") != hash_chart_id(bytes(32), "c1")
