// Aho-Corasick over normalised words, in flat arrays that live in one memory-mappable image.
//
// One pass reads UTF-8, cuts it into words, folds each word, interns it through a hashed vocabulary and walks
// an automaton over word ids. Nothing here knows Python. The rules of word, gap and fold are those of
// engine/match/reference.py, which is the oracle: change both or neither.
//
// Image layout (little endian, sections 64-byte aligned): Header, then the sections listed in `Section`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fastmatch {

constexpr char kMagic[8] = {'C', 'C', 'F', 'M', 'D', 'I', 'C', 'T'};
constexpr uint32_t kFormat = 1;
constexpr uint32_t kNone = 0xFFFFFFFFu;
constexpr uint32_t kTransparent = 0xFFFFFFFEu;  // a word that phrases are read through ("the", "left")
constexpr size_t kMaxWordBytes = 64;    // longer words are in no vocabulary
constexpr uint32_t kMaxPhraseWords = 32;
constexpr uint32_t kStage1Size = 0x1100;  // 0x110000 code points in blocks of 256

// A phrase's flags.
constexpr uint8_t kUpperOnly = 1;    // every word must be written in capitals
constexpr uint8_t kAcrossComma = 2;  // the phrase may continue across a comma

// A character's entry: its class in the low bits for non-word characters, or its fold.
constexpr uint32_t kSeparator = 0, kMark = 1, kJoiner = 2, kAmpersand = 3;
constexpr uint32_t kFoldBase = 16;  // entry & kFoldMask - kFoldBase = folded code point, or index if kManyBit
constexpr uint32_t kFoldMask = 0x0FFFFFFFu;
constexpr uint32_t kManyBit = 1u << 31, kLowerBit = 1u << 30;

enum Section : uint32_t {
  kStage1, kStage2, kExpansions, kVocabTable, kVocabText, kRootNext, kEdgeKeys, kEdgeNext,
  kFail, kOutLink, kOutBegin, kOutPhrase, kPhraseWords, kPhraseFlags, kSectionCount
};

struct Header {
  char magic[8];
  uint32_t format;
  uint32_t byte_order;  // 0x01020304 as written by the builder's machine
  uint64_t total_bytes;
  uint64_t begin[kSectionCount];
  uint64_t bytes[kSectionCount];
  uint32_t words, phrases, states, edges;
};

struct VocabEntry {
  uint32_t tag;   // high half of the hash; 0 with length 0 marks an empty slot
  uint32_t word;
  uint32_t text;  // offset in the vocabulary text
  uint32_t length;
};

struct Hit {
  int32_t begin, end, phrase;
};

struct Token {
  int32_t begin, end;
  uint32_t commas;  // comma gaps before this token, cumulative
  uint32_t lowers;  // words written with a lower-case letter up to and including this one, cumulative
};

inline uint64_t mix(uint64_t a, uint64_t b) {
  __uint128_t product = static_cast<__uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// `word` must be readable (zero-filled) up to the next multiple of eight bytes.
inline uint64_t hash_word(const char* word, size_t length) {
  uint64_t hash = 0x9E3779B97F4A7C15ull ^ length;
  for (size_t i = 0; i < length; i += 8) {
    uint64_t chunk;
    std::memcpy(&chunk, word + i, 8);
    hash = mix(hash ^ chunk, 0xD6E8FEB86659FD93ull);
  }
  return hash;
}

inline uint64_t hash_edge(uint64_t key) { return mix(key ^ 0x9E3779B97F4A7C15ull, 0xE7037ED1A0B428DBull); }

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
  bool is_hard_gap(bool before_list_number) const {
    return hard || (dots > 0 && length > 1) || newlines > 1 || (newlines == 1 && (bullet || before_list_number));
  }
  // "E. coli": the full stop after a lone letter ends an abbreviation, not a sentence.
  bool is_initial_gap() const { return dots == 1 && length == 2 && ends_in_space && newlines == 0; }
  bool is_comma_gap() const { return comma || dashes > 1 || (dashes == 1 && spaced_before && ends_in_space); }
};

