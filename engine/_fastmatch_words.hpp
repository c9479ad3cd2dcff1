// Cuts runs of word bytes into words: their span, key and place in the vocabulary, and the kind of gap before each.
//
// The rules of word, gap and fold are those of engine/match/reference.py, which is the oracle: change both or neither.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "_fastmatch_gap.hpp"
#include "_fastmatch_image.hpp"
#include "_fastmatch_runs.hpp"

namespace fastmatch {

constexpr uint32_t kPieceBytes = 4096;  // a whole number of blocks

// Room for numbers that are all written before they are read; what it held is lost when it grows.
template <class T> class Room {
 public:
  T* of(size_t wanted) {
    if (wanted > size_) {
      items_.reset(new T[wanted]);
      size_ = wanted;
    }
    return items_.get();
  }
  T* data() const { return items_.get(); }

 private:
  std::unique_ptr<T[]> items_;
  size_t size_ = 0;
};

// A word with the gap before it. A word over kMaxWordBytes has the key of no word.
struct Word {
  Key key;
  const Entry* entry;  // the only one that may be this word's
  int32_t begin, end;  // code points
  uint32_t origin;     // the byte of the text where it begins; kSmall or kLarge for a word that is not plain
  bool hard;           // no phrase goes on across the gap
  bool comma;          // some phrases do not; said of hard gaps too
};
constexpr uint32_t kSmall = kNone, kLarge = kNone - 1;  // has a small letter, has none

// The folded text of a word over kInlineBytes; `word` is its place among those cut since the last clear().
struct LongWord {
  size_t word, begin, length;
};

class WordCutter {
 public:
  WordCutter(const Image& image, std::string_view text)
      : image_(image), text_(reinterpret_cast<const unsigned char*>(text.data())), size_(static_cast<uint32_t>(text.size())) {}

  // What was cut since the last clear().
  const Word* words() const { return words_.data(); }
  size_t count() const { return count_; }
  const std::vector<LongWord>& long_words() const { return long_words_; }
  std::string_view text_of(const LongWord& word) const { return std::string_view(long_text_).substr(word.begin, word.length); }
  void clear() {
    count_ = special_count_ = 0;
    long_words_.clear();
    long_text_.clear();
  }

  // A piece of text that begins with byte `from` is folded here, behind the end of the piece before it.
  unsigned char* begin_piece(uint32_t from) {
    if (from != 0) std::memcpy(folded_, folded_ + kPieceBytes, kBefore);
    piece_ = from;
    return folded_ + kBefore;
  }

  // Cuts runs from number `run` on; to be called with nothing uncleared. Returns `count`, or the run where it stopped because
  // runs have very many words: then take the words, clear, and call again from there.
  FASTMATCH_INLINE size_t cut(const uint32_t* begins, const uint32_t* ends, size_t count, size_t run) {
    Word* word = words_.of(count - run + kSpecialWords);
    uint32_t gap_from = plain_gap_from(), last_length = last_length_, continuation = continuation_;
    auto leave = [&] {
      count_ = static_cast<size_t>(word - words_.data());
      if (gap_from != kPartlySeen) gap_from_ = gap_from;
      last_length_ = last_length;
    };
    const unsigned char* text = text_;
    const unsigned char* folded = folded_ + kBefore - piece_;
    const Vocabulary vocabulary = image_.vocabulary();
    for (; run < count; ++run) {
      uint32_t begin = begins[run], end = ends[run], length = end - begin;
      if (length > kInlineBytes) {
        leave();
        bool is_done = end & kSpecialRun ? cut_special(begin, end & ~kSpecialRun) : cut_long(begin, end);
        if (!is_done) return run;
        word = words_.data() + count_;
        gap_from = plain_gap_from();
        last_length = last_length_;
        continuation = continuation_;
        continue;
      }
      word->key = short_key(folded + begin, length);
      word->entry = &vocabulary.entry_of(word->key);
      __builtin_prefetch(word->entry);
      word->begin = static_cast<int32_t>(begin - continuation);
      word->end = static_cast<int32_t>(end - continuation);
      word->origin = begin;
      word->hard = word->comma = false;
      if (begin - gap_from != 1 || text[gap_from] != ' ') {
        leave();
        close_gap(begin, end, is_number(begin, end), *word);
      }
      gap_from = end;
      last_length = length;
      ++word;
    }
    leave();
    return count;
  }

