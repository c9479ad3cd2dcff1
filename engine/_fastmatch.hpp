// Aho-Corasick over normalised words, in flat arrays that live in one memory-mapped image.
//
// The text is taken in pieces that stay in the first-level cache. In each piece: find the runs of word bytes (SIMD), cut
// them into words with their gaps, fold and hash the words, look all of them up, then walk the automaton. So the
// look-ups of many words are under way at once, which is what the speed is made of. Nothing here knows Python.
// The rules of word, gap and fold are those of engine/match/reference.py, which is the oracle: change both or neither.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "_fastmatch_image.hpp"
#include "_fastmatch_runs.hpp"

namespace fastmatch {

constexpr uint32_t kPieceBytes = 8192;

constexpr int32_t kNoPhrase = -1;  // the phrase of a hit that reports a word (kReported)

struct Hit {
  int32_t begin, end, phrase;
};

struct Span {
  int32_t begin, end;
};

enum GapKind : uint8_t { kSoftGap, kCommaGap, kHardGap };

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

// Folds the case of eight ASCII bytes at once.
inline uint64_t fold_ascii(uint64_t x) {
  constexpr uint64_t kOnes = 0x0101010101010101ull, kHigh = 0x80ull * kOnes;
  uint64_t low7 = x & ~kHigh;
  uint64_t is_upper = (low7 + (0x80 - 'A') * kOnes) & ~(low7 + (0x7F - 'Z') * kOnes) & ~x & kHigh;
  return x | is_upper >> 2;
}
// Marks (in the high bit of each byte) the bytes from `first` to `last`, of bytes that are all ASCII.
inline uint64_t ascii_in_range(uint64_t x, unsigned first, unsigned last) {
  constexpr uint64_t kOnes = 0x0101010101010101ull, kHigh = 0x80ull * kOnes;
  return (x + (0x80 - first) * kOnes) & ~(x + (0x7F - last) * kOnes) & kHigh;
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

class Matcher {
 public:
  // The image must outlive this. Throws std::invalid_argument on one that cannot be used.
  Matcher(const char* image, size_t size) : image_(image, size), simd_(choose_simd()) {}

  uint32_t phrases() const { return image_.head().phrases; }
  uint32_t states() const { return image_.head().states; }
  uint32_t words() const { return image_.head().words; }
  const char* simd() const { return simd_.name; }

  // Every phrase at every place and every reported word, in order of its end, longest first. `text` is valid UTF-8; spans
  // are in code points. `words`, if given, gets every word that phrases are not read through.
  void find_all(std::string_view text, std::vector<Hit>& hits, std::vector<Span>* words = nullptr) const {
    hits.clear();
    scan(text, hits, nullptr, words);
  }

  // The same in two: the longest terms (kTerm), and everything else, by begin, then by end.
  void find_apart(std::string_view text, std::vector<Hit>& cues, std::vector<Hit>& terms) const {
    cues.clear();
    terms.clear();
    scan(text, cues, &terms, nullptr);
    keep_longest(terms);
    std::sort(cues.begin(), cues.end(), [](const Hit& a, const Hit& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : a.phrase < b.phrase;
    });
  }

  // Of all phrases the leftmost, and of those the longest; none overlap. Of equals, every phrase is kept.
  static void keep_longest(std::vector<Hit>& hits) {
    std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end > b.end : a.phrase < b.phrase;
    });
    size_t kept = 0;
    int32_t begin = -1, end = -1;
    for (const Hit& hit : hits) {
      bool is_twin = hit.begin == begin && hit.end == end;
      if (hit.phrase == kNoPhrase || (hit.begin < end && !is_twin)) continue;
      begin = hit.begin;
      end = hit.end;
      hits[kept++] = hit;
    }
    hits.resize(kept);
  }

 private:
  // A word with the gap before it, 40 bytes. `low` and `high` are its first 16 folded bytes.
  struct Word {
    uint64_t low, high, hash;
    int32_t begin, end;  // code points
    uint32_t tail;       // of a word over 16 bytes: its place in Scan::tails
    uint8_t length;      // folded bytes; over kMaxWordBytes: in no vocabulary
    GapKind gap;
    bool has_lower;
    bool comma;          // a comma gap, whether or not it is also hard
  };

