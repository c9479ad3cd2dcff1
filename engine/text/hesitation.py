"""Talk without the sounds of thinking: "you know, um, your your" says no more than "your"."""

import re

# Hesitation with the comma after it, and a small word said twice.
_HESITATION = re.compile(
    r"\b(?:(?:(?:u[mh]+|erm|hmm+)\b(?!-)|(?:you know|i mean)(?= ?,))(?: ?,)?"
    r"|(a|an|the|your|my|of|in|is|and|i) (?:, )?(?=\1\b))",
    re.IGNORECASE,
)


def without_hesitation(text: str) -> str:
    """Return a text of the same length with white space for what a speaker only hesitates with.

    So that "acute lumbar, um, strain" is found as one term. Tabs, which count as no word.
    """
    parts: list[str] = []
    last = 0
    for found in _HESITATION.finditer(text):
        begin = found.start()
        while not found[1] and begin > last and text[begin - 1] in " ,":
            begin -= 1
        parts += (text[last:begin], "\t" * (found.end() - begin))
        last = found.end()
    return "".join((*parts, text[last:]))
