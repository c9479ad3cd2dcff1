// Cuts a note into its headed sections. The rules are those of tests/text/plain_sections.py: change both or neither.
//
// What could be a heading: a few words after the start of a line or the end of a clause, followed by a colon or by the end
// of the line. Every part of it has a longest length and is read in one way only, so time is linear in any text.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "_fasttext_text.hpp"

namespace fasttext {

struct Section {
  int32_t name;  // the caller's number, kUnnamed before any heading
  Place begin, body_begin, end;
};

constexpr int32_t kUnnamed = -1;
constexpr size_t kLongestTitle = 70;

// What the table of headings says. Spellings are in capitals, with the plain apostrophe.
struct Headings {
  std::unordered_map<std::string, int32_t> names;
  WordSet exam, colon_only, openers, small_words;
  std::unordered_set<int32_t> exam_starts_after;
  int32_t exam_name = kUnnamed;

  int32_t name_of(const std::string& spelling) const {
    auto found = names.find(spelling);
    return found == names.end() ? kUnnamed : found->second;
  }
};

template <class Unit>
class SectionCutter {
 public:
  SectionCutter(const Headings& headings, const Characters& characters, Text<Unit> text)
      : headings_(headings), characters_(characters), text_(text) {}

  void cut(std::vector<Section>& found) {
    found.assign(1, Section{kUnnamed, 0, 0, text_.size});
    for (const Candidate& candidate : candidates()) {
      int32_t name = name_of(candidate, found.back().name);
      if (name == kUnnamed) continue;
      // A heading begins with its line, bullets and numbers included; one in the running text with its title.
      Place begin = candidate.lead == '\n' ? candidate.after_lead : candidate.title;
      if (begin < found.back().body_begin) continue;
      found.back().end = begin;
      found.push_back({name, begin, body_from(candidate.end), text_.size});
    }
    if (found.size() > 1 && found[1].begin == 0) found.erase(found.begin());
  }

 private:
  struct Candidate {
    uint32_t lead;             // the character before; a line feed at the start of the text, a space in a flat note
    Place after_lead, title, title_end, end;
    uint32_t close;            // what ends the title, 0 at the end of the text
  };

  static bool is_blank(uint32_t c) { return c == ' ' || c == '\t'; }
  static bool is_emphasis(uint32_t c) { return is_blank(c) || c == '*' || c == '_'; }
  static bool is_lead_in(uint32_t c) { return is_emphasis(c) || c == ','; }
  static constexpr CharacterSet kLeads{U"\n.,:;)]"};
  static constexpr CharacterSet kOfWords{U"&/'-", true};
  static bool is_bullet(uint32_t c) {
    return c == '-' || c == '#' || c == '*' || c == '_' || c == '=' || c == '>' || c == 0x2022 || c == 0x25CF;
  }

  uint32_t at(Place place) const { return text_.at_or_end(place); }

  // Passes over what `is_in` holds of, at most `most` characters.
  template <class Test>
  Place skip(Place from, Place most, Test is_in) const {
    Place end = std::min(text_.size, from + most), to = from;
    while (to < end && is_in(text_[to])) ++to;
    return to;
  }

  // ---- candidates ----------------------------------------------------------------------------------------------

  std::vector<Candidate> candidates() {
    std::vector<Candidate> found;
    Candidate candidate{};
    Place from = 0;
    if (read_heading('\n', 0, candidate)) {
      found.push_back(candidate);
      from = candidate.end;
    }
    for (Place place = from; place < text_.size;) {
      if (!kLeads.has(text_[place]) || !read_heading(text_[place], place + 1, candidate)) {
        ++place;
        continue;
      }
      found.push_back(candidate);
      place = candidate.end;
    }
    if (has_pair(text_, ' ', [](Unit c) { return c == ' '; })) merge_flat(found);
    return found;
  }

  // A note flattened to one line keeps a run of spaces before its headings.
  void merge_flat(std::vector<Candidate>& found) {
    std::vector<Candidate> flat, both;
    Candidate candidate{};
    for (Place place = 0; place + 2 < text_.size;) {
      if (text_[place] != ' ' || text_[place + 1] != ' ' || !read_flat(place + 2, candidate)) {
        ++place;
        continue;
      }
      flat.push_back(candidate);
      place = candidate.end;
    }
    if (flat.empty()) return;
    both.reserve(found.size() + flat.size());
    auto next = flat.begin();
    for (const Candidate& plain : found) {
      while (next != flat.end() && next->title < plain.title) both.push_back(*next++);
      both.push_back(plain);
    }
    both.insert(both.end(), next, flat.end());
    found = std::move(both);
  }

