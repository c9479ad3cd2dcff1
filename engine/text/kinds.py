"""Tells what kind of document a text is, where the caller does not say: by its title, else by its sections.

The kind is said in words, as callers say it ("operative report", "cardiology consultation"), and is empty where neither
title nor sections tell. It weighs the meanings of abbreviations and says whose guess a guess is (Guidelines II.H).
"""

import re
from collections.abc import Iterable

from engine.types import Section

DISCHARGE_SUMMARY = "discharge summary"
RADIOLOGY_REPORT = "radiology report"
PATHOLOGY_REPORT = "pathology report"
OPERATIVE_REPORT = "operative report"
CONSULTATION = "consultation"
EMERGENCY_NOTE = "emergency department note"
PROGRESS_NOTE = "progress note"
HISTORY_AND_PHYSICAL = "history and physical"

# A title stands in the first lines.
_HEAD = 240
_PARTS = (
    r"(?:abdomen|brain|chest|head|neck|pelvis|spine|thorax|(?:right|left|cervical|lumbar|thoracic)\b[a-z -]{0,16})"
    r"(?: (?:and|&|with|without|w/?o?)\b[a-z /-]{0,40})?"
)
_TITLES: tuple[tuple[str, str], ...] = (
    (DISCHARGE_SUMMARY, r"(?:discharge|transfer|death) (?:summary|note)|summary of (?:hospitali[sz]ation|stay)"),
    (OPERATIVE_REPORT, r"(?:operative|procedure) (?:report|note|record)|operation (?:report|note)|op note"),
    (PATHOLOGY_REPORT, r"(?:surgical )?pathology(?: report)?|cytology report|autopsy(?: report)?"),
    (
        RADIOLOGY_REPORT,
        r"(?:radiology|imaging|x-?ray|ultrasound|mri|ct) report|radiology|echocardiogram(?: report)?|mammogram"
        rf"|(?:ct|mri?|ultrasound|us|x-?ray|xr|pet|nuclear medicine)(?: scan)? (?:of )?(?:the )?{_PARTS}",
    ),
    (CONSULTATION, r"consult(?:ation)?(?: (?:report|note|letter))?"),
    (
        EMERGENCY_NOTE,
        r"emergency (?:department|room|medicine) ?(?:note|report|record|visit)?|ed (?:note|report|provider note)"
        r"|er (?:note|report)",
    ),
    (HISTORY_AND_PHYSICAL, r"history (?:and|&) physical(?: examination)?|h ?& ?p|admission (?:note|history)"),
    (
        PROGRESS_NOTE,
        r"(?:daily |inpatient |clinic |office |soap |follow-?up )*(?:progress|soap|clinic|office|follow-?up)"
        r" (?:visit )?note|office visit",
    ),
)
_SPECIALTY = (
    r"cardiology|neurology|psychiatry|ophthalmology|oncology|orthop(?:a?edics?)|rheumatology|gastroenterology|obstetrics"
    r"|gynecology|radiology|hematology|dermatology|pediatrics?|endocrinology|nephrology|urology|pulmonology|surgery"
    r"|infectious diseases?|otolaryngology|neonatology|genetics|vascular"
)
# A title is a line of its own, but for a specialty before and what follows a comma, a colon or a dash.
_TITLE = re.compile(
    rf"^[ \t*#=_-]{{0,8}}(?:(?P<specialty>{_SPECIALTY})\s+(?:service\s+|clinic\s+)?)?"
    rf"(?:{'|'.join(f'(?P<k{number}>{pattern})' for number, (_, pattern) in enumerate(_TITLES))})"
    r"(?=[ \t*#=_]{0,8}(?:$|[,:\u2013-]))",
    re.IGNORECASE | re.MULTILINE,
)
_OPERATED = frozenset(("PREOPERATIVE_DIAGNOSIS", "POSTOPERATIVE_DIAGNOSIS"))
_OPERATION = frozenset(("PROCEDURE", "ANESTHESIA", "OPERATIVE_DATA", "SPECIMENS", "COMPLICATIONS", "TECHNIQUE"))
_LEAVING = frozenset(("DISPOSITION", "DISCHARGE_INSTRUCTIONS", "ADMISSION_DIAGNOSIS", "FOLLOW_UP"))
_IMAGED = frozenset(("TECHNIQUE", "COMPARISON"))
_READ = frozenset(("FINDINGS", "IMPRESSION"))
_SEEN = frozenset(("PHYSICAL_EXAM", "VITAL_SIGNS", "REVIEW_OF_SYSTEMS", "OBJECTIVE"))
_TOLD = frozenset(("HISTORY_OF_PRESENT_ILLNESS", "CHIEF_COMPLAINT"))
_BEFORE = frozenset(("PAST_MEDICAL_HISTORY", "PAST_SURGICAL_HISTORY", "FAMILY_HISTORY", "SOCIAL_HISTORY"))
_VISIT = _BEFORE | {
    "CHIEF_COMPLAINT",
    "REVIEW_OF_SYSTEMS",
    "VITAL_SIGNS",
    "MEDICATIONS",
    "PROCEDURE",
    "ASSESSMENT_AND_PLAN",
}
_CONCLUDED = frozenset(("ASSESSMENT", "ASSESSMENT_AND_PLAN", "PLAN"))


def infer_kind(text: str, sections: Iterable[Section]) -> str:
    """Return the kind of a document, "" if it is not plain."""
    title = _TITLE.search(text, 0, _HEAD)
    if title is not None:
        kind = next(kind for number, (kind, _) in enumerate(_TITLES) if title[f"k{number}"])
        specialty = title["specialty"]
        return f"{specialty.lower()} {kind}" if specialty else kind
    return _kind_of_sections({section.name for section in sections})


def _kind_of_sections(names: set[str]) -> str:
    def has(some: frozenset[str]) -> bool:
        return not some.isdisjoint(names)

    if "DISCHARGE_DIAGNOSIS" in names or ("HOSPITAL_COURSE" in names and has(_LEAVING)):
        return DISCHARGE_SUMMARY
    if has(_OPERATED) and has(_OPERATION):
        return OPERATIVE_REPORT
    if (names >= _READ or (has(_READ) and has(_IMAGED))) and not has(_VISIT):
        return RADIOLOGY_REPORT
    if has(_SEEN):
        if "SUBJECTIVE" in names and has(_CONCLUDED):
            return PROGRESS_NOTE
        return HISTORY_AND_PHYSICAL if has(_TOLD) and has(_BEFORE) else ""
    return ""


def is_of_kind(kind: str, *wanted: str) -> bool:
    """Whether a stated or inferred kind is one of some: "Discharge Summary (final)" is a discharge summary."""
    small = kind.lower()
    return any(one in small for one in wanted)
