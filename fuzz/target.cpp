// The fuzz target: a small dictionary, damage to its image, and a text, all taken from the input's bytes.
//
//   byte 0         low three bits: how many patches; next three: separators between the two readings of the text
//   patches        five bytes each: place (two, in units of four bytes), section and kind, value (two)
//   dictionary     lines up to a NUL (dictionary.hpp)
//   text           the rest, made valid UTF-8
#include <cstdint>

#include "checks.hpp"
#include "dictionary.hpp"
#include "utf8.hpp"

namespace {

constexpr uint32_t kLoads[8] = {0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF, 64};

struct Patch {
  size_t place;
  uint32_t value;
};

// What stands between the two readings of a text: some blanks, or as many as bring the second one across a piece's end.
size_t separators(uint32_t option, size_t text_size) {
  constexpr size_t kBlanks[4] = {0, 1, 31, 64}, kBeforeEnd[4] = {8, 40, 150, 500};
  if (option < 4) return kBlanks[option];
  return (2 * fastmatch::kPieceBytes - (text_size + 2 + kBeforeEnd[option - 4]) % fastmatch::kPieceBytes) % fastmatch::kPieceBytes;
}

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
  static const std::vector<const char*> paths = fuzz::paths_here(fuzz::Exact(fuzz::Dictionary("0asthma").image()).view());
  Bytes bytes(data, size);
  const uint32_t options = bytes.byte();
  Bytes patches = bytes;
  for (uint32_t i = 0; i < (options & 7) * 5; ++i) bytes.byte();
  const fuzz::Dictionary dictionary(bytes.until_nul());
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
  if (is_whole) fuzz::check_shift(open[text.size() % open.size()], text, answer, separators(options >> 3 & 7, text.size()));
  return 0;
}
