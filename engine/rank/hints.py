"""The words whose places the ranking wants to know; the matcher finds them on its one pass.

Regular expressions are slow over a whole chart and quick at a known place. So each pattern of `axes` and `encounter`
is tried only where a word stands that it starts with (or, for weeks of gestation, ends with).
"""

from collections.abc import Sequence
from dataclasses import dataclass

_COUNTED = ("second", "third", "fourth", "fifth", "2nd", "3rd", "4th", "5th")
AXIS_WORDS = (
    "acute", "chronic", "subacute", "displaced", "nondisplaced", "undisplaced", "non displaced", "mild", "moderate",
    "severe", "recurrent", "female", "male", "woman", "lady", "man", "gentleman", "first trimester", "second trimester",
    "third trimester", "1st trimester", "2nd trimester", "3rd trimester",
    "od", "os", "ou", "re", "le", "cervical", "cervicothoracic", "thoracic", "dorsal", "thoracolumbar", "dorsolumbar",
    "lumbar", "lumbosacral", *(f"c{level}" for level in range(1, 8)), *(f"t{level}" for level in range(1, 13)),
    *(f"l{level}" for level in range(1, 6)), "stage", "grade", "unstageable",
    *(f"{which} {digit}" for which in _COUNTED for digit in ("finger", "digit", "toe")), "index finger",
    "pointer finger", "middle finger", "long finger", "ring finger", "little finger", "small finger", "pinky",
    "pinky finger", "great toe", "big toe", "hallux", "lesser toe", "small toe", "little toe", "pinky toe",
)  # fmt: skip
GESTATION_WORDS = ("gestation", "gestational", "pregnant", "pregnancy", "iup", "ega", "ga")
ENCOUNTER_WORDS = (
    "sequela", "sequelae", "sequelas", "late effect", "late effects", "residual of", "residuals of", "due to",
    "subsequent", "healing", "healed", "recheck", "re check", "aftercare", "postoperative", "post operative",
    "follow up", "follow ups", "followup", "followups", "following up", "followed up", "cast removal", "cast removed",
    "cast change", "suture removal", "staple removal", "hardware removal", "pin removal", "status post", "s/p",
    "initial encounter", "active treatment", "delayed", "nonunion", "nonunited", "non union", "non united", "ununited",
    "pseudarthrosis", "pseudoarthrosis", "malunion", "malunited", "mal union", "mal united", "gustilo", "type iii",
    "type 3", "type iiia", "type iiib", "type iiic", "type 3a", "type 3b", "type 3c", "grade iii", "grade 3",
    "grade iiia", "grade iiib", "grade iiic", "grade 3a", "grade 3b", "grade 3c", "compound", "open", "closed",
    "fracture", "fx", "mild stage", "moderate stage", "severe stage", "indeterminate stage", "tophus", "tophi",
    "tophaceous", "fetus",
)  # fmt: skip
HINTS = (*AXIS_WORDS, *GESTATION_WORDS, *ENCOUNTER_WORDS)
_GESTATION_FROM = len(AXIS_WORDS)
_ENCOUNTER_FROM = _GESTATION_FROM + len(GESTATION_WORDS)


@dataclass(frozen=True, slots=True)
class Places:
    """Where, in order, an axis word or a side begins, a word of gestation ends, an encounter word begins."""

    axes: list[int]
    gestation: list[int]
    encounter: list[int]


def sort_places(hints: Sequence[tuple[int, int, int]], sides: Sequence[tuple[int, int]]) -> Places:
    """Sort what the matcher found: hints as (begin, end, number in HINTS), side words as (begin, end).

    Hints of greater numbers are others' (engine.queries).
    """
    axes = [begin for begin, _ in sides]
    gestation, encounter = [], []
    for begin, end, number in hints:
        if number < _GESTATION_FROM:
            axes.append(begin)
        elif number < _ENCOUNTER_FROM:
            gestation.append(end)
        elif number < len(HINTS):
            encounter.append(begin)
    return Places(sorted(axes), gestation, encounter)
