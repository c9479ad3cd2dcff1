// Builds the vocabulary of an image: a hash table without collisions.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "_fastmatch_image.hpp"

namespace fastmatch {

// A folded spelling of a word, and what the vocabulary says of it.
struct Surface {
  std::string text;
  uint32_t mark;
};

struct Words {
  std::vector<uint16_t> pilots;
  std::vector<Entry> entries;
  std::string long_text;
};

class WordTable {
 public:
  explicit WordTable(const std::vector<Surface>& surfaces) : surfaces_(surfaces) {
    for (const Surface& surface : surfaces) add(surface);
  }

  Words build() {
    size_t size = 16;
    while (size * 4 < items_.size() * 5) size *= 2;
    // A table that no pilots can be found for is tried again with more room; two words of the same hash never fit.
    for (int tries = 0; tries < 4; ++tries, size *= 2)
      if (place(size)) return std::move(words_);
    throw std::invalid_argument("surface: got words that hash alike");
  }

 private:
  struct Item {
    uint64_t hash;
    Entry entry;
    uint32_t surface;
  };

  void add(const Surface& surface) {
    char padded[kMaxWordBytes + 16] = {};
    size_t length = surface.text.size();
    std::memcpy(padded, surface.text.data(), length);
    Key key = key_of(padded, length);
    Entry entry{key.low, key.high, surface.mark, 0, 0, 0};
    if (length > kInlineBytes) {
      entry.length = static_cast<uint32_t>(length);
      entry.text = static_cast<uint32_t>(words_.long_text.size());
      words_.long_text += surface.text;
    }
    items_.push_back({hash_key(key), entry, static_cast<uint32_t>(items_.size())});
  }

  // Finds each bucket a pilot that sends its words to entries that are free, the fullest bucket first.
  bool place(size_t size) {
    size_t buckets = 16;
    while (buckets * 3 < items_.size()) buckets *= 2;
    const uint32_t shift = shift_of(buckets);
    words_.pilots.assign(buckets, 0);
    words_.entries.assign(size, Entry{0, 0, kUnknown, 0, 0, 0});
    taken_.assign(size, false);
    std::vector<uint32_t> fill(buckets, 0);
    for (const Item& item : items_) ++fill[item.hash >> shift];
    std::sort(items_.begin(), items_.end(), [&](const Item& a, const Item& b) {
      uint64_t left = a.hash >> shift, right = b.hash >> shift;
      return fill[left] != fill[right] ? fill[left] > fill[right] : a.hash != b.hash ? a.hash < b.hash : a.surface < b.surface;
    });
    for (size_t begin = 0, end; begin < items_.size(); begin = end) {
      end = begin + fill[items_[begin].hash >> shift];
      for (size_t i = begin + 1; i < end; ++i) refuse_twins(items_[i - 1], items_[i]);
      if (!place_bucket(begin, end, words_.pilots[items_[begin].hash >> shift])) return false;
    }
    return true;
  }

  void refuse_twins(const Item& a, const Item& b) const {
    if (a.hash == b.hash && surfaces_[a.surface].text == surfaces_[b.surface].text)
      throw std::invalid_argument("surface: got the same spelling for two words");
  }

  bool place_bucket(size_t begin, size_t end, uint16_t& pilot) {
    const Vocabulary vocabulary(words_.pilots.data(), words_.pilots.size(), words_.entries.data(), words_.entries.size());
    auto place_of = [&](size_t i) { return vocabulary.place_of(items_[i].hash); };
    for (uint32_t tried = 0; tried <= 0xFFFF; ++tried) {
      pilot = static_cast<uint16_t>(tried);
      size_t i = begin;
      for (; i < end && !taken_[place_of(i)]; ++i) taken_[place_of(i)] = true;
      if (i == end) {
        for (i = begin; i < end; ++i) words_.entries[place_of(i)] = items_[i].entry;
        return true;
      }
      while (i > begin) taken_[place_of(--i)] = false;
    }
    return false;
  }

  const std::vector<Surface>& surfaces_;
  std::vector<Item> items_;
  std::vector<bool> taken_;
  Words words_;
};

// Throws std::invalid_argument on a spelling that comes twice.
inline Words build_words(const std::vector<Surface>& surfaces) { return WordTable(surfaces).build(); }

}  // namespace fastmatch
