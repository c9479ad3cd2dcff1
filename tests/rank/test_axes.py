"""Axes of titles and text, and moves between siblings, by hand from the tabular list."""

import pytest
from placing import places_in

from codesets.snapshot import Snapshot
from engine.rank.axes import AxisIndex, Families, title_shape
from engine.rank.axis_words import AxisReading, read_axes, trimester_of


@pytest.fixture(scope="module")
def families(snapshot: Snapshot) -> Families:
    """Move within the packaged release."""
    return Families(snapshot)


@pytest.mark.parametrize(
    ("code", "wanted", "moved"),
    [
        ("M25.569", {"side": "right"}, "M25.561"),
        ("M25.569", {"side": "left"}, "M25.562"),
        ("S52.509", {"side": "left"}, "S52.502"),
        ("C56.9", {"side": "bilateral"}, "C56.3"),
        ("H40.119", {"side": "bilateral"}, "H40.113"),
        ("G56.00", {"side": "bilateral"}, "G56.03"),
        ("I83.90", {"side": "bilateral"}, "I83.93"),
        ("M17.9", {"side": "bilateral"}, "M17.0"),
        ("M16.9", {"side": "right"}, "M16.11"),
        ("H66.90", {"side": "left"}, "H66.92"),
        ("J96.90", {"acuity": "acute"}, "J96.0"),
        ("J96.90", {"acuity": "acute on chronic"}, "J96.2"),
        ("I50.20", {"acuity": "chronic"}, "I50.22"),
        ("I50.20", {"acuity": "acute on chronic"}, "I50.23"),
        ("J81.1", {"acuity": "acute"}, "J81.0"),
        ("K25.9", {"acuity": "chronic"}, "K25.7"),
        ("I82.409", {"acuity": "chronic", "side": "left"}, "I82.502"),
        ("F32.9", {"severity": "moderate"}, "F32.1"),
        ("F33.9", {"severity": "mild"}, "F33.0"),
        ("S82.53", {"side": "left"}, "S82.52"),
        ("S82.53", {"side": "left", "displacement": "nondisplaced"}, "S82.55"),
        ("O09.90", {"trimester": "first"}, "O09.91"),
        ("O14.90", {"trimester": "third"}, "O14.93"),
        ("O44.10", {"trimester": "third"}, "O44.13"),
        ("C50.919", {"sex": "male", "side": "left"}, "C50.922"),
        ("K40.90", {"side": "bilateral"}, "K40.2"),
        ("K40.90", {"side": "bilateral", "course": "recurrent"}, "K40.21"),
        ("M48.00", {"region": "lumbar"}, "M48.06"),
        ("M43.10", {"region": "lumbosacral"}, "M43.17"),
        ("M54.10", {"region": "cervical"}, "M54.12"),
        ("L89.619", {"stage": "2"}, "L89.612"),
        ("L89.159", {"stage": "unstageable"}, "L89.150"),
        ("S61.219", {"digit": "index", "side": "right"}, "S61.210"),
        ("S62.639", {"digit": "little", "side": "left"}, "S62.637"),
        ("S90.129", {"digit": "great", "side": "left"}, "S90.112"),
        ("M65.30", {"digit": "ring", "side": "right"}, "M65.341"),
    ],
)
def test_a_code_moves_to_the_sibling_with_the_wanted_values(
    families: Families, code: str, wanted: dict[str, str], moved: str
) -> None:
    assert families.move(code, wanted) == moved


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("I10", {"side": "left"}),
        ("E11.9", {"acuity": "acute"}),
        ("N18.9", {"severity": "severe"}),
        ("L89.159", {"side": "left"}),
        ("J45.909", {"severity": "mild"}),
        ("I50.9", {"acuity": "acute"}),
        ("M25.562", {}),
        ("S61.219", {"digit": "index"}),
        ("C50.919", {"stage": "2"}),
    ],
)
def test_a_value_that_no_sibling_has_is_left_out(families: Families, code: str, wanted: dict[str, str]) -> None:
    assert families.move(code, wanted) == code


def test_a_fixed_axis_stays(families: Families) -> None:
    assert families.move("M25.562", {"side": "right"}, fixed=frozenset(("side",))) == "M25.562"


def test_what_a_condition_is_with_is_not_what_it_is_without() -> None:
    with_it, without_it = "Hernia with obstruction, without gangrene", "Hernia without obstruction or gangrene"
    assert title_shape(with_it).residue != title_shape(without_it).residue


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("Acute and chronic respiratory failure", (("acuity", "acute on chronic"),)),
        ("Gastric ulcer, unspecified as acute or chronic, without hemorrhage or perforation", ()),
        ("Unilateral inguinal hernia, without obstruction or gangrene, not specified as recurrent", ()),
        ("Pain in right knee", (("side", "right"),)),
        ("Placenta previa, second trimester", (("trimester", "second"),)),
        ("Displaced fracture of medial malleolus of left tibia", (("displacement", "displaced"), ("side", "left"))),
    ],
)
def test_a_title_gives_at_most_one_value_an_axis(title: str, values: tuple[tuple[str, str], ...]) -> None:
    assert title_shape(title).values == values


