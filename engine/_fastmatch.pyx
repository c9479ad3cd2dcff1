# cython: language_level=3, boundscheck=False, wraparound=False, embedsignature=True
"""Binding of _fastmatch.hpp: converts, and thinks nothing."""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t
from libcpp.string cimport string
from libcpp.vector cimport vector

cdef extern from "<string_view>" namespace "std" nogil:
    cdef cppclass string_view:
        string_view()
        string_view(const char*, size_t)
        size_t size()

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    list PyList_New(Py_ssize_t size)
    tuple PyTuple_New(Py_ssize_t size)
    # Both take over a reference.
    void PyList_SET_ITEM(object items, Py_ssize_t at, PyObject* item)
    void PyTuple_SET_ITEM(object items, Py_ssize_t at, PyObject* item)
    PyObject* PyLong_FromLong(long value) except NULL
    void PyObject_GC_UnTrack(PyObject* item)

cdef extern from "_fastmatch.hpp" namespace "fastmatch" nogil:
    cdef cppclass Hit:
        int32_t begin, end, phrase
    cdef cppclass Span:
        int32_t begin, end
    cdef cppclass Use:
        int32_t phrase, role, number
    cdef cppclass Divided:
        vector[vector[Hit]] by_role
        vector[Span] words
    cdef cppclass CRoles "fastmatch::Roles":
        CRoles()
        CRoles(uint32_t, int32_t, vector[Use]) except +
        Divided divide(const vector[Hit]&) except +
    cdef cppclass CMatcher "fastmatch::Matcher":
        CMatcher(const char*, size_t) except +
        uint32_t phrases()
        uint32_t states()
        uint32_t words()
        const char* simd()
        void find_all(string_view, vector[Hit]&, vector[Span]*) except +
        void find_apart(string_view, vector[Hit]&, vector[Hit]&) except +
        @staticmethod
        void keep_longest(vector[Hit]&) except +

cdef extern from "_fastmatch_build.hpp" namespace "fastmatch" nogil:
    cdef cppclass Builder:
        void set_characters(vector[uint16_t], vector[uint32_t], vector[uint32_t]) except +
        void add_surface(const string&, uint32_t) except +
        void add_phrase(const vector[uint32_t]&, uint8_t) except +
        string build() except +

TRANSPARENT_WORD = 0xFFFFFFFE
REPORTED_WORD = 0xFFFFFFFD
NO_PHRASE = -1

# Below this many bytes letting go of the GIL costs more than it frees (PERFORMANCE.md).
cdef Py_ssize_t RELEASE_BYTES = 65536


cdef class Roles:
    cdef CRoles roles

    def __init__(self, uses, *, uint32_t phrases, int32_t roles):
        cdef vector[Use] given
        cdef Use use
        for use.phrase, use.role, use.number in uses:
            given.push_back(use)
        self.roles = CRoles(phrases, roles, given)


cdef class Places:
    cdef vector[Hit] hits

    def __len__(self):
        return self.hits.size()

    def __getitem__(self, at):
        return to_list(self.hits)[at]

    def __iter__(self):
        return iter(to_list(self.hits))

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.hits.data(), self.hits.size() * sizeof(Hit), True, flags)


