"""What the matcher must find, worked out by hand: one table that the native matcher and its plain-Python twin share."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.match.automaton import Phrase
from engine.match.reference import ACROSS_COMMA, UPPER_ONLY

# What is found: the text under the span, the number of the phrase, and, where that text occurs more than once, which.
Found = tuple[str, int] | tuple[str, int, int]


@dataclass(frozen=True)
class Case:
    """Phrases, a text, and all that is found in it, by end and then longest first."""

    name: str
    phrases: Sequence[str | Phrase]
    text: str
    found: Sequence[Found]

    def compiled_from(self) -> list[Phrase]:
        """The phrases as the compiler takes them."""
        return [phrase if isinstance(phrase, Phrase) else Phrase(phrase) for phrase in self.phrases]

    def spans(self) -> list[tuple[int, int, int]]:
        """What is found as (begin, end, phrase)."""
        return [self._span(*item) for item in self.found]

    def _span(self, piece: str, phrase: int, nth: int = 0) -> tuple[int, int, int]:
        begin = -1
        for _ in range(nth + 1):
            begin = self.text.index(piece, begin + 1)
        return begin, begin + len(piece), phrase


def upper(text: str) -> Phrase:
    return Phrase(text, UPPER_ONLY)


def across(text: str) -> Phrase:
    return Phrase(text, ACROSS_COMMA)


WORDS = [
    Case("a word is found whole", ["asthma"], "He has asthma.", [("asthma", 0)]),
    Case("a word within a word is not found", ["asthma"], "asthmatic preasthma asthma2 2asthma", []),
    Case("case is folded", ["Asthma"], "ASTHMA Asthma aSTHMa", [("ASTHMA", 0), ("Asthma", 0), ("aSTHMa", 0)]),
    Case("accents are folded in the text", ["sjogren syndrome"], "Sjögren syndrome", [("Sjögren syndrome", 0)]),
    Case("accents are folded in the phrase", ["Sjögren syndrome"], "SJOGREN SYNDROME", [("SJOGREN SYNDROME", 0)]),
    Case("accents written apart are folded", ["sjogren"], "Sjo\u0308gren", [("Sjo\u0308gren", 0)]),
    Case("an accent after the last letter belongs to the word", ["cafe"], "cafe\u0301 noir", [("cafe\u0301", 0)]),
    Case("an accent before the first letter does not", ["cafe"], "\u0301cafe", [("cafe", 0)]),
    Case("ligatures are spelled out", ["fibrosis", "waffle"], "ﬁbrosis waﬄe", [("ﬁbrosis", 0), ("waﬄe", 1)]),
    Case("full-width letters are folded", ["asthma"], "ＡＳＴＨＭＡ", [("ＡＳＴＨＭＡ", 0)]),
    Case("the German sharp s is two", ["gross", "weiss"], "groß WEIẞ", [("groß", 0), ("WEIẞ", 1)]),
    Case("the Turkish capital dotted I is an i", ["ileus"], "İLEUS", [("İLEUS", 0)]),
    Case("the Turkish dotless ı is a letter of its own", ["ileus"], "ıleus", []),
    Case("the final sigma is a sigma", ["ΝΟΣΟΣ"], "νόσος", [("νόσος", 0)]),
    Case("Cyrillic and CJK are words too", ["астма", "喘息"], "Астма 喘息", [("Астма", 0), ("喘息", 1)]),
    Case("a straight apostrophe adds nothing", ["crohns disease"], "Crohn's disease", [("Crohn's disease", 0)]),
    Case("a curly apostrophe adds nothing", ["crohn's disease"], "Crohn’s disease", [("Crohn’s disease", 0)]),
    Case(
        "an opening quotation mark within a word too", ["crohn's"], "Crohn‘s Crohnʼs", [("Crohn‘s", 0), ("Crohnʼs", 0)]
    ),
    Case(
        "quotation marks around a word stay outside", ["asthma"], "'asthma' ‘asthma’",
        [("asthma", 0), ("asthma", 0, 1)],
    ),
    Case(
        "a soft hyphen or zero-width space adds nothing", ["pneumonia"], "pneu\u00admo\u200bnia",
        [("pneu\u00admo\u200bnia", 0)],
    ),
    Case("a digit is a letter like others", ["type 2", "covid19"], "Type 2, COVID19", [("Type 2", 0), ("COVID19", 1)]),
    Case("a number is found whole", ["100"], "1000 0100 100", [("100", 0, 2)]),
    Case("a word of 64 bytes is found", ["x" * 64], f"{'x' * 64} {'x' * 65}", [("x" * 64, 0)]),
    Case("a longer word is not its beginning", ["x" * 64], "x" * 128, []),
    Case("the ampersand is the word and", ["nausea and vomiting"], "nausea & vomiting", [("nausea & vomiting", 0)]),
    Case("the ampersand needs no spaces", ["nausea and vomiting"], "nausea&vomiting", [("nausea&vomiting", 0)]),
    Case("an ampersand may end a phrase", ["rise and"], "rise &", [("rise &", 0)]),
]  # fmt: skip

GAPS = [
    Case("any run of spaces joins", ["kidney stone"], "kidney \t\u00a0 stone", [("kidney \t\u00a0 stone", 0)]),
    Case("a hyphen joins", ["follow up"], "follow-up", [("follow-up", 0)]),
    Case("a hyphen in the phrase is a space", ["x-ray"], "X ray", [("X ray", 0)]),
    Case("an en dash joins", ["follow up"], "follow–up", [("follow–up", 0)]),
    Case("a non-breaking hyphen joins", ["follow up"], "follow\u2011up", [("follow\u2011up", 0)]),
    Case("hyphens do not make one word", ["followup"], "follow-up", []),
    Case("a slash joins", ["heart lung"], "heart/lung", [("heart/lung", 0)]),
    Case("an underscore joins", ["kidney stone"], "kidney_stone", [("kidney_stone", 0)]),
    Case(
        "parentheses join", ["essential primary hypertension"], "Essential (primary) hypertension",
        [("Essential (primary) hypertension", 0)],
    ),
    Case("a line break joins", ["kidney stone"], "kidney\nstone", [("kidney\nstone", 0)]),
    Case(
        "a wrapped and indented line joins", ["kidney stone"], "kidney  \r\n    stone", [("kidney  \r\n    stone", 0)]
    ),
    Case("an empty line divides", ["kidney stone"], "kidney\n\nstone kidney \n \n stone", []),
    Case("a form feed divides", ["kidney stone"], "kidney\fstone", []),
    Case(
        "a line that begins with a bullet divides", ["kidney stone"],
        "kidney\n- stone kidney\n* stone kidney\n  + stone",
        [],
    ),
    Case("so does a number sign", ["kidney stone"], "kidney\n# stone", []),
    Case("a bullet before the line break does not", ["kidney stone"], "kidney *\nstone", [("kidney *\nstone", 0)]),
    Case("a bullet character divides anywhere", ["kidney stone"], "kidney • stone kidney ▪ stone", []),
    Case("a full stop and a space divide", ["heart failure"], "heart. failure", []),
    Case("a full stop alone joins", ["q d"], "q.d", [("q.d", 0)]),
    Case(
        "a colon, semicolon, bar or mark divides", ["heart failure"],
        "heart: failure heart; failure heart|failure heart? failure heart!failure",
        [],
    ),
    Case("an ellipsis divides", ["heart failure"], "heart… failure heart... failure", []),
    Case(
        "a full stop after a lone letter does not divide", ["e coli"], "E. coli, E.\u00a0coli",
        [("E. coli", 0), ("E.\u00a0coli", 0)],
    ),
    Case("but at the end of a line it does", ["e coli"], "E.\ncoli E.  coli E.) coli", []),
    Case("after a lone digit it does", ["type 2 diabetes"], "type 2. diabetes", []),
    Case("after more letters it does", ["dr jones"], "Dr. Jones", []),
    Case("a list number at the line's start divides", ["asthma 2 gout"], "asthma\n2. gout\nasthma\n2) gout", []),
    Case(
        "a number that only stands there does not", ["type 2 diabetes"], "type\n2 diabetes", [("type\n2 diabetes", 0)]
    ),
    Case("nor does a decimal", ["grade 2 5"], "grade\n2.5", [("grade\n2.5", 0)]),
    Case("a number of four digits is no list number", ["since 1999"], "since\n1999)", [("since\n1999", 0)]),
    Case("a list number on the same line does not divide", ["asthma 2"], "asthma 2. Gout", [("asthma 2", 0)]),
    Case("a comma divides", ["hypertension essential"], "hypertension, essential hypertension,essential", []),
    Case(
        "unless the phrase may cross it", [across("hypertension essential")], "Hypertension, essential",
        [("Hypertension, essential", 0)],
    ),
    Case(
        "a spaced dash is a comma", ["heart failure", across("heart failure")], "heart - failure",
        [("heart - failure", 1)],
    ),
    Case(
        "a double hyphen is a comma", ["heart failure", across("heart failure")], "heart--failure",
        [("heart--failure", 1)],
    ),
    Case("an em dash is a comma", ["heart failure", across("heart failure")], "heart—failure", [("heart—failure", 1)]),
    Case(
        "a comma before or after the phrase is nothing to it", ["heart failure"], "cough, heart failure, fever",
        [("heart failure", 0)],
    ),
    Case("a full stop divides what may cross a comma", [across("heart failure")], "heart., failure", []),
]  # fmt: skip

TRANSPARENT = [
    Case("articles are read through", ["pain in knee"], "pain in the knee", [("pain in the knee", 0)]),
    Case(
        "possessives and sides are read through", ["pain in knee"], "pain in his left knee",
        [("pain in his left knee", 0)],
    ),
    Case("in the phrase as in the text", ["pain in the right knee"], "pain in knee", [("pain in knee", 0)]),
    Case("they are no part of a phrase at its ends", ["knee pain"], "the left knee pain right", [("knee pain", 0)]),
    Case("the letter a is not one of them", ["hepatitis"], "hepatitis a", [("hepatitis", 0)]),
    Case("a comma on either side divides", ["knee pain"], "knee, left pain knee left, pain", []),
    Case("a comma on either side may be crossed", [across("knee pain")], "knee, left pain", [("knee, left pain", 0)]),
    Case("a full stop on either side divides", [across("knee pain")], "knee. Left pain", []),
    Case("small letters in them do not matter to capitals", [upper("CAD MI")], "CAD the MI", [("CAD the MI", 0)]),
]  # fmt: skip

CAPITALS = [
    Case("an abbreviation is found in capitals only", [upper("MS")], "MS Ms ms", [("MS", 0)]),
    Case("digits are neither", [upper("DM2")], "DM2 dm2 Dm2", [("DM2", 0)]),
    Case("every word must be in capitals", [upper("LV EF")], "LV EF LV ef lv EF", [("LV EF", 0)]),
    Case("words around it may be small", [upper("LV EF")], "the LV EF is low", [("LV EF", 0)]),
    Case("letters without case are capitals", [upper("喘息")], "喘息", [("喘息", 0)]),
    Case("small capitals beyond ASCII are seen", [upper("ÉÉ")], "ÉÉ éé Éé", [("ÉÉ", 0)]),
    Case("with and without the flag both are found", ["MS", upper("MS")], "ms MS", [("ms", 0), ("MS", 0), ("MS", 1)]),
]  # fmt: skip

SPELLINGS = [
    Case("a plural is found", ["kidney stone"], "kidney stones", [("kidney stones", 0)]),
    Case("a singular is found", ["kidney stones"], "kidney stone", [("kidney stone", 0)]),
    Case(
        "a learned plural is found", ["diverticulum", "metastasis"], "Diverticula, metastases",
        [("Diverticula", 0), ("metastases", 1)],
    ),
    Case("an irregular plural is found", ["foot ulcer"], "feet ulcers", [("feet ulcers", 0)]),
    Case("British spelling is found", ["anemia", "edema"], "anaemia oedema", [("anaemia", 0), ("oedema", 1)]),
    Case(
        "American spelling is found", ["haemorrhage", "tumour"], "hemorrhages tumors",
        [("hemorrhages", 0), ("tumors", 1)],
    ),
    Case("the s of a singular is kept", ["diabetes", "mass"], "diabete mas", []),
    Case("a possessive without its s is found", ["Crohn's disease"], "Crohn disease", [("Crohn disease", 0)]),
    Case("a word that is not to be inflected is not", [Phrase("sign", inflect=False)], "signs sign", [("sign", 0, 1)]),
]  # fmt: skip

OVERLAPS = [
    Case("nothing is in an empty text", ["asthma"], "", []),
    Case("nothing is in separators", ["asthma"], " \n\t.,;- \u0301\u200b'’", []),
    Case("nothing is found without phrases", [], "asthma", []),
    Case(
        "phrases inside a phrase are all found",
        ["heart failure", "failure", "chronic heart failure"],
        "chronic heart failure",
        [("chronic heart failure", 2), ("heart failure", 0), ("failure", 1)],
    ),
    Case(
        "phrases that overlap are all found",
        ["acute on", "on chronic", "acute on chronic pain", "chronic"],
        "acute on chronic pain",
        [("acute on", 0), ("on chronic", 1), ("chronic", 3), ("acute on chronic pain", 2)],
    ),
    Case(
        "a failed beginning does not hide what begins inside it",
        ["acute on chronic heart failure", "chronic heart attack", "heart"],
        "acute on chronic heart attack",
        [("heart", 2), ("chronic heart attack", 1)],
    ),
    Case("a repeated word is tried from each place", ["no no yes"], "no no no yes", [("no no yes", 0)]),
    Case(
        "phrases that read the same are all found", ["kidney stone", "Kidney-stones"], "kidney stone",
        [("kidney stone", 0), ("kidney stone", 1)],
    ),
    Case("32 words are found", [" ".join(["ha"] * 32)], " ".join(["ha"] * 32), [(" ".join(["ha"] * 32), 0)]),
]  # fmt: skip

CASES = [*WORDS, *GAPS, *TRANSPARENT, *CAPITALS, *SPELLINGS, *OVERLAPS]

# Leftmost first, of those the longest; phrases of one span together.
LONGEST_CASES = [
    Case("the longest of one place", ["heart", "heart failure", "failure"], "heart failure", [("heart failure", 1)]),
    Case("the leftmost before the longer", ["acute on", "on chronic pain"], "acute on chronic pain", [("acute on", 0)]),
    Case("the next begins where the last ends", ["a1 b1", "b1 c1", "c1"], "a1 b1 c1", [("a1 b1", 0), ("c1", 2)]),
    Case(
        "twins are kept together", ["heart", "Heart", "heart failure"], "heart heart failure",
        [("heart", 0), ("heart", 1), ("heart failure", 2)],
    ),
    Case("a twin of a hidden span stays hidden", ["b1", "B1", "a1 b1"], "a1 b1", [("a1 b1", 2)]),
]  # fmt: skip

# Half-open, in code points of the text as given: (name, text, begin, end) of the word asthma.
SPAN_CASES = [
    ("at the start and end", "asthma", 0, 6),
    ("after an emoji", "😀 asthma", 2, 8),
    ("after an emoji of many code points", "👩🏽‍⚕️ asthma", 6, 12),
    ("after astral letters", "𝐀𝐁 asthma", 3, 9),
    ("after right-to-left text", "العربية asthma", 8, 14),
    ("after right-to-left marks", "\u202b\u200fasthma\u202c", 2, 8),
    ("after combining characters", "e\u0301e\u0301 asthma", 5, 11),
    ("with combining characters inside", "a\u0301sth\u0300ma", 0, 8),
    ("in astral letters", "x 𝐚𝐬𝐭𝐡𝐦𝐚 y", 2, 8),
    ("after a NUL", "\x00asthma\x00", 1, 7),
    ("after a byte order mark", "\ufeffasthma", 1, 7),
    ("after CJK", "喘息 asthma", 3, 9),
    ("after two-byte letters", "éé asthma", 3, 9),
    ("at the last code point there is", "\U0010ffff asthma", 2, 8),
]