  // A word as the automaton takes it; transparent words are left out. `commas` and `lowers` count, up to this word and
  // before it, comma gaps and words with a small letter: their differences tell what lies between two words.
  struct Step {
    int32_t begin, end;
    uint32_t number, commas, lowers;
    bool hard, has_lower;
  };

  struct Scan {
    Scan(std::string_view given, std::vector<Hit>& found, std::vector<Hit>* found_terms, std::vector<Span>* found_words)
        : text(reinterpret_cast<const unsigned char*>(given.data())), size(static_cast<uint32_t>(given.size())), hits(found),
          terms(found_terms), listed(found_words), begins(kPieceBytes / 2 + 64), ends(kPieceBytes / 2 + 64) {
      words.reserve(kPieceBytes / 2 + 64);
      hits.reserve(size / 16);
    }
    const unsigned char* text;
    uint32_t size;
    std::vector<Hit>& hits;
    std::vector<Hit>* terms;    // where hits of terms go instead, or null
    std::vector<Span>* listed;  // where words go too, or null
    std::vector<uint32_t> begins, ends;  // of the piece's runs
    std::vector<Word> words;
    std::vector<uint32_t> numbers;  // of `words`: their number in the image, or kNone
    std::vector<Step> steps;        // of this piece, after the last few of the one before
    std::vector<Hit> reported;
    std::string tails;
    uint32_t gap_from = 0;      // bytes from here to the next word are gap that `gap` has not seen
    uint32_t continuation = 0;  // UTF-8 continuation bytes passed: byte offset less this is the code point
    Gap gap;
    bool after_word = false, after_initial = false;
    uint32_t state = 0, commas = 0, lowers = 0;
    bool hard = false;  // a hard gap since the last step
  };

  void scan(std::string_view text, std::vector<Hit>& hits, std::vector<Hit>* terms, std::vector<Span>* words) const {
    if (text.empty()) return;
    Scan scan(text, hits, terms, words);
    RunState runs;
    uint32_t size = static_cast<uint32_t>(text.size());
    for (uint32_t from = 0; from < size; from += kPieceBytes) {
      uint32_t to = std::min(size, from + kPieceBytes);
      uint32_t* begins = scan.begins.data();
      uint32_t* ends = scan.ends.data();
      size_t count = simd_.find_runs(scan.text, from, to, to == size, runs, begins, ends);
      for (size_t i = 0; i < count; ++i) cut_run(scan, begins[i], ends[i]);
      begins[0] = begins[count];  // of the run under way, if any
      match_words(scan);
    }
    add_reported(scan);
  }

  // Takes the words that were cut through look-up and automaton.
  void match_words(Scan& s) const {
    look_up(s);
    if (s.listed != nullptr) list_words(s);
    walk(s, take_steps(s));
    s.words.clear();
  }

  static void list_words(Scan& s) {
    for (size_t i = 0; i < s.words.size(); ++i)
      if (s.numbers[i] == kNone || s.numbers[i] < kReported) s.listed->push_back({s.words[i].begin, s.words[i].end});
  }

  // ---- cutting -------------------------------------------------------------------------------------------------

  void cut_run(Scan& s, uint32_t begin, uint32_t end) const {
    if (end & kSpecialRun) return cut_special(s, begin, end & ~kSpecialRun);
    Word& word = s.words.emplace_back();
    uint32_t length = end - begin;
    word.begin = static_cast<int32_t>(begin - s.continuation);
    word.end = static_cast<int32_t>(end - s.continuation);
    word.length = static_cast<uint8_t>(std::min<size_t>(length, kMaxWordBytes + 1));
    bool is_number = length <= kInlineBytes ? fold_short(s, begin, length, word) : fold_long(s, begin, word);
    bool is_plain = begin - s.gap_from == 1 && s.text[s.gap_from] == ' ' && s.gap.length == 0;
    word.gap = kSoftGap;
    word.comma = false;
    if (!is_plain) close_gap(s, begin, end, is_number && length <= 3, word);
    s.after_word = true;
    s.after_initial = length == 1 && !is_number;
    s.gap_from = end;
  }

