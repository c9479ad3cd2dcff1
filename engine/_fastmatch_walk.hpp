// Takes words through the vocabulary and the automaton: which phrases end where.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "_fastmatch_words.hpp"

namespace fastmatch {

constexpr int32_t kNoPhrase = -1;  // the phrase of a hit that reports a word (kReported)

struct Hit {
  int32_t begin, end, phrase;
};

struct Span {
  int32_t begin, end;
};

// Where a scan writes: `terms`, where the hits of terms go instead, and `words`, where words go too, may be null.
struct Answer {
  std::vector<Hit>& hits;
  std::vector<Hit>* terms = nullptr;
  std::vector<Span>* words = nullptr;
};

// To be called for each piece of a text in this order: take_steps, find_openings, walk; then once finish.
//
// Most words of a text are in no phrase, and of the others most do not open one with the next. So what is done for every word
// has no branch: its mark, and whether something may happen there. Only from those places the automaton is walked.
class Walker {
 public:
  Walker(const Image& image, std::string_view text, Answer answer) : image_(image), text_(text.data()), answer_(answer) {}

  // Puts the reported words among the hits, by end; to be called once, at the end.
  void finish() {
    if (reported_.empty()) return;
    std::vector<Hit>& hits = answer_.hits;
    auto middle = static_cast<ptrdiff_t>(hits.size());
    hits.insert(hits.end(), reported_.begin(), reported_.end());
    std::inplace_merge(hits.begin(), hits.begin() + middle, hits.end(), [](const Hit& a, const Hit& b) { return a.end < b.end; });
  }


  // Looks the words up and makes steps of them, leaving out those that phrases are read through.
  FASTMATCH_INLINE void take_steps(const WordCutter& cutter) {
    const size_t count = cutter.count();
    keep_last(kMaxPhraseWords, count + 1);
    const Word* words = cutter.words();
    uint32_t* marks = marks_.data();
    Place* places = places_.data();
    auto long_word = cutter.long_words().begin();
    size_t next_long = long_word == cutter.long_words().end() ? count : long_word->word;
    size_t steps = from_;
    uint32_t commas = commas_, hard = hard_;
    for (size_t i = 0; i < count; ++i) {
      const Word& word = words[i];
      const Entry& entry = *word.entry;
      uint32_t is_other = ((entry.low ^ word.key.low) | (entry.high ^ word.key.high)) != 0;
      uint32_t mark = (entry.mark | (0 - is_other)) & (kUnknown | (is_other - 1));  // kUnknown if so, without a branch
      if (i == next_long) {
        if (mark != kUnknown && !image_.is_text_of(entry, cutter.text_of(*long_word))) mark = kUnknown;
        next_long = ++long_word == cutter.long_words().end() ? count : long_word->word;
      }
      hard |= word.hard;
      commas += word.comma;
      // A word after a hard gap follows none: where phrases begin is all that it can be.
      marks[steps] = mark & ~(hard * kFollows);
      places[steps] = {word.begin, word.end, word.origin, commas};
      uint32_t is_step = (mark & kWordNumber) - kReported > 1u;  // neither reported nor transparent
      if (mark == kReported) reported_.push_back({word.begin, word.end, kNoPhrase});
      steps += is_step;
      hard &= is_step - 1;
    }
    steps_ = steps;
    commas_ = commas;
    hard_ = hard;
    if (answer_.words != nullptr)
      for (size_t i = from_; i < steps; ++i) answer_.words->push_back({places[i].begin, places[i].end});
  }

  // Lists the new steps where a phrase may be under way: that are one, or may open one with the step before.
  FASTMATCH_INLINE void find_openings() {
    uint32_t* openings = openings_.of(steps_ - from_ + 1);
    const uint32_t* marks = marks_.data();
    size_t near = 0, count = 0;
    uint32_t before = from_ == 0 ? kUnknown : marks[from_ - 1];
    for (size_t i = from_, steps = steps_; i < steps; ++i) {
      uint32_t mark = marks[i], may_open = before >> 30 & mark >> 29 & 1;
      openings[near] = static_cast<uint32_t>(i) << 1 | may_open;
      near += may_open | mark >> 31;
      before = mark;
    }
    const HashSet pairs = image_.openings();
    for (size_t i = 0; i < near; ++i) {
      uint32_t step = openings[i] >> 1, mark = marks[step];
      uint32_t opens = openings[i] & static_cast<uint32_t>(pairs.may_have(pair_hash(step == 0 ? kUnknown : marks[step - 1], mark)));
      openings[count] = step << 1 | opens;
      count += opens | mark >> 31;
    }
    openings_count_ = keep_sequels(count);
  }

  void walk() {
    const uint32_t* marks = marks_.data();
    events_count_ = 0;
    Event* events = events_.of(steps_ - from_ + 1);
    size_t at = go_on(from_);
    for (size_t i = 0; i < openings_count_; ++i) {
      size_t step = openings_.data()[i] >> 1;
      if (step < at) continue;
      uint32_t mark = marks[step];
      uint32_t next = openings_.data()[i] & 1 ? image_.find_child(image_.first_state(marks[step - 1]), mark) : kNone;
      if (next == kNone) {
        if (mark & kAlone) events[events_count_++] = {static_cast<uint32_t>(step), image_.first_state(mark)};
        continue;
      }
      at = go_to(next, step) ? go_on(step + 1) : step + 1;
    }
    emit_events();
  }

 private:
  static constexpr size_t kFar = 8, kNear = 4;  // how far ahead memory is asked for: a state, and what the state names

