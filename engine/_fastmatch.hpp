// The matcher: Aho-Corasick over normalised words, in flat arrays that live in one memory-mapped image.
//
// The text is taken in pieces that stay in the first-level cache. In each piece: find the runs of word bytes
// (_fastmatch_runs), cut them into words (_fastmatch_words), look the words up and walk the automaton (_fastmatch_walk).
// Each is a loop over the whole piece, so that many look-ups are under way at once, which is what the speed is made of. The
// four are compiled together for each instruction set. Nothing here knows Python.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "_fastmatch_roles.hpp"
#include "_fastmatch_walk.hpp"

namespace fastmatch {

// The stages for one instruction set. Each is a function of its own, so that its loop has all registers to itself.
#define FASTMATCH_STAGES(Stages, target_attribute, runs)                                                                     \
  struct Stages {                                                                                                           \
    target_attribute __attribute__((noinline)) static size_t find_runs(                                                     \
        const unsigned char* text, uint32_t from, uint32_t to, bool is_last, RunState& state, uint32_t* begins, uint32_t* ends, unsigned char* folded) { \
      return runs(text, from, to, is_last, state, begins, ends, folded);                                                            \
    }                                                                                                                       \
    target_attribute __attribute__((noinline)) static size_t cut(WordCutter& cutter, const uint32_t* begins, const uint32_t* ends, size_t count, size_t run) { \
      return cutter.cut(begins, ends, count, run);                                                                          \
    }                                                                                                                       \
    target_attribute __attribute__((noinline)) static void take_steps(Walker& walker, const WordCutter& cutter) { walker.take_steps(cutter); } \
    target_attribute __attribute__((noinline)) static void find_openings(Walker& walker) { walker.find_openings(); }        \
  };
FASTMATCH_STAGES(PortableStages, , find_runs_portable)
#ifdef FASTMATCH_X86
FASTMATCH_STAGES(Sse42Stages, FASTMATCH_SSE42, find_runs_sse42)
FASTMATCH_STAGES(Avx2Stages, FASTMATCH_AVX2, find_runs_avx2)
FASTMATCH_STAGES(Avx512Stages, FASTMATCH_AVX512, find_runs_avx512)
#endif
#undef FASTMATCH_STAGES

template <class Stages> void scan(const Image& image, std::string_view text, Answer answer) {
  WordCutter cutter(image, text);
  Walker walker(image, text, answer);
  RunState state;
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(text.data());
  uint32_t size = static_cast<uint32_t>(text.size());
  size_t room = std::min(size, kPieceBytes) / 2 + 66;
  std::vector<uint32_t> begins(room), ends(room);
  for (uint32_t from = 0; from < size; from += kPieceBytes) {
    uint32_t to = std::min(size, from + kPieceBytes);
    size_t count = Stages::find_runs(bytes, from, to, to == size, state, begins.data(), ends.data(), cutter.begin_piece(from));
    for (size_t run = 0; run < count;) {
      run = Stages::cut(cutter, begins.data(), ends.data(), count, run);
      Stages::take_steps(walker, cutter);
      Stages::find_openings(walker);
      walker.walk();
      cutter.clear();
    }
    begins[0] = begins[count];  // of the run under way, if any
  }
  walker.finish();
}

struct Simd {
  const char* name;
  void (*scan)(const Image&, std::string_view, Answer);
};

// The instruction sets this machine has, best first.
inline std::vector<Simd> available_simd() {
  std::vector<Simd> found;
#ifdef FASTMATCH_X86
  __builtin_cpu_init();
  bool has_bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  if (has_bits && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2"))
    found.push_back({"avx512", scan<Avx512Stages>});
  if (has_bits && __builtin_cpu_supports("avx2")) found.push_back({"avx2", scan<Avx2Stages>});
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt")) found.push_back({"sse42", scan<Sse42Stages>});
#endif
  found.push_back({"portable", scan<PortableStages>});
  return found;
}

// The best set, or the one that CHARTCODER_SIMD names; throws if this machine lacks that.
inline Simd choose_simd() {
  std::vector<Simd> available = available_simd();
  const char* named = std::getenv("CHARTCODER_SIMD");
  if (named == nullptr || *named == '\0') return available.front();
  std::string wanted(named), names;
  for (const Simd& simd : available) {
    if (wanted == simd.name) return simd;
    names += std::string(names.empty() ? "" : ", ") + simd.name;
  }
  throw std::invalid_argument("CHARTCODER_SIMD: got '" + wanted.substr(0, 40) + "', want one of this machine's " + names);
}

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
    simd_.scan(image_, text, {hits, nullptr, words});
  }

  // The same in two: the longest terms (kTerm), and everything else, by begin, then by end.
  void find_apart(std::string_view text, std::vector<Hit>& cues, std::vector<Hit>& terms) const {
    cues.clear();
    terms.clear();
    simd_.scan(image_, text, {cues, &terms, nullptr});
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
  Image image_;
  Simd simd_;
};

}  // namespace fastmatch
