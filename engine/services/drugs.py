"""Codes the drugs that were given at a visit: HCPCS code, billing units by its descriptor, and what must be asked.

Sources: Medicare Claims Processing Manual, chapter 17, sections 10 (units: the dose given, by the descriptor, rounded
up) and 40 (drug discarded from a single-dose container: modifier JW, or JZ for none, since 2023-07-01).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.services.administered import Administered, find_administered
from engine.services.drug_codes import Amount, DrugCode, DrugIndex
from engine.types import (
    Alert,
    Candidate,
    Context,
    Evidence,
    Finding,
    Mention,
    Reason,
    Role,
    Route,
    Section,
    Severity,
    Suggestion,
)

_SYSTEM = "hcpcs"
_SOURCE = "Medicare Claims Processing Manual, chapter 17, section 10"
_WASTE = "Medicare Claims Processing Manual, chapter 17, section 40"
_ORIGIN = "descriptor"
# A drug and dose that only one code fits; one that several forms of the drug fit.
_SURE, _UNSURE = 0.9, 0.5
_KINDS = {"mg": "mg", "unit": "units", "meq": "mEq"}


@dataclass(slots=True)
class Coded:
    """What the documents of a chart give: findings, a suggestion for each code, and questions."""

    findings: list[Finding] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Text:
    """A document as it was cut up."""

    text: str
    sections: Sequence[Section]
    sentences: Sequence[tuple[int, int]]


def code_drugs(texts: Sequence[Text], drugs: DrugIndex, title: Callable[[str], str]) -> Coded:
    """Code the drugs that some documents say were given."""
    doses = [dose for number, text in enumerate(texts) for dose in read_doses(number, text, drugs)]
    findings = [finding_of(dose, texts[dose.document], title) for dose in doses]
    return Coded(findings, *suggest_drugs(doses, title))


def read_doses(number: int, text: Text, drugs: DrugIndex) -> "list[Dose]":
    """Return the doses that the document of that number says were given, and that a code fits."""
    found = [
        Dose(number, given, drugs.choose(given.name, given.dose, given.sentence))
        for given in find_administered(text.text, text.sentences, drugs)
    ]
    return [dose for dose in found if dose.options]


def suggest_drugs(doses: "Sequence[Dose]", title: Callable[[str], str]) -> tuple[list[Suggestion], list[Alert]]:
    """Return a suggestion for each code of some doses, with its units, and what must be asked.

    The same dose of a drug told in two documents is one; two doses are added up, and the sum is to be looked at.
    """
    by_code: dict[str, list[Dose]] = {}
    for dose in doses:
        group = by_code.setdefault(dose.options[0].code, [])
        if all(other.given.dose != dose.given.dose for other in group):
            group.append(dose)
    suggestions = [_suggestion(group, title) for group in by_code.values()]
    asked = zip(suggestions, by_code.values(), strict=True)
    return suggestions, [alert for suggestion, group in asked for alert in _questions(suggestion, group)]


@dataclass(frozen=True, slots=True)
class Dose:
    """What was given in a document, and the codes that it may be billed by, the best first."""

    document: int
    given: Administered
    options: Sequence[DrugCode]

    @property
    def evidence(self) -> Evidence:
        """Return where it is said."""
        return Evidence(self.document, self.given.begin, self.given.end)

    @property
    def forms(self) -> list[DrugCode]:
        """Return the first code of each other drug that goes by the name that the note uses."""
        first = self.options[0].name
        others = {drug.name: drug for drug in reversed(self.options) if drug.name != first}
        return [others[name] for name in sorted(others)]


def finding_of(dose: Dose, text: Text, title: Callable[[str], str]) -> Finding:
    """Return a dose as a finding of its document."""
    given = dose.given
    section = next((s.name for s in reversed(text.sections) if s.begin <= given.begin), "")
    mention = Mention(dose.document, given.begin, given.end, text.text[given.begin : given.end], section, Context())
    return Finding(mention, [_candidate(dose, drug, title) for drug in (dose.options[0], *dose.forms)])


def _candidate(dose: Dose, drug: DrugCode, title: Callable[[str], str]) -> Candidate:
    score = _UNSURE if dose.forms else _SURE
    return Candidate(_SYSTEM, drug.code, title(drug.code), score if drug is dose.options[0] else score / 2, _ORIGIN)


def _suggestion(doses: Sequence[Dose], title: Callable[[str], str]) -> Suggestion:
    first = doses[0]
    drug = first.options[0]
    total = Amount(sum(dose.given.dose.value for dose in doses), first.given.dose.kind)
    units = drug.units(total)
    detail = f"{_shown(total)} given; one unit is {_shown(drug.per)}: {units} units"
    return Suggestion(
        system=_SYSTEM,
        code=drug.code,
        display=title(drug.code),
        role=Role.PROCEDURE,
        confidence=_UNSURE if first.forms else _SURE,
        route=Route.REVIEW,
        evidence=[dose.evidence for dose in doses],
        alternatives=[_candidate(first, form, title) for form in first.forms],
        reasons=[Reason("drug-units", _SOURCE, detail)],
        units=units,
    )


def _questions(suggestion: Suggestion, doses: Sequence[Dose]) -> list[Alert]:
    drug, forms = doses[0].options[0], doses[0].forms
    asked: list[Alert] = []
    if forms:
        codes = [suggestion.code, *(form.code for form in forms)]
        message = (
            f"{suggestion.code}: which form of the drug was given is not documented; {', '.join(codes[1:])} fit as well"
        )
        asked.append(Alert("drug_form", Severity.WARNING, message, _SOURCE, list(suggestion.evidence), codes))
    if len(doses) > 1:
        message = f"{suggestion.code}: {len(doses)} doses are added up; check that each was given"
        asked.append(
            Alert("drug_doses", Severity.WARNING, message, _SOURCE, list(suggestion.evidence), [suggestion.code])
        )
    over = drug.waste(Amount(sum(dose.given.dose.value for dose in doses), drug.per.kind))
    message = (
        f"{suggestion.code}: from a single-dose container, what was discarded takes modifier JW, if nothing was, JZ"
    )
    if over > 0:
        message += f"; the units hold {_shown(Amount(over, drug.per.kind))} more than was given"
    asked.append(Alert("drug_waste", Severity.INFO, message, _WASTE, list(suggestion.evidence), [suggestion.code]))
    return asked


def _shown(amount: Amount) -> str:
    return f"{amount.value:,.4f}".rstrip("0").rstrip(".") + f" {_KINDS[amount.kind]}"
