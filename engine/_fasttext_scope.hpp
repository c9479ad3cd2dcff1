// What the cues of a sentence say of its spans. The rules are those of tests/context/plain_scope.py: change both or neither.
//
// Two sweeps go over cues and spans in order: one carries the cues that reach on, one those that reach back. A cue is
// carried until another ends it; whether it still reaches a span is then asked of the text between them, of which no
// more is looked at than the longest scope, so that time is linear in spans and cues.
#pragma once

#include <array>

#include "_fasttext_place.hpp"

namespace fasttext {

struct Said {  // a value with the cue that decides it
  int32_t slot, rule;
  Place begin, end;
};

struct Reading {  // by axis: assertion, temporality, experiencer; what is not said is left out
  std::array<Said, 3> said;
  int count = 0;
};

struct SectionDefault {
  Place begin, body_begin;
  int32_t slot, rule;  // kNoSlot: the section says nothing
};

constexpr Place kCharactersPerWord = 12, kAnswerReach = 80, kBracketReach = 80;

// Whether a set of slots, a bit for each, holds one.
inline bool is_in(uint32_t slots, int32_t slot) { return slot >= 0 && (slots >> slot & 1); }

inline int axis_of(int32_t slot) { return slot < kHistorical ? 0 : slot == kHistorical ? 1 : 2; }

template <class Unit>
class ScopeReader {
 public:
  // `first_sign` is the rule of the first sign; the rules before it are those of the cues.
  ScopeReader(const std::vector<CueRule>& rules, int32_t first_sign, const Characters& characters, Text<Unit> text)
      : rules_(rules), first_sign_(first_sign), characters_(characters), text_(text), between_(characters, text_),
        placer_(rules, characters, text_) {}

  // `cues` are sorted by begin, as are `spans`, which may overlap. `cues` are used up.
  void read(const std::vector<SectionDefault>& sections, const std::vector<Span>& sentences, std::vector<CueAt>& cues,
            const std::vector<Span>& spans, std::vector<Reading>& readings) {
    keep_outermost(cues);
    SignFinder<Unit>(characters_, text_, sentences).add(cues, first_sign_);
    readings.assign(spans.size(), Reading{});
    size_t cue = 0, section = 0, span = 0;
    for (size_t number = 0; number < sentences.size() && span < spans.size(); ++number) {
      begin_ = sentences[number].begin;
      Place limit = number + 1 < sentences.size() ? sentences[number + 1].begin : text_.size + 1;
      size_t first = span;
      while (span < spans.size() && spans[span].begin < limit) ++span;
      if (first == span) continue;
      while (section + 1 < sections.size() && sections[section + 1].begin <= begin_) ++section;
      while (cue < cues.size() && cues[cue].begin < begin_) ++cue;
      size_t first_cue = cue;
      while (cue < cues.size() && cues[cue].begin < limit) ++cue;
      end_ = std::min(limit, text_.size);
      spans_ = spans.data() + first;
      count_ = span - first;
      read_sentence(cues.data() + first_cue, cues.data() + cue, readings.data() + first);
      if (!sections.empty() && sections[section].slot != kNoSlot)
        for (size_t i = first; i < span; ++i) add_default(sections[section], readings[i]);
    }
  }

 private:
  uint32_t at(Place place) const { return place >= 0 ? text_.at_or_end(place) : 0; }

  static void add_default(const SectionDefault& section, Reading& reading) {
    for (int i = 0; i < reading.count; ++i)
      if (axis_of(reading.said[i].slot) == axis_of(section.slot)) return;
    reading.said[reading.count++] = {section.slot, section.rule, section.begin, std::max(section.begin, section.body_begin)};
  }

  void read_sentence(const CueAt* first, const CueAt* last, Reading* readings) {
    bool speaks = false;
    for (const CueAt* cue = first; cue < last && !speaks; ++cue) speaks = (rules_[cue->rule].does & kSpeaks) != 0;
    on_.resize(count_);
    back_.resize(count_);
    for (size_t i = 0; i < count_; ++i) {
      on_[i].clear();
      back_[i].clear();
    }
    if (speaks) {
      placer_.place(begin_, first, last, spans_, count_, placed_);
      sweep_on();
      sweep_back();
    }
    for (size_t i = 0; i < count_; ++i) decide(spans_[i].end, on_[i], back_[i], readings[i]);
  }

  // ---- sweeps --------------------------------------------------------------------------------------------------

