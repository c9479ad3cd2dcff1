# cython: language_level=3, boundscheck=False, wraparound=False, embedsignature=True
"""Writes the engine's records as protobuf; field numbers are those of proto/chartcoder/v1/types.proto."""

from libc.stdint cimport uint32_t, uint64_t

from engine.types import Assertion, Axis, Experiencer, Role, Route, Severity, Temporality

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL
    object PyBytes_FromStringAndSize(const char* data, Py_ssize_t size)

cdef extern from "_wire.hpp" namespace "wire" nogil:
    cdef cppclass Writer:
        Writer() except +
        const char* data()
        size_t size()
        void clear()
        void number(uint32_t field, uint64_t value) except +
        void real(uint32_t field, double value) except +
        void text(uint32_t field, const char* data, size_t size) except +
        void item(uint32_t field, const char* data, size_t size) except +
        void begin(uint32_t field) except +
        void end() except +


def _numbers(kind, first):
    return {member: number for number, member in enumerate(kind, first)}


# Our enums stand in the order of the messages'; those that have a member UNSPECIFIED begin with it. Held by tests.
cdef dict ASSERTIONS = _numbers(Assertion, 1)
cdef dict TEMPORALITIES = _numbers(Temporality, 1)
cdef dict EXPERIENCERS = _numbers(Experiencer, 1)
cdef dict AXES = _numbers(Axis, 1)
cdef dict ROLES = _numbers(Role, 0)
cdef dict ROUTES = _numbers(Route, 1)
cdef dict SEVERITIES = _numbers(Severity, 1)


cdef class FrameWriter:
    cdef Writer writer
    cdef list tables
    cdef list pages
    cdef Py_ssize_t limit, items

    def __cinit__(self, list tables not None, Py_ssize_t limit):
        self.tables = tables
        self.limit = limit
        self.items = 0
        self.pages = []

    def add_findings(self, findings):
        for finding in findings:
            self.take(1)
            self.finding(finding)

    def add_suggestions(self, suggestions):
        for suggestion in suggestions:
            self.take(1 + len(suggestion.evidence))
            self.suggestion(suggestion)

    def add_alerts(self, alerts):
        for alert in alerts:
            self.take(1 + len(alert.evidence))
            self.alert(alert)

    def flush(self):
        pages, self.pages = self.pages, []
        pages.append(PyBytes_FromStringAndSize(self.writer.data(), self.writer.size()))
        self.writer.clear()
        self.items = 0
        return pages

    cdef int take(self, Py_ssize_t items) except -1:
        if self.items and self.items + items > self.limit:
            self.pages.append(PyBytes_FromStringAndSize(self.writer.data(), self.writer.size()))
            self.writer.clear()
            self.items = 0
        self.items += items
        return 0

    cdef int string(self, uint32_t field, object text) except -1:
        cdef Py_ssize_t size
        cdef const char* data = PyUnicode_AsUTF8AndSize(text, &size)
        self.writer.text(field, data, size)
        return 0

    cdef uint64_t place(self, object table, object position) except? 0xFFFFFFFF:
        return position if table is None else table[position]

    cdef int finding(self, finding) except -1:
        mention = finding.mention
        context = mention.context
        number = mention.document
        table = self.tables[number]
        self.writer.begin(2)
        self.writer.number(1, number)
        self.writer.number(2, self.place(table, mention.begin))
        self.writer.number(3, self.place(table, mention.end))
        self.string(4, mention.text)
        self.string(5, mention.section)
        self.writer.number(6, ASSERTIONS[context.assertion])
        self.writer.number(7, TEMPORALITIES[context.temporality])
        self.writer.number(8, EXPERIENCERS[context.experiencer])
        for cue in context.cues:
            self.writer.begin(9)
            self.writer.number(1, AXES[cue.axis])
            self.writer.number(2, self.place(table, cue.begin))
            self.writer.number(3, self.place(table, cue.end))
            self.string(4, cue.rule)
            self.writer.end()
        self.candidates(10, finding.codes)
        self.writer.end()
        return 0

    cdef int candidates(self, uint32_t field, candidates) except -1:
        for candidate in candidates:
            self.writer.begin(field)
            self.string(1, candidate.system)
            self.string(2, candidate.code)
            self.string(3, candidate.display)
            self.writer.real(4, candidate.score)
            self.string(5, candidate.origin)
            self.writer.end()
        return 0

    cdef int evidence(self, uint32_t field, evidence) except -1:
        for item in evidence:
            number = item.document
            table = self.tables[number]
            self.writer.begin(field)
            self.writer.number(1, number)
            self.writer.number(2, self.place(table, item.begin))
            self.writer.number(3, self.place(table, item.end))
            self.writer.end()
        return 0

    cdef int suggestion(self, suggestion) except -1:
        self.writer.begin(3)
        self.string(1, suggestion.system)
        self.string(2, suggestion.code)
        self.string(3, suggestion.display)
        self.writer.number(4, ROLES[suggestion.role])
        self.writer.real(5, suggestion.confidence)
        self.writer.number(6, ROUTES[suggestion.route])
        self.evidence(7, suggestion.evidence)
        self.candidates(8, suggestion.alternatives)
        for reason in suggestion.reasons:
            self.writer.begin(9)
            self.string(1, reason.rule)
            self.string(2, reason.source)
            self.string(3, reason.detail)
            self.writer.end()
        if suggestion.explanation is not None:
            self.explanation(10, suggestion.explanation)
        if suggestion.units != 1:
            self.writer.number(11, suggestion.units)
        self.writer.end()
        return 0

    cdef int explanation(self, uint32_t field, explanation) except -1:
        self.writer.begin(field)
        self.string(1, explanation.code)
        self.writer.real(2, explanation.score)
        for influence in explanation.influences:
            self.writer.begin(3)
            self.string(1, influence.model)
            self.string(2, influence.feature)
            self.string(3, influence.words)
            self.writer.real(4, influence.weight)
            self.writer.end()
        for contrast in explanation.contrasts:
            self.writer.begin(4)
            self.string(1, contrast.code)
            self.string(2, contrast.words)
            self.writer.real(3, contrast.weight)
            self.writer.end()
        self.writer.end()
        return 0

    cdef int alert(self, alert) except -1:
        cdef Py_ssize_t size
        cdef const char* data
        self.writer.begin(4)
        self.string(1, alert.kind)
        self.writer.number(2, SEVERITIES[alert.severity])
        self.string(3, alert.message)
        self.string(4, alert.source)
        self.evidence(5, alert.evidence)
        for code in alert.codes:
            data = PyUnicode_AsUTF8AndSize(code, &size)
            self.writer.item(6, data, size)
        if alert.query is not None:
            self.query(7, alert.query)
        self.writer.end()
        return 0

    cdef int query(self, uint32_t field, query) except -1:
        cdef Py_ssize_t size
        cdef const char* data
        self.writer.begin(field)
        self.string(1, query.question)
        for option in query.options:
            data = PyUnicode_AsUTF8AndSize(option, &size)
            self.writer.item(2, data, size)
        self.writer.end()
        return 0
