// Which cues of a sentence count where they stand, and where each takes effect. The rules are those of
// tests/context/plain_scope.py: change both or neither.
#pragma once

#include "_fasttext_cues.hpp"

namespace fasttext {

struct Placed {
  Place begin, end, effect;  // where it takes effect
  int32_t rule;
  const CueRule* does;
};

constexpr Place kSlack = 24, kVerbNearWords = 2, kOpeningWords = 3, kOpeningReach = 60;

template <class Unit>
class CuePlacer {
 public:
  CuePlacer(const std::vector<CueRule>& rules, const Characters& characters, const Text<Unit>& text)
      : rules_(rules), characters_(characters), text_(text), between_(characters, text) {}

  // Drops the cues that lie in a span, and says where the others take effect. The sentence begins at `begin`.
  void place(Place begin, const CueAt* first, const CueAt* last, const Span* spans, size_t count, std::vector<Placed>& placed) {
    begin_ = begin;
    placed.clear();
    size_t span = 0;
    Place covered = -1, before = begin_;
    for (const CueAt* cue = first; cue < last; ++cue) {
      for (; span < count && spans[span].begin <= cue->begin; ++span) covered = std::max(covered, spans[span].end);
      const CueRule& rule = rules_[cue->rule];
      if ((covered >= cue->end && !(rule.does & kInside)) || is_another_word(*cue, rule)) continue;
      if (rule.does & kOpens && !opens_sentence(cue->begin)) continue;
      Place effect = cue->begin;
      if (rule.does & kEnds) {
        if (rule.does & kAfterComma && !follows_comma(cue->begin)) continue;
        if (rule.does & kIsVerb) effect = verb_starts(before, cue->begin, (rule.does & kMayBelong) != 0);
        if (effect < 0) continue;
      } else if (rule.does && !(rule.does & kIfDenied)) {
        before = cue->end;
      }
      placed.push_back({cue->begin, cue->end, effect, cue->rule, &rule});
    }
  }

 private:
  uint32_t at(Place place) const { return text_.at_or_end(place); }

  // Whether the first word stands in another form than the cue's, "no." is the "No." before a number, or "no" is not ticked.
  bool is_another_word(const CueAt& cue, const CueRule& rule) const {
    if (rule.does & kIsExact && characters_.is_alnum(at(cue.begin + rule.first_length))) return true;
    if (!(rule.does & kAnswers)) return false;
    if (box_of_label(text_, cue.begin, cue.end) == Box::kEmpty) return true;
    if (at(cue.end) != '.') return false;
    Place digit = between_.skip_space(cue.end + 1, cue.end + 4);
    return digit < text_.size && characters_.decimal(text_[digit]) >= 0;
  }

  bool opens_sentence(Place begin) const {
    return begin - begin_ <= kOpeningReach && between_.words(begin_, begin, kOpeningWords) <= kOpeningWords;
  }

  static bool is_comma(uint32_t c) { return c == ',' || c == '(' || c == '-' || c == 0x2013; }

  // Whether a comma, bracket or dash stands before, with at most an article or possessive between.
  bool follows_comma(Place begin) const {
    Place from = std::max(begin_, begin - 16), left = skip_space_back(from, begin);
    if (left > from && is_comma(text_[left - 1])) return true;
    if (left == begin) return false;
    Place word = left;
    while (word > from && left - word < 6 && !is_comma(text_[word - 1]) && !characters_.is_space(text_[word - 1])) --word;
    Place comma = skip_space_back(from, word);
    return is_determiner(word, left) && comma > from && is_comma(text_[comma - 1]);
  }

  Place skip_space_back(Place from, Place to) const {
    while (to > from && characters_.is_space(text_[to - 1])) --to;
    return to;
  }

  bool is_determiner(Place begin, Place end) const {
    std::string word;
    for (Place i = begin; i < end; ++i) append_folded(text_[i], word);
    for (std::string_view one : {"the", "a", "an", "his", "her", "their", "this"})
      if (word == one) return true;
    return false;
  }
  // As a regular expression that ignores case: long s is an s, and i with or without its dot an i.
  static void append_folded(uint32_t c, std::string& word) {
    if (c == 0x17F) word.push_back('s');
    else if (c == 0x130 || c == 0x131) word.push_back('i');
    else append_lower(c, word);
  }

  // Where a verb's clause starts: after the last comma, or at the verb; -1 if it belongs to the cue before.
  Place verb_starts(Place before, Place begin, bool may_belong) const {
    Place from = std::max(before, begin - kLongestReach);
    Place comma = between_.find_last(from, begin, ", ");
    if (comma < 0) {
      bool is_near = may_belong && begin - from <= kSlack && !between_.has(from, begin, " and ") &&
                     between_.words(from, begin, kVerbNearWords) <= kVerbNearWords;
      return is_near ? -1 : begin;
    }
    Place clause = between_.skip_space(comma + 2, begin);
    for (std::string_view joint : {"or ", "nor ", "and "})
      if (clause + static_cast<Place>(joint.size()) <= begin && between_.starts_with(clause, joint)) return begin;
    return comma;
  }

  const std::vector<CueRule>& rules_;
  const Characters& characters_;
  const Text<Unit>& text_;
  Between<Unit> between_;
  Place begin_ = 0;  // of the sentence
};

}  // namespace fasttext
