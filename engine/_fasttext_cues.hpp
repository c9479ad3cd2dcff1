// The cues of a text in order: which of those found count, which signs ("?", "(-)", "[ ]") stand for cues, and what the
// text between two places holds. The rules are those of tests/context/plain_scope.py: change both or neither.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "_fasttext_text.hpp"

namespace fasttext {

// What a cue does where it stands, and how far it reaches; engine/context/cues.py says what these mean.
enum Does : uint32_t {
  kReachesOn = 1, kReachesBack = 2, kAnswers = 4, kEnds = 8, kIsVerb = 16, kAfterComma = 32, kInside = 64,
  kSkipsItem = 128, kIsExact = 256, kMayBelong = 512, kOpens = 1024, kIsPast = 2048, kIfDenied = 4096,
  kSpeaks = kReachesOn | kReachesBack | kAnswers
};
enum Stop : int32_t { kList, kClause, kComma, kAnd };
enum Slot : int32_t { kAbsent, kPossible, kConditional, kHypothetical, kHistorical, kFamily, kOther, kSlots };
constexpr int32_t kNoSlot = -1;

struct CueRule {
  uint32_t does = 0, ends = 0;
  int32_t slot = kNoSlot, stop = kClause;
  Place scope_words = 0, first_length = 0;
};

// The order in which the rules of the signs follow those of the table.
enum Sign : int32_t { kEmptyBox, kMinus, kNegative, kQuery, kAffirms, kAsked, kSigns };

struct CueAt {
  Place begin, end;
  int32_t rule;
};

constexpr Place kLongestReach = 2000;

inline bool is_dash(uint32_t c) { return c == '-' || c == 0x2013 || c == 0x2212; }

// What is asked of the text between two places. They may lie beyond the text, and then hold nothing.
template <class Unit>
class Between {
 public:
  Between(const Characters& characters, const Text<Unit>& text) : characters_(characters), text_(text) {}

  Place find(Place from, Place to, uint32_t c) const {  // -1 if it is not there
    for (Place i = from; i < std::min(to, text_.size); ++i)
      if (text_[i] == c) return i;
    return -1;
  }
  bool has(Place from, Place to, uint32_t c) const { return find(from, to, c) >= 0; }

  Place find_last(Place from, Place to, std::string_view words) const {
    Place length = static_cast<Place>(words.size());
    for (Place i = std::min(to, text_.size) - length; i >= from; --i)
      if (starts_with(i, words)) return i;
    return -1;
  }
  bool has(Place from, Place to, std::string_view words) const { return find_last(from, to, words) >= 0; }

  bool starts_with(Place from, std::string_view words) const {
    if (from + static_cast<Place>(words.size()) > text_.size) return false;
    for (size_t i = 0; i < words.size(); ++i)
      if (text_[from + static_cast<Place>(i)] != static_cast<unsigned char>(words[i])) return false;
    return true;
  }

  Place count(Place from, Place to, uint32_t c) const {
    Place found = 0;
    for (Place i = from; i < std::min(to, text_.size); ++i) found += text_[i] == c;
    return found;
  }

  // Counts words, cut at white space and at the characters of `also`; no further than one more than `most`.
  Place words(Place from, Place to, Place most, std::string_view also = "") const {
    Place found = 0;
    bool inside = false;
    for (Place i = from; i < std::min(to, text_.size) && found <= most; ++i) {
      uint32_t c = text_[i];
      bool cuts = characters_.is_space(c) || (c < 128 && also.find(static_cast<char>(c)) != std::string_view::npos);
      found += !cuts && !inside;
      inside = !cuts;
    }
    return found;
  }

  Place skip_space(Place from, Place to) const {
    while (from < std::min(to, text_.size) && characters_.is_space(text_[from])) ++from;
    return from;
  }