 private:
  static constexpr size_t kSpecialWords = 1024;
  static constexpr size_t kBefore = 64;        // of the piece before: what a short word may reach back
  static constexpr uint32_t kInitial = kNone;  // of last_length_: a lone letter that is no plain word
  static constexpr uint32_t kPartlySeen = kNone;

  // Where the gap under way begins, unless a part of it was seen: then it is not one space alone.
  uint32_t plain_gap_from() const { return gap_.length != 0 ? kPartlySeen : gap_from_; }

  // The key of a word of at most 16 folded bytes, with 16 bytes to read.
  static FASTMATCH_INLINE Key short_key(const unsigned char* folded, uint32_t length) {
#ifdef FASTMATCH_X86
    alignas(16) static constexpr unsigned char kMasks[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    __m128i key = _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(folded)),
                                _mm_loadu_si128(reinterpret_cast<const __m128i*>(kMasks + 16 - length)));
    return {static_cast<uint64_t>(_mm_cvtsi128_si64(key)), static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(key, key)))};
#else
    uint64_t low = load64(folded), high = load64(folded + 8);
    if (length < 8) return {low & ((1ull << (8 * length)) - 1), 0};
    if (length == 8) return {low, 0};
    return {low, length == 16 ? high : high & ((1ull << (8 * (length - 8))) - 1)};
