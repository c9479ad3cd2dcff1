"""Inflection and spelling variants of single words, in data made when the dictionary is compiled.

The matcher looks words up whole; so plural and British spellings are further spellings of the same word id
rather than work to do on every chart.
"""

import re
from collections.abc import Iterable

# Words that end in s and are no plural, or whose stem is another word.
INVARIANT = frozenset(
    [
        "abs",
        "aids",
        "alias",
        "always",
        "ascites",
        "bends",
        "biceps",
        "caries",
        "cosmos",
        "diabetes",
        "does",
        "facies",
        "feces",
        "forceps",
        "gas",
        "gallus",
        "glans",
        "hers",
        "herpes",
        "hives",
        "hydrops",
        "its",
        "ileus",
        "lens",
        "lues",
        "measles",
        "menses",
        "meninges",
        "mumps",
        "news",
        "ours",
        "pancreas",
        "piles",
        "plus",
        "process",
        "pubes",
        "pus",
        "rabies",
        "rickets",
        "scabies",
        "series",
        "shingles",
        "species",
        "stapes",
        "stats",
        "sus",
        "tabes",
        "talus",
        "theirs",
        "this",
        "thus",
        "triceps",
        "trichiasis",
        "typhus",
        "us",
        "virus",
        "was",
        "whereas",
        "yaws",
        "yours",
        "achilles",
        "human",
        "hypochondria",
        "women",
        "hearing",
        "texas",
        "gauss",
        "legs-for-life",
        "quadriceps",
        "rhabdomyolysis",
        "ards",
        "apds",
        "caps",
        "crps",
        "flus",
        "mcas",
        "mets",
        "monos",
        "pneumoniae",
        "pres",
        "rads",
        "ribs",
        "rpls",
        "hlhs",
        "runs",
        "smas",
        "svcs",
        "sirs",
        "pms",
        "rsv",
        "cms",
        "his",
        "has",
        "as",
        "is",
        "os",
    ]
)

_IRREGULAR = {
    "feet": "foot", "teeth": "tooth", "children": "child", "men": "man", "women": "woman", "lice": "louse",
    "testes": "testis", "genera": "genus", "viscera": "viscus", "ova": "ovum", "phalanges": "phalanx",
    "pharynges": "pharynx", "larynges": "larynx", "mycoses": "mycosis", "apices": "apex", "indices": "index",
    "cortices": "cortex", "cervices": "cervix", "appendices": "appendix", "matrices": "matrix",
    "calices": "calyx", "calyces": "calyx", "varices": "varix", "bronchi": "bronchus", "lives": "life",
    "calories": "calorie",
    "knives": "knife", "halves": "half", "calves": "calf", "hooves": "hoof", "wives": "wife", "leaves": "leaf",
    "diverticula": "diverticulum", "septa": "septum", "haustra": "haustrum", "sera": "serum", "atria": "atrium",
    "bacteria": "bacterium", "fungi": "fungus", "ganglia": "ganglion", "criteria": "criterion", "lumina": "lumen",
    "foramina": "foramen", "stomata": "stoma", "femora": "femur", "crura": "crus", "corpora": "corpus",
}  # fmt: skip

# British to American, on the folded word. Order matters: the first rules are the longest.
_TO_AMERICAN = (
    (re.compile("rrhoe"), "rrhe"), (re.compile("pnoe"), "pne"), (re.compile("haem"), "hem"),
    (re.compile("aemi"), "emi"),
    (re.compile("aemat"), "emat"), (re.compile("oedem"), "edem"), (re.compile("oesoph"), "esoph"),
    (re.compile("oestr"), "estr"), (re.compile("foet"), "fet"), (re.compile("gynaec"), "gynec"),
    (re.compile("paed"), "ped"), (re.compile("aetiolog"), "etiolog"), (re.compile("caec"), "cec"),
    (re.compile("faec"), "fec"),
    (re.compile("coeli"), "celi"), (re.compile("coele$"), "cele"), (re.compile("anaes"), "anes"),
    (re.compile("amoeb"), "ameb"),
    (re.compile("leuco"), "leuko"), (re.compile("sulph"), "sulf"), (re.compile("tumour"), "tumor"),
    (re.compile("colour"), "color"),
    (re.compile("behaviour"), "behavior"), (re.compile("labour"), "labor"), (re.compile("odour"), "odor"),
    (re.compile("fibre$"), "fiber"), (re.compile("centre$"), "center"), (re.compile("litre$"), "liter"),
    (re.compile("isation$"), "ization"), (re.compile("([^aeiou])ised$"), r"\1ized"), (re.compile("^grey$"), "gray"),
    (re.compile("mould"), "mold"), (re.compile("homoeo"), "homeo"), (re.compile("spleno?megal"), "splenomegal"),
)  # fmt: skip
_TO_BRITISH = (
    (re.compile("rrhe(?=a|i)"), "rrhoe"), (re.compile("pne(?=a|i)"), "pnoe"),
    (re.compile("hem(?=a|o|i|r|angi)"), "haem"),
    (re.compile("(?<![ah])emi(?=a$|c$)"), "aemi"), (re.compile("edema"), "oedema"), (re.compile("esoph"), "oesoph"),
    (re.compile("estr(?=o)"), "oestr"), (re.compile("^fet"), "foet"), (re.compile("gynec"), "gynaec"),
    (re.compile("^pedi|(?<=ortho)pedi"), "paedi"), (re.compile("etiolog"), "aetiolog"),
    (re.compile("^cec"), "caec"), (re.compile("^fec"), "faec"),
    (re.compile("celiac"), "coeliac"), (re.compile("anesth"), "anaesth"), (re.compile("ameb"), "amoeb"),
    (re.compile("leuko(?=c)"), "leuco"),
    (re.compile("sulf"), "sulph"), (re.compile("tumor"), "tumour"), (re.compile("color(?!e)"), "colour"),
    (re.compile("behavior"), "behaviour"), (re.compile("^labor$"), "labour"), (re.compile("^fiber$"), "fibre"),
    (re.compile("^center$"), "centre"), (re.compile("ization$"), "isation"), (re.compile("ized$"), "ised"),
)  # fmt: skip


