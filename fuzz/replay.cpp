// Replays a bundle that export.py wrote: every text on every SIMD path, then damaged images. No Python here.
//
//   replay cases.bundle [damaged images per record]
#include <fstream>
#include <iterator>
#include <random>

#include "_fastmatch_build.hpp"
#include "checks.hpp"

namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    if (bytes_.empty()) fuzz::fail("the bundle is missing or empty", "*");
  }
  uint32_t number() {
    uint32_t value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }
  std::string text() {
    const uint32_t size = number();
    return {take(size), size};
  }
  std::vector<uint32_t> numbers() {
    std::vector<uint32_t> list(number());
    for (uint32_t& item : list) item = number();
    return list;
  }

 private:
  const char* take(size_t size) {
    if (size > bytes_.size() - at_) fuzz::fail("the bundle is cut short", "*");
    at_ += size;
    return bytes_.data() + at_ - size;
  }
  std::string bytes_;
  size_t at_ = 0;
};

struct Characters {
  std::vector<uint16_t> stage1;
  std::vector<uint32_t> stage2, expansions;
};

struct Record {
  std::string name, image, text;
  std::vector<uint8_t> flags;
  bool is_answered;
  std::vector<uint32_t> spans;
};

Record read_record(Reader& reader, const Characters& characters) {
  Record record;
  fastmatch::Builder builder;
  builder.set_characters(characters.stage1, characters.stage2, characters.expansions);
  record.name = reader.text();
  for (uint32_t left = reader.number(); left != 0; --left) {
    const std::string surface = reader.text();
    builder.add_surface(surface, reader.number());
  }
  for (uint32_t left = reader.number(); left != 0; --left) {
    const std::vector<uint32_t> words = reader.numbers();
    record.flags.push_back(static_cast<uint8_t>(reader.number()));
    builder.add_phrase(words, record.flags.back());
  }
  record.image = builder.build();
  const std::string unit = reader.text();
  for (uint32_t left = reader.number(); left != 0; --left) record.text += unit;
  record.is_answered = reader.number() != 0;
  record.spans = reader.numbers();
  return record;
}

// Read through damaged images in place of a long text.
const std::string kProbe = "Acute heart failure, kidney stone; aa a a & a\n2. the left xxx gro\xC3\x9F A\xCC\x81 " + std::string(70, 'y');

void compare(const Record& record, const std::vector<fastmatch::Hit>& hits) {
  std::vector<uint32_t> found;
  for (const fastmatch::Hit& hit : hits)
    if (hit.phrase != fastmatch::kNoPhrase)
      for (int32_t number : {hit.begin, hit.end, hit.phrase}) found.push_back(static_cast<uint32_t>(number));
  if (record.is_answered && found != record.spans) fuzz::fail(("not what must be found: " + record.name).c_str(), "all");
}

void replay(const std::vector<const char*>& names, const Record& record) {
  const fuzz::Exact image(record.image);
  const std::vector<fuzz::Path> paths = fuzz::open(names, image.view());
  if (paths.empty()) fuzz::fail("a whole image is refused", record.name.c_str());
  const fuzz::Answer answer = fuzz::check_text(paths, record.text, &record.flags);
  compare(record, answer.hits);
  for (const fuzz::Path& path : paths)
    for (size_t separators : {0u, 61u, 8127u}) fuzz::check_shift(path, record.text, answer, separators);
}

// Damage to one to four numbers, and now and then the length; returns whether the image was still taken.
bool damage(const std::vector<const char*>& names, const Record& record, std::string_view text, std::mt19937& chance) {
  constexpr uint32_t kLoads[] = {0, 1, 0x40, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF};
  std::string image = record.image;
  const size_t words = image.size() / 4, tables = std::min<size_t>(words, 1024);
  const auto pick = [&] { return static_cast<uint32_t>(chance()); };
  for (uint32_t left = 1 + pick() % 4; left != 0; --left) {
    const uint32_t region = pick() % 4;
    const size_t place = 4 * (region == 0 ? pick() % 64 : region == 1 ? pick() % words : words - 1 - pick() % tables);
    uint32_t value;
    std::memcpy(&value, image.data() + place, sizeof value);
    const uint32_t kind = pick() % 4;
    value = kind == 0 ? kLoads[pick() % 8] : kind == 1 ? value + pick() % 64 : kind == 2 ? value ^ 1u << pick() % 32 : pick();
    std::memcpy(image.data() + place, &value, sizeof value);
  }
  if (pick() % 32 == 0) image.resize(pick() % image.size());
  const fuzz::Exact exact(image);
  const std::vector<fuzz::Path> paths = fuzz::open(names, exact.view());
  if (!paths.empty()) fuzz::check_text(paths, text, nullptr);
  return !paths.empty();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return std::fprintf(stderr, "usage: replay cases.bundle [damaged images per record]\n"), 2;
  const int damaged = count > 2 ? std::atoi(arguments[2]) : 8;
  Reader reader(arguments[1]);
  Characters characters;
  for (uint32_t item : reader.numbers()) characters.stage1.push_back(static_cast<uint16_t>(item));
  characters.stage2 = reader.numbers();
  characters.expansions = reader.numbers();
  const uint32_t records = reader.number();
  std::vector<const char*> names;
  std::mt19937 chance(20261124);
  uint32_t taken = 0, texts = 0;
  for (; texts < records; ++texts) {
    const Record record = read_record(reader, characters);
    if (names.empty()) names = fuzz::paths_here(fuzz::Exact(record.image).view());
    replay(names, record);
    for (int i = 0; i < damaged; ++i) taken += damage(names, record, record.text.size() > 20000 ? kProbe : record.text, chance);
  }
  std::string list;
  for (const char* name : names) list += std::string(" ") + name;
  std::printf("%u texts and %u damaged images (%u taken) on%s: as they must be\n", texts,
              texts * static_cast<uint32_t>(damaged), taken, list.c_str());
  return 0;
}