  // Folds a word of at most 16 ASCII letters and digits; returns whether it is a number of at most 16 digits.
  static bool fold_short(const Scan& s, uint32_t begin, uint32_t length, Word& word) {
    const unsigned char* p = s.text + begin;
    unsigned char padded[16] = {};
    if (begin + 16 > s.size) {
      std::memcpy(padded, p, s.size - begin);
      p = padded;
    }
    bool is_number;
#ifdef FASTMATCH_X86
    alignas(16) static constexpr unsigned char kMasks[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    __m128i c = _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
                              _mm_loadu_si128(reinterpret_cast<const __m128i*>(kMasks + 16 - length)));
    __m128i upper = _mm_cmplt_epi8(_mm_add_epi8(c, _mm_set1_epi8(static_cast<char>(0x80 - 'A'))), _mm_set1_epi8(static_cast<char>(0x80 + 26)));
    __m128i folded = _mm_or_si128(c, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    // Of letters and digits, those from 'a' are small letters and those up to '9' are digits.
    word.has_lower = _mm_movemask_epi8(_mm_cmpgt_epi8(c, _mm_set1_epi8('a' - 1))) != 0;
    is_number = _mm_movemask_epi8(_mm_cmpgt_epi8(c, _mm_set1_epi8('9'))) == 0;
    word.low = static_cast<uint64_t>(_mm_cvtsi128_si64(folded));
    word.high = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(folded, folded)));
#else
    uint64_t low = load64(p), high = load64(p + 8);
    if (length < 8) { low &= (1ull << (8 * length)) - 1; high = 0; }
    else if (length < 16) high = length == 8 ? 0 : high & ((1ull << (8 * (length - 8))) - 1);
    word.has_lower = (ascii_in_range(low, 'a', 'z') | ascii_in_range(high, 'a', 'z')) != 0;
    is_number = (ascii_in_range(low, 'A', 'z') | ascii_in_range(high, 'A', 'z')) == 0;
    word.low = fold_ascii(low);
    word.high = fold_ascii(high);
#endif
    word.hash = hash_head(word.low, word.high, length);
    return is_number;
  }

  // Folds a longer word; it is no number of a list.
  static bool fold_long(Scan& s, uint32_t begin, Word& word) {
    word.has_lower = false;
    if (word.length > kMaxWordBytes) return false;
    char folded[kMaxWordBytes + 8] = {};
    for (uint32_t i = 0; i < word.length; ++i) {
      unsigned char c = s.text[begin + i];
      word.has_lower |= c >= 'a' && c <= 'z';
      folded[i] = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    take_folded(s, folded, word);
    return false;
  }

  // `folded` holds word.length bytes, then zeros to a multiple of eight.
  static void take_folded(Scan& s, const char* folded, Word& word) {
    word.low = load64(folded);
    word.high = load64(folded + 8);
    word.hash = hash_head(word.low, word.high, word.length);
    if (word.length > kInlineBytes) {
      word.hash = hash_tail(word.hash, folded + kInlineBytes, word.length - kInlineBytes);
      word.tail = static_cast<uint32_t>(s.tails.size());
      s.tails.append(folded + kInlineBytes, word.length - kInlineBytes);
    }
  }

  static bool is_word_entry(uint32_t entry) { return (entry & kFoldMask) >= kFoldBase; }

  bool stands_in_list(const Scan& s, uint32_t end) const {
    if (end >= s.size || (s.text[end] != '.' && s.text[end] != ')')) return false;
    if (end + 1 >= s.size) return true;
    const unsigned char* after = s.text + end + 1;
    return !is_word_entry(image_.character(decode_utf8(after, s.text + s.size)));
  }

  // Classifies the gap before a word that begins at byte `begin`. `is_short_number` may make it the number of a list.
  __attribute__((noinline)) void close_gap(Scan& s, uint32_t begin, uint32_t end, bool is_short_number, Word& word) const {
    word.gap = kSoftGap;
    word.comma = false;
    if (s.after_word) {
      for (uint32_t i = s.gap_from; i < begin; ++i) s.gap.add(s.text[i]);
      bool is_list = s.gap.newlines == 1 && is_short_number && stands_in_list(s, end);
      word.comma = s.gap.is_comma_gap();
      bool is_initial = s.after_initial && s.gap.is_initial();
      if (!is_initial && s.gap.is_hard_gap(is_list)) word.gap = kHardGap;
      else if (word.comma) word.gap = kCommaGap;
    }
    s.gap = Gap{};
    s.after_word = true;
  }

  // The exact way, one code point at a time, for runs with "'", "&" or non-ASCII characters.
  __attribute__((noinline)) void cut_special(Scan& s, uint32_t begin, uint32_t end) const {
    for (uint32_t i = s.gap_from; i < begin; ++i) s.gap.add(s.text[i]);
    const unsigned char* p = s.text + begin;
    const unsigned char* stop = s.text + end;
    while (p < stop) {
      if (s.words.size() >= kPieceBytes / 2) match_words(s);  // one run may be the whole text
      const unsigned char* here = p;
      uint32_t c = decode_utf8(p, stop);
      uint32_t entry = image_.character(c);
      int32_t position = static_cast<int32_t>(here - s.text - s.continuation);
      s.continuation += static_cast<uint32_t>(p - here - 1);
      s.gap_from = static_cast<uint32_t>(p - s.text);
      if (is_word_entry(entry)) {
        p = read_word(s, p, stop, entry, position);
      } else if (entry == kAmpersand) {
        char folded[16] = {'a', 'n', 'd'};
        Word word{};
        word.begin = position;
        word.end = position + 1;
        word.length = 3;
        word.has_lower = false;
        take_folded(s, folded, word);
        close_gap(s, s.gap_from, s.gap_from, false, word);
        s.after_initial = false;
        s.words.push_back(word);
      } else {
        s.gap.add(c);
      }
    }
  }

  const unsigned char* read_word(Scan& s, const unsigned char* p, const unsigned char* stop, uint32_t entry, int32_t begin) const {
    char folded[kMaxWordBytes + 24] = {};
    size_t length = 0;
    bool is_number = true;
    Word word{};
    word.begin = begin;
    word.has_lower = (entry & kLowerBit) != 0;
    fold_into(entry, folded, length, is_number);
    const unsigned char* resume = p;
    uint32_t resume_continuation = s.continuation;
    while (p < stop) {
      const unsigned char* here = p;
      uint32_t c = decode_utf8(p, stop);
      entry = image_.character(c);
      s.continuation += static_cast<uint32_t>(p - here - 1);
      if (is_word_entry(entry)) {
        word.has_lower |= (entry & kLowerBit) != 0;
        fold_into(entry, folded, length, is_number);
      } else if (entry == kJoiner) {
        continue;  // inside a word only: the word's end stays before it unless a letter follows
      } else if (entry != kMark) {
        break;
      }
      resume = p;
      resume_continuation = s.continuation;
    }
    s.continuation = resume_continuation;
    uint32_t end = static_cast<uint32_t>(resume - s.text);
    word.end = static_cast<int32_t>(end - s.continuation);
    word.length = static_cast<uint8_t>(std::min(length, kMaxWordBytes + 1));
    if (length <= kMaxWordBytes) take_folded(s, folded, word);
    close_gap(s, s.gap_from, end, is_number && length <= 3, word);
    s.after_initial = length == 1 && !is_number;
    s.gap_from = end;
    s.words.push_back(word);
    return resume;
  }

  void fold_into(uint32_t entry, char* folded, size_t& length, bool& is_number) const {
    uint32_t fold = (entry & kFoldMask) - kFoldBase;
    const uint32_t* many = entry & kManyBit ? image_.expansion(fold) : nullptr;
    uint32_t n = many ? many[0] : 1;
    for (uint32_t i = 0; i < n && length <= kMaxWordBytes; ++i) {
      uint32_t c = many ? many[i + 1] : fold;
      length += append_utf8(c, folded + length);
      is_number &= c >= '0' && c <= '9';
    }
  }

  // ---- looking up and walking ------------------------------------------------------------------------------------

  void look_up(Scan& s) const {
    constexpr size_t kFar = 16, kNear = 8;
    size_t count = s.words.size();
    s.numbers.resize(count);
    const Word* words = s.words.data();
    for (size_t i = 0; i < std::min(count, kFar); ++i) __builtin_prefetch(image_.slot_of(words[i].hash));
    for (size_t i = 0; i < count; ++i) {
      if (i + kFar < count) __builtin_prefetch(image_.slot_of(words[i + kFar].hash));
      if (i + kNear < count) __builtin_prefetch(image_.spelling_of(image_.slot_of(words[i + kNear].hash)));
      const Word& word = words[i];
      s.numbers[i] = word.length > kMaxWordBytes
          ? kNone : image_.find_word(word.hash, word.low, word.high, word.length, s.tails.data() + word.tail);
    }
    s.tails.clear();
  }

  // Turns the words of a piece into steps; returns the first that is new.
  size_t take_steps(Scan& s) const {
    size_t kept = std::min<size_t>(s.steps.size(), kMaxPhraseWords);
    std::copy(s.steps.end() - static_cast<ptrdiff_t>(kept), s.steps.end(), s.steps.begin());
    s.steps.resize(kept + s.words.size());
    Step* step = s.steps.data() + kept;
    for (size_t i = 0; i < s.words.size(); ++i) {
      const Word& word = s.words[i];
      uint32_t number = s.numbers[i];
      s.hard |= word.gap == kHardGap;
      s.commas += word.comma;
      if (number == kTransparent) continue;
      if (number == kReported) {
        s.reported.push_back({word.begin, word.end, kNoPhrase});
        continue;
      }
      *step++ = {word.begin, word.end, number, s.commas, s.lowers, s.hard, word.has_lower};
      s.hard = false;
      s.lowers += word.has_lower;
    }
    s.steps.resize(static_cast<size_t>(step - s.steps.data()));
    return kept;
  }

  void walk(Scan& s, size_t first) const {
    constexpr size_t kAhead = 12;
    const Step* steps = s.steps.data();
    size_t count = s.steps.size();
    uint32_t state = s.state;
    for (size_t i = first; i < count; ++i) {
      if (i + kAhead < count)
        __builtin_prefetch(image_.pair_word(pair_hash(steps[i + kAhead - 1].number, steps[i + kAhead].number)));
      const Step& step = steps[i];
      if (step.number == kNone) {
        state = 0;
        continue;
      }
      bool goes_on = state != 0 && !step.hard && image_.has_pair(pair_hash(steps[i - 1].number, step.number));
      uint32_t next = goes_on ? advance(state, step.number) : image_.root_next()[step.number];
      state = next & kStateNumber;
      if (next & kEndsPhrase) emit(s, i, state);
    }
    s.state = state;
  }

  uint32_t advance(uint32_t state, uint32_t word) const {
    while (state != 0) {
      const State& here = image_.state(state);
      uint32_t next = image_.find_child(here, word);
      if (next != kNone) return next;
      state = here.fail;
    }
    return image_.root_next()[word];
  }

  // Adds the phrases that end with step `last`, the longest first.
  void emit(Scan& s, size_t last, uint32_t number) const {
    const Step& end = s.steps[last];
    const State* state = &image_.state(number);
    if (state->out_count == 0) state = &image_.state(state->out_link);
    for (;;) {
      const Output* outputs = image_.outputs(*state);
      for (uint32_t i = 0; i < state->out_count; ++i) {
        const Output& out = outputs[i];
        if (out.words > last + 1) continue;
        const Step& begin = s.steps[last + 1 - out.words];
        if (!(out.flags & kAcrossComma) && begin.commas != end.commas) continue;
        if ((out.flags & kUpperOnly) && begin.lowers != end.lowers + end.has_lower) continue;
        Hit hit{begin.begin, end.end, static_cast<int32_t>(out.phrase)};
        if (s.terms != nullptr && (out.flags & kTerm)) s.terms->push_back(hit);
        if (s.terms == nullptr || !(out.flags & kTerm) || (out.flags & kCue)) s.hits.push_back(hit);
      }
      if (state->out_link == 0) return;
      state = &image_.state(state->out_link);
    }
  }

  // Puts the reported words among the hits, by end.
  static void add_reported(Scan& s) {
    if (s.reported.empty()) return;
    auto middle = static_cast<ptrdiff_t>(s.hits.size());
    s.hits.insert(s.hits.end(), s.reported.begin(), s.reported.end());
    std::inplace_merge(s.hits.begin(), s.hits.begin() + middle, s.hits.end(),
                       [](const Hit& a, const Hit& b) { return a.end < b.end; });
  }

  Image image_;
  Simd simd_;
};

}  // namespace fastmatch
