"""Where the assessment begins in a conversation between a clinician and a patient.

A transcript has no headings. Clinicians open their assessment with words for it ("my assessment and plan", "for your
first problem"), past the middle of a visit; without such words it is looked for in the last part. Tested on the ACI dev
dialogues in halves: the shares matter little (0.5 to 0.6, 0.65 to 0.8).
"""

import re

_CLINICIAN = r"(?:doctor|dr\.?|physician|clinician|provider|gp|nurse)"
_PATIENT = r"(?:patient|pt|guest[_ ]family|caregiver|mother|father|parent)"
# What every label of a clinician's turn holds: quick to look for, and most notes have none.
_LABELS = tuple(
    f"{name}{end}"
    for name in ("doctor", "dr", "dr.", "physician", "clinician", "provider", "gp", "nurse")
    for end in ("]", ":", " :")
)
_CLINICIAN_TURN = re.compile(rf"^\s*(?:\[{_CLINICIAN}\]|{_CLINICIAN}\s*:)", re.IGNORECASE | re.MULTILINE)
_PATIENT_TURN = re.compile(rf"^\s*(?:\[{_PATIENT}\]|{_PATIENT}\s*:)", re.IGNORECASE | re.MULTILINE)
_OPENING = re.compile(
    r"\bmy (?:impression|assessment|diagnosis|plan)\b|\b(?:assessment|impression) and (?:my )?plan\b"
    r"|\b(?:first|next|second|main|only) (?:problem|issue|diagnosis)\b|\b(?:your|the|a) diagnosis (?:of|is)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"\b(?:problem|issue|diagnosis|for (?:your|his|her|the|this)|regarding (?:your|his|her|the)|from (?:an?|the|your)"
    r"|about your|with your)\b[^.?\[\]]{0,45}$",
    re.IGNORECASE,
)
# The first turn stands near the beginning of a transcript.
_HEAD = 400
_FEWEST_TURNS = 3
_NOT_BEFORE, _LAST_PART = 0.5, 0.7
_REACH = 60


def assessment_begin(text: str) -> int:
    """Return where the spoken assessment of a transcript begins, -1 if a text is no transcript."""
    head = text[:_HEAD].lower()
    if not any(label in head for label in _LABELS):
        return -1
    if not _CLINICIAN_TURN.search(text, 0, _HEAD) or not _PATIENT_TURN.search(text):
        return -1
    if len(_CLINICIAN_TURN.findall(text)) < _FEWEST_TURNS:
        return -1
    opening = _OPENING.search(text, int(_NOT_BEFORE * len(text)))
    return opening.start() if opening else int(_LAST_PART * len(text))


def is_spoken_item(text: str, begin: int) -> bool:
    """Whether a clinician names what stands at `begin` as a problem: "for your second problem, the cough"."""
    return _ITEM.search(text, max(0, begin - _REACH), begin) is not None
