"""Whether a procedure was done, from the context that the text gives its span.

Most that denies or doubts near a procedure is of what it found: "abdominal CT showed no metastasis", "biopsy was
negative", "ultrasound suggestive of cyst". Only what stands right before the procedure is of itself ("no CT", "the
possibility of resection"), or a verb of doing after it that is denied ("was not performed", "was declined").
"""

import re

from engine.types import Assertion, Axis, Context

_MOST_WORDS = 2
_UNDONE = re.compile(
    r"\s*(?:\([^)]*\)\s*)?(?:(?:was|were|is|are|has|have|had|could|did|does)\s*(?:not|n't|never)\s+(?:be\s+|been\s+)?"
    r"(?:performed|done|carried|made|given|possible|indicated|needed|required|necessary|undertaken|completed|attempted)|"
    r"(?:was|were|is|are)\s+(?:declined|refused|deferred|cancell?ed|postponed|discarded|rejected|aborted))\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:plan(?:ned|s)?(?:\s+(?:for|to|is|was))*:?|scheduled\s+(?:for|to)|recommend(?:ed|s|ation)?|consider(?:ed|ing)?|"
    r"(?:will|would|may|might|should|to)\s+(?:be|need|require|undergo|have|get|receive)|awaiting|pending|"
    r"waiting\s+list\s+(?:for|of)|candidate\s+for|referred\s+for|offered|proposed|proposal\s+of|refus(?:ed|es|al\s+of)|"
    r"declin(?:ed|es)|defer(?:red)?|contraindication\s+(?:for|to)|follow[- ]up|outpatient)\s+(?:[\w-]+\s+){0,3}$",
    re.IGNORECASE,
)
_PLANNED_REACH = 70


def context_of_procedure(text: str, begin: int, end: int, context: Context) -> Context:
    """Return the context of a procedure's span: what it found is neither denied nor doubted of itself."""
    if _UNDONE.match(text, end):
        return Context(Assertion.ABSENT, context.temporality, context.experiencer, context.cues)
    if _PLANNED.search(text, max(0, begin - _PLANNED_REACH), begin):
        return Context(Assertion.HYPOTHETICAL, context.temporality, context.experiencer, context.cues)
    if context.assertion is Assertion.PRESENT:
        return context
    if any(cue.axis is Axis.ASSERTION and _is_of(text, cue.begin, cue.end, begin) for cue in context.cues):
        return context
    others = tuple(cue for cue in context.cues if cue.axis is not Axis.ASSERTION)
    return Context(Assertion.PRESENT, context.temporality, context.experiencer, others)


def _is_of(text: str, cue_begin: int, cue_end: int, begin: int) -> bool:
    if cue_begin >= begin:
        return False
    gap = text[cue_end:begin] if cue_end <= begin else ""
    return len(gap.split()) <= _MOST_WORDS and not any(mark in gap for mark in ",;:.")