 private:
  const Characters& characters_;
  const Text<Unit>& text_;
};

// Keeps the cues that lie in no longer one; of equals, all. They are sorted by begin.
inline void keep_outermost(std::vector<CueAt>& cues) {
  size_t kept = 0;
  Place last_begin = -1, last_end = -1;
  for (const CueAt& cue : cues) {
    if (cue.end > last_end) {
      while (kept > 0 && cues[kept - 1].begin == cue.begin) --kept;
      last_begin = cue.begin;
      last_end = cue.end;
    } else if (cue.begin != last_begin || cue.end != last_end) {
      continue;
    }
    cues[kept++] = cue;
  }
  cues.resize(kept);
}

// ---- boxes that are ticked or left empty: "[ ]", "( )", "[x]", and the characters that look so ----------------------

enum class Box { kNone, kEmpty, kTicked };
constexpr Place kLabelGap = 2;

inline bool is_tick(uint32_t c) { return c == 'x' || c == 'X' || c == 0x2713 || c == 0x2714; }

inline Box box_character(uint32_t c) {
  if (c == 0x2610 || c == 0x25A1) return Box::kEmpty;
  return c == 0x2611 || c == 0x2612 || c == 0x25A0 || c == 0x2713 || c == 0x2714 ? Box::kTicked : Box::kNone;
}

// What the box is whose two sides these are, with what stands between; kNone if it is none.
inline Box box_between(uint32_t open, uint32_t inner, uint32_t close) {
  if (!((open == '[' && close == ']') || (open == '(' && close == ')'))) return Box::kNone;
  return inner == ' ' ? Box::kEmpty : is_tick(inner) ? Box::kTicked : Box::kNone;
}

template <class Unit>
Place skip_gap_back(const Text<Unit>& text, Place place) {
  Place end = place;
  while (end > 0 && place - end < kLabelGap && text[end - 1] == ' ') --end;
  return end;
}

// The box that ends right before a place, or begins right at it, with a few spaces between; `begin` is where the first
// of these begins.
template <class Unit>
Box box_before(const Text<Unit>& text, Place place, Place& begin) {
  Place end = skip_gap_back(text, place);
  begin = end - 1;
  if (end == 0) return Box::kNone;
  Box box = box_character(text[end - 1]);
  if (box != Box::kNone || end < 3) return box;
  begin = end - 3;
  return box_between(text[end - 3], text[end - 2], text[end - 1]);
}

template <class Unit>
Box box_after(const Text<Unit>& text, Place place) {
  Place begin = place;
  while (begin < text.size && begin - place < kLabelGap && text[begin] == ' ') ++begin;
  Box box = box_character(text.at_or_end(begin));
  return box == Box::kNone ? box_between(text.at_or_end(begin), text.at_or_end(begin + 1), text.at_or_end(begin + 2)) : box;
}

// The box that a "no" is the label of: the one before it, else the one after it. "Yes [ ] No [x]" has them after.
template <class Unit>
Box box_of_label(const Text<Unit>& text, Place begin, Place end) {
  Place at = 0;
  Box before = box_before(text, begin, at), after = box_after(text, end);
  if (before == Box::kNone || after == Box::kNone) return before == Box::kNone ? after : before;
  Place yes = skip_gap_back(text, at) - 3;
  if (yes < 0 || lower_word(text, yes, yes + 3) != "yes") return before;
  return box_before(text, yes, at) == Box::kNone ? after : before;
}

// Finds the cues that are signs and not words.
template <class Unit>
class SignFinder {
 public:
  SignFinder(const Characters& characters, Text<Unit> text, const std::vector<Span>& sentences)
      : characters_(characters), text_(text), sentences_(sentences) {}

  // Adds the signs to the cues, in order; their rules follow `first_rule`.
  void add(std::vector<CueAt>& cues, int32_t first_rule) {
    size_t words = cues.size();
    for (Place place = 0; place < text_.size;) {
      Place end = is_start(text_[place]) ? sign_ends(place) : -1;
      if (end < 0) {
        ++place;
        continue;
      }
      bool counts = is_mark(text_[place]) && end - place == 1 ? is_in_marked(place) : !is_box(place, end) || !has_label(place, end);
      if (counts) cues.push_back({place, end, first_rule + kind(place, end)});
      place = end;
    }
    auto middle = cues.begin() + static_cast<std::ptrdiff_t>(words);
    std::inplace_merge(cues.begin(), middle, cues.end(), [](const CueAt& a, const CueAt& b) { return a.begin < b.begin; });
  }

 private:
  static bool is_mark(uint32_t c) { return c == '+' || is_dash(c); }
  static bool is_struck(uint32_t c) { return c == 0x2205 || c == 0xD8 || c == 0xF8 || c == 0x2298; }
  static constexpr CharacterSet kStarts{U"[(?+-\u00D8\u00F8"};
  static bool is_start(uint32_t c) {
    return c < 256 ? kStarts.has(c) : is_mark(c) || is_struck(c) || box_character(c) != Box::kNone;
  }

  bool is_box(Place begin, Place end) const {
    uint32_t c = text_[begin];
    return c == '[' || box_character(c) != Box::kNone || (c == '(' && !is_mark(text_[end - 2]));
  }

  // Whether a box stands beside a "yes" or "no", which it ticks or leaves empty.
  bool has_label(Place begin, Place end) const {
    Place next = end;
    while (next < text_.size && next - end < kLabelGap && text_[next] == ' ') ++next;
    if (label_length(next) > 0) return true;
    Place stop = begin;
    while (stop > 0 && begin - stop < kLabelGap && text_[stop - 1] == ' ') --stop;
    for (Place length = 1; length <= 3 && length <= stop; ++length)
      if (label_length(stop - length) == length && !is_word(stop - length - 1)) return true;
    return false;
  }

