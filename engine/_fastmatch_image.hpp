// The compiled dictionary's image: one block of memory, mapped from a file, that the matcher reads and the builder writes.
//
// Little endian, sections 64-byte aligned: Header, then the sections listed in `Section`. An image is untrusted input:
// `Image` checks every index in it against its table once, so that no scan can leave it or run in a circle.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace fastmatch {

constexpr char kMagic[8] = {'C', 'C', 'F', 'M', 'D', 'I', 'C', 'T'};
constexpr uint32_t kFormat = 3;
constexpr uint32_t kByteOrder = 0x01020304u;
constexpr uint32_t kNone = 0xFFFFFFFFu;
constexpr uint32_t kTransparent = 0xFFFFFFFEu;  // a word that phrases are read through ("the")
constexpr uint32_t kReported = 0xFFFFFFFDu;     // the same, and reported wherever it stands ("left")
constexpr size_t kMaxWordBytes = 64;            // longer words are in no vocabulary
constexpr size_t kInlineBytes = 16;             // of a spelling, kept beside its number
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

enum Section : uint32_t {
  kStage1, kStage2, kExpansions, kSlots, kSpellings, kLongText, kPairs, kRootNext, kStates, kChildren, kOutputs,
  kSectionCount
};

struct Header {
  char magic[8];
  uint32_t format;
  uint32_t byte_order;  // kByteOrder as written by the builder's machine
  uint64_t total_bytes;
  uint64_t begin[kSectionCount];
  uint64_t bytes[kSectionCount];
  uint32_t words, phrases, states, edges;
};

// A slot of the vocabulary's hash table, at most a quarter full, so that nearly every look-up reads one slot.
struct Slot {
  uint32_t tag;       // high half of the hash
  uint32_t spelling;  // kNone: empty
};

// A spelling of a word. Its first bytes, zero-padded, lie here, so that most words are verified in one cache line; what is
// longer continues in kLongText.
struct Spelling {
  char head[kInlineBytes];
  uint32_t word;
  uint32_t length;
  uint32_t tail;  // offset in kLongText
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
  uint32_t out_begin;    // into kOutputs
  uint32_t out_count;
};

// Where a word leads: a state's number, with kEndsPhrase if a phrase ends there (its own or a suffix's), so that the state
// itself need not be read to know.
constexpr uint32_t kEndsPhrase = 1u << 31, kStateNumber = kEndsPhrase - 1;

struct Child {
  uint32_t word;  // kNone: empty
  uint32_t next;
};