  void sweep_on() {
    active_.clear();
    size_t next = 0;
    for (size_t i = 0; i < count_; ++i) {
      const Span& span = spans_[i];
      for (; next < placed_.size(); ++next) {
        const Placed& cue = placed_[next];
        bool is_inside = cue.does->does & kInside && cue.begin == span.begin && cue.end <= span.end;
        if (cue.effect >= span.begin && !is_inside) break;
        if (cue.does->does & kEnds || cue.does->ends)
          drop([&](const Placed& carried) { return carried.begin < cue.begin && ends(*cue.does, *carried.does); });
        if (cue.does->does & kReachesOn && !(cue.does->does & kAnswers && is_answer(cue))) carry(cue);
      }
      for (const Placed& carried : active_)
        if (reaches_on(carried, span.begin)) on_[i].push_back(carried);
    }
  }

  template <class Test>
  void drop(Test test) {
    active_.erase(std::remove_if(active_.begin(), active_.end(), test), active_.end());
  }

  // Whether a terminator ends a carried cue; one that needs a comma before it does not end a list, and neither that
  // nor a verb in the past ends a cue that opens its sentence: "in 2015, he had".
  static bool ends(const CueRule& rule, const CueRule& carried) {
    return is_in(rule.ends, carried.slot) && !(rule.does & kAfterComma && carried.stop == kList) &&
           !(rule.does & (kIsPast | kAfterComma) && carried.does & kOpens);
  }

  void carry(const Placed& cue) {
    int32_t slot = cue.does->slot;
    if (!active_.empty() && opens_bracket(active_.back().end, cue.begin)) {
      Placed outer = active_.back();
      active_.assign({outer, cue});
      return;
    }
    uint32_t gone = 1u << slot;
    if (slot == kAbsent) gone |= 1u << kPossible | 1u << kHypothetical;
    else if (slot == kConditional) gone |= 1u << kPossible | 1u << kAbsent;
    else if (slot == kPossible && leaves_denial(cue)) gone |= 1u << kAbsent;
    // A narrow cue of the same kind is carried beside a wide one: "denies positive or negative findings, pain".
    Place scope = cue.does->scope_words;
    drop([&](const Placed& carried) {
      return is_in(gone, carried.does->slot) && !(carried.does->slot == slot && carried.does->scope_words > scope);
    });
    active_.push_back(cue);
  }

  bool leaves_denial(const Placed& cue) const {
    for (const Placed& carried : active_)
      if (carried.does->slot == kAbsent)
        return cue.begin - carried.end > kLongestReach || between_.has(carried.end, cue.begin, static_cast<uint32_t>(','));
    return false;
  }

  // Whether a bracket opened between two cues is still open, so that the first goes on after it.
  bool opens_bracket(Place begin, Place end) const {
    Place opened = between_.find_last(std::max(begin, end - kBracketReach), end, "(");
    return opened >= 0 && !between_.has(opened, end, static_cast<uint32_t>(')'));
  }

  bool reaches_on(const Placed& cue, Place at) const {
    if (at <= cue.end) return true;
    Place width = at - cue.end;
    if (width > kLongestReach || width > cue.does->scope_words * kCharactersPerWord + kSlack) return false;
    if (cue.does->does & kSkipsItem && !between_.has(cue.end, at, static_cast<uint32_t>(',')) && !between_.has(cue.end, at, " or "))
      return false;
    return is_open(cue.end, at, *cue.does, false) && !between_.has(cue.end + 2, at, ": ");
  }

  // Whether nothing between a cue and a span ends the scope; `closed` passes over closing brackets.
  bool is_open(Place from, Place to, const CueRule& rule, bool closed) const {
    if (rule.stop != kList) {
      if (between_.has(from, to, static_cast<uint32_t>(';'))) return false;
      if (rule.stop > kClause && between_.has(from, to, static_cast<uint32_t>(','))) return false;
      if (rule.stop == kAnd && between_.has(from, to, " and ")) return false;
    }
    if (!closed && closes_bracket(from, to)) return false;
    Place length = std::max<Place>(0, std::min(to, text_.size) - from);
    return length < 2 * rule.scope_words || between_.words(from, to, rule.scope_words, closed ? "-()" : "-(") <= rule.scope_words;
  }

  bool closes_bracket(Place from, Place to) const {
    Place close = between_.find(from, to, ')'), open = between_.find(from, to, '(');
    return close >= 0 && (open < 0 || close < open);
  }

