// Sections and sentences of a text, and what its cues say: see _fasttext_sections, _fasttext_sentences and _fasttext_scope.
#pragma once

#include <type_traits>

#include "_fasttext_scope.hpp"
#include "_fasttext_sections.hpp"
#include "_fasttext_sentences.hpp"

namespace fasttext {

// Calls `cut` with the text in the width that it is kept in: 1, 2 or 4 bytes a code point.
template <class Cut>
void in_width(const void* data, Place size, int width, Cut cut) {
  if (width == 1) cut(Text<uint8_t>{static_cast<const uint8_t*>(data), size});
  else if (width == 2) cut(Text<uint16_t>{static_cast<const uint16_t*>(data), size});
  else cut(Text<uint32_t>{static_cast<const uint32_t*>(data), size});
}

inline void cut_sections(const Headings& headings, const Characters& characters, const void* data, Place size, int width,
                         std::vector<Section>& found) {
  in_width(data, size, width, [&](auto text) { SectionCutter(headings, characters, text).cut(found); });
}

inline void cut_sentences(const SentenceWords& words, const Characters& characters, const void* data, Place size, int width,
                          const std::vector<Part>& sections, std::vector<Span>& found) {
  in_width(data, size, width, [&](auto text) { SentenceCutter(words, characters, text).cut(sections, found); });
}

// Whether a text may have pages: it holds a form feed, or "pag" in any case. Like has_pair, it looks at many places at once.
inline bool may_have_pages(const void* data, Place size, int width) {
  bool found = false;
  in_width(data, size, width, [&](auto text) {
    using Unit = std::remove_const_t<std::remove_pointer_t<decltype(text.data)>>;
    Unit any = 0;
    for (Place i = 0; i < text.size; ++i) any = static_cast<Unit>(any | (text.data[i] == '\f'));
    for (Place i = 2; i < text.size; ++i)
      any = static_cast<Unit>(any | (((text.data[i - 2] | 0x20) == 'p') & ((text.data[i - 1] | 0x20) == 'a') & ((text.data[i] | 0x20) == 'g')));
    found = any != 0;
  });
  return found;
}

inline void read_scopes(const std::vector<CueRule>& rules, int32_t first_sign, const Characters& characters, const void* data,
                        Place size, int width, const std::vector<SectionDefault>& sections, const std::vector<Span>& sentences,
                        std::vector<CueAt>& cues, const std::vector<Span>& spans, std::vector<Reading>& readings) {
  in_width(data, size, width,
           [&](auto text) { ScopeReader(rules, first_sign, characters, text).read(sections, sentences, cues, spans, readings); });
}

}  // namespace fasttext
