"""The compiled index of a release's words: a file beside its snapshot, opened by mmap and shared by all who search.

Every title, inclusion term and lexicon term is an entry: a list of word numbers and the node it leads to. Entries are
numbered from the best to the worst that hold the same words (see `search_build`), so a word's list of entries is
already ranked. Words are numbered in alphabetical order, so a beginning of words is a range of numbers, and the
entries of a range lie side by side.
"""

from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from codesets.container import Container
from codesets.words import edit_distance, slips_allowed, sound_key, spelling_keys

MAGIC = b"CCSRCH\0\0"
FORMAT = 1
SUFFIX = ".ccsearch"
EMPTY = 0xFFFFFFFF  # a slot of the table of words that holds none
# Words this near in spelling are tried for one of the query.
_MAX_SPELLINGS = 8
_MIN_SPELLED = 3


def flat_code(code: str) -> str:
    """Write a code as claims do: upper case, without its dot."""
    return code.replace(".", "").upper()


class SearchFile:
    """An open index; raises SnapshotError on a file that cannot be used."""

    def __init__(self, path: Path) -> None:
        file = Container(path, magic=MAGIC, version=FORMAT)
        self.by_code = file.numbers("by_code")
        self.defaults, self.priors = file.numbers("defaults"), file["priors"]
        self.nodes, self.weights = file.numbers("nodes"), file["weights"]
        self._term_at, self._terms = file.numbers("terms_at"), file["terms"]
        self._word_at, self._words = file.numbers("word_at"), file.numbers("words")
        self._vocabulary_at, self._vocabulary = file.numbers("vocabulary_at"), file["vocabulary"]
        self._slots = file.numbers("slots")
        self._mask = len(self._slots) - 1
        self.word_weights = file["word_weights"]
        self.posting_at, self.postings = file.numbers("posting_at"), file.numbers("postings")
        self._spelling_keys, self._spelling_words = file.numbers("spelling_keys"), file.numbers("spelling_words")
        self._sound_keys, self._sound_words = file.numbers("sound_keys"), file.numbers("sound_words")
        self._word_numbers = range(len(self.word_weights))

    def term_at(self, entry: int) -> str:
        """Return an entry's text as its source has it, "" if it is the title of its node."""
        return str(self._terms[self._term_at[entry] : self._term_at[entry + 1]], "utf-8")

    def words_at(self, entry: int) -> list[int]:
        """List the numbers of an entry's words, in order."""
        return self._words[self._word_at[entry] : self._word_at[entry + 1]].tolist()

    def word(self, number: int) -> str:
        """Return a word of the vocabulary."""
        return str(self._vocabulary[self._vocabulary_at[number] : self._vocabulary_at[number + 1]], "ascii")

    def exact(self, word: str) -> range:
        """Return the number of a word as a range of one or none."""
        data = word.encode()
        slot = crc32(data) & self._mask
        while (number := self._slots[slot]) != EMPTY:
            if self._vocabulary[self._vocabulary_at[number] : self._vocabulary_at[number + 1]] == data:
                return range(number, number + 1)
            slot = (slot + 1) & self._mask
        return range(0)

    def prefixed(self, word: str) -> range:
        """Return the numbers of the words that begin so."""
        begin = bisect_left(self._word_numbers, word, key=self.word)
        return range(begin, bisect_left(self._word_numbers, f"{word}{{", lo=begin, key=self.word))  # "{" follows "z"

    def entries(self, words: range) -> memoryview:
        """Return the entries that hold a word of a range, each word's ranked; one with two of them comes twice."""
        return self.postings[self.posting_at[words.start] : self.posting_at[words.stop]]

    def near(self, word: str) -> dict[int, float]:
        """Return the words nearest in spelling or sound, each with how near it is: (0, 1), nearest first."""
        if len(word) < _MIN_SPELLED or not word.isalpha():
            return {}
        most = slips_allowed(word)
        found: dict[int, float] = {}
        sound = sound_key(word)
        alike = set(_equal(self._sound_keys, self._sound_words, sound))
        for number in set(_equals(self._spelling_keys, self._spelling_words, spelling_keys(word))) | alike:
            found[number] = self._nearness(word, self.word(number), most, number in alike)
        best = sorted((n for n in found if found[n] > 0), key=lambda number: (-found[number], number))
        return {number: found[number] for number in best[:_MAX_SPELLINGS]}

    @staticmethod
    def _nearness(word: str, other: str, most: int, sounds_alike: bool) -> float:
        slips = edit_distance(word, other, most=most)
        if slips == 0:
            return 0.0  # the word itself
        longer = abs(len(word) - len(other))
        by_sound = 0.6 - 0.02 * longer if sounds_alike and longer <= len(word) // 2 else 0.0
        if slips > most:
            return by_sound
        # People slip least in the first letter.
        return max(by_sound, 0.85 - 0.2 * slips + 0.1 * sounds_alike - 0.1 * (word[0] != other[0]))


def _equal(keys: memoryview, values: memoryview, key: int) -> memoryview:
    begin = bisect_left(keys, key)
    return values[begin : bisect_left(keys, key + 1, lo=begin)]


def _equals(keys: memoryview, values: memoryview, wanted: Iterable[int]) -> Iterable[int]:
    for key in wanted:
        yield from _equal(keys, values, key)