  // Of a step: a word that phrases are not read through. `commas` counts comma gaps up to it: a difference tells of one
  // between two steps.
  struct Place {
    int32_t begin, end;
    uint32_t origin, commas;
  };

  // A step where phrases end, with the state that knows them.
  struct Event {
    uint32_t step, state;
  };

  bool has_lower(const Place& place) const {
    if (place.origin >= kLarge) return place.origin == kSmall;
    const char* word = text_ + place.origin;
    return std::any_of(word, word + (place.end - place.begin), [](char c) { return c >= 'a' && c <= 'z'; });
  }

  // Keeps the last steps, at most so many, at the begin, and makes room for more.
  void keep_last(size_t most, size_t more) {
    size_t kept = std::min(steps_, most);
    Room<uint32_t> marks;
    Room<Place> places;
    bool grows = kept + more > room_;
    if (grows) room_ = kept + more * 2;
    uint32_t* to_marks = grows ? marks.of(room_) : marks_.data();
    Place* to_places = grows ? places.of(room_) : places_.data();
    std::copy(marks_.data() + steps_ - kept, marks_.data() + steps_, to_marks);
    std::copy(places_.data() + steps_ - kept, places_.data() + steps_, to_places);
    if (grows) {
      marks_ = std::move(marks);
      places_ = std::move(places);
    }
    from_ = steps_ = kept;
  }

  // Of the openings, keeps those that something may come of: a phrase of the two words, or one that the next word goes on.
  FASTMATCH_INLINE size_t keep_sequels(size_t count) {
    uint32_t* openings = openings_.data();
    uint32_t* marks = marks_.data();
    const HashSet sequels = image_.sequels();
    marks[steps_] = kFollows;  // the next piece's first word may go on
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      size_t step = openings[i] >> 1;
      uint32_t opens = openings[i] & 1, mark = marks[step], third = marks[step + 1];
      uint64_t pair = pair_hash(step == 0 ? kUnknown : marks[step - 1], mark);
      bool goes_on = (third & kFollows) != 0 && (step + 1 == steps_ || sequels.may_have(third_hash(pair, third)));
      opens &= static_cast<uint32_t>(goes_on | sequels.may_have(end_hash(pair)));
      openings[kept] = static_cast<uint32_t>(step) << 1 | opens;
      kept += opens | mark >> 31;
    }
    return kept;
  }

  // Walks from state_, at least two words from the root, as far as it stays so; returns the first step not taken. That one
  // may still open a phrase with the step before, or be one.
  size_t go_on(size_t step) {
    const uint32_t* marks = marks_.data();
    for (; state_ != 0 && step < steps_; ++step) {
      uint32_t mark = marks[step], next = kNone;
      if (mark & kFollows) {
        uint32_t state = state_;
        while (image_.is_deep(state) && (next = image_.find_child(state, mark)) == kNone) state = image_.state(state).fail;
      }
      if (next == kNone) {
        state_ = 0;
        return step;
      }
      if (!go_to(next, step)) return step + 1;
    }
    return step;
  }

  // Notes what ends at `step`; returns whether a phrase may go on from there.
  bool go_to(uint32_t next, size_t step) {
    if (next & kEndsPhrase) events_.data()[events_count_++] = {static_cast<uint32_t>(step), next & kStateNumber};
    state_ = next & kStops ? 0 : next & kStateNumber;
    return state_ != 0;
  }

  // Takes the states from memory some events ahead.
  void emit_events() {
    const Event* events = events_.data();
    for (size_t i = 0; i < events_count_; ++i) {
      if (i + kFar < events_count_) image_.fetch(image_.state(events[i + kFar].state));
      if (i + kNear < events_count_ && image_.state(events[i + kNear].state).out_begin != kNone)
        image_.fetch(*image_.outputs(image_.state(events[i + kNear].state)));
      emit(events[i].step, events[i].state);
    }
  }

  // Adds the phrases that end with step `last`, the longest first.
  void emit(size_t last, uint32_t number) {
    for (const State* state = &image_.state(number);; state = &image_.state(state->out_link)) {
      if (state->out_begin != kNone) {
        const Output* out = image_.outputs(*state);
        do add(last, *out);
        while (!(out++)->is_last);
      }
      if (state->out_link == 0) return;
    }
  }

  void add(size_t last, const Output& out) {
    if (out.words > last + 1) return;
    const Place& end = places_.data()[last];
    const Place& begin = places_.data()[last + 1 - out.words];
    if (!(out.flags & kAcrossComma) && begin.commas != end.commas) return;
    if ((out.flags & kUpperOnly) && std::any_of(&begin, &end + 1, [this](const Place& place) { return has_lower(place); })) return;
    Hit hit{begin.begin, end.end, static_cast<int32_t>(out.phrase)};
    if (answer_.terms != nullptr && (out.flags & kTerm)) answer_.terms->push_back(hit);
    if (answer_.terms == nullptr || !(out.flags & kTerm) || (out.flags & kCue)) answer_.hits.push_back(hit);
  }

  const Image& image_;
  const char* text_;
  Answer answer_;
  Room<uint32_t> marks_, openings_;
  Room<Event> events_;
  Room<Place> places_;
  size_t room_ = 0, steps_ = 0;  // of marks_ and places_
  size_t from_ = 0;              // the first step that was not there before
  size_t openings_count_ = 0, events_count_ = 0;
  std::vector<Hit> reported_;
  uint32_t state_ = 0;  // more than one word from the root, or 0
  uint32_t commas_ = 0, hard_ = 0;
};

}  // namespace fastmatch
