"""What grouping says of a claim: its MS-DRG, its HCCs, and what each code is worth."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drg:
    """One MS-DRG; 999 is ungroupable, and `problem` says why."""

    number: int
    title: str
    mdc: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DrgCode:
    """One code of a stay, as the grouper took it.

    `kind` is "diagnosis" or "procedure", `number` its place on the claim. `severity` is "CC", "MCC" or "" (an
    exclusion by the principal diagnosis leaves ""). `without` is the DRG that the stay would have without the code,
    None for the principal diagnosis.
    """

    code: str
    kind: str
    number: int
    severity: str = ""
    is_operating_room: bool = False
    without: Drg | None = None


@dataclass(frozen=True, slots=True)
class GroupedStay:
    """The MS-DRG of a stay by one grouper version ("43.1"), and every code that counted."""

    drg: Drg
    version: str
    codes: tuple[DrgCode, ...]

    @property
    def moving(self) -> tuple[DrgCode, ...]:
        """The codes without which the DRG would be another."""
        return tuple(code for code in self.codes if code.without is not None and code.without.number != self.drg.number)


@dataclass(frozen=True, slots=True)
class Hcc:
    """One category: its codes on the claim, its coefficient, and the score without those codes.

    `over` are the categories that its hierarchy leaves out.
    """

    number: str
    label: str
    coefficient: float
    codes: tuple[str, ...]
    score_without: float
    over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskScore:
    """The CMS-HCC risk score of a patient by the diagnoses of one claim, before normalisation and coding intensity.

    `demographic` is the part of age and sex, `interactions` name each other term with its coefficient, `left_out` the
    categories that a hierarchy left out.
    """

    model: str
    payment_year: int
    score: float
    demographic: float
    hccs: tuple[Hcc, ...]
    interactions: tuple[tuple[str, float], ...]
    left_out: tuple[str, ...]
