"""Reads CPT from the user's own licensed data files of the AMA; nothing of CPT comes with this software.

Source: AMA CPT data files: `LONGULT.TXT` (code, tab, long descriptor), `MEDU.TXT` and `SHORTU.TXT` (code and
descriptor); fixed LONG (1-5 code, 6-7 sequence, 9-80 text over repeated lines), MEDIUM and SHORT (1-5 code, 7 on the
text); and the Consolidated Code List, tab-separated with a header. A copyright notice precedes the rows: the first line
whose code field is a code begins them. An edition holds for a calendar year.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from codesets.errors import SourceError
from codesets.tab_rows import read_rows
from codesets.types import Attribute, Node, ReleaseSource, System

LONG, MEDIUM, SHORT = "long", "medium", "short"
_CODE = r"\d{4}[0-9A-Z]"
_TABBED = re.compile(rf"^({_CODE})\t(\S.*)$")
_SEQUENCED = re.compile(rf"^({_CODE})(\d\d) (.{{1,72}})$")
_PLAIN = re.compile(rf"^({_CODE}) (\S.*)$")
_OWNER = "American Medical Association"
_NAMES = frozenset(("LONGULT", "LONGUT", "LONGU", "MEDU", "SHORTU", "LONG", "MEDIUM", "SHORT"))
_COLUMNS = {"CPT CODE": "code", "LONG": LONG, "MEDIUM": MEDIUM, "SHORT": SHORT}
_PREAMBLE = 20_000
_EDITION = re.compile(r"CPT\W{0,8}(?:\(R\)|®)?\s*(20\d\d)")
_IN_NAME = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The descriptors of one file: the edition's year, and the texts by kind (long, medium, short) and code."""

    name: str
    year: int
    texts: Mapping[str, Mapping[str, str]]


def looks_like(text: str, *, name: str) -> bool:
    """Whether a text is a CPT data file: rows of codes under the AMA's notice, or under one of its file names."""
    stem = PurePath(re.sub(r"[\W_]*(19|20)\d\d[\W_]*", "", name.upper())).stem
    is_named = stem in _NAMES or _OWNER.upper() in text[:_PREAMBLE].upper()
    return (is_named and any(_row(line) for line in text[:_PREAMBLE].splitlines())) or _header_at(text) is not None


def _row(line: str) -> re.Match[str] | None:
    return _TABBED.match(line) or _SEQUENCED.match(line) or _PLAIN.match(line)


def _header_at(text: str) -> int | None:
    for number, line in enumerate(text[:_PREAMBLE].splitlines()):
        cells = {cell.strip().strip('"').upper() for cell in line.split("\t")}
        if "CPT CODE" in cells and cells & {"LONG", "MEDIUM", "SHORT"}:
            return number
    return None


def read_descriptors(text: str, *, name: str) -> Descriptors:
    """Read one data file. Its edition is in its name ("2026") or in its notice ("CPT 2026").

    Raises SourceError on a row of another shape after the first, a code twice, lines of a code out of order, or an
    edition that neither name nor notice gives.
    """
    header = _header_at(text)
    texts = _consolidated(text, header, name) if header is not None else _plain(text, name)
    if not any(texts.values()):
        raise SourceError(f"{name}: got no row of a CPT code, want a data file of the AMA as downloaded")
    return Descriptors(name, _edition(text, name), texts)


def _edition(text: str, name: str) -> int:
    found = _IN_NAME.search(name) or _EDITION.search(text[:_PREAMBLE])
    if found is None:
        raise SourceError(f"{name}: got neither a name nor a notice with the edition, want it as in 2026_{name}")
    return int(found[1])


def _plain(text: str, name: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    started = False
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        row = _row(line.rstrip())
        if row is None:
            if started and line.strip("\x1a \t"):
                raise SourceError(f"{name} line {number}: got a line that is no row, want a code and its descriptor")
            continue
        started = True
        sequenced = row.re is _SEQUENCED
        code, said = row[1], row[3 if sequenced else 2].strip()
        kind = LONG if sequenced or (row.re is _TABBED and "LONG" in name.upper()) else _kind(name, said)
        known = found.setdefault(kind, {})
        if sequenced and int(row[2]) > 1:
            if code != last:
                raise SourceError(f"{name} line {number}: code {code}: got line {row[2]} of it before its first")
            known[code] += f" {said}"
        elif code in known:
            raise SourceError(f"{name}: code {code}: got it twice, want it once")
        else:
            known[code] = said
        last = code
    return found


def _kind(name: str, said: str) -> str:
    stem = name.upper()
    if "LONG" in stem:
        return LONG
    return MEDIUM if "MED" in stem else SHORT if "SHORT" in stem else LONG


def _consolidated(text: str, header: int, name: str) -> dict[str, dict[str, str]]:
    lines = text.splitlines()
    columns = [cell.strip().strip('"').upper() for cell in lines[header].split("\t")]
    place = {_COLUMNS[column]: number for number, column in enumerate(columns) if column in _COLUMNS}
    found: dict[str, dict[str, str]] = {kind: {} for kind in (LONG, MEDIUM, SHORT) if kind in place}
    table = read_rows("\n".join(lines[header + 1 :]), source=name)
    for number, cells in enumerate(table, header + 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) <= max(place.values()) or not re.fullmatch(_CODE, cells[place["code"]].strip()):
            raise SourceError(f"{name} line {number}: got a row without a CPT code, want {len(columns)} cells")
        code = cells[place["code"]].strip()
        for kind, known in found.items():
            if code in known:
                raise SourceError(f"{name}: code {code}: got it twice, want it once")
            known[code] = cells[place[kind]].strip()
    return found


def make_release(files: Sequence[Descriptors]) -> ReleaseSource:
    """Make the release of one edition from its files; raises SourceError where two give the same descriptors."""
    texts: dict[str, dict[str, str]] = {}
    for one in files:
        for kind, found in one.texts.items():
            if kind in texts:
                raise SourceError(f"{one.name}: got a second file of {kind} descriptors of {one.year}, want one")
            texts[kind] = dict(found)
    year = files[0].year
    codes = sorted({code for found in texts.values() for code in found})
    nodes = tuple(_nodes(codes, texts))
    source = ", ".join(sorted(one.name for one in files)) + " (CPT, licensed by the American Medical Association)"
    return ReleaseSource(System.CPT, str(year), date(year, 1, 1), date(year, 12, 31), source, nodes)


def _nodes(codes: Sequence[str], texts: Mapping[str, Mapping[str, str]]) -> Iterator[Node]:
    for code in codes:
        long, medium, short = (texts.get(kind, {}).get(code, "") for kind in (LONG, MEDIUM, SHORT))
        title = long or medium or short
        if not title:
            raise SourceError(f"code {code}: got no descriptor")
        notes = (Attribute("medium", medium).as_note(),) if medium and medium != title else ()
        yield Node(code, title, "", billable=True, notes=notes, short_title=short or medium)