def americanise(word: str) -> str:
    """Spell a folded word the American way."""
    for pattern, replacement in _TO_AMERICAN:
        word = pattern.sub(replacement, word)
    return word


def _britannise(word: str) -> str:
    for pattern, replacement in _TO_BRITISH:
        word = pattern.sub(replacement, word)
    return word


def plurals(word: str) -> list[str]:
    """List the plurals a singular may have, regular and learned."""
    if len(word) < 3 or word in INVARIANT or not word.isalpha() or not word.isascii():
        return []
    learned = [plural for plural, singular in _IRREGULAR.items() if singular == word]
    if word.endswith(("sis", "xis")):
        return [*learned, word[:-2] + "es"]
    if word.endswith("us"):
        return [*learned, word[:-2] + "i", word + "es"]
    if word.endswith("um"):
        return [*learned, word[:-2] + "a", word + "s"]
    if word.endswith("oma"):
        return [*learned, word + "s", word + "ta"]
    if word.endswith("a"):
        return [*learned, word + "s", word + "e"]
    if word.endswith("y") and word[-2] not in "aeiou":
        return [*learned, word[:-1] + "ies"]
    if word.endswith(("s", "x", "z", "sh", "ch")):
        return [*learned, word + "es"]
    return [*learned, word + "s"]


# A regular plural that ends so has lost more than its s: injury, patch, rash, abscess, reflex (but headache).
_MORE_THAN_S = ("ies", "ches", "shes", "sses", "xes")


def _singulars(word: str) -> list[str]:
    rules = (
        ("ies", "y"),
        ("ses", "sis"),
        ("xes", "xis"),
        ("es", ""),
        ("s", ""),
        ("i", "us"),
        ("ae", "a"),
        ("omata", "oma"),
        ("a", "um"),
    )
    return [word[: len(word) - len(end)] + start for end, start in rules if word.endswith(end)]


def singular(word: str, known: Iterable[str] = ()) -> str:
    """Return the singular of a folded word, or the word itself; `known` words decide the doubtful cases."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word in INVARIANT or not word.isalpha() or not word.isascii():
        return word
    candidates = [stem for stem in _singulars(word) if len(stem) > 2 and word in plurals(stem)]
    for stem in candidates:
        if stem in known:
            return stem
    regular = [stem for stem in candidates if word in (stem + "s", stem + "es", stem[:-1] + "ies")]
    if regular and word.endswith(_MORE_THAN_S) and not word.endswith("aches"):
        return regular[0]
    is_regular = word.endswith("s") and not word.endswith(("ss", "us", "is", "as", "os", "ses"))
    return regular[-1] if is_regular and regular else word


def spellings(word: str) -> list[str]:
    """List the spellings under which a canonical word may stand in a text, itself first."""
    forms = [word, *plurals(word)]
    return list(dict.fromkeys(forms + [_britannise(form) for form in forms]))


def group_spellings(words: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Group words with their variants.

    Returns the canonical word of each given word, and the canonical word of each spelling. A spelling that is
    itself a given word belongs to its own group.
    """
    known = sorted(set(words))
    known_set = set(known)
    canonical = {word: singular(americanise(word), known_set) for word in known}
    by_spelling = dict(canonical)
    for head in sorted(set(canonical.values())):
        for form in spellings(head):
            by_spelling.setdefault(form, head)
    return canonical, by_spelling
