// A text in the width that Python keeps it in (1, 2 or 4 bytes a code point), and what the cutting asks of characters.
//
// So places are code points as they are, and nothing is converted. ASCII is answered from a table here; for the rest the
// binding hands over Python's own tests, so that both ways of cutting mean the same by "capital" or "white space".
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

namespace fasttext {

using Place = int64_t;  // an index of a code point

struct Span {
  Place begin, end;
};

using CharacterTest = int (*)(uint32_t);

// What Python's str methods of these names say of one character; `decimal` is the value of a decimal digit, or -1.
struct Unicode {
  CharacterTest is_lower, is_upper, is_alpha, is_digit, is_alnum, is_space, decimal;
};

inline bool is_ascii_upper(uint32_t c) { return c - 'A' < 26u; }
inline bool is_ascii_lower(uint32_t c) { return c - 'a' < 26u; }
inline bool is_ascii_letter(uint32_t c) { return (c | 0x20) - 'a' < 26u; }
inline bool is_ascii_digit(uint32_t c) { return c - '0' < 10u; }

// A set of characters below 256, asked without a branch for each.
class CharacterSet {
 public:
  constexpr explicit CharacterSet(const char32_t* characters, bool has_ascii_letters = false) : in_() {
    for (; *characters != 0; ++characters) in_[*characters] = true;
    for (int c = 'a'; has_ascii_letters && c <= 'z'; ++c) in_[c] = in_[c - 'a' + 'A'] = true;
  }
  constexpr bool has(uint32_t c) const { return c < 256 && in_[c]; }

 private:
  bool in_[256];
};

struct Characters {
  Unicode unicode;

  bool is_lower(uint32_t c) const { return c < 128 ? is_ascii_lower(c) : unicode.is_lower(c) != 0; }
  bool is_upper(uint32_t c) const { return c < 128 ? is_ascii_upper(c) : unicode.is_upper(c) != 0; }
  bool is_alpha(uint32_t c) const { return c < 128 ? is_ascii_letter(c) : unicode.is_alpha(c) != 0; }
  bool is_digit(uint32_t c) const { return c < 128 ? is_ascii_digit(c) : unicode.is_digit(c) != 0; }
  bool is_alnum(uint32_t c) const { return c < 128 ? is_ascii_letter(c) || is_ascii_digit(c) : unicode.is_alnum(c) != 0; }
  bool is_space(uint32_t c) const {
    return c < 128 ? c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F) : unicode.is_space(c) != 0;
  }
  int decimal(uint32_t c) const { return c < 128 ? (is_ascii_digit(c) ? static_cast<int>(c - '0') : -1) : unicode.decimal(c); }
};

template <class Unit>
struct Text {
  const Unit* data;
  Place size;

  uint32_t operator[](Place at) const { return data[at]; }
  // The character at a place, or 0 past the end.
  uint32_t at_or_end(Place at) const { return at < size ? data[at] : 0; }
};

// Whether `first` stands somewhere right before a character that `follows` takes. Goes on to the end of the text and stays
// in its width, so that the compiler looks at 16 places at once.
template <class Unit, class Test>
bool has_pair(const Text<Unit>& text, char first, Test follows) {
  const Unit wanted = static_cast<Unit>(first);
  Unit found = 0;
  for (Place i = 1; i < text.size; ++i) found = static_cast<Unit>(found | ((text.data[i - 1] == wanted) & follows(text.data[i])));
  return found != 0;
}

using WordSet = std::unordered_set<std::string>;

// Appends the small form of a character as far as words of ASCII go: of the others only the Kelvin sign has one, and any
// other stands for itself as a byte that no word list holds.
inline void append_lower(uint32_t c, std::string& word) {
  if (c < 128) word.push_back(static_cast<char>(is_ascii_upper(c) ? c | 0x20 : c));
  else word.push_back(c == 0x212A ? 'k' : '\x80');
}

template <class Unit>
std::string lower_word(const Text<Unit>& text, Place begin, Place end) {
  std::string word;
  for (Place i = begin; i < end; ++i) append_lower(text[i], word);
  return word;
}

}  // namespace fasttext
