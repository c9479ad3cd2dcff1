"""The parts of the engine that can be left out, to see what each is worth (`--without`; `make accuracy` tries each).

To add one: a line here, and in the stage a question whether its name is in `without` (a source of terms: its line in
TERM_SOURCES of match/recipe.py, and nothing else).
"""

# Name of a part, and what the engine does without it.
SWITCHES: dict[str, str] = {
    "lexicon": "no terms of our own, nor shadows: titles and inclusion terms alone name codes",
    "abbreviations": "no inventory of abbreviations: nothing weighs the meanings of a short form",
    "tabular": "no titles and inclusion terms: our own terms alone name codes",
    "indexes": "no imported index files",
    "sections": "no headings: a document is one section without a name",
    "context": "everything is present, current and the patient's",
    "axes": "no choice among sibling codes by words near the mention: side, severity, trimester and the like",
    "encounter": "no phase of care, healing or opening of a fracture from words near the mention",
    "document": "no look at a document as a whole: a code is scored by the words of its mentions and its prior",
    "priors": "no knowledge of how often a code is meant",
    "queries": "no documentation queries",
    "rules": "no coding rules: every draft is a suggestion",
}
