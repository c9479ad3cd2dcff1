"""Findings said of a site in words that no term lists: worked by hand from the codes of the terms that are listed."""

import pytest

from engine.match.composed import Composer
from engine.match.parts import read_parts
from engine.match.term_span import TermSpan
from engine.pipeline import Pipeline
from engine.types import Chart, Document

KIDNEY_MASS, LIVER_MASS, KNEE_PAIN = 7, 8, 9
TERMS = [
    ("kidney mass", KIDNEY_MASS, 0, 0, 0),
    ("mass of liver", LIVER_MASS, 0, 0, 0),
    ("pain in the left knee", KNEE_PAIN, 0, 0, 2),
    ("renal mass, cystic", 99, 0, 0, 0),
    ("kidney masses", 98, 0, 4, 0),
]


def test_a_pair_has_the_code_of_the_terms_that_say_just_the_two() -> None:
    parts = read_parts(TERMS)
    number = {form: number for number, forms in enumerate(parts.forms) for form in forms}
    assert parts.pairs == {
        (number["mass"], number["kidney"]): {0: KIDNEY_MASS},
        (number["mass"], number["liver"]): {0: LIVER_MASS},
        (number["pain"], number["knee"]): {2: KNEE_PAIN},
    }
    assert number["renal"] == number["kidney"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Words between, and another order.
        ("CT showed a 4 cm mass in the upper pole of the right kidney.", ["N28.89"]),
        ("There are several metastatic lesions in the left lobe of the liver.", ["C78.7"]),
        ("Swelling, right ankle.", ["M25.471"]),
        ("The left knee is swollen.", ["M25.462"]),
        # Coordination of sites and of findings.
        ("He has cardiac and renal failure.", ["I50.9", "N19"]),
        ("Liver and lung metastases.", ["C78.7", "C78.00"]),
        ("Pain in the neck and back.", ["M54.2", "M54.9"]),
        ("Pain and swelling in the left knee.", ["M25.562", "M25.462"]),
        ("Fractures of the 4th and 5th ribs.", ["S22.49XA"]),
        # A relation that is not the place of the finding, or another sentence.
        ("Swelling due to an old operation on the liver.", ["R60.9"]),
        ("No mass. The right kidney is normal.", []),
        # A longer term that only weighs the finding gives way; one that says another thing stays beside the site.
        ("Severe pain in the left knee.", ["M25.562"]),
        ("Anemia due to neoplasm of the right colon.", ["D63.0", "D49.0"]),
        ("Dog bite of the left hand.", ["W54.0XXA", "S61.452A"]),
        # What an adjective makes of a finding is not known; a term that names its site is whole.
        ("Right wrist Colles fracture.", ["S52.531A"]),
        # Each side has its code.
        ("Severe pain in the left iliac fossa.", ["R10.32"]),
        ("Laceration of the right index finger.", ["S61.210A"]),
        # A shadow hides what it holds.
        ("Left inguinal hernia repair in the right groin.", []),
    ],
)
def test_a_finding_and_its_site_are_read_together(pipeline: Pipeline, text: str, expected: list[str]) -> None:
    found = pipeline.code(Chart("made", (Document(text),))).findings
    assert [finding.codes[0].code for finding in found] == expected


def test_a_denied_composed_finding_is_denied(pipeline: Pipeline) -> None:
    (finding,) = pipeline.code(Chart("made", (Document("No mass in the upper pole of the left kidney."),))).findings
    assert finding.codes[0].code == "N28.89"
    assert finding.mention.context.assertion.value == "ABSENT"


def test_spans_stay_in_order_and_apart() -> None:
    parts = read_parts(TERMS)
    number = {form: number for number, forms in enumerate(parts.forms) for form in forms}
    text = "mass in the kidney, asthma, pain in both of the knees"
    places = [(0, 4, number["mass"]), (12, 18, number["kidney"]), (28, 32, number["pain"]), (48, 53, number["knee"])]
    asthma = TermSpan(20, 26, 1, False, ((1, 0),))
    spans = Composer(parts).compose(text, places, [asthma], [])
    assert [(span.begin, span.end) for span in spans] == [(0, 18), (20, 26), (28, 53)]
    assert Composer(parts).compose(text, places, [asthma], [(10, 19)]) == [asthma, spans[2]]
