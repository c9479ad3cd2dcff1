"""How numbers are shown to people."""


def percent(share: float) -> str:
    """Write a share rounded down, so that 0.849 does not read as the 85% it falls short of."""
    return f"{int(share * 100 + 1e-9)}%"
