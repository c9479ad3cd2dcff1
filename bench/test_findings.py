"""Text to findings with assertion, notes of 5 kB, one core each: ours beside medspaCy and pyahocorasick with negspacy.

Peers stop at spans with a negation; ours is timed at that point ("mentions": it has codes, section, time and person as
well), and whole, from note to suggestions. The answers cannot be the same: pipelines cut words and sentences their own
way. So it is asserted that most of what a peer says is said by us too, and the agreement stands in the results.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from statistics import median
from typing import Any

import pytest

from bench.conftest import Note
from bench.contest import OURS, REPLAY, Entrant, Outcome, hold, replay, spread
from bench.corpus import all_terms, notes_of_5_kb, pipeline_phrases
from engine.live import Live

NOTES = 16
ROUNDS = 7
MENTIONS = f"{OURS}, mentions"
PEERS = ("medspaCy", "pyahocorasick + negspacy")
# Of a peer's spans, those that ours overlap; of the spans that are the same, those of the same negation.
MIN_FOUND, MIN_SAME_NEGATION = 0.8, 0.8


@pytest.fixture(scope="session")
def pipelines(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Outcome]:
    """Hold the contest, once."""

    @cache
    def held() -> Outcome:
        home = str(live.config.home)
        given = {"job": "pipeline", "phrases": pipeline_phrases(all_terms(live)), "texts": notes_of_5_kb(NOTES)}
        entrants = [Entrant(name, case={"home": home}) for name in (OURS, MENTIONS)]
        entrants += [Entrant(peer) for peer in PEERS]
        return hold(entrants, given, tmp_path_factory.mktemp("pipelines"), rounds=ROUNDS, limit_s=12)

    return held


def agreement(ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]]) -> tuple[float, float]:
    """Return which part of their spans ours overlap, and which part of the same spans have the same negation."""
    found = same = equal = total = 0
    for mine, peers in zip(ours, theirs, strict=True):
        negations: Mapping[tuple[int, int], bool] = {(begin, end): negated for begin, end, negated in mine}
        total += len(peers)
        for begin, end, negated in peers:
            found += any(b < end and begin < e for b, e in negations)
            if (begin, end) in negations:
                same += 1
                equal += negations[begin, end] == negated
    return found / max(1, total), equal / max(1, same)


@pytest.mark.benchmark(timer=REPLAY)
@pytest.mark.parametrize("engine", [OURS, MENTIONS, *PEERS])
def test_text_to_findings(benchmark: Any, pipelines: Callable[[], Outcome], engine: str) -> None:
    outcome = pipelines()
    if engine in outcome.absent:
        pytest.skip(f"{engine}: {outcome.absent[engine]}")
    said = outcome.answers[engine]["said"]
    found, equal = agreement(outcome.answers[MENTIONS]["said"], said)
    assert found >= MIN_FOUND
    assert equal >= MIN_SAME_NEGATION
    benchmark.group = "text to findings, 5 kB notes"
    times = outcome.rounds[engine]
    extra = {"times_ours": round(median(outcome.ratios(engine)), 2)} if engine in PEERS else {}
    replay(
        benchmark, times, engine=engine, notes_per_s=round(NOTES / median(times), 1), **extra,
        mentions_a_note=round(sum(map(len, said)) / len(said), 1), found_by_us_too=round(found, 2),
        same_negation=round(equal, 2), load_s=round(outcome.loaded[engine]["build_s"], 1),
        memory_mib=round(outcome.loaded[engine]["memory_mib"]),
    )  # fmt: skip


@pytest.mark.gate
def test_findings_come_at_their_rate_and_far_ahead_of_peers(
    pipelines: Callable[[], Outcome], targets: dict[str, dict[str, float]], record: Note
) -> None:
    """Where `make bench-peers` was run, the ratios are held too."""
    outcome, missed = pipelines(), []
    for engine, want in targets["findings_per_s"].items():
        rates = [NOTES / seconds for seconds in outcome.rounds[engine]]
        record(f"text to findings, {engine}", max(rates), "notes/s", want, spread=spread(rates))
        missed += [f"{engine}: got {max(rates):.0f} notes/s, want >= {want}"] * (max(rates) < want)
    for peer, want in targets["findings_ratio"].items():
        if peer in outcome.rounds:
            ratios = outcome.ratios(peer)
            record(f"note to suggestions, ahead of {peer}", median(ratios), "times", want, spread=spread(ratios))
            missed += [f"beside {peer}: got {median(ratios):.1f} times, want >= {want}"] * (median(ratios) < want)
    assert not missed
