"""Other ways to write a term of the tabular list or index, as charts do.

"Essential (primary) hypertension" is also essential hypertension; "Hypertension, essential" its inversion;
"Calculus of kidney" is kidney calculus; "Asthma, unspecified" and "Asthma NOS" are asthma.
"""

import re
from collections.abc import Iterator

_ENUMERATED = re.compile(r"\((?:s|es|ies)\)")
_PARENTHESES = re.compile(r"\s*\([^()]*\)")
_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")
# What a title adds when the chart says no more: conventions I.A.9 (NEC/NOS) and I.A.6.
_NO_MORE = re.compile(
    r"""(?:,\s*|\s+|^)(?:
      (?:of\s+|in\s+)?unspecified(?:\s+(?:site|type|as\s+to[^,]*|whether[^,]*|location|part|degree|severity|organism|cause))?
      | (?:type|site|part|cause|organism)\s+unspecified | site\s+not\s+specified
      | nos | nec | not\s+elsewhere\s+classified | not\s+otherwise\s+specified | not\s+specified(?:\s+as[^,]*)?
      | without\s+(?:mention\s+of\s+)?(?:other\s+)?complications? | uncomplicated | elsewhere\s+classified
    )(?=,|$|\s)""",
    re.IGNORECASE | re.VERBOSE,
)
# "Fracture of shaft of unspecified tibia" is one of shaft of tibia.
_UNSPECIFIED_PART = re.compile(r"\bunspecified (?=\w)", re.IGNORECASE)
_OF = re.compile(r"^(?P<head>[^,()]+?) (?:of|in|involving) (?:the )?(?P<body>[^,()]+)$", re.IGNORECASE)
_LEADING_CONJUNCTION = re.compile(r"\b(and|or|with|of|in|by|to|from|for|at|on|without|due)\b", re.IGNORECASE)
_SLASHED = re.compile(r"([\w-]+)/([\w-]+)")
_MAX_VARIANTS = 24


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\s+,", ",", text)).strip(" ,;:-")


def _without_asides(text: str) -> Iterator[str]:
    text = _ENUMERATED.sub("", text)
    yield text
    bare = _BRACKETS.sub("", text)
    yield bare
    yield _PARENTHESES.sub("", bare)
    yield bare.replace("(", "").replace(")", "")
    inner = re.search(r"\(([^()]+)\)", bare)
    if inner and not _LEADING_CONJUNCTION.match(inner[1]):
        # "Essential (primary) hypertension": the modifier may stand for the word before it.
        yield re.sub(r"\S+\s*\(([^()]+)\)", r"\1", bare, count=1)


def _inversions(text: str) -> Iterator[str]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 2 and all(parts) and not _LEADING_CONJUNCTION.match(parts[1]):
        yield f"{parts[1]} {parts[0]}"
    elif len(parts) == 3 and all(parts) and not any(_LEADING_CONJUNCTION.match(part) for part in parts[1:]):
        yield f"{parts[1]} {parts[2]} {parts[0]}"
        yield f"{parts[2]} {parts[1]} {parts[0]}"
    matched = _OF.match(text)
    if (
        matched
        and not _LEADING_CONJUNCTION.search(matched["head"])
        and not _LEADING_CONJUNCTION.search(matched["body"])
        and len(matched["body"].split()) <= 3
        and len(matched["head"].split()) <= 3
    ):
        yield f"{matched['body']} {matched['head']}"


def _alternatives(text: str) -> Iterator[str]:
    if "and/or" in text:
        yield text.replace("and/or", "and")
        yield text.replace("and/or", "or")
    elif len(_SLASHED.findall(text)) == 1:
        yield _SLASHED.sub(r"\1", text)
        yield _SLASHED.sub(r"\2", text)


def term_variants(term: str) -> list[str]:
    """List the ways to write a term, itself first; commas that remain may be crossed by the matcher."""
    found: dict[str, None] = {_tidy(_ENUMERATED.sub("", term)): None}
    bases = dict.fromkeys(_without_asides(term))
    plains = dict.fromkeys(
        plain for base in bases for plain in (base, _NO_MORE.sub(" ", base), _UNSPECIFIED_PART.sub("", base))
    )
    shapes = dict.fromkeys(_tidy(shape) for plain in plains for shape in (plain, *_alternatives(plain)))
    for tidy in filter(None, shapes):
        found.setdefault(tidy)
        for inverted in _inversions(tidy):
            found.setdefault(_tidy(inverted))
    return list(found)[:_MAX_VARIANTS]


def says_no_less(term: str, variant: str) -> bool:
    """Whether a variant is the term itself, but for what only says that no more is said ("of unspecified tibia")."""
    whole = _tidy(_ENUMERATED.sub("", term))
    return variant in (whole, _tidy(_NO_MORE.sub(" ", whole)), _tidy(_UNSPECIFIED_PART.sub("", whole)))


def bracketed_abbreviations(term: str) -> list[str]:
    """List what stands in square brackets and is written as an abbreviation: "... disease [COPD]"."""
    inside = [part.strip() for group in _BRACKETS.findall(term) for part in re.split(r"[,;/]| or ", group)]
    return [part for part in inside if re.fullmatch(r"[A-Z][A-Z0-9-]{2,6}", part)]
