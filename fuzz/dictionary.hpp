// A small dictionary from lines of text, over the small table of characters that export.py writes.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "_fastmatch_build.hpp"
#include "characters.hpp"

namespace fuzz {

// "~word" is read through, "!word" is reported, "=a b" makes b a spelling of a; anything else is a phrase, whose first byte
// gives the flags (low four bits) and which blanks divide into words.
class Dictionary {
 public:
  explicit Dictionary(const std::string& lines) {
    builder_.set_characters({std::begin(kStage1), std::end(kStage1)}, {std::begin(kStage2), std::end(kStage2)},
                            {std::begin(kExpansions), std::end(kExpansions)});
    for (size_t at = 0; at < lines.size();) {
      const size_t end = std::min(lines.find('\n', at), lines.size());
      if (end > at) add(lines.substr(at, end - at));
      at = end + 1;
    }
    image_ = builder_.build();
  }
  const std::string& image() const { return image_; }
  const std::vector<uint8_t>& flags() const { return flags_; }

 private:
  void add(const std::string& line) {
    const std::vector<std::string> words = split(line.substr(1));
    if (words.empty()) return;
    if (line[0] == '~') return reserve(words[0], fastmatch::kTransparent);
    if (line[0] == '!') return reserve(words[0], fastmatch::kReported);
    if (line[0] == '=' && words.size() == 2) return alias(words[0], words[1]);
    std::vector<uint32_t> numbers;
    for (const std::string& word : words) {
      if (reserved_.count(word) == 0) numbers.push_back(number_of(word));
      if (numbers.size() == fastmatch::kMaxPhraseWords) break;
    }
    if (numbers.empty()) return;
    flags_.push_back(static_cast<uint8_t>(line[0] & 15));
    builder_.add_phrase(numbers, flags_.back());
  }

  static std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> words(1);
    for (char c : line) {
      if (c == ' ') words.emplace_back();
      else if (words.back().size() < fastmatch::kMaxWordBytes) words.back().push_back(c);
    }
    words.erase(std::remove(words.begin(), words.end(), ""), words.end());
    return words;
  }

  void reserve(const std::string& word, uint32_t as) {
    if (numbers_.count(word) == 0 && reserved_.insert(word).second) builder_.add_surface(word, as);
  }
  void alias(const std::string& word, const std::string& spelling) {
    if (reserved_.count(word) != 0 || reserved_.count(spelling) != 0) return;
    const uint32_t number = number_of(word);
    if (numbers_.emplace(spelling, number).second) builder_.add_surface(spelling, number);
  }
  uint32_t number_of(const std::string& word) {
    const auto found = numbers_.find(word);
    if (found != numbers_.end()) return found->second;
    const uint32_t number = next_++;
    numbers_.emplace(word, number);
    builder_.add_surface(word, number);
    return number;
  }

  fastmatch::Builder builder_;
  std::map<std::string, uint32_t> numbers_;
  std::set<std::string> reserved_;
  uint32_t next_ = 0;
  std::vector<uint8_t> flags_;
  std::string image_;
};

}  // namespace fuzz
