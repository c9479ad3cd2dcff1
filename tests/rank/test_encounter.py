"""Encounter words near a mention, by hand from Guidelines I.C.19.a and I.C.19.c."""

import pytest
from placing import places_in

from engine.rank.encounter import Encounter, EncounterIndex


def read(text: str, mention: str = "fracture") -> Encounter:
    """Read the encounter of the first place that a text names the mention."""
    begin = text.index(mention)
    return EncounterIndex(text, places_in(text).encounter).near(begin, begin + len(mention))


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("Distal radius fracture.", "initial"),
        ("Here for follow-up of a radius fracture.", "subsequent"),
        ("Follow-up visit. Radius fracture.", "subsequent"),
        ("Healing fracture of the radius.", "subsequent"),
        ("Radius fracture status post ORIF.", "subsequent"),
        ("Radius fracture, s/p open reduction internal fixation.", "subsequent"),
        ("Radius fracture, cast removal today.", "subsequent"),
        ("Sequela of radius fracture.", "sequela"),
        ("Late effect of fracture.", "sequela"),
        ("Ankle pain due to an old fracture.", "sequela"),
        # What will be done, and what brought the patient, is not what this encounter is.
        ("Radius fracture. Follow up with orthopedics.", "initial"),
        ("Radius fracture. Follow-up in 2 weeks.", "initial"),
        ("Radius fracture, s/p fall.", "initial"),
        ("Fell two weeks ago, radius fracture.", "initial"),
        ("POSTOPERATIVE DIAGNOSIS: radius fracture", "initial"),
        ("Radius fracture. " + "x" * 90 + " Here for follow-up.", "initial"),
    ],
)
def test_the_phase_of_care_is_read_from_the_words_near(text: str, phase: str) -> None:
    assert read(text).phase == phase


@pytest.mark.parametrize(
    ("text", "healing"),
    [
        ("fracture with delayed healing", "delayed"),
        ("fracture, delayed union", "delayed"),
        ("nonunion of fracture", "nonunion"),
        ("non-union of the fracture", "nonunion"),
        ("fracture malunion", "malunion"),
        ("fracture without nonunion", "routine"),
        ("fracture with no evidence of malunion", "routine"),
        ("fracture. Old nonunion elsewhere", "routine"),
    ],
)
def test_healing_is_read_within_the_sentence(text: str, healing: str) -> None:
    assert read(text).healing == healing


def test_a_complication_of_healing_is_subsequent_care() -> None:
    assert read("fracture nonunion").phase == "subsequent"
    assert read("sequela: fracture nonunion").phase == "sequela"


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("fracture", "closed"),
        ("open fracture of the tibia", "open"),
        ("open right tibia fracture", "open"),
        ("compound fracture", "open"),
        ("tibia fracture, open", "open"),
        ("open fracture, Gustilo type II", "open"),
        ("open fracture, Gustilo-Anderson type IIIB", "open_iii"),
        ("open fracture, type IIIA", "open_iii"),
        ("grade 3 open fracture", "open_iii"),
        ("open reduction of the fracture", "closed"),
        ("no open fracture", "closed"),
        ("closed fracture", "closed"),
        ("type III pneumonia; fracture", "closed"),
    ],
)
def test_a_fracture_is_closed_unless_it_is_said_to_be_open(text: str, opening: str) -> None:
    assert read(text).opening == opening


def test_stage_tophi_and_fetus_are_read() -> None:
    assert read("glaucoma, right eye, moderate stage", "glaucoma").stage == "moderate"
    assert read("severe-stage glaucoma", "glaucoma").stage == "severe"
    assert read("chronic gout with tophi", "gout").tophus == "tophus"
    assert read("chronic gout without tophi", "gout").tophus == ""
    assert read("polyhydramnios, fetus 2", "polyhydramnios").fetus == "2"