  bool read_heading(uint32_t lead, Place after_lead, Candidate& candidate) const {
    Place title = skip_bullets(skip(after_lead, 16, is_blank));
    if (title >= text_.size || !is_ascii_letter(text_[title])) return false;
    Place title_end = title_ends(title);
    Place place = skip(skip_date(skip_aside(title_end)), 4, is_emphasis);
    candidate = {lead, after_lead, title, title_end, place, at(place)};
    return is_closed(place, candidate);
  }

  Place skip_bullets(Place place) const {
    for (int count = 0; count < 3; ++count) {
      Place to = skip(place, 4, is_bullet);
      if (to == place) to = list_number_ends(place);
      if (to == place) break;
      place = skip(to, 8, is_blank);
    }
    return place;
  }

  Place list_number_ends(Place place) const {
    Place to = place;
    while (to < text_.size && to - place < 2 && characters_.decimal(text_[to]) >= 0) ++to;
    return to > place && (at(to) == '.' || at(to) == ')') ? to + 1 : place;
  }

  static bool goes_on(uint32_t c) {
    return kOfWords.has(c) || c == 0x2019;
  }

  Place word_ends(Place first) const {  // a first character, then at most 30
    Place to = first + 1;
    while (to < text_.size && to - first <= 30 && goes_on(text_[to])) ++to;
    return to;
  }

  Place title_ends(Place title) const {
    Place place = word_ends(title);
    for (int count = 0; count < 7; ++count) {
      Place next = place + (at(place) == ',' ? 1 : 0);
      uint32_t first = at(next) == ' ' ? at(next + 1) : 0;
      if (!is_ascii_letter(first) && first != '&' && first != '/') break;
      place = word_ends(next + 1);
    }
    return place;
  }

  Place skip_aside(Place place) const {
    Place to = place + (at(place) == ' ' ? 1 : 0);
    if (at(to) != '(') return place;
    Place from = ++to;
    while (to < text_.size && to - from < 40 && text_[to] != '(' && text_[to] != ')' && text_[to] != '\n') ++to;
    return at(to) == ')' ? to + 1 : place;
  }

  // Passes over the day and time of an entry, if they end its heading: "ADDENDUM 3/4/2020 14:30:".
  Place skip_date(Place place) const {
    Place to = date_ends(place);
    if (to == place) return place;
    Place close = skip(to, 4, is_emphasis);
    bool ends = close == text_.size || text_[close] == ':' || text_[close] == '\n' ||
                (text_[close] == '\r' && (close + 1 == text_.size || text_[close + 1] == '\n'));
    return ends ? to : place;
  }

  Place date_ends(Place place) const {
    Place day = place;
    if (at(day++) != ' ' || !pass_digits(day, 1, 4) || !pass_mark(day) || !pass_digits(day, 1, 2) || !pass_mark(day) ||
        !pass_digits(day, 2, 4))
      return place;
    Place time = day + (at(day) == ',' ? 1 : 0);
    if (at(time++) != ' ' || !pass_digits(time, 1, 2) || at(time++) != ':' || !pass_digits(time, 2, 2)) return day;
    return is_ascii_digit(at(time)) ? day : time;
  }

  bool pass_digits(Place& place, Place least, Place most) const {
    Place from = place;
    while (place - from < most && is_ascii_digit(at(place))) ++place;
    return place - from >= least;
  }

  bool pass_mark(Place& place) const { return at(place) == '/' || at(place) == '-' ? (++place, true) : false; }

  bool is_closed(Place place, Candidate& candidate) const {
    if (place == text_.size) return true;
    switch (text_[place]) {
      case ':': case '\n': return true;
      case '-': case 0x2013: candidate.end = place + 1; return at(place + 1) == ' ';
      case ',':
        candidate.end = place + 1;
        return is_ascii_upper(at(place + 1)) && is_ascii_upper(at(place + 2)) && is_ascii_upper(at(place + 3));
      case '\r': candidate.end = place + 1; return place + 1 == text_.size || text_[place + 1] == '\n';
      default: return false;
    }
  }

  static bool is_flat(uint32_t c) { return is_ascii_upper(c) || c == '&' || c == '/' || c == '\'' || c == 0x2019; }

  bool read_flat(Place title, Candidate& candidate) const {
    if (!is_ascii_upper(at(title))) return false;
    Place place = title + 1;
    while (place < text_.size && place - title <= 30 && is_flat(text_[place])) ++place;
    if (place == title + 1) return false;
    for (int count = 0; count < 7 && at(place) == ' '; ++count) {
      Place to = place + 1;
      while (to < text_.size && to - place <= 30 && (is_flat(text_[to]) || text_[to] == '-')) ++to;
      if (to == place + 1) break;
      place = to;
    }
    candidate = {' ', title, title, place, place, ':'};
    return at(place) == ':';
  }

