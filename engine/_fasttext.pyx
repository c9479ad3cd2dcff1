# cython: language_level=3, boundscheck=False, wraparound=False, embedsignature=True
"""Binding of _fasttext.hpp: converts, and thinks nothing."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_CheckBuffer, PyObject_GetBuffer
from libc.stdint cimport int32_t, int64_t, uint32_t
from libcpp.string cimport string
from libcpp.unordered_map cimport unordered_map
from libcpp.unordered_set cimport unordered_set
from libcpp.vector cimport vector

cdef extern from "Python.h" nogil:
    int Py_UNICODE_ISLOWER(uint32_t)
    int Py_UNICODE_ISUPPER(uint32_t)
    int Py_UNICODE_ISALPHA(uint32_t)
    int Py_UNICODE_ISDIGIT(uint32_t)
    int Py_UNICODE_ISALNUM(uint32_t)
    int Py_UNICODE_ISSPACE(uint32_t)
    int Py_UNICODE_TODECIMAL(uint32_t)
    int PyUnicode_KIND(object)
    const void* PyUnicode_DATA(object)

cdef extern from "_fasttext.hpp" namespace "fasttext" nogil:
    ctypedef int (*CharacterTest)(uint32_t) noexcept nogil
    cdef cppclass Unicode:
        CharacterTest is_lower, is_upper, is_alpha, is_digit, is_alnum, is_space, decimal
    cdef cppclass Characters:
        Unicode unicode
    cdef cppclass Span:
        int64_t begin, end
    cdef cppclass Part:
        int64_t begin, body_begin, end
    cdef cppclass Section:
        int32_t name
        int64_t begin, body_begin, end
    cdef cppclass Headings:
        unordered_map[string, int32_t] names
        unordered_set[string] exam, colon_only, openers, small_words
        unordered_set[int32_t] exam_starts_after
        int32_t exam_name
    cdef cppclass SentenceWords:
        unordered_set[string] titles, abbreviations, connectives, lettered
    cdef cppclass CueRule:
        uint32_t does, ends
        int32_t slot, stop
        int64_t scope_words, first_length
    cdef cppclass CueAt:
        int64_t begin, end
        int32_t rule
    cdef cppclass SectionDefault:
        int64_t begin, body_begin
        int32_t slot, rule
    cdef cppclass Said:
        int32_t slot, rule
        int64_t begin, end
    cdef cppclass Reading:
        Said* said
        int count
    bint may_have_pages(const void*, int64_t, int) noexcept
    void cut_sections(const Headings&, const Characters&, const void*, int64_t, int, vector[Section]&) except +
    void cut_sentences(
        const SentenceWords&, const Characters&, const void*, int64_t, int, const vector[Part]&, vector[Span]&) except +
    void read_scopes(
        const vector[CueRule]&, int32_t, const Characters&, const void*, int64_t, int, const vector[SectionDefault]&,
        const vector[Span]&, vector[CueAt]&, const vector[Span]&, vector[Reading]&) except +

# Below this many characters letting go of the GIL costs more than it frees (PERFORMANCE.md).
cdef Py_ssize_t RELEASE_CHARACTERS = 65536


cdef int is_lower(uint32_t c) noexcept nogil:
    return Py_UNICODE_ISLOWER(c)

cdef int is_upper(uint32_t c) noexcept nogil:
    return Py_UNICODE_ISUPPER(c)

cdef int is_alpha(uint32_t c) noexcept nogil:
    return Py_UNICODE_ISALPHA(c)

cdef int is_digit(uint32_t c) noexcept nogil:
    return Py_UNICODE_ISDIGIT(c)

cdef int is_alnum(uint32_t c) noexcept nogil:
    return Py_UNICODE_ISALNUM(c)

cdef int is_space(uint32_t c) noexcept nogil:
    return Py_UNICODE_ISSPACE(c)

cdef int decimal(uint32_t c) noexcept nogil:
    return Py_UNICODE_TODECIMAL(c)


cdef Characters CHARACTERS
CHARACTERS.unicode.is_lower = is_lower
CHARACTERS.unicode.is_upper = is_upper
CHARACTERS.unicode.is_alpha = is_alpha
CHARACTERS.unicode.is_digit = is_digit
CHARACTERS.unicode.is_alnum = is_alnum
CHARACTERS.unicode.is_space = is_space
CHARACTERS.unicode.decimal = decimal


def has_pages(str text not None):
    return bool(may_have_pages(PyUnicode_DATA(text), len(text), PyUnicode_KIND(text)))


cdef unordered_set[string] to_words(words):
    cdef unordered_set[string] found
    for word in words:
        found.insert(<string> word.encode("ascii"))
    return found


cdef class SectionFinder:
    cdef Headings headings
    cdef tuple names

    def __init__(self, names, *, exam, exam_name, exam_starts_after, colon_only, openers, small_words):
        self.names = tuple(sorted({*names.values(), exam_name, *exam_starts_after}))
        numbers = {name: number for number, name in enumerate(self.names)}
        for spelling, name in names.items():
            self.headings.names[<string> spelling.encode("ascii")] = numbers[name]
        self.headings.exam = to_words(exam)
        self.headings.colon_only = to_words(colon_only)
        self.headings.openers = to_words(openers)
        self.headings.small_words = to_words(small_words)
        self.headings.exam_name = numbers[exam_name]
        for name in exam_starts_after:
            self.headings.exam_starts_after.insert(<int32_t> numbers[name])

    def find(self, str text not None):
        cdef vector[Section] found
        cdef const void* data = PyUnicode_DATA(text)
        cdef int width = PyUnicode_KIND(text)
        cdef Py_ssize_t size = len(text)
        cdef size_t i
        if size < RELEASE_CHARACTERS:
            cut_sections(self.headings, CHARACTERS, data, size, width, found)
        else:
            with nogil:
                cut_sections(self.headings, CHARACTERS, data, size, width, found)
        return [(self.names[found[i].name] if found[i].name >= 0 else "", found[i].begin, found[i].body_begin, found[i].end)
                for i in range(found.size())]


cdef class SentenceFinder:
    cdef SentenceWords words

    def __init__(self, *, titles, abbreviations, connectives, lettered):
        self.words.titles = to_words(titles)
        self.words.abbreviations = to_words(abbreviations)
        self.words.connectives = to_words(connectives)
        self.words.lettered = to_words(lettered)

    def find(self, str text not None, sections):
        cdef vector[Part] parts
        cdef vector[Span] found
        cdef Part part
        cdef const void* data = PyUnicode_DATA(text)
        cdef int width = PyUnicode_KIND(text)
        cdef Py_ssize_t size = len(text)
        cdef size_t i
        for section in sections:
            part.begin, part.body_begin, part.end = section.begin, section.body_begin, section.end
            if part.begin < 0 or part.body_begin < 0 or part.end > size:
                raise ValueError(f"section: got {part.begin} to {part.end}, want it in 0 to {size}")
            parts.push_back(part)
        if size < RELEASE_CHARACTERS:
            cut_sentences(self.words, CHARACTERS, data, size, width, parts, found)
        else:
            with nogil:
                cut_sentences(self.words, CHARACTERS, data, size, width, parts, found)
        return [(found[i].begin, found[i].end) for i in range(found.size())]


cdef class ScopeFinder:
    cdef vector[CueRule] rules
    cdef int32_t first_sign

    def __init__(self, rules, *, first_sign):
        cdef CueRule rule
        for given in rules:
            rule.does, rule.slot, rule.scope_words = given.does, given.slot, given.scope_words
            rule.stop, rule.ends, rule.first_length = given.stop, given.ends, given.first_length
            self.rules.push_back(rule)
        self.first_sign = first_sign

    def read(self, str text not None, *, sections, sentences, cues, spans):
        cdef vector[SectionDefault] section_list
        cdef vector[Span] sentence_list = to_spans(sentences)
        cdef vector[Span] span_list = to_spans(spans)
        cdef vector[CueAt] cue_list
        cdef vector[Reading] readings
        cdef SectionDefault section
        cdef const void* data = PyUnicode_DATA(text)
        cdef int width = PyUnicode_KIND(text)
        cdef Py_ssize_t size = len(text)
        for section.begin, section.body_begin, section.slot, section.rule in sections:
            section_list.push_back(section)
        to_cues(cues, cue_list)
        for cue in cue_list:
            if cue.begin < 0 or cue.end > size or not 0 <= cue.rule < self.first_sign:
                raise ValueError(f"cue: got {cue.rule} at {cue.begin} to {cue.end}, want it in the table and the text")
        if size < RELEASE_CHARACTERS:
            read_scopes(self.rules, self.first_sign, CHARACTERS, data, size, width,
                        section_list, sentence_list, cue_list, span_list, readings)
        else:
            with nogil:
                read_scopes(self.rules, self.first_sign, CHARACTERS, data, size, width,
                            section_list, sentence_list, cue_list, span_list, readings)
        return [to_said(reading) for reading in readings]


cdef vector[Span] to_spans(places) except *:
    cdef vector[Span] found
    cdef Span span
    for span.begin, span.end in places:
        if span.begin < 0 or span.end < span.begin:
            raise ValueError(f"span: got {span.begin} to {span.end}, want begin <= end, from 0")
        found.push_back(span)
    return found


cdef int to_cues(places, vector[CueAt]& found) except -1:
    cdef Py_buffer view
    cdef const int32_t* numbers
    cdef CueAt cue
    cdef Py_ssize_t i
    if not PyObject_CheckBuffer(places):
        for cue.begin, cue.end, cue.rule in places:
            found.push_back(cue)
        return 0
    PyObject_GetBuffer(places, &view, PyBUF_SIMPLE)
    try:
        numbers = <const int32_t*> view.buf
        for i in range(0, view.len // <Py_ssize_t> sizeof(int32_t) - 2, 3):
            cue.begin, cue.end, cue.rule = numbers[i], numbers[i + 1], numbers[i + 2]
            found.push_back(cue)
    finally:
        PyBuffer_Release(&view)
    return 0


cdef tuple to_said(const Reading& reading):
    cdef int i
    if reading.count == 0:
        return ()
    return tuple([(reading.said[i].slot, reading.said[i].rule, reading.said[i].begin, reading.said[i].end)
                  for i in range(reading.count)])
