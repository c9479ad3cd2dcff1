// Builds the image that _fastmatch.hpp reads: vocabulary, trie, failure links, outputs, flat and aligned.
#pragma once

#include <numeric>

#include "_fastmatch.hpp"

namespace fastmatch {

class Builder {
 public:
  // The character table: `stage1` names a 256-entry block of `stage2` for each 256 code points.
  void set_characters(std::vector<uint16_t> stage1, std::vector<uint32_t> stage2, std::vector<uint32_t> expansions) {
    stage1_ = std::move(stage1);
    stage2_ = std::move(stage2);
    expansions_ = std::move(expansions);
  }

  // Makes `surface` (already folded) a spelling of `word`.
  void add_surface(const std::string& surface, uint32_t word) {
    if (surface.empty() || surface.size() > kMaxWordBytes) throw std::invalid_argument("word length: got an empty or over-long word");
    surfaces_.push_back({surface, word});
    if (word != kTransparent) words_ = std::max(words_, word + 1);
  }

  void add_phrase(const std::vector<uint32_t>& words, uint8_t flags) {
    if (words.empty() || words.size() > kMaxPhraseWords) throw std::invalid_argument("phrase length: got none or too many words");
    for (uint32_t word : words) {
      if (word >= kTransparent) throw std::invalid_argument("phrase word: got a reserved number");
      phrase_text_.push_back(word);
      words_ = std::max(words_, word + 1);
    }
    phrase_words_.push_back(static_cast<uint8_t>(words.size()));
    phrase_flags_.push_back(flags);
  }

  std::string build() {
    build_vocabulary();
    build_trie();
    renumber_by_depth();
    build_links();
    build_outputs();
    return write();
  }

 private:
  struct Surface { std::string text; uint32_t word; };

  static size_t table_size(size_t items) {
    size_t size = 16;
    while (size < items * 2 + 1) size *= 2;
    return size;
  }

  void build_vocabulary() {
    vocab_.assign(table_size(surfaces_.size()), VocabEntry{0, 0, 0, 0});
    for (const Surface& s : surfaces_) {
      char padded[kMaxWordBytes + 8] = {};
      std::memcpy(padded, s.text.data(), s.text.size());
      uint64_t hash = hash_word(padded, s.text.size());
      size_t slot = hash & (vocab_.size() - 1);
      while (vocab_[slot].length != 0) {
        const VocabEntry& e = vocab_[slot];
        if (e.length == s.text.size() && vocab_text_.compare(e.text, e.length, s.text) == 0)
          throw std::invalid_argument("surface: got the same spelling for two words");
        slot = (slot + 1) & (vocab_.size() - 1);
      }
      vocab_[slot] = {static_cast<uint32_t>(hash >> 32), s.word, static_cast<uint32_t>(vocab_text_.size()), static_cast<uint32_t>(s.text.size())};
      vocab_text_ += s.text;
    }
  }

  uint32_t* edge_slot(uint64_t key) {
    size_t mask = edge_keys_.size() - 1;
    size_t slot = hash_edge(key) & mask;
    while (edge_keys_[slot] != key && edge_keys_[slot] != ~0ull) slot = (slot + 1) & mask;
    edge_keys_[slot] = key;
    return &edge_next_[slot];
  }

  void build_trie() {
    edge_keys_.assign(table_size(phrase_text_.size()), ~0ull);
    edge_next_.assign(edge_keys_.size(), kNone);
    parent_ = {0};
    letter_ = {0};
    depth_ = {0};
    phrase_state_.reserve(phrase_words_.size());
    size_t at = 0;
    for (uint8_t length : phrase_words_) {
      uint32_t state = 0;
      for (uint8_t i = 0; i < length; ++i, ++at) state = child(state, phrase_text_[at]);
      phrase_state_.push_back(state);
    }
  }

  uint32_t child(uint32_t state, uint32_t word) {
    uint32_t* next = edge_slot(uint64_t{state} << 32 | word);
    if (*next == kNone) {
      *next = static_cast<uint32_t>(parent_.size());
      parent_.push_back(state);
      letter_.push_back(word);
      depth_.push_back(static_cast<uint8_t>(depth_[state] + 1));
    }
    return *next;
  }

