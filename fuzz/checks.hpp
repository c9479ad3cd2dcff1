// What must hold of the matcher over any image and any text, whichever instructions it uses. Aborts where it does not.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "_fastmatch.hpp"

namespace fuzz {

using fastmatch::Hit;
using fastmatch::Matcher;
using fastmatch::Span;

// Every name that CHARTCODER_SIMD may take anywhere; a machine has some of them.
constexpr const char* kPaths[] = {"portable", "sse42", "avx2", "avx512"};

[[noreturn]] inline void fail(const char* what, const char* path) {
  std::fprintf(stderr, "fuzz: %s (CHARTCODER_SIMD=%s)\n", what, path);
  std::abort();
}

// Bytes on the heap with nothing after them, so that a sanitizer sees the first byte read too many.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : size_(bytes.size()) {
    // Images are mapped from files: aligned to a page, at least to a section's 64 bytes.
    if (posix_memalign(&data_, 64, size_ == 0 ? 1 : size_) != 0) throw std::bad_alloc();
    if (size_ != 0) std::memcpy(data_, bytes.data(), size_);
  }
  ~Exact() { std::free(data_); }
  Exact(const Exact&) = delete;
  Exact& operator=(const Exact&) = delete;
  const char* data() const { return static_cast<const char*>(data_); }
  std::string_view view() const { return {data(), size_}; }

 private:
  void* data_ = nullptr;
  size_t size_;
};

struct Path {
  const char* name;
  std::unique_ptr<Matcher> matcher;
};

// The paths this machine has, by asking the matcher itself; only the one that the environment names, if it names one.
inline std::vector<const char*> paths_here(std::string_view valid_image) {
  const char* forced = std::getenv("CHARTCODER_SIMD");
  const std::string only = forced == nullptr ? "" : forced;
  std::vector<const char*> found;
  for (const char* name : kPaths) {
    if (!only.empty() && only != name) continue;
    setenv("CHARTCODER_SIMD", name, 1);
    try {
      Matcher matcher(valid_image.data(), valid_image.size());
      if (std::strcmp(matcher.simd(), name) != 0) fail("the matcher took another path than the one named", name);
      found.push_back(name);
    } catch (const std::invalid_argument&) {
    }
  }
  if (found.empty()) fail("no path can be taken", only.empty() ? "*" : only.c_str());
  return found;
}

// One matcher for each path over one image, or none where the image is refused: by all of them or by none.
inline std::vector<Path> open(const std::vector<const char*>& names, std::string_view image) {
  std::vector<Path> paths;
  for (const char* name : names) {
    setenv("CHARTCODER_SIMD", name, 1);
    try {
      paths.push_back({name, std::make_unique<Matcher>(image.data(), image.size())});
    } catch (const std::invalid_argument&) {
      if (!paths.empty()) fail("an image is refused on one path and taken on another", name);
    }
  }
  if (!paths.empty() && paths.size() != names.size()) fail("an image is refused on one path and taken on another", "*");
  return paths;
}

inline bool is_same(const Hit& a, const Hit& b) { return a.begin == b.begin && a.end == b.end && a.phrase == b.phrase; }
inline bool is_same(const Span& a, const Span& b) { return a.begin == b.begin && a.end == b.end; }

template <class T> bool is_same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!is_same(a[i], b[i])) return false;
  return true;
}

struct Answer {
  std::vector<Hit> hits, cues, terms;
  std::vector<Span> words;
};

