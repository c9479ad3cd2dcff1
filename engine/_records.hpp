// Makes records (dataclasses with slots) without running Python: calling such a class fills its slots.
//
// A chart is hundreds of small records, and the `__init__` of a dataclass takes longer than what they are made for. Python
// asks a type itself for a quick way to be called (PyTypeObject.tp_vectorcall, as int and tuple have one); here records get
// theirs. What it does not take (names, a default to be made afresh, too many or too few values) is left to `__init__`.
#pragma once

#include <Python.h>
#include <structmember.h>

#include <array>
#include <cstddef>
#include <utility>

namespace records {

constexpr size_t kMostTypes = 48;
constexpr Py_ssize_t kMostFields = 16;

struct Recipe {
  PyTypeObject* type = nullptr;
  Py_ssize_t fields = 0;
  std::array<Py_ssize_t, kMostFields> offsets{};   // of each field's slot in an instance
  std::array<PyObject*, kMostFields> defaults{};  // null where a value must be given
};

inline std::array<Recipe, kMostTypes> recipes;
inline size_t count = 0;

inline PyObject* call_in_full(PyObject* type, PyObject* const* values, Py_ssize_t given, PyObject* names) {
  PyObject* positional = PyTuple_New(given);
  PyObject* named = names == nullptr ? nullptr : PyDict_New();
  PyObject* made = nullptr;
  bool is_ready = positional != nullptr && (names == nullptr) == (named == nullptr);
  for (Py_ssize_t i = 0; is_ready && i < given; ++i) {
    Py_INCREF(values[i]);
    PyTuple_SET_ITEM(positional, i, values[i]);
  }
  for (Py_ssize_t i = 0; is_ready && named != nullptr && i < PyTuple_GET_SIZE(names); ++i)
    is_ready = PyDict_SetItem(named, PyTuple_GET_ITEM(names, i), values[given + i]) == 0;
  if (is_ready) made = PyType_Type.tp_call(type, positional, named);
  Py_XDECREF(positional);
  Py_XDECREF(named);
  return made;
}

template <size_t N>
PyObject* make(PyObject* type, PyObject* const* values, size_t flags, PyObject* names) {
  const Recipe& recipe = recipes[N];
  const Py_ssize_t given = PyVectorcall_NARGS(flags);
  bool is_plain = names == nullptr && given <= recipe.fields && type == reinterpret_cast<PyObject*>(recipe.type);
  for (Py_ssize_t i = given; is_plain && i < recipe.fields; ++i) is_plain = recipe.defaults[static_cast<size_t>(i)] != nullptr;
  if (!is_plain) return call_in_full(type, values, given, names);
  PyObject* made = PyType_GenericAlloc(recipe.type, 0);
  if (made == nullptr) return nullptr;
  for (Py_ssize_t i = 0; i < recipe.fields; ++i) {
    PyObject* value = i < given ? values[i] : recipe.defaults[static_cast<size_t>(i)];
    Py_INCREF(value);
    *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(made) + recipe.offsets[static_cast<size_t>(i)]) = value;
  }
  return made;
}

template <size_t... N>
constexpr std::array<vectorcallfunc, kMostTypes> makers_of(std::index_sequence<N...>) {
  return {make<N>...};
}

// The place of a slot in an instance, -1 if `member` describes none.
inline Py_ssize_t slot_offset(PyObject* member) {
  if (!Py_IS_TYPE(member, &PyMemberDescr_Type)) return -1;
  const PyMemberDef* slot = reinterpret_cast<PyMemberDescrObject*>(member)->d_member;
  return slot->type == T_OBJECT_EX && (slot->flags & READONLY) == 0 ? slot->offset : -1;
}

// Gives a type its maker; false if there is no room for more. The type and its defaults are kept for good.
inline bool add(const Recipe& recipe) {
  static constexpr std::array<vectorcallfunc, kMostTypes> makers = makers_of(std::make_index_sequence<kMostTypes>());
  if (count == kMostTypes) return false;
  Py_INCREF(reinterpret_cast<PyObject*>(recipe.type));
  for (PyObject* value : recipe.defaults) Py_XINCREF(value);
  recipes[count] = recipe;
  recipe.type->tp_vectorcall = makers[count++];
  return true;
}

}  // namespace records
