// What phrases are for that are no terms: a cue, a hint, a part of a term. Divides hits by it.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "_fastmatch_walk.hpp"

namespace fastmatch {

// A phrase is the `number`th of a role; it may be several, and of several roles.
struct Use {
  int32_t phrase, role, number;
};

// Hits by role, each naming its number in place of a phrase, and the reported words.
struct Divided {
  std::vector<std::vector<Hit>> by_role;
  std::vector<Span> words;
};

class Roles {
 public:
  Roles() = default;

  // `uses` of a phrase stand together. Throws std::invalid_argument on a phrase or role that there is none of.
  Roles(uint32_t phrases, int32_t roles, std::vector<Use> uses) : roles_(static_cast<size_t>(roles)), uses_(std::move(uses)) {
    first_.assign(phrases, 0);
    for (size_t i = 0; i < uses_.size(); ++i) {
      const Use& use = uses_[i];
      if (use.phrase < 0 || static_cast<uint32_t>(use.phrase) >= phrases || use.role < 0 || use.role >= roles)
        throw std::invalid_argument("use of a phrase: got phrase " + std::to_string(use.phrase) + ", role " + std::to_string(use.role) +
                                    ", want those of the dictionary");
      uint32_t& first = first_[static_cast<size_t>(use.phrase)];
      if (first == 0) first = static_cast<uint32_t>(i + 1);
      else if (uses_[i - 1].phrase != use.phrase) throw std::invalid_argument("uses of phrases: want those of a phrase together");
    }
  }

  // Keeps the order of the hits.
  Divided divide(const std::vector<Hit>& hits) const {
    Divided divided;
    divided.by_role.resize(roles_);
    for (const Hit& hit : hits) {
      if (hit.phrase == kNoPhrase) {
        divided.words.push_back({hit.begin, hit.end});
        continue;
      }
      size_t phrase = static_cast<size_t>(hit.phrase);
      if (phrase >= first_.size() || first_[phrase] == 0) continue;
      for (size_t i = first_[phrase] - 1u; i < uses_.size() && uses_[i].phrase == hit.phrase; ++i)
        divided.by_role[static_cast<size_t>(uses_[i].role)].push_back({hit.begin, hit.end, uses_[i].number});
    }
    return divided;
  }

 private:
  size_t roles_ = 0;
  std::vector<Use> uses_;
  std::vector<uint32_t> first_;  // of a phrase, one more than where its uses begin; 0 if it has none
};

}  // namespace fastmatch
