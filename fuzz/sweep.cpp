// Damages one small image in every place that means something, in every way that has a name, and reads a text through it.
//
// Every number of the header and of the tables of words and phrases is changed; of the characters' tables, which are long and
// regular, one number in sixteen.
#include "checks.hpp"
#include "dictionary.hpp"

namespace {

// Every rule in a few lines: nested phrases, all flags, spellings, a reported word, one longer than a slot.
const char* const kLines =
    "0kidney stone\n4heart failure\n4acute heart failure\n8no\n<chest\n1MS\n2hypertension essential\n~the\n!left\n"
    "=stone stones\n0and\n0failure of the acute heart\n0electroencephalography wave\n0ffi";
const char* const kText =
    "No acute heart failure; left kidney stones of the chest & MS\nHypertension, essential: failure of acute heart\n"
    "2. electroencephalography wave \xEF\xAC\x83 gro\xC3\x9F e\xCC\x81 electroencephalographies";

std::vector<uint32_t> damages(uint32_t old) {
  std::vector<uint32_t> values = {0,       1,           2,           16,          64,          255,         0x10000,    0x7FFFFFFF,
                                  1u << 31, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF, old + 1,     old - 1,     old + 64,   old * 2,
                                  old ^ 1u << 31, old ^ 1u << 30, old ^ 1u << 16, old ^ 1u << 8};
  values.erase(std::remove(values.begin(), values.end(), old), values.end());
  return values;
}

bool is_character_table(const fastmatch::Header& head, size_t place) {
  for (auto section : {fastmatch::kStage1, fastmatch::kStage2, fastmatch::kExpansions})
    if (place >= head.begin[section] && place < head.begin[section] + head.bytes[section]) return true;
  return false;
}

}  // namespace

int main() {
  const fuzz::Dictionary dictionary(kLines);
  const std::string& whole = dictionary.image();
  fastmatch::Header head;
  std::memcpy(&head, whole.data(), sizeof head);
  const std::vector<const char*> names = fuzz::paths_here(fuzz::Exact(whole).view());
  size_t tried = 0, taken = 0;
  for (size_t place = 0; place < whole.size(); place += is_character_table(head, place) ? 64 : 4) {
    uint32_t old;
    std::memcpy(&old, whole.data() + place, sizeof old);
    for (uint32_t value : damages(old)) {
      std::string image = whole;
      std::memcpy(image.data() + place, &value, sizeof value);
      const fuzz::Exact exact(image);
      // The paths share everything but how runs are found, where no image has a part: one of them will do.
      const std::vector<fuzz::Path> paths = fuzz::open({names[tried++ % names.size()]}, exact.view());
      if (paths.empty()) continue;
      ++taken;
      fuzz::check_text(paths, kText, nullptr);
    }
  }
  for (size_t size = 0; size < whole.size(); ++size, ++tried)
    if (!fuzz::open({names.front()}, fuzz::Exact(std::string_view(whole).substr(0, size)).view()).empty())
      fuzz::fail("an image cut short is taken", "*");
  std::printf("%zu ways to damage an image, %zu of them taken: read without harm\n", tried, taken);
  return 0;
}
