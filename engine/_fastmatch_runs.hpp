// Finds the runs of word bytes in UTF-8 text: the one loop over every byte, and the only place with SIMD.
//
// A run is a maximal sequence of ASCII letters and digits, "'", "&" and non-ASCII bytes. Everything else is an ASCII
// separator, which no word reaches across. A run of letters and digits alone is one word; one with a special byte
// ("'", "&", non-ASCII) is left to the exact slow path. Which instructions are used never changes the answer.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__)
#define FASTMATCH_X86 1
#include <immintrin.h>
#endif

namespace fastmatch {

constexpr uint32_t kSpecialRun = 1u << 31;  // set in the end of a run with a special byte

// What is carried from one piece of text to the next.
struct RunState {
  bool inside = false, special = false;
};

struct BlockMasks {
  uint64_t word, special;  // bit i: byte i belongs to a run; is special
};

// Each `classify` also writes the block with its ASCII letters made small.
//
// Eight bytes in one word: the high bit of each byte tells. Only bytes below 0x80 may reach the additions.
inline BlockMasks classify_portable(const unsigned char* p, unsigned char* folded) {
  constexpr uint64_t kOnes = 0x0101010101010101ull, kHigh = 0x80ull * kOnes;
  auto from_to = [](uint64_t low7, unsigned first, unsigned last) {
    return (low7 + (0x80 - first) * kOnes) & ~(low7 + (0x7F - last) * kOnes);
  };
  // Gathers the high bits of eight bytes: each of them is moved to its own place in the uppermost byte.
  auto gather = [](uint64_t high_bits) { return (high_bits >> 7) * 0x0102040810204080ull >> 56; };
  BlockMasks masks{0, 0};
  for (uint32_t i = 0; i < 8; ++i) {
    uint64_t x;
    std::memcpy(&x, p + 8 * i, 8);
    uint64_t low7 = x & ~kHigh;
    uint64_t special = x | (from_to(low7, '&', '\'') & ~x);
    uint64_t word = special | ((from_to(low7 | 0x20 * kOnes, 'a', 'z') | from_to(low7, '0', '9')) & ~x);
    masks.special |= gather(special & kHigh) << (8 * i);
    masks.word |= gather(word & kHigh) << (8 * i);
    x |= (from_to(low7, 'A', 'Z') & ~x & kHigh) >> 2;
    std::memcpy(folded + 8 * i, &x, 8);
  }
  return masks;
}

#ifdef FASTMATCH_X86
#define FASTMATCH_SSE42 __attribute__((target("sse4.2,popcnt")))
#define FASTMATCH_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#define FASTMATCH_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt,lzcnt")))

// Unsigned c - low < count, by saturation: SSE and AVX2 have no unsigned compare.
__attribute__((target("sse4.2"), always_inline)) inline __m128i in_range(__m128i c, char low, char count) {
  __m128i shifted = _mm_sub_epi8(c, _mm_set1_epi8(low));
  return _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8(static_cast<char>(count - 1))), shifted);
}
__attribute__((target("sse4.2"), always_inline)) inline BlockMasks classify_sse42(const unsigned char* p, unsigned char* folded) {
  BlockMasks masks{0, 0};
  for (int i = 0; i < 4; ++i) {
    __m128i c = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
    __m128i special = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('\'')), _mm_cmpeq_epi8(c, _mm_set1_epi8('&')));
    special = _mm_or_si128(special, _mm_cmplt_epi8(c, _mm_setzero_si128()));
    __m128i small = _mm_or_si128(c, _mm_set1_epi8(0x20)), letter = in_range(small, 'a', 26);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded + 16 * i), _mm_blendv_epi8(c, small, letter));
    __m128i word = _mm_or_si128(special, _mm_or_si128(letter, in_range(c, '0', 10)));
    masks.word |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(word))) << (16 * i);
    masks.special |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(special))) << (16 * i);
  }
  return masks;
}
__attribute__((target("avx2"), always_inline)) inline __m256i in_range(__m256i c, char low, char count) {
  __m256i shifted = _mm256_sub_epi8(c, _mm256_set1_epi8(low));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, _mm256_set1_epi8(static_cast<char>(count - 1))), shifted);
}
__attribute__((target("avx2"), always_inline)) inline BlockMasks classify_avx2(const unsigned char* p, unsigned char* folded) {
  BlockMasks masks{0, 0};
  for (int i = 0; i < 2; ++i) {
    __m256i c = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32 * i));
    __m256i special = _mm256_or_si256(_mm256_cmpeq_epi8(c, _mm256_set1_epi8('\'')), _mm256_cmpeq_epi8(c, _mm256_set1_epi8('&')));
    special = _mm256_or_si256(special, _mm256_cmpgt_epi8(_mm256_setzero_si256(), c));
    __m256i small = _mm256_or_si256(c, _mm256_set1_epi8(0x20)), letter = in_range(small, 'a', 26);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(folded + 32 * i), _mm256_blendv_epi8(c, small, letter));
    __m256i word = _mm256_or_si256(special, _mm256_or_si256(letter, in_range(c, '0', 10)));
    masks.word |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(word))) << (32 * i);
    masks.special |= static_cast<uint64_t>(static_cast<uint32_t>(_mm256_movemask_epi8(special))) << (32 * i);
  }
  return masks;
}
__attribute__((target("avx512f,avx512bw"), always_inline)) inline BlockMasks classify_avx512(const unsigned char* p, unsigned char* folded) {
  __m512i c = _mm512_loadu_si512(p);
  uint64_t special = _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('\'')) | _mm512_cmpeq_epi8_mask(c, _mm512_set1_epi8('&')) |
                     _mm512_movepi8_mask(c);
  __m512i small = _mm512_or_si512(c, _mm512_set1_epi8(0x20));
  uint64_t letter = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(small, _mm512_set1_epi8('a')), _mm512_set1_epi8(26));
  _mm512_storeu_si512(folded, _mm512_mask_mov_epi8(c, letter, small));
  __m512i digits = _mm512_sub_epi8(c, _mm512_set1_epi8('0'));
  uint64_t word = special | letter | _mm512_cmplt_epu8_mask(digits, _mm512_set1_epi8(10));
  return {word, special};
}
#endif

