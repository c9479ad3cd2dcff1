// The compiled dictionary's image: one block of memory, mapped from a file, that the matcher reads and the builder writes.
//
// Little endian, sections 64-byte aligned: Header, then the sections listed in `Section`. An image is untrusted input:
// `Image` checks every index in it against its table once, so that no scan can leave it or run in a circle.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

// Made part of the functions that are compiled for each instruction set.
#if defined(__GNUC__)
#define FASTMATCH_INLINE inline __attribute__((always_inline))
#else
#define FASTMATCH_INLINE inline
#endif

namespace fastmatch {

constexpr char kMagic[8] = {'C', 'C', 'F', 'M', 'D', 'I', 'C', 'T'};
constexpr uint32_t kFormat = 4;
constexpr uint32_t kByteOrder = 0x01020304u;
constexpr uint32_t kNone = 0xFFFFFFFFu;
constexpr size_t kMaxWordBytes = 64;            // longer words are in no vocabulary
constexpr size_t kInlineBytes = 16;             // a longer word is told by a fingerprint, then by its text
constexpr uint32_t kMaxPhraseWords = 32;
constexpr uint32_t kStage1Size = 0x1100;        // 0x110000 code points in blocks of 256

// A phrase's flags.
constexpr uint8_t kUpperOnly = 1;    // every word must be written in capitals
constexpr uint8_t kAcrossComma = 2;  // the phrase may continue across a comma
constexpr uint8_t kTerm = 4;         // names something: of these only the longest count
constexpr uint8_t kCue = 8;          // a word of context: all of these count

// A character's entry: its class in the low bits for non-word characters, or its fold.
constexpr uint32_t kSeparator = 0, kMark = 1, kJoiner = 2, kAmpersand = 3;
constexpr uint32_t kFoldBase = 16;  // entry & kFoldMask - kFoldBase = folded code point, or index if kManyBit
constexpr uint32_t kFoldMask = 0x0FFFFFFFu;
constexpr uint32_t kManyBit = 1u << 31, kLowerBit = 1u << 30;

// What the vocabulary says of a word: its number, and what phrases it can be in, so that most words of a text are done with
// after one look-up.
constexpr uint32_t kWordNumber = (1u << 28) - 1;
constexpr uint32_t kUnknown = kWordNumber;          // in no phrase
constexpr uint32_t kTransparent = kWordNumber - 1;  // a word that phrases are read through ("the")
constexpr uint32_t kReported = kWordNumber - 2;     // the same, and reported wherever it stands ("left"); numbers are smaller
constexpr uint32_t kFollows = 1u << 29, kBegins = 1u << 30, kAlone = 1u << 31;  // later in, first of, or by itself a phrase

enum Section : uint32_t {
  kStage1, kStage2, kExpansions, kPilots, kEntries, kLongText, kOpenings, kSequels, kRootNext, kStates, kChildren, kOutputs,
  kSectionCount
};

struct Header {
  char magic[8];
  uint32_t format;
  uint32_t byte_order;  // kByteOrder as written by the builder's machine
  uint64_t total_bytes;
  uint64_t begin[kSectionCount];
  uint64_t bytes[kSectionCount];
  uint32_t words, phrases, states;
  uint32_t deep;  // states from this number on are more than one word from the root
};

// A word of the vocabulary, under its key: the folded bytes of a short word, zero-padded, or the fingerprint of a longer one,
// whose text is in kLongText. A hash table without collisions: the upper bits of a word's hash choose a pilot, the pilot
// (found when the table was built) and the hash choose the one entry where the word can be. So a look-up is two reads and
// no branch. An empty entry is all zero, but that its mark is kUnknown.
struct Entry {
  uint64_t low, high;
  uint32_t mark;
  uint32_t length, text;  // of a word over kInlineBytes: its bytes, and where they begin in kLongText
  uint32_t unused;
};

// A state of the automaton. Its children lie together in a small hash table of their own, so that the states that texts
// visit often stay in the cache; `child_bits` has bit (child_bit(word)) set for every child, and ends most look-ups.
struct State {
  uint64_t child_bits;
  uint32_t child_begin;  // into kChildren
  uint32_t child_mask;   // table size less one, a power of two less one
  uint32_t fail;         // longest proper suffix that is a state; always a smaller number
  uint32_t out_link;     // nearest state on the chain of fails that ends a phrase; 0: none
  uint32_t out_begin;    // into kOutputs; kNone: no phrase is this state's own
  uint32_t unused;
};

// Where a word leads: a state's number, with what need not be read from the state itself then: kEndsPhrase if a phrase ends
// there (its own or a suffix's), kStops if no word goes on from there but from the root or one word from it.
constexpr uint32_t kEndsPhrase = 1u << 31, kStops = 1u << 30, kStateNumber = kStops - 1;

struct Child {
  uint32_t word;  // kNone: empty
  uint32_t next;
};

struct Output {
  uint32_t phrase;
  uint8_t words, flags;
  uint16_t is_last;  // of its state's
};

inline uint64_t mix(uint64_t a, uint64_t b) {
  __uint128_t product = static_cast<__uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t load64(const void* p) {
  uint64_t value;
  std::memcpy(&value, p, 8);
  return value;
}

// By how much a hash is shifted to number one of so many, a power of two above 1.
inline uint32_t shift_of(size_t count) { return 64 - static_cast<uint32_t>(__builtin_ctzll(count)); }

struct Key {
  uint64_t low, high;
};

inline uint64_t hash_key(Key key) { return mix(key.low ^ 0x9E3779B97F4A7C15ull, key.high ^ 0xD6E8FEB86659FD93ull); }

// The key of a folded word. `folded` is readable, and zero, up to 16 bytes or the next multiple of eight. The first byte of a
// fingerprint begins no UTF-8 character, so that it is never the key of a short word.
inline Key key_of(const char* folded, size_t length) {
  Key key{load64(folded), load64(folded + 8)};
  if (length <= kInlineBytes) return key;
  uint64_t hash = hash_key(key) ^ length;
  for (size_t i = kInlineBytes; i < length; i += 8) hash = mix(hash ^ load64(folded + i), 0xE7037ED1A0B428DBull);
  return {(hash & ~0xFFull) | 0x80, mix(hash, 0xD6E8FEB86659FD93ull)};
}

inline uint32_t hash_child(uint32_t word) { return word * 0x9E3779B1u; }
inline uint64_t child_bit(uint32_t word) { return 1ull << (hash_child(word) >> 26); }
inline uint32_t child_slot(uint32_t word, uint32_t mask) { return (hash_child(word) >> 8) & mask; }

// Two sets of hashes, of two bits each that lie in one number of 64 bits. Bits that fall together cost a look-up, never an
// answer. kOpenings has the first two words of phrases: most neighbours in a text open none. kSequels has what may come of an
// opening: that the two words are a phrase, or the third word that goes on: of most openings nothing comes.
inline uint64_t pair_hash(uint32_t a, uint32_t b) {
  return (uint64_t{a & kWordNumber} << 32 | (b & kWordNumber)) * 0x9E3779B97F4A7C15ull;
}
inline uint64_t end_hash(uint64_t pair) { return pair * 0xD6E8FEB86659FD93ull; }
inline uint64_t third_hash(uint64_t pair, uint32_t third) {
  return (pair ^ (third & kWordNumber) * 0xC2B2AE3D27D4EB4Full) * 0xE7037ED1A0B428DBull;
}

class HashSet {
 public:
  HashSet(const uint64_t* words, size_t count) : words_(words), shift_(shift_of(count)) {}
  FASTMATCH_INLINE bool may_have(uint64_t hash) const { return (words_[hash >> shift_] & bits_of(hash)) == bits_of(hash); }
  static uint64_t bits_of(uint64_t hash) { return 1ull << (hash >> 35 & 63) | 1ull << (hash >> 41 & 63); }

 private:
  const uint64_t* words_;
  uint32_t shift_;
};

// Returns the state that `word` leads to from `state`, kNone if no phrase goes on so.
inline uint32_t find_child(const State& state, const Child* children, uint32_t word) {
  if ((state.child_bits & child_bit(word)) == 0) return kNone;
  const Child* table = children + state.child_begin;
  for (uint32_t i = child_slot(word, state.child_mask), tries = 0; tries <= state.child_mask; ++tries, i = (i + 1) & state.child_mask) {
    if (table[i].word == word) return table[i].next;
    if (table[i].word == kNone) return kNone;
  }
  return kNone;
}

// The vocabulary's hash table.
class Vocabulary {
 public:
  Vocabulary(const uint16_t* pilots, size_t pilot_count, const Entry* entries, size_t entry_count)
      : pilots_(pilots), entries_(entries), pilot_shift_(shift_of(pilot_count)), entry_shift_(shift_of(entry_count)) {}
  // The only entry where a word with this key can be.
  FASTMATCH_INLINE const Entry& entry_of(Key key) const { return entries_[place_of(hash_key(key))]; }
  FASTMATCH_INLINE size_t place_of(uint64_t hash) const {
    return ((hash ^ pilots_[hash >> pilot_shift_]) * 0xD6E8FEB86659FD93ull) >> entry_shift_;
  }

 private:
  const uint16_t* pilots_;
  const Entry* entries_;
  uint32_t pilot_shift_, entry_shift_;
};

class Image {
 public:
  // Attaches to an image and checks it. The memory must outlive this. Throws std::invalid_argument.
  Image(const char* image, size_t size) : image_(image) {
    if (size < sizeof(Header)) throw std::invalid_argument("dictionary image: got a truncated header");
    std::memcpy(&head_, image, sizeof(Header));
    if (std::memcmp(head_.magic, kMagic, sizeof kMagic) != 0)
      throw std::invalid_argument("dictionary image: got another kind of file");
    if (head_.format != kFormat || head_.byte_order != kByteOrder)
      throw std::invalid_argument("dictionary image: got another format version or byte order");
    if (head_.total_bytes != size) throw std::invalid_argument("dictionary image: got another length than its header states");
    for (uint32_t s = 0; s < kSectionCount; ++s)
      if (head_.begin[s] % 64 != 0 || head_.begin[s] > size || head_.bytes[s] > size - head_.begin[s])
        throw std::invalid_argument("dictionary image: a section lies outside the file");
    stage1_ = at<uint16_t>(kStage1); stage2_ = at<uint32_t>(kStage2); expansions_ = at<uint32_t>(kExpansions);
    pilots_ = at<uint16_t>(kPilots); entries_ = at<Entry>(kEntries); long_text_ = at<char>(kLongText);
    openings_ = at<uint64_t>(kOpenings); sequels_ = at<uint64_t>(kSequels);
    root_next_ = at<uint32_t>(kRootNext); states_ = at<State>(kStates); children_ = at<Child>(kChildren);
    outputs_ = at<Output>(kOutputs);
    check_characters();
    check_vocabulary();
    check_automaton();
  }

  const Header& head() const { return head_; }
  const State& state(uint32_t number) const { return states_[number]; }
  // To be asked only of a state that has some.
  const Output* outputs(const State& state) const { return outputs_ + state.out_begin; }
  const uint32_t* expansion(uint32_t index) const { return expansions_ + index; }
  const uint32_t* root_next() const { return root_next_; }
  // The state where a phrase that begins with `mark` stands; 0 if none does.
  uint32_t first_state(uint32_t mark) const { return root_next_[mark & kWordNumber] & kStateNumber; }
  // To be called well before something is read.
  template <class T> static void fetch(const T& item) { __builtin_prefetch(&item); }
  bool is_deep(uint32_t state) const { return state >= head_.deep; }

  // By value, for loops over all words.
  Vocabulary vocabulary() const { return {pilots_, count<uint16_t>(kPilots), entries_, count<Entry>(kEntries)}; }
  HashSet openings() const { return {openings_, count<uint64_t>(kOpenings)}; }
  HashSet sequels() const { return {sequels_, count<uint64_t>(kSequels)}; }

  uint32_t character(uint32_t c) const { return c < 0x110000u ? stage2_[stage1_[c >> 8] * 256u + (c & 255u)] : kSeparator; }

  // Whether an entry that has the fingerprint of a long word is that word's.
  bool is_text_of(const Entry& entry, std::string_view word) const {
    return entry.length == word.size() && std::memcmp(long_text_ + entry.text, word.data(), word.size()) == 0;
  }

  uint32_t find_child(uint32_t state, uint32_t mark) const {
    return fastmatch::find_child(states_[state], children_, mark & kWordNumber);
  }

 private:
  template <class T> const T* at(Section s) const { return reinterpret_cast<const T*>(image_ + head_.begin[s]); }
  template <class T> size_t count(Section s) const { return head_.bytes[s] / sizeof(T); }

  static void require(bool holds) {
    if (!holds) throw std::invalid_argument("dictionary image: an index points outside its table");
  }
  static bool is_power_of_two(size_t n) { return n != 0 && (n & (n - 1)) == 0; }

  void check_characters() const {
    require(count<uint16_t>(kStage1) == kStage1Size);
    for (size_t i = 0; i < kStage1Size; ++i) require((stage1_[i] + 1u) * 256u <= count<uint32_t>(kStage2));
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

  static bool is_table(size_t entries) { return entries >= 2 && is_power_of_two(entries); }

  void check_vocabulary() const {
    require(is_table(count<uint16_t>(kPilots)) && is_table(count<Entry>(kEntries)));
    require(is_table(count<uint64_t>(kOpenings)) && is_table(count<uint64_t>(kSequels)));
    for (size_t i = 0; i < count<Entry>(kEntries); ++i) {
      const Entry& entry = entries_[i];
      // A word that is not in phrases has no flags, so that nothing is looked up by its number.
      require((entry.mark & kWordNumber) < head_.words || (entry.mark >= kReported && entry.mark <= kUnknown));
      require(entry.length <= kMaxWordBytes && uint64_t{entry.text} + entry.length <= head_.bytes[kLongText]);
    }
  }

  // Failure and output links must lead to smaller numbers, so that no walk can run in a circle.
  void check_automaton() const {
    size_t states = head_.states;
    require(head_.deep > 0 && head_.words <= kReported);
    require(states > 0 && states <= kStateNumber && count<State>(kStates) == states && count<uint32_t>(kRootNext) == head_.words);
    require(head_.phrases <= 0x7FFFFFFFu);  // Hit::phrase is signed
    for (size_t i = 0; i < head_.words; ++i) require((root_next_[i] & kStateNumber) < states);
    for (size_t i = 0; i < count<Child>(kChildren); ++i) require(children_[i].word == kNone || (children_[i].next & kStateNumber) < states);
    for (size_t i = 0; i < states; ++i) {
      const State& s = states_[i];
      require(i == 0 ? s.fail == 0 && s.out_link == 0 : s.fail < i && s.out_link < i);
      require(s.out_begin == kNone || s.out_begin < count<Output>(kOutputs));
      require(s.child_bits == 0 || (is_power_of_two(uint64_t{s.child_mask} + 1) &&
                                    uint64_t{s.child_begin} + s.child_mask < count<Child>(kChildren)));
    }
    require(count<Output>(kOutputs) == 0 || outputs_[count<Output>(kOutputs) - 1].is_last != 0);
    for (size_t i = 0; i < count<Output>(kOutputs); ++i)
      require(outputs_[i].phrase < head_.phrases && outputs_[i].words >= 1 && outputs_[i].words <= kMaxPhraseWords);
  }

  const char* image_;
  Header head_;
  const uint16_t* stage1_; const uint32_t* stage2_; const uint32_t* expansions_;
  const uint16_t* pilots_; const Entry* entries_; const char* long_text_; const uint64_t* openings_; const uint64_t* sequels_;
  const uint32_t* root_next_; const State* states_; const Child* children_; const Output* outputs_;
};

}  // namespace fastmatch