class Matcher {
 public:
  // Attaches to an image and checks every bound in it, so that no scan can leave it. The image must outlive this.
  Matcher(const char* image, size_t size) : image_(image) {
    if (size < sizeof(Header)) throw std::invalid_argument("dictionary image: got a truncated header");
    std::memcpy(&head_, image, sizeof(Header));
    if (std::memcmp(head_.magic, kMagic, sizeof kMagic) != 0) throw std::invalid_argument("dictionary image: got another kind of file");
    if (head_.format != kFormat || head_.byte_order != 0x01020304u)
      throw std::invalid_argument("dictionary image: got another format version or byte order");
    if (head_.total_bytes != size) throw std::invalid_argument("dictionary image: got another length than its header states");
    for (uint32_t s = 0; s < kSectionCount; ++s)
      if (head_.begin[s] % 8 != 0 || head_.begin[s] > size || head_.bytes[s] > size - head_.begin[s])
        throw std::invalid_argument("dictionary image: a section lies outside the file");
    stage1_ = at<uint16_t>(kStage1); stage2_ = at<uint32_t>(kStage2); expansions_ = at<uint32_t>(kExpansions);
    vocab_ = at<VocabEntry>(kVocabTable); vocab_text_ = at<char>(kVocabText); root_next_ = at<uint32_t>(kRootNext);
    edge_keys_ = at<uint64_t>(kEdgeKeys); edge_next_ = at<uint32_t>(kEdgeNext); fail_ = at<uint32_t>(kFail);
    out_link_ = at<uint32_t>(kOutLink); out_begin_ = at<uint32_t>(kOutBegin); out_phrase_ = at<uint32_t>(kOutPhrase);
    phrase_words_ = at<uint8_t>(kPhraseWords); phrase_flags_ = at<uint8_t>(kPhraseFlags);
    check_bounds();
    vocab_mask_ = count<VocabEntry>(kVocabTable) - 1;
    edge_mask_ = count<uint64_t>(kEdgeKeys) - 1;
    for (uint32_t c = 0; c < 128; ++c) ascii_[c] = entry_of(c);
  }

  uint32_t phrases() const { return head_.phrases; }
  uint32_t states() const { return head_.states; }
  uint32_t words() const { return head_.words; }

  // Every phrase at every place, in order of its end, longest first. `text` is valid UTF-8; spans are in code points.
  void find_all(std::string_view text, std::vector<Hit>& hits, std::vector<Token>& tokens) const {
    hits.clear();
    tokens.clear();
    const auto* p = reinterpret_cast<const unsigned char*>(text.data());
    Scan scan{p, p, p + text.size(), 0, 0, 0, 0, {}, hits, tokens};
    while (next_word(scan)) step(scan);
  }