cdef class Matcher:
    cdef CMatcher* matcher
    cdef const unsigned char[::1] image

    def __cinit__(self, const unsigned char[::1] image not None):
        if image.shape[0] == 0:
            raise ValueError("dictionary image: got an empty file")
        self.image = image
        self.matcher = new CMatcher(<const char*> &image[0], image.shape[0])

    def __dealloc__(self):
        del self.matcher

    @property
    def phrase_count(self):
        return self.matcher.phrases()

    @property
    def state_count(self):
        return self.matcher.states()

    @property
    def word_count(self):
        return self.matcher.words()

    @property
    def simd(self):
        return self.matcher.simd().decode("ascii")

    cdef string_view view(self, str text) except *:
        cdef Py_ssize_t size = 0
        cdef const char* data = PyUnicode_AsUTF8AndSize(text, &size)
        if size > 0x7FFFFFFF:
            raise ValueError(f"text: got {size} bytes, want under 2 GiB")
        return string_view(data, size)

    cdef int scan(self, str text, vector[Hit]& hits, vector[Span]* words, bint longest) except -1:
        cdef string_view view = self.view(text)
        if view.size() < RELEASE_BYTES:
            self.matcher.find_all(view, hits, words)
            if longest:
                CMatcher.keep_longest(hits)
        else:
            with nogil:
                self.matcher.find_all(view, hits, words)
                if longest:
                    CMatcher.keep_longest(hits)
        return 0

    def find(self, str text not None, *, bint longest=False):
        cdef vector[Hit] hits
        self.scan(text, hits, NULL, longest)
        return to_list(hits)

    def find_apart(self, str text not None):
        cdef vector[Hit] cues
        cdef vector[Hit] terms
        cdef string_view view = self.view(text)
        if view.size() < RELEASE_BYTES:
            self.matcher.find_apart(view, cues, terms)
        else:
            with nogil:
                self.matcher.find_apart(view, cues, terms)
        return to_list(cues), to_list(terms)

    def find_in_roles(self, str text not None, Roles roles not None):
        cdef vector[Hit] others
        cdef vector[Hit] terms
        cdef Divided divided
        cdef size_t i
        cdef string_view view = self.view(text)
        if view.size() < RELEASE_BYTES:
            self.matcher.find_apart(view, others, terms)
            divided = roles.roles.divide(others)
        else:
            with nogil:
                self.matcher.find_apart(view, others, terms)
                divided = roles.roles.divide(others)
        return ([to_places(divided.by_role[i]) for i in range(divided.by_role.size())],
                [(divided.words[i].begin, divided.words[i].end) for i in range(divided.words.size())],
                to_list(terms))

    def find_with_tokens(self, str text not None):
        cdef vector[Hit] hits
        cdef vector[Span] words
        cdef size_t i
        self.scan(text, hits, &words, False)
        return to_list(hits), [(words[i].begin, words[i].end) for i in range(words.size())]

    def count(self, str text not None):
        cdef vector[Hit] hits
        self.scan(text, hits, NULL, False)
        return hits.size()


cdef list to_list(const vector[Hit]& hits):
    cdef size_t i
    cdef tuple hit
    cdef PyObject* end = NULL  # shared by the hits that end together
    cdef list found = PyList_New(hits.size())
    for i in range(hits.size()):
        hit = PyTuple_New(3)
        PyTuple_SET_ITEM(hit, 0, PyLong_FromLong(hits[i].begin))
        if end == NULL or hits[i].end != hits[i - 1].end:
            end = PyLong_FromLong(hits[i].end)
        else:
            Py_INCREF(<object> end)
        PyTuple_SET_ITEM(hit, 1, end)
        PyTuple_SET_ITEM(hit, 2, PyLong_FromLong(hits[i].phrase))
        # The collector would do the same with a tuple of numbers, after it has walked over it.
        PyObject_GC_UnTrack(<PyObject*> hit)
        Py_INCREF(hit)
        PyList_SET_ITEM(found, i, <PyObject*> hit)
    return found


cdef Places to_places(vector[Hit]& hits):
    cdef Places places = Places.__new__(Places)
    places.hits.swap(hits)
    return places


def build_image(stage1, stage2, expansions, surfaces, phrases, flags):
    cdef Builder builder
    cdef vector[uint32_t] words
    cdef string surface
    cdef string image
    builder.set_characters(stage1, stage2, expansions)
    for text, word in surfaces:
        surface = text.encode("utf-8")
        builder.add_surface(surface, word)
    for ids, flag in zip(phrases, flags, strict=True):
        words = ids
        builder.add_phrase(words, flag)
    with nogil:
        image = builder.build()
    return <bytes> image