struct Output {
  uint32_t phrase;
  uint8_t words, flags;
  uint16_t unused;
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

// Hashes the first 16 bytes (zero-padded) of a word; `hash_tail` goes on for longer ones.
inline uint64_t hash_head(uint64_t low, uint64_t high, uint64_t length) {
  return mix(low ^ 0x9E3779B97F4A7C15ull, high ^ 0xD6E8FEB86659FD93ull ^ length * 0xC2B2AE3D27D4EB4Full);
}
// `tail` is readable, and zero, up to the next multiple of eight bytes.
inline uint64_t hash_tail(uint64_t hash, const char* tail, size_t length) {
  for (size_t i = 0; i < length; i += 8) hash = mix(hash ^ load64(tail + i), 0xE7037ED1A0B428DBull);
  return hash;
}

inline uint32_t hash_child(uint32_t word) { return word * 0x9E3779B1u; }
inline uint64_t child_bit(uint32_t word) { return 1ull << (hash_child(word) >> 26); }
inline uint32_t child_slot(uint32_t word, uint32_t mask) { return (hash_child(word) >> 8) & mask; }

// kPairs is a set of bits: pair_bit(a, b) is set if some phrase has word b right after word a. Most neighbours in a text are
// in no phrase, and no phrase goes on between them; bits that fall together cost a look-up, never an answer.
inline uint64_t pair_hash(uint32_t a, uint32_t b) { return (uint64_t{a} << 32 | b) * 0x9E3779B97F4A7C15ull; }

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
    slots_ = at<Slot>(kSlots); spellings_ = at<Spelling>(kSpellings); long_text_ = at<char>(kLongText);
    pairs_ = at<uint64_t>(kPairs);
    root_next_ = at<uint32_t>(kRootNext); states_ = at<State>(kStates); children_ = at<Child>(kChildren);
    outputs_ = at<Output>(kOutputs);
    check_characters();
    check_vocabulary();
    check_automaton();
    slot_mask_ = count<Slot>(kSlots) - 1;
    pair_shift_ = 64 - static_cast<uint32_t>(__builtin_ctzll(head_.bytes[kPairs] * 8));
  }

  const Header& head() const { return head_; }
  const State& state(uint32_t number) const { return states_[number]; }
  const Output* outputs(const State& state) const { return outputs_ + state.out_begin; }
  const uint32_t* expansion(uint32_t index) const { return expansions_ + index; }
  const uint32_t* root_next() const { return root_next_; }
  const State* states() const { return states_; }

  uint32_t character(uint32_t c) const { return c < 0x110000u ? stage2_[stage1_[c >> 8] * 256u + (c & 255u)] : kSeparator; }

  // What to fetch early for a word: its first slot, then the spelling that the slot names.
  const Slot* slot_of(uint64_t hash) const { return slots_ + (hash & slot_mask_); }
  const Spelling* spelling_of(const Slot* slot) const { return spellings_ + (slot->spelling == kNone ? 0 : slot->spelling); }

  // Returns the word of a folded spelling, kNone if it is in no phrase. `low` and `high` are its first 16 bytes, zero-padded.
  uint32_t find_word(uint64_t hash, uint64_t low, uint64_t high, uint32_t length, const char* tail) const {
    uint32_t tag = static_cast<uint32_t>(hash >> 32);
    for (size_t i = hash & slot_mask_;; i = (i + 1) & slot_mask_) {
      const Slot& slot = slots_[i];
      if (slot.spelling == kNone) return kNone;
      if (slot.tag != tag) continue;
      const Spelling& s = spellings_[slot.spelling];
      if (((load64(s.head) ^ low) | (load64(s.head + 8) ^ high) | (s.length ^ length)) == 0 &&
          (length <= kInlineBytes || std::memcmp(long_text_ + s.tail, tail, length - kInlineBytes) == 0))
        return s.word;
    }
  }

  const uint64_t* pair_word(uint64_t hash) const { return pairs_ + (hash >> pair_shift_ >> 6); }
  bool has_pair(uint64_t hash) const { return *pair_word(hash) >> (hash >> pair_shift_ & 63) & 1; }

  // Returns the state that `word` leads to, kNone if no phrase goes on so.
  uint32_t find_child(const State& state, uint32_t word) const {
    if ((state.child_bits & child_bit(word)) == 0) return kNone;
    const Child* table = children_ + state.child_begin;
    for (uint32_t i = child_slot(word, state.child_mask), tries = 0; tries <= state.child_mask; ++tries, i = (i + 1) & state.child_mask) {
      if (table[i].word == word) return table[i].next;
      if (table[i].word == kNone) return kNone;
    }
    return kNone;
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

  void check_vocabulary() const {
    size_t spellings = count<Spelling>(kSpellings), used = 0;
    require(is_power_of_two(count<Slot>(kSlots)));
    for (size_t i = 0; i < count<Slot>(kSlots); ++i) {
      if (slots_[i].spelling == kNone) continue;
      ++used;
      require(slots_[i].spelling < spellings);
    }
    require(used < count<Slot>(kSlots));
    for (size_t i = 0; i < spellings; ++i) {
      const Spelling& s = spellings_[i];
      require((s.word < head_.words || s.word >= kReported) && s.length <= kMaxWordBytes);
      require(s.length <= kInlineBytes || uint64_t{s.tail} + s.length - kInlineBytes <= head_.bytes[kLongText]);
    }
    require(is_power_of_two(count<uint64_t>(kPairs)) && head_.bytes[kPairs] % 8 == 0);
  }

  // Failure and output links must lead to smaller numbers, so that no walk can run in a circle.
  void check_automaton() const {
    size_t states = head_.states;
    require(states > 0 && states <= kStateNumber && count<State>(kStates) == states && count<uint32_t>(kRootNext) == head_.words);
    require(head_.phrases <= 0x7FFFFFFFu);  // Hit::phrase is signed
    for (size_t i = 0; i < head_.words; ++i) require((root_next_[i] & kStateNumber) < states);
    for (size_t i = 0; i < count<Child>(kChildren); ++i) require(children_[i].word == kNone || (children_[i].next & kStateNumber) < states);
    for (size_t i = 0; i < states; ++i) {
      const State& s = states_[i];
      require(i == 0 ? s.fail == 0 && s.out_link == 0 : s.fail < i && s.out_link < i);
      require(uint64_t{s.out_begin} + s.out_count <= count<Output>(kOutputs));
      require(s.child_bits == 0 || (is_power_of_two(uint64_t{s.child_mask} + 1) &&
                                    uint64_t{s.child_begin} + s.child_mask < count<Child>(kChildren)));
    }
    for (size_t i = 0; i < count<Output>(kOutputs); ++i)
      require(outputs_[i].phrase < head_.phrases && outputs_[i].words >= 1 && outputs_[i].words <= kMaxPhraseWords);
  }

  const char* image_;
  Header head_;
  const uint16_t* stage1_; const uint32_t* stage2_; const uint32_t* expansions_;
  const Slot* slots_; const Spelling* spellings_; const char* long_text_; const uint64_t* pairs_;
  const uint32_t* root_next_; const State* states_; const Child* children_; const Output* outputs_;
  size_t slot_mask_ = 0;
  uint32_t pair_shift_ = 0;
};

}  // namespace fastmatch
