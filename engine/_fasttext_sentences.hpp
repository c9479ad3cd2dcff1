// Cuts the sections of a note into sentences. The rules are those of tests/text/plain_sentences.py: change both or neither.
//
// Every stop, line break and bullet (and, in sections that number their items, every gap before a number) is a candidate,
// judged by what stands beside it. What must be known of the sentence so far is remembered, so that time is linear.
#pragma once

#include <algorithm>
#include <vector>

#include "_fasttext_text.hpp"

namespace fasttext {

struct Part {  // a section, by where its heading and its text begin
  Place begin, body_begin, end;
};

struct SentenceWords {
  WordSet titles, abbreviations, connectives, lettered;
};

// A wrapped line runs close to the margin; a shorter line that the next one does not go on is an item of a list.
constexpr Place kWrapped = 50, kGoesOn = 30, kLongestToken = 20, kLongestIndent = 200;

template <class Unit>
class SentenceCutter {
 public:
  SentenceCutter(const SentenceWords& words, const Characters& characters, Text<Unit> text)
      : words_(words), characters_(characters), text_(text), has_items_(holds_items()) {}

  void cut(const std::vector<Part>& sections, std::vector<Span>& found) {
    cuts_.clear();
    cuts_.reserve(static_cast<size_t>(text_.size / 64) + 2 * sections.size() + 1);
    for (const Part& section : sections) {
      cuts_.push_back(section.begin);
      if (section.body_begin < section.end) cuts_.push_back(section.body_begin);
      cut_section(std::max(section.begin, section.body_begin), section.end);
    }
    cuts_.push_back(text_.size);
    found.clear();
    found.reserve(cuts_.size());
    for (size_t i = 0; i + 1 < cuts_.size(); ++i) add_stripped(cuts_[i], cuts_[i + 1], found);
  }

 private:
  enum Kind : uint8_t { kNone, kStop, kBreak, kBullet, kGap };

  static Kind kind_of(uint32_t c) {
    switch (c) {
      case '.': case '!': case '?': return kStop;
      case '\n': case '\r': case 0x0B: case 0x0C: case 0x2028: case 0x2029: return kBreak;
      case 0x2022: case 0x25CF: case 0x25AA: case 0x25E6: return kBullet;
      case ' ': case ',': return kGap;
      default: return kNone;
    }
  }
  // Holds everything below 256 that is of a kind.
  static constexpr CharacterSet kCandidates{U".!?\n\r\v\f ,"};
  static constexpr CharacterSet kCandidatesButGaps{U".!?\n\r\v\f"};

  static bool is_edge(uint32_t c) {  // what is no part of a sentence at its ends
    return c == ' ' || c == ',' || (c >= 9 && c <= 13) || c == 0x2028 || c == 0x2029;
  }
  static bool is_quote(uint32_t c) {
    return c == '"' || c == '\'' || c == ')' || c == ']' || c == 0x201D || c == 0x2019;
  }

  uint32_t at(Place place) const { return text_.at_or_end(place); }
  uint32_t before(Place place, Place end) const { return place < end ? text_[place] : 0; }

  bool holds_items() const {
    return has_pair(text_, '2', [](Unit c) { return (c == '.') | (c == ')'); });
  }

  void add_stripped(Place begin, Place end, std::vector<Span>& found) const {
    while (begin < end && is_edge(text_[begin])) ++begin;
    while (begin < end && is_edge(text_[end - 1])) --end;
    if (begin < end) found.push_back({begin, end});
  }

  void cut_section(Place begin, Place end) {
    start_sentence(begin);
    line_begin_ = begin;
    item_ = 0;
    const CharacterSet& candidates = has_items_ ? kCandidates : kCandidatesButGaps;
    for (Place place = begin; place < end;) {
      Place here = place++, cut = -1;
      if (text_[here] < 256 && !candidates.has(text_[here])) continue;
      switch (kind_of(text_[here])) {
        case kNone: continue;
        case kStop: place = stop_ends(here, end, cut); break;
        case kGap: cut = has_items_ ? cut_at_item(here, end) : -1; break;
        case kBullet: cut = here; break;
        case kBreak: cut = cut_at_break(here, end); break;
      }
      if (cut > last_) {
        cuts_.push_back(cut);
        start_sentence(cut);
      }
    }
  }

  void start_sentence(Place at) {
    last_ = at;
    number_here_ = content_ = -2;
  }

  // ---- stops ---------------------------------------------------------------------------------------------------