  void sweep_back() {
    active_.clear();
    size_t next = placed_.size();
    for (size_t i = count_; i-- > 0;) {
      Place stop = spans_[i].end;
      for (; next > 0 && placed_[next - 1].begin >= stop; --next) {
        const Placed& cue = placed_[next - 1];
        if (cue.does->does & kIsVerb) continue;
        if (cue.does->does & kEnds)
          drop([&](const Placed& carried) { return carried.end > cue.end && is_in(cue.does->ends, carried.does->slot); });
        else if (cue.does->does & kReachesBack || (cue.does->does & kAnswers && is_answer(cue))) {
          // Of one phrase with two scopes both are carried.
          drop([&](const Placed& carried) { return carried.does->slot == cue.does->slot && carried.begin != cue.begin; });
          active_.push_back(cue);
        }
      }
      for (const Placed& carried : active_)
        if (reaches_back(carried, stop)) back_[i].push_back(carried);
    }
  }

  bool reaches_back(const Placed& cue, Place stop) const {
    Place width = cue.begin - stop;
    if (width > kLongestReach) return false;
    if (cue.does->does & kAnswers && is_answer(cue))
      return width < kAnswerReach && !between_.has(stop, cue.begin, static_cast<uint32_t>(',')) &&
             !between_.has(stop, cue.begin, static_cast<uint32_t>(';')) && between_.count(stop, cue.begin, ':') <= 1;
    if (width > cue.does->scope_words * kCharactersPerWord + kSlack) return false;
    if (between_.has(stop, cue.begin, static_cast<uint32_t>('(')) && closes_bracket(stop, cue.begin))
      return is_open(stop, cue.begin, *cue.does, true);
    return !between_.has(stop, cue.begin, ": ") && is_open(stop, cue.begin, *cue.does, false);
  }

  // Whether a cue stands alone after a colon, dash or bracket, as in a form: "Fever: no", "Fever (-)".
  bool is_answer(const Placed& cue) const {
    if (box_of_label(text_, cue.begin, cue.end) == Box::kTicked) return true;
    Place tail = cue.end, tail_end = std::min(end_, cue.end + 3);
    while (tail < tail_end && text_[tail] == ' ') ++tail;
    if (tail < tail_end && (text_[tail] >= 128 || std::string_view(".,;)]|/\n\r\t").find(static_cast<char>(text_[tail])) == std::string_view::npos))
      return false;
    if (at(cue.begin) == '(') return true;
    Place from = std::max(begin_, cue.begin - 4), left = cue.begin;
    while (left > from && text_[left - 1] == ' ') --left;
    if (left <= from) return false;
    switch (text_[left - 1]) {
      case ':': case '=': case 0x2014: case '(': case '\t': case '?': return true;
      case '[': return left < 2 || !is_ascii_letter(at(left - 2));  // not in a mark of de-identification: "**DATE[2006]"
      case '-': case 0x2013: return left != cue.begin && left - 1 > from && text_[left - 2] == ' ';
      default: return false;
    }
  }

  // ---- deciding ------------------------------------------------------------------------------------------------

  void decide(Place stop, const std::vector<Placed>& on, const std::vector<Placed>& back, Reading& reading) const {
    static constexpr int32_t kOrder[kSlots] = {kConditional, kHypothetical, kAbsent, kPossible, kHistorical, kFamily, kOther};
    std::array<Said, kSlots> best;
    uint32_t said = 0;
    auto say = [&](int32_t slot, int32_t rule, Place begin, Place end) {
      best[static_cast<size_t>(slot)] = {slot, rule, begin, end};
      said |= 1u << slot;
    };
    for (const Placed& cue : back) say(cue.does->slot, cue.rule, cue.begin, cue.end);
    bool is_denied = is_in(said, kAbsent) || any_denies(on);
    for (const Placed& cue : on)
      if (is_denied || !(cue.does->does & kIfDenied)) say(cue.does->slot, cue.rule, cue.begin, cue.end);
    if (at(stop) == '?') say(kPossible, first_sign_ + kAsked, stop, stop + 1);
    int axis = -1;
    for (int32_t slot : kOrder) {
      if (!is_in(said, slot) || axis_of(slot) == axis) continue;
      axis = axis_of(slot);
      reading.said[static_cast<size_t>(reading.count++)] = best[static_cast<size_t>(slot)];
    }
  }

  static bool any_denies(const std::vector<Placed>& cues) {
    return std::any_of(cues.begin(), cues.end(), [](const Placed& cue) { return cue.does->slot == kAbsent; });
  }

  const std::vector<CueRule>& rules_;
  int32_t first_sign_;
  const Characters& characters_;
  Text<Unit> text_;
  Between<Unit> between_;
  CuePlacer<Unit> placer_;
  // The sentence that is being read.
  Place begin_ = 0, end_ = 0;
  const Span* spans_ = nullptr;
  size_t count_ = 0;
  std::vector<Placed> placed_, active_;
  std::vector<std::vector<Placed>> on_, back_;
};

}  // namespace fasttext
