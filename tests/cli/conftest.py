"""A terminal to run commands on."""

from pathlib import Path

import pytest
from command_line import Terminal


@pytest.fixture
def terminal(home: Path, tmp_path: Path) -> Terminal:
    """A terminal in an empty folder, on the session's store."""
    return Terminal(home, tmp_path)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the tester's own settings and store out of the tests."""
    monkeypatch.setenv("CHARTCODER_HOME", str(tmp_path / "nowhere"))
    monkeypatch.delenv("CHARTCODER_DEBUG", raising=False)
