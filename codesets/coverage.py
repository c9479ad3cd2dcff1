"""Reads coverage policies: which diagnoses make a service medically necessary, by LCD, NCD or the user's own table.

Two layouts. The CMS Medicare Coverage Database export (comma-separated, of one zip): article_x_hcpc_code,
article_x_icd10_covered, article_x_icd10_noncovered, article_x_contractor, article; the codes of an LCD are in its
billing article. And our own: one tab-separated file with the columns policy, title, contractor, code, diagnosis,
covered, effective, end. `diagnosis` is a code, or the beginning of some with a dash ("E11.-"); `covered` is yes or no;
dates are YYYY-MM-DD or empty; an empty contractor is every one.

In the export, groups of diagnoses belong to groups of services in the text of an article only, so a diagnosis that an
article covers for any of its services counts as covered for all: less is alerted on than might be, never more.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from codesets.delimited import has_columns, read_day, read_table
from codesets.edit_store import EditRelease
from codesets.edit_table import EditKind, EditSource, EditTable, day_number
from codesets.errors import SourceError
from codesets.types import System
from codesets.validate import normalise_code

_OWN = {
    "policy": r"policy",
    "code": r"code|hcpcs|procedure",
    "diagnosis": r"diagnosis",
    "covered": r"covered",
}
_OWN_MORE = {"title": r"title", "contractor": r"contractor", "effective": r"effective", "end": r"end"}
_EXPORT = {
    "services": {"policy": r"article id", "version": r"article version", "code": r"hcpc code id"},
    "covered": {
        "policy": r"article id", "version": r"article version", "code": r"icd10 code id", "_": r"icd10 covered group",
    },
    "noncovered": {
        "policy": r"article id", "version": r"article version", "code": r"icd10 code id",
        "_": r"icd10 noncovered group",
    },
    "contractors": {"policy": r"article id", "version": r"article version", "code": r"contractor id"},
    "articles": {"policy": r"article id", "version": r"article version", "code": r"title"},
}  # fmt: skip
_ARTICLE_DAYS = {"effective": r"article eff(ective)? date", "end": r"article end date"}
_SERVICE, _DIAGNOSIS = "code:", "diagnosis:"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that governs a service: its number, title, the contractor ("" for every one) and its days."""

    number: str
    title: str
    contractor: str
    effective: date | None
    end: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the policy is in force on a day."""
        return (self.effective is None or self.effective <= day) and (self.end is None or day <= self.end)


@dataclass(slots=True)
class _Rows:
    """The rows of a table while it is read: services and their policies, policies and their diagnoses."""

    services: dict[tuple[str, Policy], None] = field(default_factory=dict)
    diagnoses: dict[tuple[str, str], bool] = field(default_factory=dict)


def part_of(text: str) -> str:
    """Return which table of coverage a text is ("own", "services", ...), "" if it is none."""
    if has_columns(text, _OWN):
        return "own"
    for part in ("covered", "noncovered", "services", "contractors", "articles"):
        if has_columns(text, _EXPORT[part]):
            return part
    return ""


def read_coverage(files: Mapping[str, tuple[str, str]], *, version: str, first_day: date) -> EditSource:
    """Read one table of our own, or the tables of an export together, from (name, text) by part.

    Raises SourceError for a row that is wrong or a table that is missing.
    """
    rows = _Rows()
    if "own" in files:
        _read_own(rows, *files["own"])
    else:
        _read_export(rows, files)
    return _source(rows, version, first_day, ", ".join(name for name, _ in files.values()))


def _read_own(rows: _Rows, name: str, text: str) -> None:
    for number, cells in read_table(text, name=name, required=_OWN, optional=_OWN_MORE, first=r".+"):
        policy, code, diagnosis, covered, title, contractor, effective, end = cells
        where = f"{name} row {number}"
        if covered.lower() not in ("yes", "no", "y", "n"):
            raise SourceError(f"{where}: covered: got {covered[:8]!r}, want yes or no")
        if not re.fullmatch(r"[0-9A-Z]{5}", code):
            raise SourceError(f"{where}: code: got {code[:8]!r}, want a HCPCS or CPT code")
        about = Policy(policy, title, contractor, read_day(effective, where), read_day(end, where))
        rows.services[code, about] = None
        rows.diagnoses[policy, _diagnosis(diagnosis, where)] = covered.lower().startswith("y")


def _diagnosis(said: str, where: str) -> str:
    code = said.upper().removesuffix("-").removesuffix(".")
    if not re.fullmatch(r"[A-Z]\d[A-Z0-9](\.?[A-Z0-9]{1,4})?", code):
        raise SourceError(f"{where}: diagnosis: got {said[:12]!r}, want an ICD-10-CM code, or its beginning and a dash")
    return normalise_code(code, System.ICD10CM) + ("-" if said.endswith("-") else "")


def _read_export(rows: _Rows, files: Mapping[str, tuple[str, str]]) -> None:
    missing = [part for part in ("services", "covered") if part not in files]
    if missing:
        wanted = {"services": "article_x_hcpc_code.csv", "covered": "article_x_icd10_covered.csv"}[missing[0]]
        raise SourceError(f"coverage export: {wanted} is missing; import the zip of the export whole")
    abouts = _articles(files)
    contractors: dict[str, list[str]] = {}
    for policy, contractor in _pairs(files, "contractors"):
        contractors.setdefault(policy, []).append(contractor)
    for policy, code in _pairs(files, "services"):
        title, effective, end = abouts.get(policy, ("", None, None))
        for contractor in contractors.get(policy, [""]):
            rows.services[code, Policy(f"A{policy}", title, contractor, effective, end)] = None
    for part in ("noncovered", "covered"):
        for policy, code in _pairs(files, part):
            rows.diagnoses[f"A{policy}", normalise_code(code, System.ICD10CM)] = part == "covered"


def _pairs(files: Mapping[str, tuple[str, str]], part: str) -> Iterable[tuple[str, str]]:
    if part not in files:
        return
    name, text = files[part]
    for _, cells in read_table(text, name=name, required=_EXPORT[part], optional={}, first=r"\d+"):
        if cells[2]:
            yield cells[0], cells[2]


def _articles(files: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, date | None, date | None]]:
    if "articles" not in files:
        return {}
    name, text = files["articles"]
    found = {}
    for number, cells in read_table(
        text, name=name, required=_EXPORT["articles"], optional=_ARTICLE_DAYS, first=r"\d+"
    ):
        where = f"{name} row {number}"
        found[cells[0]] = (cells[2], read_day(cells[3], where), read_day(cells[4], where))
    return found


def _source(rows: _Rows, version: str, first_day: date, source: str) -> EditSource:
    services = list(rows.services)
    diagnoses = list(rows.diagnoses)
    keys = [_SERVICE + code for code, _ in services]
    keys += [f"{_DIAGNOSIS}{policy}\t{code}" for policy, code in diagnoses]
    policies = [policy for _, policy in services]
    texts = sorted({"", *(text for p in policies for text in (p.number, p.title, p.contractor))})
    place = {text: number for number, text in enumerate(texts)}
    none = [0] * len(diagnoses)
    columns = {
        "policy": [place[p.number] for p in policies] + none,
        "title": [place[p.title] for p in policies] + none,
        "contractor": [place[p.contractor] for p in policies] + none,
        "effective": [day_number(p.effective) for p in policies] + none,
        "end": [day_number(p.end) for p in policies] + none,
        "covered": [0] * len(services) + [int(rows.diagnoses[key]) for key in diagnoses],
    }
    # The user's table, or today's export: it answers for every day, by the days of its policies.
    return EditSource(EditKind.COVERAGE, version, first_day, source, keys, columns, texts, is_dated=True)


def find_policies(release: EditRelease, code: str) -> list[Policy]:
    """List the policies that govern a service, in force or not."""
    return [_policy(table, row) for table in release.parts for row in table.rows(_SERVICE + code)]


def _policy(table: EditTable, row: int) -> Policy:
    number, title, contractor = (table.text(table.column(name).at(row)) for name in ("policy", "title", "contractor"))
    return Policy(number, title, contractor, table.column("effective").day(row), table.column("end").day(row))


def is_covered(release: EditRelease, policy: str, diagnosis: str) -> bool | None:
    """Whether a policy covers a diagnosis; None if it does not list it. A whole code goes before its beginnings."""
    beginnings = [f"{diagnosis[:length].removesuffix('.')}-" for length in range(len(diagnosis), 2, -1)]
    for table in release.parts:
        for written in (diagnosis, *beginnings):
            for row in table.rows(f"{_DIAGNOSIS}{policy}\t{written}"):
                return bool(table.column("covered").at(row))
    return None
