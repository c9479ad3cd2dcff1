# distutils: language = c++
# cython: language_level=3
"""Binding of _canonical.hpp."""

from libcpp cimport bool as cpp_bool


cdef extern from "_canonical.hpp" namespace "canonical" nogil:
    cpp_bool is_object(const char* begin, size_t size)


def is_canonical(const unsigned char[::1] record, size_t begin, size_t end):
    if begin >= end or end > <size_t>record.shape[0]:
        return False
    return is_object(<const char*>&record[begin], end - begin)