inline uint64_t bits_from_to(uint32_t from, uint32_t to) {  // from < to <= 64
  return (~0ull >> (64 - (to - from))) << from;
}

// Marks the runs of a block that have a special byte.
inline void mark_special(uint64_t special, uint32_t at, RunState& state, const uint32_t* begins, uint32_t* ends, size_t stopped) {
  size_t run = 0;
  bool is_special = state.special;
  for (; run < stopped; ++run) {
    uint32_t from = begins[run] > at ? begins[run] - at : 0, to = ends[run] - at;
    if (to > from) is_special |= (special & bits_from_to(from, to)) != 0;
    if (is_special) ends[run] |= kSpecialRun;
    is_special = false;
  }
  uint32_t from = stopped == 0 && begins[0] <= at ? 0 : begins[stopped] > at ? begins[stopped] - at : 0;
  state.special = is_special | ((special & ~0ull << from) != 0);
}

// Where runs begin and stop in a block.
struct Edges {
  uint64_t starts, stops, special;
  bool goes_on;

  Edges(BlockMasks masks, const RunState& state) : special(masks.special), goes_on(masks.word >> 63) {
    uint64_t before = masks.word << 1 | uint64_t{state.inside};
    starts = masks.word & ~before;
    stops = ~masks.word & before;
  }
};

// Writes the places of the set bits, eight at a time whether or not so many are left: `out` has room for 64.
inline size_t write_places(uint64_t bits, uint32_t at, uint32_t* out) {
  size_t count = static_cast<size_t>(__builtin_popcountll(bits));
  for (size_t done = 0; done < count; done += 8) {
    for (size_t i = 0; i < 8; ++i) {
      out[done + i] = at + static_cast<uint32_t>(__builtin_ctzll(bits | 1ull << 63));
      bits &= bits - 1;
    }
  }
  return count;
}

#ifdef FASTMATCH_X86
// The same, sixteen at a time: the places of a block, as bytes, without those that are not set.
FASTMATCH_AVX512 inline size_t write_places_avx512(uint64_t bits, uint32_t at, uint32_t* out) {
  alignas(64) static constexpr unsigned char kPlaces[64] = {
      0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
      32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  size_t count = static_cast<size_t>(__builtin_popcountll(bits));
  __m512i places = _mm512_maskz_compress_epi8(bits, _mm512_load_si512(kPlaces));
  __m512i base = _mm512_set1_epi32(static_cast<int>(at));
  _mm512_storeu_si512(out, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places))));
  if (count > 16) {  // starts and stops of a block are 32 at most
    _mm512_storeu_si512(out + 16, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 1))));
  }
  return count;
}
#endif

// Finds the runs that end in text[from, to), a whole number of blocks but at the end of the text: their begins and ends, at
// most (to - from) / 2 + 1 of them, with room for 64 more. begins[0] is the begin of the run under way, if there is one; the
// begin of the run that is under way afterwards stands behind the others. `is_last` closes a run that reaches `to`. The
// text with its ASCII letters made small goes to `folded`, in whole blocks.
#define FASTMATCH_FIND_RUNS(name, target_attribute, classify, write)                                                        \
  target_attribute inline size_t name(const unsigned char* text, uint32_t from, uint32_t to, bool is_last, RunState& state, \
                                      uint32_t* begins, uint32_t* ends, unsigned char* folded) {                            \
    size_t count = 0;                                                                                                       \
    uint32_t at = from;                                                                                                     \
    auto take_block = [&](Edges edges) target_attribute {                                                                   \
      write(edges.starts, at, begins + count + state.inside);                                                               \
      size_t stopped = write(edges.stops, at, ends + count);                                                                \
      if ((edges.special | uint64_t{state.special}) != 0)                                                                   \
        mark_special(edges.special, at, state, begins + count, ends + count, stopped);                                      \
      state.inside = edges.goes_on;                                                                                         \
      state.special &= edges.goes_on;                                                                                       \
      count += stopped;                                                                                                     \
    };                                                                                                                      \
    for (; at + 64 <= to; at += 64) take_block(Edges(classify(text + at, folded + (at - from)), state));                    \
    if (at < to) {                                                                                                          \
      unsigned char block[64] = {};                                                                                         \
      std::memcpy(block, text + at, to - at);                                                                               \
      take_block(Edges(classify(block, folded + (at - from)), state));                                                      \
    } else if (is_last && state.inside) {                                                                                   \
      ends[count++] = to | (state.special ? kSpecialRun : 0u);                                                              \
      state.inside = state.special = false;                                                                                 \
    }                                                                                                                       \
    return count;                                                                                                           \
  }

FASTMATCH_FIND_RUNS(find_runs_portable, , classify_portable, write_places)
#ifdef FASTMATCH_X86
FASTMATCH_FIND_RUNS(find_runs_sse42, FASTMATCH_SSE42, classify_sse42, write_places)
FASTMATCH_FIND_RUNS(find_runs_avx2, FASTMATCH_AVX2, classify_avx2, write_places)
FASTMATCH_FIND_RUNS(find_runs_avx512, FASTMATCH_AVX512, classify_avx512, write_places_avx512)
#endif
#undef FASTMATCH_FIND_RUNS

}  // namespace fastmatch
