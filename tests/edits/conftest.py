"""One small store of edits for all of these tests."""

from pathlib import Path

import pytest
from made_tables import make_store, open_checker

from engine.edits.run import ClaimChecker


@pytest.fixture(scope="session")
def edits_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of small tables; tests read it and leave it as it is."""
    home = tmp_path_factory.mktemp("edits-home")
    make_store(home)
    return home


@pytest.fixture(scope="session")
def checker(edits_home: Path) -> ClaimChecker:
    """What checks claims against the small store."""
    return open_checker(edits_home)
