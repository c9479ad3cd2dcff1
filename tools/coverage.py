"""Measures how much of what notes list as diagnoses yields a finding: python -m tools.coverage NOTES [--missed N].

Read are the lines and numbered items of sections that state diagnoses, up to 15 words and no sentences. Only figures
are printed, by section; --missed also lists the commonest items that yield nothing, for a developer's eyes and openly
licensed notes.
"""

import argparse
import gzip
import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from engine.config import Config
from engine.live import Live
from engine.pipeline import Pipeline
from engine.text.sections import find_sections
from engine.types import Chart, Document

SECTIONS = (
    "PROBLEM_LIST", "ASSESSMENT", "IMPRESSION", "DIAGNOSIS", "ADMISSION_DIAGNOSIS", "DISCHARGE_DIAGNOSIS",
    "PREOPERATIVE_DIAGNOSIS", "POSTOPERATIVE_DIAGNOSIS",
)  # fmt: skip
MOST_WORDS = 15
_ITEM_END = re.compile(r"\n|(?<![\d.])[,\s]*\b\d{1,2}[.)](?=\s|$)|[.;](?=\s|,|$)")
# A sentence is no line of a list: it reasons, reports or orders.
_SENTENCE = re.compile(
    r"\b(?:is|are|was|were|will|be|been|has|had|have|may|should|would|can|could|he|she|they|we|i|you|it|this|there|these"
    r"|performed|recommend(?:ed)?|continue|discussed|placed|given|mg|procedures?|operations?|normal|negative|dr)\b",
    re.IGNORECASE,
)
_SAME = re.compile(r"same|none|as above|deferred|see above|n/?a|stable|unchanged|pending", re.IGNORECASE)


def read_items(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the items of a note that state diagnoses, as (section, begin, end)."""
    for section in find_sections(text):
        if section.name not in SECTIONS:
            continue
        begin = section.body_begin
        ends = [(found.start(), found.end()) for found in _ITEM_END.finditer(text, begin, section.end)]
        for end, following in [*ends, (section.end, section.end)]:
            words = re.findall(r"[^\W\d_]{2,}", text[begin:end])
            if words and len(words) <= MOST_WORDS and not _is_no_diagnosis(text[begin:end], " ".join(words)):
                yield section.name, begin, end
            begin = following


def _is_no_diagnosis(item: str, words: str) -> bool:
    return bool(_SENTENCE.search(item) or _SAME.fullmatch(words))


def measure(notes: Path, pipeline: Pipeline) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Count items and covered items by section, and the items that yield no finding by their words."""
    items, covered, missed = Counter[str](), Counter[str](), Counter[str]()
    with gzip.open(notes, "rt", encoding="utf-8") as file:
        for line in file:
            text = json.loads(line)["text"]
            begins = sorted(f.mention.begin for f in pipeline.code(Chart("note", (Document(text),))).findings)
            for section, begin, end in read_items(text):
                items[section] += 1
                place = bisect_left(begins, begin)
                if place < len(begins) and begins[place] < end:
                    covered[section] += 1
                else:
                    missed[" ".join(re.findall(r"[\w'/-]+", text[begin:end].lower()))] += 1
    return items, covered, missed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.coverage", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notes", type=Path, help="gzipped JSON lines with a text each")
    parser.add_argument("--missed", type=int, default=0, metavar="N", help="also list N items that yield nothing")
    given = parser.parse_args()
    items, covered, missed = measure(given.notes, Live.open(Config.load()).pipeline)
    for section in SECTIONS:
        if items[section]:
            print(f"{section:24} {covered[section]:6} of {items[section]:6}  {covered[section] / items[section]:.3f}")
    total = items.total()
    print(f"{'all':24} {covered.total():6} of {total:6}  {covered.total() / max(1, total):.3f}")
    for words, count in sorted(missed.items(), key=lambda pair: (-pair[1], pair[0]))[: given.missed]:
        print(f"{count:4}  {words}")


if __name__ == "__main__":
    main()
