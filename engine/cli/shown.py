"""How numbers are shown to people."""

from engine.explanation import Explanation


def percent(share: float) -> str:
    """Write a share rounded down, so that 0.849 does not read as the 85% it falls short of."""
    return f"{int(share * 100 + 1e-9)}%"


def explanation_lines(explanation: Explanation | None) -> list[str]:
    """Return an explanation as lines, weights in log-odds first; none without an explanation."""
    if explanation is None:
        return []
    moved = [f"{i.weight:+.2f} {i.words} ({i.model})" for i in explanation.influences]
    lost = [f"not {c.code}: {c.words}" for c in explanation.contrasts]
    return [f"{explanation.code} scored {explanation.score:.2f}:", *moved, *lost]
