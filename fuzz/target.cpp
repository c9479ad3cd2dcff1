// The fuzz target: a small dictionary, damage to its image, and a text, all taken from the input's bytes.
//
//   byte 0         low three bits: how many patches; next three: separators between the two readings of the text
//   patches        five bytes each: place (two, in units of four bytes), section and kind, value (two)
//   dictionary     lines up to a NUL: "~word" is read through, "!word" is reported, "=a b" makes b a spelling of a,
//                  anything else is a phrase whose first byte gives the flags (low four bits) and which blanks divide
//   text           the rest, made valid UTF-8
#include <cstdint>
#include <map>
#include <set>

#include "_fastmatch_build.hpp"
#include "characters.hpp"
#include "checks.hpp"
#include "utf8.hpp"

namespace {

constexpr size_t kSeparators[8] = {0, 1, 31, 63, 64, 4096, 8129, 8191};
constexpr uint32_t kLoads[8] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF, 64};

struct Patch {
  size_t place;
  uint32_t value;
};

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint32_t byte() { return at_ < size_ ? data_[at_++] : 0u; }
  uint32_t two() { const uint32_t low = byte(); return low | byte() << 8; }
  std::string until_nul() {
    std::string read;
    while (at_ < size_ && data_[at_] != 0) read.push_back(static_cast<char>(data_[at_++]));
    ++at_;
    return read;
  }
  std::string rest() const { return at_ < size_ ? std::string(reinterpret_cast<const char*>(data_ + at_), size_ - at_) : ""; }

 private:
  const uint8_t* data_;
  size_t size_, at_ = 0;
};

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

// Damage goes to the header and to each table alike, however long they are.
Patch read_patch(Bytes& bytes, const std::string& image) {
  const uint32_t place = bytes.two(), kind = bytes.byte(), value = bytes.two();
  fastmatch::Header head;
  std::memcpy(&head, image.data(), sizeof head);
  const uint32_t section = (kind >> 3) % (fastmatch::kSectionCount + 1);
  const bool is_header = section == fastmatch::kSectionCount || head.begin[section] >= image.size();
  const size_t begin = is_header ? 0 : static_cast<size_t>(head.begin[section]);
  const size_t bytes_of_it = is_header ? sizeof head : static_cast<size_t>(head.bytes[section]);
  const size_t at = std::min(begin + place * size_t{4} % std::max<size_t>(bytes_of_it, 4), image.size() - 4);
  uint32_t old;
  std::memcpy(&old, image.data() + at, sizeof old);
  switch (kind & 7) {
    case 0: return {at, kLoads[value & 7]};
    case 1: return {at, old + value};
    case 2: return {at, old - value};
    case 3: return {at, old ^ 1u << (value & 31)};
    case 4: return {at, value << 16 | (old & 0xFFFF)};
    case 5: return {at, value};
    case 6: return {at, old * 2};
    default: return {at, old / 2};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<const char*> paths = fuzz::paths_here(fuzz::Exact(Dictionary("0asthma").image()).view());
  Bytes bytes(data, size);
  const uint32_t options = bytes.byte();
  Bytes patches = bytes;
  for (uint32_t i = 0; i < (options & 7) * 5; ++i) bytes.byte();
  const Dictionary dictionary(bytes.until_nul());
  const std::string text = fuzz::to_utf8(bytes.rest());
  std::string image = dictionary.image();
  for (uint32_t i = 0; i < (options & 7); ++i) {
    const Patch patch = read_patch(patches, image);
    std::memcpy(image.data() + patch.place, &patch.value, sizeof patch.value);
  }
  const bool is_whole = image == dictionary.image();
  const fuzz::Exact exact(image);
  const std::vector<fuzz::Path> open = fuzz::open(paths, exact.view());
  if (open.empty()) {
    if (is_whole) fuzz::fail("a whole image is refused", "*");
    return 0;
  }
  const fuzz::Answer answer = fuzz::check_text(open, text, is_whole ? &dictionary.flags() : nullptr);
  if (is_whole) fuzz::check_shift(open[text.size() % open.size()], text, answer, kSeparators[options >> 3 & 7]);
  return 0;
}
