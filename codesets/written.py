"""How the codes of each system are written, and how a code of a claim is brought to that form."""

import re

from codesets.types import System

# ICD-10-CM by Guidelines I.A.1-2; ICD-10-PCS without I and O (ICD-10-PCS Reference Manual); HCPCS Level II A-V, with
# modifiers of two characters; CPT with its F, T, U, M and A suffixes; ICD-9-CM diagnoses (with V and E codes) and
# procedures; ICD-11 clusters of stem codes and extension codes.
FORMS = {
    System.ICD10CM: (
        re.compile(r"[A-Z]\d[A-Z0-9](\.[A-Z0-9]{1,4})?"),
        "a letter, a digit, a letter or digit, then up to four more after a dot",
    ),
    System.ICD10PCS: (re.compile(r"[0-9A-HJ-NP-Z]{7}"), "seven letters or digits without I and O"),
    System.HCPCS: (re.compile(r"[A-V]\d{4}|[A-Z][A-Z0-9]"), "a letter A to V and four digits, or a modifier of two"),
    System.CPT: (re.compile(r"\d{4}[0-9FTUMA]|\d[0-9A-Z]"), "four digits and a digit or letter, or a modifier of two"),
    System.ICD9CM: (
        re.compile(r"(\d{3}|V\d{2})(\.\d{1,2})?|E\d{3}(\.\d)?|\d{2}\.\d{1,2}"),
        "three digits, V and two, or E and three, then up to two more after a dot; procedures two digits, dot, digits",
    ),
    System.ICD11: (
        re.compile(r"[0-9A-Z]{4,7}(\.[0-9A-Z]{1,2})?([&/][0-9A-Z]{4,7}(\.[0-9A-Z]{1,2})?)*"),
        "letters and digits, codes joined by & or /",
    ),
    System.ICD10: (
        re.compile(r"[A-Z]\d\d(\.[0-9A-Z]{1,3})?[+*]?"),
        "a letter, two digits, then up to three after a dot",
    ),
    System.SNOMEDCT: (re.compile(r"[1-9]\d{5,17}"), "a concept identifier of 6 to 18 digits"),
}
_BEFORE_DOT = {System.ICD10CM: 3, System.ICD10: 3, System.ICD9CM: 3}


def normalise_code(code: str, system: System) -> str:
    """Write a code as its publisher does: upper case, with the dot that claims leave out.

    Of ICD-9-CM, digits without a dot are taken for a diagnosis: "0010" is 001.0; see `icd9_procedure`.
    """
    text = code.strip().upper()
    before = _BEFORE_DOT.get(system, 0)
    if system is System.ICD9CM and text.startswith("E"):
        before += 1
    return dotted(text, before) if before else text


def is_written_rightly(code: str, system: System) -> bool:
    """Whether a code, normalised, has the form of its system's codes."""
    return FORMS[system][0].fullmatch(code) is not None


def icd9_procedure(code: str) -> str:
    """Write an ICD-9-CM procedure code with its dot: "0010" is 00.10."""
    return dotted(code.strip().upper(), 2)


def dotted(text: str, before: int) -> str:
    """Put a dot after so many characters, where there are more and the text is letters and digits only."""
    return f"{text[:before]}.{text[before:]}" if len(text) > before and text.isalnum() else text
