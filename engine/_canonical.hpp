// Whether bytes are one JSON object in the canonical form of audit records (engine/audit/record.py): UTF-8, keys in
// ascending order, no spaces, whole numbers only, the shortest escapes. One pass, no copy.
//
// "Yes" is certain. "No" may also mean that the form is too rare to be worth code here (a key with an escape, a number of
// more than 18 digits, nesting beyond 64): the caller then asks the JSON library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace canonical {

constexpr int kMaxDepth = 64;
constexpr int kMaxDigits = 18;

// Bytes that stand for themselves in a string: ASCII but controls, quote and backslash.
struct Plain {
  bool is[256] = {};
  constexpr Plain() {
    for (int c = 0x20; c < 0x80; ++c) is[c] = c != '"' && c != '\\';
  }
};
constexpr Plain kPlain{};

class Reader {
 public:
  Reader(const char* begin, std::size_t size)
      : at_(reinterpret_cast<const unsigned char*>(begin)), end_(at_ + size) {}

  bool is_object() { return at_ < end_ && *at_ == '{' && value(0) && at_ == end_; }

 private:
  const unsigned char* at_;
  const unsigned char* end_;

  bool value(int depth) {
    if (at_ == end_ || depth > kMaxDepth) return false;
    switch (*at_) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': return string();
      case 't': return word("true", 4);
      case 'f': return word("false", 5);
      case 'n': return word("null", 4);
      default: return number();
    }
  }

  bool object(int depth) {
    ++at_;
    if (take('}')) return true;
    const unsigned char* previous = nullptr;
    std::size_t previous_size = 0;
    do {
      const unsigned char* key = at_ + 1;
      if (at_ == end_ || *at_ != '"' || !string()) return false;
      const std::size_t size = static_cast<std::size_t>(at_ - 1 - key);
      if (std::memchr(key, '\\', size) || (previous && !is_less(previous, previous_size, key, size))) return false;
      previous = key;
      previous_size = size;
      if (!take(':') || !value(depth + 1)) return false;
    } while (take(','));
    return take('}');
  }

  bool array(int depth) {
    ++at_;
    if (take(']')) return true;
    do {
      if (!value(depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool string() {
    ++at_;
    while (at_ < end_) {
      const unsigned char c = *at_;
      if (kPlain.is[c]) {
        ++at_;
      } else if (c == '"') {
        return ++at_, true;
      } else if (c == '\\') {
        if (!escape()) return false;
      } else if (c < 0x20 || !sequence()) {
        return false;
      }
    }
    return false;
  }

  // As Python's encoder writes them: the short ones where there are any, else \u00 and two lower-case digits.
  bool escape() {
    if (end_ - at_ < 2) return false;
    if (std::strchr("\"\\bfnrt", at_[1]) && at_[1]) return at_ += 2, true;
    if (end_ - at_ < 6 || std::memcmp(at_, "\\u00", 4) != 0 || (at_[4] != '0' && at_[4] != '1')) return false;
    const int low = digit(at_[5]);
    const int code = (at_[4] - '0') * 16 + low;
    if (low < 0 || code == 8 || code == 9 || code == 10 || code == 12 || code == 13) return false;
    at_ += 6;
    return true;
  }

  static int digit(unsigned char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  // A well-formed UTF-8 sequence of two to four bytes (Unicode, table 3-7).
  bool sequence() {
    const unsigned char c = *at_;
    const std::ptrdiff_t left = end_ - at_;
    if (c >= 0xC2 && c <= 0xDF) return left >= 2 && is_tail(at_[1]) ? (at_ += 2, true) : false;
    if (c >= 0xE0 && c <= 0xEF) {
      if (left < 3 || !is_tail(at_[1]) || !is_tail(at_[2])) return false;
      if ((c == 0xE0 && at_[1] < 0xA0) || (c == 0xED && at_[1] > 0x9F)) return false;
      return at_ += 3, true;
    }
    if (c < 0xF0 || c > 0xF4 || left < 4 || !is_tail(at_[1]) || !is_tail(at_[2]) || !is_tail(at_[3])) return false;
    if ((c == 0xF0 && at_[1] < 0x90) || (c == 0xF4 && at_[1] > 0x8F)) return false;
    return at_ += 4, true;
  }

  static bool is_tail(unsigned char c) { return (c & 0xC0) == 0x80; }

  bool number() {
    const bool is_negative = take('-');
    const unsigned char* begin = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    const std::ptrdiff_t digits = at_ - begin;
    if (digits == 0 || digits > kMaxDigits) return false;
    return *begin != '0' || (digits == 1 && !is_negative);
  }

  bool word(const char* text, std::ptrdiff_t size) {
    if (end_ - at_ < size || std::memcmp(at_, text, static_cast<std::size_t>(size)) != 0) return false;
    at_ += size;
    return true;
  }

  bool take(unsigned char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  static bool is_less(const unsigned char* a, std::size_t a_size, const unsigned char* b, std::size_t b_size) {
    const int order = std::memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order < 0 || (order == 0 && a_size < b_size);
  }
};

inline bool is_object(const char* begin, std::size_t size) { return Reader(begin, size).is_object(); }

}  // namespace canonical