  // Reads a run of stops and what closes quotes and brackets; returns where to go on. `cut` is where it cuts, if it does.
  Place stop_ends(Place at, Place end, Place& cut) {
    Place run_end = at + 1;
    while (run_end < end && kind_of(text_[run_end]) == kStop) ++run_end;
    Place after = run_end;
    while (after < end && after - run_end < 3 && is_quote(text_[after])) ++after;
    bool is_apart = after == end || text_[after] == ',' || characters_.is_space(text_[after]);
    if (!is_apart && !is_joined(at, run_end, after, end)) return run_end;
    cut = cut_at_stop(at, after, end);
    return after;
  }

  // "Cough.The patient": the space after the stop was forgotten.
  bool is_joined(Place at, Place run_end, Place after, Place end) const {
    if (after != run_end || run_end - at != 1 || text_[at] != '.' || at == 0) return false;
    uint32_t left = text_[at - 1];
    return (is_ascii_lower(left) || left == ')' || left == ']') && is_ascii_upper(before(after, end)) &&
           is_ascii_lower(before(after + 1, end));
  }

  Place cut_at_stop(Place at, Place after, Place end) {
    if (at == last_ || text_[at - 1] == ' ' || text_[at - 1] == '\t' || text_[at - 1] == '\n') return -1;
    if (this->at(after) == ',') return goes_on_after_comma(after + 1) ? -1 : after + 1;
    if (after >= end || text_[at] != '.' || text_[after - 1] != '.') return after;
    return ends_abbreviation(at, after) ? -1 : after;
  }

  // MTSamples joins lines by commas: ".,Next". In other notes ".," follows an abbreviation.
  bool goes_on_after_comma(Place next) const {
    if (next >= text_.size) return false;
    return characters_.is_lower(text_[next]) ||
           (text_[next] == ' ' && next + 1 < text_.size && characters_.is_lower(text_[next + 1]));
  }

  bool ends_abbreviation(Place at, Place after) {
    if (ends_long_word(at)) return false;
    Place from = std::max(last_, at - kLongestToken);
    for (Place i = at; i > from; --i)
      if (text_[i - 1] == ' ' || text_[i - 1] == '\n') { from = i; break; }
    while (from < at && is_opening(text_[from])) ++from;
    std::string token = lower_word(text_, from, at);
    bool is_number = from < at;
    Place length = at - from;
    for (Place i = from; i < at; ++i) {
      is_number = is_number && characters_.is_digit(text_[i]);
      length += text_[i] == 0x130;  // its small form is two characters
    }
    if (words_.titles.count(token)) return true;
    if (is_number && length < 3 && content_begin() >= from) return true;
    uint32_t first = first_after(after);
    if (characters_.is_lower(first) || characters_.is_digit(first))
      return words_.abbreviations.count(token) || token.find('.') != std::string::npos || (length < 3 && !is_number);
    return length == 1 && characters_.is_upper(first) && is_initial(at);
  }

  // A word of five letters is no abbreviation, but for one.
  bool ends_long_word(Place at) const {
    if (at - 5 < last_) return false;
    for (Place i = at - 5; i < at; ++i)
      if (!characters_.is_alpha(text_[i])) return false;
    static constexpr char32_t kShortened[] = U"pprox";
    for (int i = 0; i < 5; ++i)
      if (text_[at - 5 + i] != kShortened[i]) return true;
    return false;
  }

  static bool is_opening(uint32_t c) { return c == '(' || c == ',' || c == '[' || c == '"' || c == '\''; }

  uint32_t first_after(Place after) const {
    for (Place i = after; i < after + 3 && i < text_.size; ++i)
      if (!characters_.is_space(text_[i])) return text_[i];
    return 0;
  }

  // Where the sentence has its first character that is no edge.
  Place content_begin() {
    if (content_ < 0)
      for (content_ = last_; content_ < text_.size && is_edge(text_[content_]);) ++content_;
    return content_;
  }

  // Whether the letter before a stop is a person's initial: it follows a title or a name.
  bool is_initial(Place at) const {
    if (!characters_.is_upper(text_[at - 1])) return false;
    Place from = std::max(last_, at - 24), end = at - 1;
    while (end > from && characters_.is_space(text_[end - 1])) --end;
    Place begin = end;
    while (begin > from && !characters_.is_space(text_[begin - 1])) --begin;
    return begin < end && characters_.is_upper(text_[begin]) && !words_.lettered.count(lower_word(text_, begin, end));
  }

  // ---- items and lines -----------------------------------------------------------------------------------------

