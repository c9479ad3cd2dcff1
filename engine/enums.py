"""The values that records of the engine choose from."""

from enum import IntEnum, StrEnum


class Setting(StrEnum):
    """Where the encounter took place; decides which guideline sections apply."""

    UNSPECIFIED = "UNSPECIFIED"
    INPATIENT = "INPATIENT"
    OUTPATIENT = "OUTPATIENT"
    EMERGENCY = "EMERGENCY"
    OBSERVATION = "OBSERVATION"


class Sex(StrEnum):
    """Administrative sex of the patient."""

    UNSPECIFIED = "UNSPECIFIED"
    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER = "OTHER"


class Assertion(StrEnum):
    """Whether the text says the thing is so."""

    PRESENT = "PRESENT"
    ABSENT = "ABSENT"
    POSSIBLE = "POSSIBLE"
    CONDITIONAL = "CONDITIONAL"
    HYPOTHETICAL = "HYPOTHETICAL"


class Temporality(StrEnum):
    """Whether the thing is so now."""

    CURRENT = "CURRENT"
    HISTORICAL = "HISTORICAL"


class Experiencer(StrEnum):
    """Who has the thing."""

    PATIENT = "PATIENT"
    FAMILY = "FAMILY"
    OTHER = "OTHER"


class Origin(IntEnum):
    """Where a term of the dictionary comes from, most trusted first."""

    LEXICON = 0
    LEXICON_WEAK = 1
    INDEX = 2
    INCLUSION = 3
    TITLE = 4
    INCLUSION_VARIANT = 5
    TITLE_VARIANT = 6
    ABBREVIATION = 7
    TABLE = 8
    COMPOSED = 9


class Side(IntEnum):
    """The side of the body a term or a text names."""

    NONE = 0
    RIGHT = 1
    LEFT = 2
    BILATERAL = 3


class Axis(StrEnum):
    """The axis of context a cue decides."""

    ASSERTION = "ASSERTION"
    TEMPORALITY = "TEMPORALITY"
    EXPERIENCER = "EXPERIENCER"


class Role(StrEnum):
    """The place of a suggestion on the claim."""

    UNSPECIFIED = "UNSPECIFIED"
    PRINCIPAL = "PRINCIPAL"
    SECONDARY = "SECONDARY"
    PROCEDURE = "PROCEDURE"


class Route(StrEnum):
    """Who acts on a suggestion."""

    AUTO = "AUTO"
    REVIEW = "REVIEW"
    HOLD = "HOLD"


class Severity(StrEnum):
    """How much an alert matters."""

    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