@pytest.mark.parametrize(
    ("text", "axis", "value"),
    [
        ("acute on chronic systolic heart failure", "acuity", "acute on chronic"),
        ("acute-on-chronic renal failure", "acuity", "acute on chronic"),
        ("non-displaced fracture", "displacement", "nondisplaced"),
        ("in the 2nd trimester", "trimester", "second"),
        ("at 32 weeks gestation", "trimester", "third"),
        ("32w3d pregnant", "trimester", "third"),
        ("13 weeks of gestation", "trimester", "first"),
        ("gestational age of 20 weeks", "trimester", "second"),
        ("IUP at 38 4/7 weeks", "trimester", "third"),
        ("a 40-year-old man", "sex", "male"),
    ],
)
def test_words_give_a_value_on_an_axis(text: str, axis: str, value: str) -> None:
    assert (axis, value) in {(reading.axis, reading.value) for reading in read_axes(text, places_in(text))}


def test_a_length_of_time_is_no_gestation() -> None:
    text = "pain for 6 weeks, seen 12 weeks ago"
    assert read_axes(text, places_in(text)) == []


@pytest.mark.parametrize(
    ("weeks", "trimester"), [(1, "first"), (13, "first"), (14, "second"), (27, "second"), (28, "third"), (41, "third")]
)
def test_trimesters_are_counted_as_chapter_15_counts_them(weeks: int, trimester: str) -> None:
    assert trimester_of(weeks) == trimester


def near(text: str, word: str) -> dict[str, str]:
    """Ask what stands near a word of a text."""
    begin = text.index(word)
    return AxisIndex(text, read_axes(text, places_in(text))).near(begin, begin + len(word))


@pytest.mark.parametrize(
    ("text", "word", "value"),
    [
        ("Left knee pain.", "knee pain", "left"),
        ("Knee pain on the left.", "Knee pain", "left"),
        ("Right shoulder pain, left knee pain.", "knee pain", "left"),
        ("Pain in both knees.", "Pain in both knees", "bilateral"),
        ("Left knee pain. Cough.", "Cough", None),
        ("Left knee pain and cough.", "cough", None),
        ("Left knee: normal\ncough", "cough", None),
        ("left " + "x" * 60 + " cough", "cough", None),
    ],
)
def test_the_nearest_side_within_the_clause_counts(text: str, word: str, value: str | None) -> None:
    assert near(text, word).get("side") == value


@pytest.mark.parametrize(
    ("text", "word", "axis", "value"),
    [
        ("Spinal stenosis at L4-L5", "Spinal stenosis", "region", "lumbar"),
        ("Disc protrusion, L5-S1", "Disc protrusion", "region", "lumbosacral"),
        ("Spondylosis C5/6", "Spondylosis", "region", "cervical"),
        ("T12-L1 discitis", "discitis", "region", "thoracolumbar"),
        ("T2 lesion, stenosis", "stenosis", "region", None),
        ("dorsal spondylosis", "spondylosis", "region", "thoracic"),
        ("Pressure ulcer of heel, stage II", "Pressure ulcer of heel", "stage", "2"),
        ("Unstageable sacral ulcer", "sacral ulcer", "stage", "unstageable"),
        # The stage of what is named before a comma is its own.
        ("CKD stage 4, ulcer of heel", "ulcer of heel", "stage", None),
        ("Laceration of the right 2nd finger", "Laceration of the right 2nd finger", "digit", "index"),
        ("crush injury, fifth digit of the left foot", "crush injury", "digit", "lesser"),
        ("pain in the hallux", "pain", "digit", "great"),
        ("second digit is fine; pain", "pain", "digit", None),
    ],
)  # fmt: skip
def test_region_stage_and_digit_are_read_near_a_mention(text: str, word: str, axis: str, value: str | None) -> None:
    assert near(text, word).get(axis) == value


@pytest.mark.parametrize(
    ("text", "word", "side"),
    [
        ("Retinal detachment OD.", "Retinal detachment", "right"),
        ("Cataract, OS > OD", "Cataract", "left"),
        ("Glaucoma OU", "Glaucoma", "bilateral"),
        # Only in capitals: once daily, and the mouth.
        ("Glaucoma: drops od", "Glaucoma", ""),
        # The only side that a sentence names, however far.
        ("In the left eye a moderate reaction of the chamber with posterior synechiae.", "synechiae", "left"),
        ("The right eye was quiet; synechiae were seen.", "synechiae", ""),
        ("Right eye normal, in the left eye after some weeks and much treatment synechiae", "synechiae", ""),
    ],
)
def test_an_eye_has_its_side_from_its_abbreviation_or_from_its_sentence(text: str, word: str, side: str) -> None:
    begin = text.index(word)
    assert AxisIndex(text, read_axes(text, places_in(text))).eye_near(begin, begin + len(word)) == side


def test_acuity_counts_before_the_mention_and_not_after_it() -> None:
    assert near("acute severe bronchitis", "bronchitis").get("acuity") == "acute"
    assert near("bronchitis, acute distress", "bronchitis").get("acuity") is None


def test_the_trimester_holds_for_the_whole_document_if_it_is_one() -> None:
    assert near("30 weeks gestation.\n\nAnemia.", "Anemia") == {"trimester": "third"}
    assert near("First trimester bleeding; now third trimester.\n\nAnemia.", "Anemia") == {}


def test_what_is_known_of_the_patient_goes_before_the_words() -> None:
    index = AxisIndex("a man", [AxisReading("sex", "male", 2, 5)], {"sex": "female"})
    assert index.near(0, 1) == {"sex": "female"}