#endif
  }

  // A word of more than 16 ASCII letters and digits.
  __attribute__((noinline)) bool cut_long(uint32_t begin, uint32_t end) {
    char folded[kMaxWordBytes + 8] = {};
    size_t length = end - begin;
    Word& word = words_.data()[count_];
    word = Word{};
    word.begin = static_cast<int32_t>(begin - continuation_);
    word.end = static_cast<int32_t>(end - continuation_);
    word.origin = begin;
    for (size_t i = 0; i < std::min(length, kMaxWordBytes); ++i) {
      unsigned char c = text_[begin + i];
      folded[i] = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    take_folded(folded, length, word);
    close_gap(begin, end, is_number(begin, end), word);
    gap_from_ = end;
    last_length_ = static_cast<uint32_t>(length);
    ++count_;
    return true;
  }

  // `folded` holds `length` bytes, then zeros to a multiple of eight and 16 at least, unless it is too long for any word.
  void take_folded(const char* folded, size_t length, Word& word) {
    word.key = length > kMaxWordBytes ? Key{0, 0} : key_of(folded, length);
    word.entry = &image_.vocabulary().entry_of(word.key);
    if (length <= kInlineBytes || length > kMaxWordBytes) return;
    long_words_.push_back({count_, long_text_.size(), length});
    long_text_.append(folded, length);
  }

  // Whether plain text may be the number of a list.
  bool is_number(uint32_t begin, uint32_t end) const {
    if (end - begin > 3) return false;
    for (uint32_t i = begin; i < end; ++i)
      if (text_[i] > '9') return false;
    return true;
  }

  static bool is_word_entry(uint32_t entry) { return (entry & kFoldMask) >= kFoldBase; }

  bool stands_in_list(uint32_t end) const {
    if (end >= size_ || (text_[end] != '.' && text_[end] != ')')) return false;
    if (end + 1 >= size_) return true;
    const unsigned char* after = text_ + end + 1;
    return !is_word_entry(image_.character(decode_utf8(after, text_ + size_)));
  }

  bool is_after_initial() const {
    return last_length_ == kInitial || (last_length_ == 1 && text_[gap_from_ - 1] > '9');
  }

  // Classifies the gap before a word that begins at byte `begin`. `is_number` may make it the number of a list.
  __attribute__((noinline)) void close_gap(uint32_t begin, uint32_t end, bool is_number, Word& word) {
    if (last_length_ != 0) {
      bool is_after_initial = this->is_after_initial();
      for (uint32_t i = gap_from_; i < begin; ++i) gap_.add(text_[i]);
      bool is_list = gap_.newlines == 1 && is_number && stands_in_list(end);
      word.comma = gap_.is_comma_gap();
      word.hard = !(is_after_initial && gap_.is_initial()) && gap_.is_hard_gap(is_list);
    }
    gap_ = Gap{};
  }

  // The exact way, one code point at a time, for runs with "'", "&" or non-ASCII characters; false if there is more to do.
  __attribute__((noinline)) bool cut_special(uint32_t begin, uint32_t end) {
    if (last_length_ == 1) last_length_ = is_after_initial() ? kInitial : 2;
    if (resume_ != 0) begin = resume_;
    resume_ = 0;
    for (uint32_t i = gap_from_; i < begin; ++i) gap_.add(text_[i]);
    const unsigned char* p = text_ + begin;
    const unsigned char* stop = text_ + end;
    while (p < stop) {
      const unsigned char* here = p;
      if (special_count_ == kSpecialWords) {
        resume_ = gap_from_ = static_cast<uint32_t>(here - text_);
        return false;
      }
      uint32_t c = decode_utf8(p, stop);
      uint32_t entry = image_.character(c);
      int32_t position = static_cast<int32_t>(here - text_ - continuation_);
      continuation_ += static_cast<uint32_t>(p - here - 1);
      gap_from_ = static_cast<uint32_t>(p - text_);
      if (is_word_entry(entry)) {
        p = read_word(p, stop, entry, position);
      } else if (entry == kAmpersand) {
        const char folded[16] = {'a', 'n', 'd'};
        Word& word = add_special(position);
        word.end = position + 1;
        take_folded(folded, 3, word);
        close_gap(gap_from_, gap_from_, false, word);
        last_length_ = 3;
        ++count_;
      } else {
        gap_.add(c);
      }
    }
    return true;
  }

  Word& add_special(int32_t begin) {
    ++special_count_;
    Word& word = words_.data()[count_];
    word = Word{};
    word.begin = begin;
    word.origin = kLarge;
    return word;
  }

  const unsigned char* read_word(const unsigned char* p, const unsigned char* stop, uint32_t entry, int32_t begin) {
    char folded[kMaxWordBytes + 24] = {};
    size_t length = 0;
    bool is_number = true;
    Word& word = add_special(begin);
    bool has_lower = (entry & kLowerBit) != 0;
    fold_into(entry, folded, length, is_number);
    const unsigned char* resume = p;
    uint32_t resume_continuation = continuation_;
    while (p < stop) {
      const unsigned char* here = p;
      entry = image_.character(decode_utf8(p, stop));
      continuation_ += static_cast<uint32_t>(p - here - 1);
      if (is_word_entry(entry)) {
        has_lower |= (entry & kLowerBit) != 0;
        fold_into(entry, folded, length, is_number);
      } else if (entry == kJoiner) {
        continue;  // inside a word only: the word's end stays before it unless a letter follows
      } else if (entry != kMark) {
        break;
      }
      resume = p;
      resume_continuation = continuation_;
    }
    continuation_ = resume_continuation;
    uint32_t end = static_cast<uint32_t>(resume - text_);
    word.end = static_cast<int32_t>(end - continuation_);
    word.origin = has_lower ? kSmall : kLarge;
    take_folded(folded, length, word);
    close_gap(gap_from_, end, is_number && length <= 3, word);
    last_length_ = length == 1 && !is_number ? kInitial : 2;
    gap_from_ = end;
    ++count_;
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

  const Image& image_;
  const unsigned char* text_;
  uint32_t size_;
  Room<Word> words_;
  uint32_t piece_ = 0;
  alignas(64) unsigned char folded_[kBefore + kPieceBytes + 64];
  size_t count_ = 0, special_count_ = 0;
  std::vector<LongWord> long_words_;
  std::string long_text_;
  Gap gap_;                    // what was seen of the gap under way, but the bytes from gap_from_ on
  uint32_t gap_from_ = 0;      // a byte
  uint32_t last_length_ = 0;   // of the word before, about: 0 if there is none, 1 if it may be a lone letter, kInitial if it is
  uint32_t continuation_ = 0;  // UTF-8 continuation bytes passed: a byte's place less this is its code point's
  uint32_t resume_ = 0;        // where to go on in a run that was left; 0: at its begin
};

}  // namespace fastmatch