  // The length of the "yes", "no", "y" or "n" that stands at a place as a word, 0 if none does.
  Place label_length(Place place) const {
    auto lower = [&](Place i) { return at(i) | 0x20; };
    Place length = 0;
    if (lower(place) == 'n') length = lower(place + 1) == 'o' ? 2 : 1;
    if (lower(place) == 'y') length = lower(place + 1) == 'e' && lower(place + 2) == 's' ? 3 : 1;
    return length > 0 && !is_word(place + length) ? length : 0;
  }

  uint32_t at(Place place) const { return text_.at_or_end(place); }
  bool is_word(Place place) const {
    return place >= 0 && place < text_.size && (text_[place] == '_' || characters_.is_alnum(text_[place]));
  }
  bool is_letter_after(Place place) const { return is_ascii_letter(at(place)) || (at(place) == ' ' && is_ascii_letter(at(place + 1))); }

  Place sign_ends(Place place) const {
    uint32_t c = text_[place];
    if (c == '[') return box_ends(place + 1);
    if (box_character(c) != Box::kNone) return place + 1;
    if (c == '(') {
      bool is_sign = is_mark(at(place + 1)) && at(place + 2) == ')';
      return is_sign || (is_set_off(place) && box_between(c, at(place + 1), at(place + 2)) != Box::kNone) ? place + 3 : -1;
    }
    if (is_struck(c)) return place + 1 < text_.size && characters_.is_space(text_[place + 1]) ? place + 1 : -1;
    if (is_mark(c) && at(place + 1) == 'v' && at(place + 2) == 'e' && !is_word(place + 3)) return place + 3;
    if (!is_set_off(place)) return -1;
    if (c == '?') return is_word(place + 1) || (at(place + 1) == ' ' && is_word(place + 2)) ? place + 1 : -1;
    return is_letter_after(place + 1) ? place + 1 : -1;
  }

  Place box_ends(Place place) const {
    uint32_t c = at(place);
    bool is_filled = c == ' ' || is_tick(c);
    Place close = place + (is_filled ? 1 : 0);
    return at(close) == ']' ? close + 1 : -1;
  }

  bool is_set_off(Place place) const {
    if (place == 0) return true;
    uint32_t left = text_[place - 1];
    return left == '(' || left == ',' || left == ';' || left == ':' || left == '/' || characters_.is_space(left);
  }

  // A dash denies only where the sentence also marks with "+", or marks item after item.
  bool is_in_marked(Place place) {
    while (sentence_ + 1 < sentences_.size() && sentences_[sentence_ + 1].begin <= place) {
      ++sentence_;
      is_known_ = false;
    }
    if (sentences_.empty() || sentences_[sentence_].begin > place) return false;
    if (!is_known_) is_marked_ = has_marks(sentences_[sentence_].begin, std::min(sentences_[sentence_].end, text_.size));
    is_known_ = true;
    return is_marked_;
  }

  bool has_marks(Place begin, Place end) const {
    auto within = [&](Place place) { return place < end ? text_[place] : 0; };
    auto letter_from = [&](Place place) {
      return is_ascii_letter(within(place)) || (within(place) == ' ' && is_ascii_letter(within(place + 1)));
    };
    for (Place i = begin; i < end; ++i) {
      uint32_t c = text_[i];
      if (i == 0 && c == '+' && letter_from(1)) return true;
      bool may_precede = c == ',' || c == ';' || c == '(' || c == '/' || characters_.is_space(c);
      if (may_precede && within(i + 1) == '+' && letter_from(i + 2)) return true;
      Place dash = i + (within(i + 1) == ' ' ? 2 : 1);
      if (c == ',' && is_dash(within(dash)) && is_ascii_letter(within(dash + 1))) return true;
    }
    return false;
  }

  int32_t kind(Place begin, Place end) const {
    uint32_t first = text_[begin];
    if (first == '[') return end - begin == 2 || text_[begin + 1] == ' ' ? kEmptyBox : kAffirms;
    if (Box box = box_character(first); box != Box::kNone) return box == Box::kEmpty ? kEmptyBox : kAffirms;
    if (first == '(' && !is_mark(text_[begin + 1])) return text_[begin + 1] == ' ' ? kEmptyBox : kAffirms;
    if (first == '?') return kQuery;
    for (Place i = begin; i < end; ++i)
      if (text_[i] == '+') return kAffirms;
    return text_[end - 1] == 'e' ? kNegative : kMinus;
  }

  const Characters& characters_;
  Text<Unit> text_;
  const std::vector<Span>& sentences_;
  size_t sentence_ = 0;
  bool is_known_ = false, is_marked_ = false;
};

}  // namespace fasttext
