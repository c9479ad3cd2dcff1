// Builds the image that _fastmatch.hpp reads: vocabulary, trie, failure links, outputs, flat and aligned.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "_fastmatch_build_words.hpp"

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
    surfaces_.push_back({surface, word & kWordNumber});
    take_number(word & kWordNumber);
  }

  void add_phrase(const std::vector<uint32_t>& words, uint8_t flags) {
    if (words.empty() || words.size() > kMaxPhraseWords) throw std::invalid_argument("phrase length: got none or too many words");
    for (uint32_t word : words) {
      if (word >= kReported) throw std::invalid_argument("phrase word: got a reserved number");
      phrase_text_.push_back(word);
      take_number(word);
    }
    phrase_words_.push_back(static_cast<uint8_t>(words.size()));
    phrase_flags_.push_back(flags);
  }

  std::string build() {
    build_trie();
    renumber_by_depth();
    build_links();
    build_outputs();
    build_openings();
    build_vocabulary();
    return write();
  }

 private:
  struct Edge { uint32_t state, word, next; };  // of the trie under way; state kNone: empty

  static uint64_t hash_edge(uint32_t state, uint32_t word) {
    return mix((uint64_t{state} << 32 | word) ^ 0x9E3779B97F4A7C15ull, 0xE7037ED1A0B428DBull);
  }

  // At most three quarters full: the child bits of a state spare most look-ups that would fail.
  static size_t table_size(size_t items) {
    size_t size = 16;
    while (size * 3 < items * 4 + 4) size *= 2;
    return size;
  }

  void take_number(uint32_t word) {
    if (word < kReported) words_ = std::max(words_, word + 1);
  }

  void build_openings() {
    std::vector<uint64_t> openings, sequels;
    size_t at = 0;
    for (uint8_t length : phrase_words_) {
      const uint32_t* words = phrase_text_.data() + at;
      at += length;
      if (length < 2) continue;
      uint64_t pair = pair_hash(words[0], words[1]);
      openings.push_back(pair);
      sequels.push_back(length == 2 ? end_hash(pair) : third_hash(pair, words[2]));
    }
    openings_ = set_of(std::move(openings));
    sequels_ = set_of(std::move(sequels));
  }

  // Sixteen bits a hash: of one in fifty others it is said that it may be there.
  static std::vector<uint64_t> set_of(std::vector<uint64_t> hashes) {
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    size_t size = 2;
    while (size * 4 < hashes.size()) size *= 2;
    std::vector<uint64_t> words(size, 0);
    for (uint64_t hash : hashes) words[hash >> shift_of(size)] |= HashSet::bits_of(hash);
    return words;
  }

  std::vector<uint32_t> marks() const {
    std::vector<uint32_t> marks(words_);
    for (uint32_t word = 0; word < words_; ++word) {
      uint32_t next = root_next_[word];
      marks[word] = word | (next & kEndsPhrase ? kAlone : 0) | (states_[next & kStateNumber].child_bits != 0 && next != 0 ? kBegins : 0);
    }
    size_t at = 0;
    for (uint8_t length : phrase_words_) {
      for (uint8_t i = 1; i < length; ++i) marks[phrase_text_[at + i]] |= kFollows;
      at += length;
    }
    return marks;
  }

  void build_vocabulary() {
    std::vector<uint32_t> marks = this->marks();
    for (Surface& surface : surfaces_)
      if (surface.mark < kReported) surface.mark = marks[surface.mark];
    vocabulary_ = build_words(surfaces_);
  }

  Edge& edge_of(uint32_t state, uint32_t word) {
    size_t mask = edges_.size() - 1;
    size_t i = hash_edge(state, word) & mask;
    while (edges_[i].state != kNone && !(edges_[i].state == state && edges_[i].word == word)) i = (i + 1) & mask;
    return edges_[i];
  }

  void build_trie() {
    edges_.assign(table_size(phrase_text_.size()), Edge{kNone, 0, 0});
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
    Edge& edge = edge_of(state, word);
    if (edge.state == kNone) {
      edge = {state, word, static_cast<uint32_t>(parent_.size())};
      parent_.push_back(state);
      letter_.push_back(word);
      depth_.push_back(static_cast<uint8_t>(depth_[state] + 1));
    }
    return edge.next;
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
    states_.assign(states, State{});
    edges_.clear();
    edges_.shrink_to_fit();
    lay_out_children();
  }

  // The root's children are found by word number; every other state has a table of its own, at most three quarters full.
  void lay_out_children() {
    std::vector<uint32_t> counts(states_.size(), 0);
    for (size_t i = 1; i < states_.size(); ++i) counts[parent_[i]] += parent_[i] != 0;
    uint32_t begin = 0;
    for (size_t i = 0; i < states_.size(); ++i) {
      if (counts[i] == 0) continue;
      uint32_t size = 1;
      while (counts[i] > 1 && size * 3 < counts[i] * 4) size *= 2;
      states_[i].child_begin = begin;
      states_[i].child_mask = size - 1;
      begin += size;
    }
    children_.assign(begin, Child{kNone, 0});
    for (uint32_t i = 1; i < states_.size(); ++i) {
      if (parent_[i] == 0) {
        root_next_[letter_[i]] = i;
        deep_ = i + 1;
        continue;
      }
      State& parent = states_[parent_[i]];
      parent.child_bits |= child_bit(letter_[i]);
      uint32_t slot = child_slot(letter_[i], parent.child_mask);
      while (children_[parent.child_begin + slot].word != kNone) slot = (slot + 1) & parent.child_mask;
      children_[parent.child_begin + slot] = {letter_[i], i};
    }
  }

  void build_links() {
    for (uint32_t i = 1; i < parent_.size(); ++i) {
      if (parent_[i] == 0) continue;
      uint32_t state = states_[parent_[i]].fail;
      uint32_t next = kNone;
      while (state != 0 && (next = find_child(states_[state], children_.data(), letter_[i])) == kNone) state = states_[state].fail;
      states_[i].fail = next != kNone ? next : root_next_[letter_[i]];
    }
  }

  void build_outputs() {
    std::vector<uint32_t> counts(states_.size(), 0), filled(states_.size(), 0);
    for (uint32_t state : phrase_state_) ++counts[state];
    uint32_t begin = 0;
    for (size_t i = 0; i < states_.size(); ++i) {
      states_[i].out_begin = counts[i] == 0 ? kNone : begin;
      begin += counts[i];
    }
    outputs_.assign(phrase_state_.size(), Output{});
    for (uint32_t phrase = 0; phrase < phrase_state_.size(); ++phrase) {
      uint32_t state = phrase_state_[phrase], place = filled[state]++;
      outputs_[states_[state].out_begin + place] = {phrase, phrase_words_[phrase], phrase_flags_[phrase], filled[state] == counts[state]};
    }
    // Links lead to smaller numbers, so that what they lead to is known.
    std::vector<uint32_t> about(states_.size(), kStops);
    for (size_t i = 1; i < states_.size(); ++i) {
      State& state = states_[i];
      state.out_link = states_[state.fail].out_begin != kNone ? state.fail : states_[state.fail].out_link;
      if (state.out_begin != kNone || state.out_link != 0) about[i] |= kEndsPhrase;
      if (i >= deep_ && (state.child_bits != 0 || (about[state.fail] & kStops) == 0)) about[i] &= ~kStops;
    }
    for (uint32_t& next : root_next_) next |= about[next];
    for (Child& child : children_) child.next |= child.word == kNone ? 0 : about[child.next];
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
    head.byte_order = kByteOrder;
    head.words = words_;
    head.phrases = static_cast<uint32_t>(phrase_words_.size());
    head.states = static_cast<uint32_t>(states_.size());
    head.deep = deep_;
    std::string image(sizeof(Header), '\0');
    put(image, head, kStage1, stage1_); put(image, head, kStage2, stage2_); put(image, head, kExpansions, expansions_);
    put(image, head, kPilots, vocabulary_.pilots); put(image, head, kEntries, vocabulary_.entries);
    put_bytes(image, head, kLongText, vocabulary_.long_text.data(), vocabulary_.long_text.size());
    put(image, head, kOpenings, openings_); put(image, head, kSequels, sequels_); put(image, head, kRootNext, root_next_); put(image, head, kStates, states_); put(image, head, kChildren, children_);
    put(image, head, kOutputs, outputs_);
    image.resize((image.size() + 63) / 64 * 64, '\0');
    head.total_bytes = image.size();
    std::memcpy(image.data(), &head, sizeof head);
    return image;
  }

  std::vector<uint16_t> stage1_;
  std::vector<uint32_t> stage2_, expansions_;
  std::vector<Surface> surfaces_;
  uint32_t words_ = 0, deep_ = 1;
  std::vector<uint32_t> phrase_text_, phrase_state_;
  std::vector<uint8_t> phrase_words_, phrase_flags_, depth_;
  std::vector<uint32_t> parent_, letter_, root_next_;
  Words vocabulary_;
  std::vector<uint64_t> openings_, sequels_;
  std::vector<Edge> edges_;
  std::vector<Child> children_;
  std::vector<State> states_;
  std::vector<Output> outputs_;
};

}  // namespace fastmatch