  Place body_from(Place end) const { return skip(at(end) == ':' ? end + 1 : end, 32, is_lead_in); }

  // ---- names ---------------------------------------------------------------------------------------------------

  struct Title {
    std::string written, upper;  // the typographic apostrophe is one byte in both, which no list holds in `written`
    bool is_capitals() const { return written == upper; }
    bool has(char c) const { return written.find(c) != std::string::npos; }
  };

  Title title_of(const Candidate& candidate) const {
    Title title;
    title.written.reserve(kLongestTitle);
    title.upper.reserve(kLongestTitle);
    for (Place i = candidate.title; i < candidate.title_end; ++i) {
      uint32_t c = text_[i];
      title.written.push_back(c == 0x2019 ? '\x80' : static_cast<char>(c));
      title.upper.push_back(c == 0x2019 ? '\'' : static_cast<char>(is_ascii_lower(c) ? c & ~0x20u : c));
    }
    return title;
  }

  int32_t name_of(const Candidate& candidate, int32_t current) const {
    if (static_cast<size_t>(candidate.title_end - candidate.title) > kLongestTitle) return kUnnamed;
    Title title = title_of(candidate);
    int32_t name = headings_.name_of(title.upper);
    size_t space = title.upper.find(' ');
    if (name == kUnnamed && space != std::string::npos && headings_.openers.count(title.upper.substr(0, space)))
      name = headings_.name_of(title.upper.substr(space + 1));
    if (name == kUnnamed) {
      if (candidate.close != ':') return kUnnamed;
      if (headings_.exam.count(title.upper))
        return headings_.exam_starts_after.count(current) && stands_out(title.written) ? headings_.exam_name : kUnnamed;
      if (!title.has('/') && !title.has('&')) return kUnnamed;
      name = first_part(title.upper);
    }
    return name != kUnnamed && is_set_off(candidate, title) ? name : kUnnamed;
  }

  int32_t first_part(const std::string& upper) const {
    int32_t first = kUnnamed;
    size_t from = 0;
    for (size_t i = 0; i <= upper.size(); ++i) {
      bool is_end = i == upper.size();
      if (!is_end && upper[i] != '/' && upper[i] != '&') continue;
      size_t to = !is_end && i > from && upper[i - 1] == ' ' ? i - 1 : i;
      int32_t name = headings_.name_of(upper.substr(from, to - from));
      if (name == kUnnamed) return kUnnamed;
      if (from == 0) first = name;
      if (!is_end && i + 1 < upper.size() && upper[i + 1] == ' ') ++i;
      from = i + 1;
    }
    return first;
  }

  bool is_set_off(const Candidate& candidate, const Title& title) const {
    bool starts_line = candidate.lead == '\n';
    uint32_t lead = candidate.lead, close = candidate.close;
    bool has_words = title.has(' ');
    if (close == ':') {
      if (starts_line || title.is_capitals())
        return starts_line || !headings_.colon_only.count(title.upper) || title.upper.size() > 3;
      // In the running text a title must look like one, and not be one word that a sentence may hold.
      bool ends_clause = lead == '.' || lead == ',';
      return (ends_clause || lead == ':' || lead == ')' || lead == ']') && stands_out(title.written) && (has_words || ends_clause);
    }
    if (close == ',' || !starts_line) return close == ',' && title.is_capitals() && title.upper.size() > 3;
    bool is_listed = has_bullet(candidate);
    if (is_listed || headings_.colon_only.count(title.upper)) return close == '-' && !is_listed && title.is_capitals();
    return stands_out(title.written) && (close != '-' || title.is_capitals() || has_words);
  }

  // Whether a dash, a bullet or a lone "*" stands before the title; "**" makes it bold.
  bool has_bullet(const Candidate& candidate) const {
    bool is_odd = false;
    for (Place i = candidate.after_lead; i < candidate.title; ++i) {
      if (text_[i] == '-' || text_[i] == 0x2022) return true;
      if (text_[i] == '*') is_odd = !is_odd;
      else if (is_odd) return true;
    }
    return is_odd;
  }

  bool stands_out(const std::string& written) const {
    if (!is_ascii_upper(static_cast<unsigned char>(written[0]))) return false;
    for (size_t from = 0; from < written.size();) {
      size_t to = std::min(written.find(' ', from), written.size());
      if (!is_ascii_upper(static_cast<unsigned char>(written[from])) && !headings_.small_words.count(written.substr(from, to - from)))
        return false;
      from = to + 1;
    }
    return true;
  }

  const Headings& headings_;
  const Characters& characters_;
  Text<Unit> text_;
};

}  // namespace fasttext
