"""Proofs as text: made from a log, checked with its key alone."""

import pytest
from made_logs import write

from engine.audit.log import AuditLog
from engine.audit.note import parse_checkpoint, parse_key
from engine.audit.proof import GrowthProof, RecordProof, parse_proof
from engine.audit.prove import newest_checkpoint, prove_growth, prove_record
from engine.audit.record import make_entry
from engine.audit.tree import read_key
from engine.errors import AuditCorruptError, AuditError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A log of two shards and eleven records, and the receipts."""
    directory = tmp_path_factory.mktemp("proofs")
    with AuditLog(directory) as one, AuditLog(directory) as two:
        receipts = []
        for number in range(11):
            receipts.append((one if number % 3 else two).append(make_entry("test", {"number": number})))
            if number == 4:
                one.seal()
    return directory, receipts


def test_every_record_of_every_shard_is_proven(made):
    directory, receipts = made
    key = read_key(directory)
    for number, receipt in enumerate(receipts):
        proof = parse_proof(prove_record(directory, receipt.record_id).text())
        record = proof.check(key)
        assert (record.hash, record.envelope.record_id) == (receipt.hash, receipt.record_id)
        assert record.body == {"number": number}


def test_the_text_of_a_proof_is_that_of_c2sp(made):
    directory, receipts = made
    lines = prove_record(directory, receipts[0].record_id).text().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    assert lines[1].startswith("extra ")
    assert lines[2].startswith("index ")
    blank = lines.index("")
    assert parse_checkpoint("\n".join(lines[blank + 1 :])) == newest_checkpoint(directory)


def test_a_proof_of_another_record_does_not_hold(made):
    directory, receipts = made
    one, two = (prove_record(directory, receipt.record_id) for receipt in receipts[:2])
    forged = RecordProof(two.record, one.leaf, one.path, one.checkpoint)
    with pytest.raises(AuditCorruptError, match="not in the log that the checkpoint signs"):
        forged.check(read_key(directory))


def test_a_proof_does_not_hold_under_another_key_or_a_forged_signature(made, tmp_path):
    directory, receipts = made
    proof = prove_record(directory, receipts[0].record_id)
    write(tmp_path, 1)
    with pytest.raises(AuditCorruptError, match="signed by another key"):
        proof.check(read_key(tmp_path))
    forged = parse_checkpoint(proof.checkpoint.text().replace("\n11\n", "\n12\n"))
    with pytest.raises(AuditCorruptError, match="forged, the key did not sign it"):
        RecordProof(proof.record, proof.leaf, proof.path, forged).check(read_key(directory))


def test_growth_is_proven_from_an_older_checkpoint(made):
    directory, _ = made
    key = read_key(directory)
    newest = newest_checkpoint(directory)
    proof = parse_proof(prove_growth(directory, newest.size).text())
    assert isinstance(proof, GrowthProof)
    proof.check(key, newest)
    with pytest.raises(AuditCorruptError, match="continues the log of 5 records, not that of 11"):
        prove_growth(directory, 5).check(key, newest)


@pytest.mark.parametrize("old", [-1, 12])
def test_growth_from_a_size_that_was_not_signed_is_refused(made, old):
    with pytest.raises(AuditError, match="want 0 to 11"):
        prove_growth(made[0], old)


def test_a_record_that_is_not_signed_yet_is_said_to_be_so(tmp_path):
    write(tmp_path, 1)
    with AuditLog(tmp_path, seal_every_s=1000) as log:
        receipt = log.append(make_entry("test", {}))
        with pytest.raises(AuditError, match="not signed yet"):
            prove_record(tmp_path, receipt.record_id)
    assert prove_record(tmp_path, receipt.record_id) is not None
    assert prove_record(tmp_path, "ab" * 16) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: "nonsense\n\n" + text.partition("\n\n")[2],
        lambda text: text.replace("index ", "index x"),
        lambda text: text.replace("extra ", "extra !"),
        lambda text: text.replace("index 0\n", "index 0\nAAAA\n"),
        lambda text: text.replace("index 0\n", "index 0\n" + "A" * 43 + "=\n" * 1 + ("A" * 43 + "=\n") * 64),
        lambda text: text.partition("\n\n")[0] + "\n\n",
        lambda text: text.replace("\u2014", "-"),
        lambda text: text.replace("\n11\n", "\n011\n"),
        lambda text: text.replace("\n11\n", "\n11\nextension\n"),
    ],
)
def test_text_that_is_no_proof_is_refused(made, change):
    directory, receipts = made
    text = prove_record(directory, receipts[1].record_id).text()
    text = text.replace(text.split("\n")[2], "index 0")
    with pytest.raises(AuditError):
        parse_proof(change(text)).check(read_key(directory))


@pytest.mark.parametrize("text", ["", "name", "name+00000000+AQ==", "name+0000+", "a b+00000000+AQ=="])
def test_text_that_is_no_key_is_refused(text):
    with pytest.raises(AuditCorruptError, match="verifier key"):
        parse_key(text)


def test_the_checkpoint_of_the_specification_is_read():
    """The example of c2sp.org/tlog-checkpoint."""
    text = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo"
        "+zyWE+xeMcTOAYQ8=\n"
    )
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == text


@pytest.mark.parametrize("kind", ["record", "growth"])
def test_no_altered_character_of_a_proof_is_let_pass(made, kind):
    directory, receipts = made
    key, newest = read_key(directory), newest_checkpoint(directory)
    proof = prove_record(directory, receipts[3].record_id) if kind == "record" else prove_growth(directory, 11)
    text = proof.text()
    for place in range(len(text)):
        for other in ("A", "1", "\n"):
            changed = text[:place] + other + text[place + 1 :]
            if changed == text:
                continue
            with pytest.raises(AuditError):
                check(parse_proof(changed), key, newest)


def check(proof, key, older):
    if isinstance(proof, RecordProof):
        proof.check(key)
    else:
        proof.check(key, older)