inline int32_t code_points(std::string_view text) {
  int32_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// Spans lie inside the text, in order; numbers are those of phrases.
inline void check_order(const Path& path, std::string_view text, const Answer& answer) {
  const int32_t size = code_points(text), phrases = static_cast<int32_t>(path.matcher->phrases());
  int32_t end = 0;
  for (const Hit& hit : answer.hits) {
    if (hit.begin < 0 || hit.begin >= hit.end || hit.end > size) fail("a hit lies outside the text", path.name);
    if (hit.end < end) fail("hits are not in order of their ends", path.name);
    if (hit.phrase < fastmatch::kNoPhrase || hit.phrase >= phrases) fail("a hit names no phrase", path.name);
    end = hit.end;
  }
  end = 0;
  for (const Span& word : answer.words) {
    if (word.begin < end || word.begin >= word.end || word.end > size) fail("words overlap or leave the text", path.name);
    end = word.end;
  }
  end = 0;
  const Hit* before = nullptr;
  for (const Hit& hit : answer.terms) {
    if (hit.begin < end && !(before && before->begin == hit.begin && before->end == hit.end)) fail("terms overlap", path.name);
    end = hit.end;
    before = &hit;
  }
}

// `flags` are those of the phrases, by number: find_apart must be find_all divided by them.
inline void check_apart(const Path& path, const std::vector<uint8_t>& flags, const Answer& answer) {
  std::vector<Hit> cues, terms;
  for (const Hit& hit : answer.hits) {
    const uint8_t flag = hit.phrase == fastmatch::kNoPhrase ? uint8_t{0} : flags.at(static_cast<size_t>(hit.phrase));
    if (flag & fastmatch::kTerm) terms.push_back(hit);
    if (!(flag & fastmatch::kTerm) || (flag & fastmatch::kCue)) cues.push_back(hit);
  }
  Matcher::keep_longest(terms);
  std::stable_sort(cues.begin(), cues.end(), [](const Hit& a, const Hit& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end < b.end : a.phrase < b.phrase;
  });
  if (!is_same(cues, answer.cues)) fail("find_apart gives other cues than find_all divided", path.name);
  if (!is_same(terms, answer.terms)) fail("find_apart gives other terms than find_all divided", path.name);
}

inline Answer ask(const Path& path, std::string_view text) {
  const Exact exact(text);
  Answer answer;
  path.matcher->find_all(exact.view(), answer.hits, &answer.words);
  path.matcher->find_apart(exact.view(), answer.cues, answer.terms);
  return answer;
}

// Asks every path for everything and compares; `flags` is null where the image was altered, and phrases may have several.
inline Answer check_text(const std::vector<Path>& paths, std::string_view text, const std::vector<uint8_t>* flags) {
  const Answer first = ask(paths.front(), text);
  check_order(paths.front(), text, first);
  if (flags != nullptr) check_apart(paths.front(), *flags, first);
  for (size_t i = 1; i < paths.size(); ++i) {
    const Answer other = ask(paths[i], text);
    if (!is_same(first.hits, other.hits)) fail("paths find other hits", paths[i].name);
    if (!is_same(first.words, other.words)) fail("paths find other words", paths[i].name);
    if (!is_same(first.cues, other.cues) || !is_same(first.terms, other.terms)) fail("paths divide hits otherwise", paths[i].name);
  }
  return first;
}

// The same text once more, after an empty line and separators, is found the same, further on: what stands where in a block,
// a piece or the buffers of the scan is nothing to the answer.
inline void check_shift(const Path& path, std::string_view text, const Answer& answer, size_t separators) {
  const int32_t shift = code_points(text) + 2 + static_cast<int32_t>(separators);
  const Exact twice(std::string(text) + "\n\n" + std::string(separators, ' ') + std::string(text));
  std::vector<Hit> hits;
  path.matcher->find_all(twice.view(), hits);
  const size_t half = answer.hits.size();
  if (hits.size() != 2 * half) fail("a text found twice has not twice the hits", path.name);
  for (size_t i = 0; i < half; ++i) {
    const Hit& hit = answer.hits[i];
    if (!is_same(hits[i], hit)) fail("what follows a text changes its hits", path.name);
    if (!is_same(hits[i + half], Hit{hit.begin + shift, hit.end + shift, hit.phrase}))
      fail("what stands before a text changes its hits", path.name);
  }
}

}  // namespace fuzz
