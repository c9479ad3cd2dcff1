// Code points of UTF-8, and what they make of the gap between two words.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastmatch {

inline size_t append_utf8(uint32_t c, char* out) {
  if (c < 0x80) { out[0] = static_cast<char>(c); return 1; }
  if (c < 0x800) { out[0] = static_cast<char>(0xC0 | c >> 6); out[1] = static_cast<char>(0x80 | (c & 63)); return 2; }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xE0 | c >> 12); out[1] = static_cast<char>(0x80 | (c >> 6 & 63));
    out[2] = static_cast<char>(0x80 | (c & 63)); return 3;
  }
  out[0] = static_cast<char>(0xF0 | c >> 18); out[1] = static_cast<char>(0x80 | (c >> 12 & 63));
  out[2] = static_cast<char>(0x80 | (c >> 6 & 63)); out[3] = static_cast<char>(0x80 | (c & 63)); return 4;
}

// Decodes one code point of valid UTF-8 (the binding hands over nothing else); never reads past `end`.
inline uint32_t decode_utf8(const unsigned char*& p, const unsigned char* end) {
  uint32_t lead = *p++;
  if (lead < 0x80) return lead;
  int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  uint32_t c = lead & (0x3Fu >> more);
  while (more-- > 0 && p < end) c = c << 6 | (*p++ & 0x3F);
  return c;
}

inline bool is_space(uint32_t c) { return c == ' ' || (c >= 9 && c <= 13) || c == 0xA0; }
inline bool is_hard(uint32_t c) {
  switch (c) {
    case ';': case ':': case '?': case '!': case '|': case 0x0C: case 0x2022: case 0x25CF: case 0x25AA: case 0x25E6:
    case 0x2026: return true;
    default: return false;
  }
}

// What lies between two words: decides whether a phrase may go on.
struct Gap {
  bool hard = false, comma = false, spaced_before = false, bullet = false, ends_in_space = false;
  uint32_t length = 0, dots = 0, newlines = 0, dashes = 0;

  void add(uint32_t c) {
    if (length++ == 0) spaced_before = is_space(c);
    ends_in_space = is_space(c);
    if (c == ' ') return;
    if (c == '\n') { ++newlines; bullet = false; }
    else if (c == '.') ++dots;
    else if (c == ',' || c == 0x2014) comma = true;
    else if (c == '-' || c == 0x2013) { ++dashes; bullet |= newlines > 0; }
    else if (c == '*' || c == '+' || c == '#') bullet |= newlines > 0;
    else if (is_hard(c)) hard = true;
  }
  // "E. coli": the full stop after a lone letter ends an abbreviation, not a sentence.
  bool is_initial() const { return dots == 1 && length == 2 && ends_in_space && newlines == 0; }
  bool is_hard_gap(bool before_list_number) const {
    return hard || (dots > 0 && length > 1) || newlines > 1 || (newlines == 1 && (bullet || before_list_number));
  }
  bool is_comma_gap() const { return comma || dashes > 1 || (dashes == 1 && spaced_before && ends_in_space); }
};

}  // namespace fastmatch