  // Of all phrases the leftmost, and of those the longest; none overlap. Of equals, every phrase is kept.
  static void keep_longest(std::vector<Hit>& hits) {
    std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end > b.end : a.phrase < b.phrase;
    });
    size_t kept = 0;
    int32_t begin = -1, end = -1;
    for (const Hit& hit : hits) {
      bool is_twin = hit.begin == begin && hit.end == end;
      if (hit.begin < end && !is_twin) continue;
      begin = hit.begin;
      end = hit.end;
      hits[kept++] = hit;
    }
    hits.resize(kept);
  }

 private:
  struct Scan {
    const unsigned char* start;
    const unsigned char* p;
    const unsigned char* end;
    int64_t continuation;  // UTF-8 continuation bytes passed: byte offset less this is the code point
    uint32_t state, commas, lowers;
    Gap gap;
    std::vector<Hit>& hits;
    std::vector<Token>& tokens;
    char word[kMaxWordBytes + 16];
    size_t length = 0;
    int32_t begin = 0, finish = 0;
    bool is_lower = false, is_number = false, after_word = false, after_initial = false;
  };

  template <class T> const T* at(Section s) const { return reinterpret_cast<const T*>(image_ + head_.begin[s]); }
  template <class T> size_t count(Section s) const { return head_.bytes[s] / sizeof(T); }

  static void require(bool holds) {
    if (!holds) throw std::invalid_argument("dictionary image: an index points outside its table");
  }
  static bool is_power_of_two(size_t n) { return n != 0 && (n & (n - 1)) == 0; }

  void check_bounds() const {
    size_t states = head_.states, phrases = head_.phrases, words = head_.words;
    require(count<uint16_t>(kStage1) == kStage1Size && states > 0);
    for (size_t i = 0; i < kStage1Size; ++i) require((stage1_[i] + 1u) * 256u <= count<uint32_t>(kStage2));
    check_folds();
    require(is_power_of_two(count<VocabEntry>(kVocabTable)) && is_power_of_two(count<uint64_t>(kEdgeKeys)));
    size_t used = 0;
    for (size_t i = 0; i < count<VocabEntry>(kVocabTable); ++i) {
      const VocabEntry& e = vocab_[i];
      if (e.length == 0) continue;
      ++used;
      require((e.word < words || e.word == kTransparent) && e.length <= kMaxWordBytes && uint64_t{e.text} + e.length <= head_.bytes[kVocabText]);
    }
    require(used < count<VocabEntry>(kVocabTable));
    require(count<uint32_t>(kRootNext) == words && count<uint32_t>(kEdgeNext) == count<uint64_t>(kEdgeKeys));
    for (size_t i = 0; i < words; ++i) require(root_next_[i] < states);
    used = 0;
    for (size_t i = 0; i < count<uint64_t>(kEdgeKeys); ++i)
      if (edge_keys_[i] != ~0ull) { ++used; require(edge_next_[i] < states); }
    require(used < count<uint64_t>(kEdgeKeys));
    require(count<uint32_t>(kFail) == states && count<uint32_t>(kOutLink) == states && count<uint32_t>(kOutBegin) == states + 1);
    check_outputs(states, phrases);
  }

  void check_folds() const {
    size_t expansions = count<uint32_t>(kExpansions);
    for (size_t i = 0; i < count<uint32_t>(kStage2); ++i) {
      uint32_t fold = stage2_[i] & kFoldMask;
      if (fold < kFoldBase) continue;
      if (!(stage2_[i] & kManyBit)) { require(fold - kFoldBase < 0x110000u); continue; }
      size_t index = fold - kFoldBase;
      require(index < expansions && expansions_[index] <= expansions - index - 1);
      for (uint32_t k = 1; k <= expansions_[index]; ++k) require(expansions_[index + k] < 0x110000u);
    }
  }

  // Failure and output links must lead to shallower states, so that no walk can run in a circle.
  void check_outputs(size_t states, size_t phrases) const {
    require(count<uint8_t>(kPhraseWords) == phrases && count<uint8_t>(kPhraseFlags) == phrases);
    require(out_begin_[0] == 0 && out_begin_[states] == count<uint32_t>(kOutPhrase));
    for (size_t i = 0; i < states; ++i) {
      require(out_begin_[i] <= out_begin_[i + 1]);
      require(i == 0 ? fail_[i] == 0 && out_link_[i] == 0 : fail_[i] < i && out_link_[i] < i);
    }
    for (size_t i = 0; i < count<uint32_t>(kOutPhrase); ++i) require(out_phrase_[i] < phrases);
    for (size_t i = 0; i < phrases; ++i) require(phrase_words_[i] >= 1 && phrase_words_[i] <= kMaxPhraseWords);
  }

  uint32_t entry_of(uint32_t c) const { return c < 0x110000u ? stage2_[stage1_[c >> 8] * 256u + (c & 255u)] : kSeparator; }

  static bool is_word_entry(uint32_t entry) { return (entry & kFoldMask) >= kFoldBase; }

  void fold_into(Scan& s, uint32_t entry) const {
    uint32_t fold = (entry & kFoldMask) - kFoldBase;
    uint32_t one[1] = {fold};
    const uint32_t* codes = entry & kManyBit ? expansions_ + fold + 1 : one;
    uint32_t n = entry & kManyBit ? expansions_[fold] : 1;
    for (uint32_t i = 0; i < n; ++i) {
      if (s.length > kMaxWordBytes) return;
      s.length += append_utf8(codes[i], s.word + s.length);
      s.is_number &= codes[i] >= '0' && codes[i] <= '9';
    }
  }

  int32_t position(const Scan& s, const unsigned char* p) const { return static_cast<int32_t>(p - s.start - s.continuation); }

  // Moves past the gap and the word after it; false at the end of the text.
  bool next_word(Scan& s) const {
    s.gap = Gap{};
    while (s.p < s.end) {
      const unsigned char* here = s.p;
      int64_t continuation = s.continuation;
      uint32_t c = *s.p < 0x80 ? *s.p++ : decode_utf8(s.p, s.end);
      uint32_t entry = c < 0x80 ? ascii_[c] : entry_of(c);
      s.continuation += s.p - here - 1;
      if (is_word_entry(entry)) {
        s.begin = static_cast<int32_t>(here - s.start - continuation);
        read_word(s, entry);
        return true;
      }
      if (entry == kAmpersand) {
        s.begin = static_cast<int32_t>(here - s.start - continuation);
        s.finish = s.begin + 1;
        std::memcpy(s.word, "and", 3);
        s.length = 3;
        s.is_lower = s.is_number = false;
        return true;
      }
      s.gap.add(c);
    }
    return false;
  }

  void read_word(Scan& s, uint32_t entry) const {
    s.length = 0;
    s.is_lower = entry & kLowerBit;
    s.is_number = true;
    fold_into(s, entry);
    s.finish = position(s, s.p);
    const unsigned char* resume = s.p;
    int64_t resume_continuation = s.continuation;
    while (s.p < s.end) {
      const unsigned char* here = s.p;
      uint32_t c = *s.p < 0x80 ? *s.p++ : decode_utf8(s.p, s.end);
      entry = c < 0x80 ? ascii_[c] : entry_of(c);
      s.continuation += s.p - here - 1;
      if (is_word_entry(entry)) {
        s.is_lower |= (entry & kLowerBit) != 0;
        uint32_t fold = entry & ~kLowerBit;
        if (fold < 0x80 + kFoldBase && s.length <= kMaxWordBytes) {
          char folded = static_cast<char>(fold - kFoldBase);
          s.word[s.length++] = folded;
          s.is_number &= folded <= '9';
        } else {
          fold_into(s, entry);
        }
      } else if (entry == kJoiner) {
        continue;  // inside a word only: the word's end stays before it unless a letter follows
      } else if (entry != kMark) {
        break;
      }
      s.finish = position(s, s.p);
      resume = s.p;
      resume_continuation = s.continuation;
    }
    s.p = resume;
    s.continuation = resume_continuation;
  }

  bool before_list_number(const Scan& s) const {
    if (!s.is_number || s.length > 3 || s.p >= s.end || (*s.p != '.' && *s.p != ')')) return false;
    const unsigned char* after = s.p + 1;
    if (after >= s.end) return true;
    return !is_word_entry(entry_of(decode_utf8(after, s.end)));
  }

  void step(Scan& s) const {
    if (s.after_word) {
      bool is_initial = s.after_initial && s.gap.is_initial_gap();
      if (!is_initial && s.gap.is_hard_gap(before_list_number(s))) s.state = 0;
      s.commas += s.gap.is_comma_gap();
    }
    s.after_word = true;
    s.after_initial = s.length == 1 && !s.is_number;
    uint32_t word = s.length <= kMaxWordBytes ? find_word(s.word, s.length) : kNone;
    if (word == kTransparent) return;
    s.lowers += s.is_lower;
    s.tokens.push_back({s.begin, s.finish, s.commas, s.lowers});
    s.state = word == kNone ? 0 : advance(s.state, word);
    if (s.state != 0) emit(s);
  }

  uint32_t find_word(char* word, size_t length) const {
    std::memset(word + length, 0, 8);
    uint64_t hash = hash_word(word, length);
    uint32_t tag = static_cast<uint32_t>(hash >> 32);
    for (size_t slot = hash & vocab_mask_;; slot = (slot + 1) & vocab_mask_) {
      const VocabEntry& e = vocab_[slot];
      if (e.length == 0) return kNone;
      if (e.tag == tag && e.length == length && std::memcmp(vocab_text_ + e.text, word, length) == 0) return e.word;
    }
  }

  uint32_t find_edge(uint32_t state, uint32_t word) const {
    uint64_t key = uint64_t{state} << 32 | word;
    for (size_t slot = hash_edge(key) & edge_mask_;; slot = (slot + 1) & edge_mask_) {
      if (edge_keys_[slot] == key) return edge_next_[slot];
      if (edge_keys_[slot] == ~0ull) return kNone;
    }
  }

  uint32_t advance(uint32_t state, uint32_t word) const {
    while (state != 0) {
      uint32_t next = find_edge(state, word);
      if (next != kNone) return next;
      state = fail_[state];
    }
    return root_next_[word];
  }

  void emit(Scan& s) const {
    size_t last = s.tokens.size() - 1;
    for (uint32_t state = s.state; state != 0; state = out_link_[state]) {
      for (uint32_t i = out_begin_[state]; i < out_begin_[state + 1]; ++i) {
        uint32_t phrase = out_phrase_[i];
        uint32_t words = phrase_words_[phrase];
        if (words > last + 1) continue;
        const Token& first = s.tokens[last + 1 - words];
        uint8_t flags = phrase_flags_[phrase];
        if (!(flags & kAcrossComma) && first.commas != s.commas) continue;
        if (flags & kUpperOnly) {
          uint32_t lowers_before = last + 1 == words ? 0 : s.tokens[last - words].lowers;
          if (lowers_before != s.lowers) continue;
        }
        s.hits.push_back({first.begin, s.finish, static_cast<int32_t>(phrase)});
      }
    }
  }

  const char* image_;
  Header head_;
  const uint16_t* stage1_; const uint32_t* stage2_; const uint32_t* expansions_;
  const VocabEntry* vocab_; const char* vocab_text_; const uint32_t* root_next_;
  const uint64_t* edge_keys_; const uint32_t* edge_next_; const uint32_t* fail_;
  const uint32_t* out_link_; const uint32_t* out_begin_; const uint32_t* out_phrase_;
  const uint8_t* phrase_words_; const uint8_t* phrase_flags_;
  size_t vocab_mask_, edge_mask_;
  std::array<uint32_t, 128> ascii_;
};

}  // namespace fastmatch
