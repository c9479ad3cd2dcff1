# cython: language_level=3, embedsignature=True
"""Binding of _records.hpp: converts, and thinks nothing."""

from dataclasses import MISSING, fields

from cpython.object cimport PyObject, PyTypeObject

cdef extern from "_records.hpp" namespace "records":
    const Py_ssize_t kMostFields
    cdef cppclass Recipe:
        PyTypeObject* type
        Py_ssize_t fields
        Py_ssize_t* offsets
        PyObject** defaults
    Py_ssize_t slot_offset(object)
    bint add(const Recipe&)


def made_quickly(kind):
    cdef Recipe recipe
    cdef Py_ssize_t i
    every = fields(kind)
    if hasattr(kind, "__post_init__") or len(every) > kMostFields:
        raise TypeError(f"record {kind.__name__}: got a __post_init__ or over {kMostFields} fields, want neither")
    recipe.type = <PyTypeObject*> kind
    recipe.fields = len(every)
    for i, field in enumerate(every):
        recipe.offsets[i] = slot_offset(kind.__dict__.get(field.name))
        if recipe.offsets[i] < 0 or not field.init or field.kw_only:
            raise TypeError(f"record {kind.__name__}: field {field.name}: want a slot that is filled by position")
        if field.default is not MISSING:
            recipe.defaults[i] = <PyObject*> field.default
    if not add(recipe):
        raise TypeError(f"record {kind.__name__}: got one record type too many")
    return kind