  // Returns the number (of one or two digits) that stands at a place, -1 if there is none; `to` is where it ends.
  int number_at(Place place, Place end, Place& to) const {
    int number = -1;
    for (to = place; to < end && to - place < 2; ++to) {
      int digit = characters_.decimal(text_[to]);
      if (digit < 0) break;
      number = std::max(number, 0) * 10 + digit;
    }
    return number;
  }

  bool ends_number(Place to, Place end) const { return before(to, end) == '.' || before(to, end) == ')'; }

  Place cut_at_item(Place at, Place end) {
    Place to;
    int number = number_at(at + 1, end, to);
    if (number < 0 || !ends_number(to, end) || before(to + 1, end) != ' ') return -1;
    bool follows = number > 1 && number == item_at_last() + 1;
    bool starts = number == 1 && (at <= last_ || text_[at - 1] == ':' || text_[at - 1] == ',' || text_[at - 1] == '.');
    if (!follows && !starts) return -1;
    item_ = number;
    return at + 1;
  }

  // The number of the item that starts at a place, else that of the last one.
  int item_after(Place place) const {
    int number = listed_number(place);
    return number < 0 ? item_ : number;
  }
  int item_at_last() {
    if (number_here_ == -2) number_here_ = listed_number(last_);
    return number_here_ < 0 ? item_ : static_cast<int>(number_here_);
  }
  int listed_number(Place place) const {
    while (at(place) == ' ') ++place;
    Place to;
    int number = number_at(place, text_.size, to);
    return ends_number(to, text_.size) ? number : -1;
  }

  Place cut_at_break(Place at, Place end) {
    bool ends = ends_line(std::max(line_begin_, last_), at, end);
    line_begin_ = at + 1;
    if (!ends) return -1;
    item_ = item_after(at + 1);
    return at + 1;
  }

  bool ends_line(Place line_begin, Place at, Place end) const {
    Place next = at + 1;
    while (next < end && next - at <= kLongestIndent && (text_[next] == ' ' || text_[next] == '\t' || text_[next] == '\r')) ++next;
    if (starts_item(next, end) || characters_.is_space(text_[next])) return true;
    Place line_end = at, from = std::max(line_begin, at - 300);
    while (line_end > from && characters_.is_space(text_[line_end - 1])) --line_end;
    if (line_end <= from) return true;
    switch (text_[line_end - 1]) {
      case '.': case ':': case '!': case '?': case ';': case '|': return true;
      case ',': case '-': case '/': case '(': return false;
      default: break;
    }
    Place word = line_end;
    while (word > from && line_end - word < 12 && text_[word - 1] != ' ') --word;
    if (words_.connectives.count(lower_word(text_, word, line_end))) return false;
    Place width = at - line_begin;
    uint32_t first = text_[next];
    if (characters_.is_upper(first) || !characters_.is_alnum(first)) return width < kWrapped;
    return width < kGoesOn && !words_.connectives.count(next_word(next));
  }

  std::string next_word(Place begin) const {
    Place end = begin;
    while (end < text_.size && end - begin < 10 && text_[end] != ' ') ++end;
    while (begin < end && text_[begin] == ',') ++begin;
    while (begin < end && text_[end - 1] == ',') --end;
    return lower_word(text_, begin, end);
  }

  static bool is_item_mark(uint32_t c) {
    return c == '\n' || c == '-' || c == '*' || c == '+' || c == '#' || c == '>' || c == 0x2013 || c == '=' || c == '_' || c == '|';
  }

  // Whether nothing follows, or an empty line, or what marks an item of a list.
  bool starts_item(Place next, Place end) const {
    if (next >= end) return true;
    uint32_t first = text_[next];
    if (is_item_mark(first)) return true;
    if (first == '[') {
      return before(next + 1, end) == ']' || (next + 1 < end && text_[next + 1] != '\n' && before(next + 2, end) == ']');
    }
    Place begin = next + (first == '(' ? 1 : 0);
    if (is_ascii_letter(before(begin, end))) return ends_number(begin + 1, end) && before(begin + 2, end) == ' ';
    Place to = begin;
    while (to < end && to - begin < 3 && characters_.decimal(text_[to]) >= 0) ++to;
    return to > begin && ends_number(to, end) && (to + 1 >= end || characters_.decimal(text_[to + 1]) < 0);
  }

  const SentenceWords& words_;
  const Characters& characters_;
  Text<Unit> text_;
  bool has_items_;
  std::vector<Place> cuts_;
  Place last_ = 0, line_begin_ = 0;  // where the sentence and the line begin
  int item_ = 0;
  Place number_here_ = -2, content_ = -2;  // of the sentence, once asked: its own item number, its first character
};

}  // namespace fasttext