  // States in order of depth: links then always point to smaller numbers, which the reader checks.
  void renumber_by_depth() {
    size_t states = parent_.size();
    std::vector<uint32_t> order(states);
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return depth_[a] < depth_[b]; });
    std::vector<uint32_t> number(states);
    for (size_t i = 0; i < states; ++i) number[order[i]] = static_cast<uint32_t>(i);
    std::vector<uint32_t> parent(states), letter(states);
    for (size_t i = 0; i < states; ++i) {
      parent[i] = number[parent_[order[i]]];
      letter[i] = letter_[order[i]];
    }
    parent_.swap(parent);
    letter_.swap(letter);
    for (uint32_t& state : phrase_state_) state = number[state];
    root_next_.assign(words_, 0);
    size_t deeper = 0;
    for (size_t i = 1; i < states; ++i) deeper += parent_[i] != 0;
    edge_keys_.assign(table_size(deeper), ~0ull);
    edge_next_.assign(edge_keys_.size(), kNone);
    for (uint32_t i = 1; i < states; ++i) {
      if (parent_[i] == 0) root_next_[letter_[i]] = i;
      else *edge_slot(uint64_t{parent_[i]} << 32 | letter_[i]) = i;
    }
  }

  uint32_t find_edge(uint32_t state, uint32_t word) const {
    size_t mask = edge_keys_.size() - 1;
    uint64_t key = uint64_t{state} << 32 | word;
    for (size_t slot = hash_edge(key) & mask; edge_keys_[slot] != ~0ull; slot = (slot + 1) & mask)
      if (edge_keys_[slot] == key) return edge_next_[slot];
    return kNone;
  }

  void build_links() {
    fail_.assign(parent_.size(), 0);
    for (uint32_t i = 1; i < parent_.size(); ++i) {
      if (parent_[i] == 0) continue;
      uint32_t state = fail_[parent_[i]];
      uint32_t next = kNone;
      while (state != 0 && (next = find_edge(state, letter_[i])) == kNone) state = fail_[state];
      fail_[i] = next != kNone ? next : root_next_[letter_[i]];
    }
  }

  void build_outputs() {
    size_t states = parent_.size();
    out_begin_.assign(states + 1, 0);
    for (uint32_t state : phrase_state_) ++out_begin_[state + 1];
    for (size_t i = 0; i < states; ++i) out_begin_[i + 1] += out_begin_[i];
    out_phrase_.assign(phrase_state_.size(), 0);
    std::vector<uint32_t> fill(out_begin_.begin(), out_begin_.end() - 1);
    for (uint32_t phrase = 0; phrase < phrase_state_.size(); ++phrase) out_phrase_[fill[phrase_state_[phrase]]++] = phrase;
    out_link_.assign(states, 0);
    for (size_t i = 1; i < states; ++i) {
      uint32_t f = fail_[i];
      out_link_[i] = out_begin_[f] != out_begin_[f + 1] ? f : out_link_[f];
    }
  }

  template <class T> void put(std::string& image, Header& head, Section s, const std::vector<T>& items) const {
    put_bytes(image, head, s, reinterpret_cast<const char*>(items.data()), items.size() * sizeof(T));
  }
  static void put_bytes(std::string& image, Header& head, Section s, const char* data, size_t bytes) {
    image.resize((image.size() + 63) / 64 * 64, '\0');
    head.begin[s] = image.size();
    head.bytes[s] = bytes;
    if (bytes != 0) image.append(data, bytes);
  }

  std::string write() const {
    Header head{};
    std::memcpy(head.magic, kMagic, sizeof kMagic);
    head.format = kFormat;
    head.byte_order = 0x01020304u;
    head.words = words_;
    head.phrases = static_cast<uint32_t>(phrase_words_.size());
    head.states = static_cast<uint32_t>(parent_.size());
    head.edges = static_cast<uint32_t>(parent_.size() - 1);
    std::string image(sizeof(Header), '\0');
    put(image, head, kStage1, stage1_); put(image, head, kStage2, stage2_); put(image, head, kExpansions, expansions_);
    put(image, head, kVocabTable, vocab_); put_bytes(image, head, kVocabText, vocab_text_.data(), vocab_text_.size());
    put(image, head, kRootNext, root_next_); put(image, head, kEdgeKeys, edge_keys_); put(image, head, kEdgeNext, edge_next_);
    put(image, head, kFail, fail_); put(image, head, kOutLink, out_link_); put(image, head, kOutBegin, out_begin_);
    put(image, head, kOutPhrase, out_phrase_); put(image, head, kPhraseWords, phrase_words_); put(image, head, kPhraseFlags, phrase_flags_);
    image.resize((image.size() + 63) / 64 * 64, '\0');
    head.total_bytes = image.size();
    std::memcpy(image.data(), &head, sizeof head);
    return image;
  }

  std::vector<uint16_t> stage1_;
  std::vector<uint32_t> stage2_, expansions_;
  std::vector<Surface> surfaces_;
  uint32_t words_ = 0;
  std::vector<uint32_t> phrase_text_, phrase_state_;
  std::vector<uint8_t> phrase_words_, phrase_flags_, depth_;
  std::vector<VocabEntry> vocab_;
  std::string vocab_text_;
  std::vector<uint64_t> edge_keys_;
  std::vector<uint32_t> edge_next_, parent_, letter_, root_next_, fail_, out_link_, out_begin_, out_phrase_;
};

}  // namespace fastmatch
