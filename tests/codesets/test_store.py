"""The store: the date of service picks the release."""

from datetime import date
from pathlib import Path

import pytest
from made_files import open_release, small_release

from codesets.errors import NoReleaseError, SnapshotError
from codesets.store import Releases, save_release
from codesets.types import Node, ReleaseSource, System


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    for version in ("2025", "2026", "2027"):
        save_release(tmp_path, small_release(version))
    for version, first in (("2026-01", date(2026, 1, 1)), ("2026-04", date(2026, 4, 1))):
        save_release(tmp_path, open_release(version, first, None))
    return Releases.open(tmp_path)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2024, 10, 1), "2025"),
        (date(2025, 9, 30), "2025"),
        (date(2025, 10, 1), "2026"),
        (date(2026, 3, 31), "2026"),
        (date(2026, 9, 30), "2026"),
        (date(2026, 10, 1), "2027"),
        (date(2027, 9, 30), "2027"),
        (None, "2027"),
    ],
)
def test_the_release_in_force_on_the_day_is_chosen(releases: Releases, day: date | None, version: str) -> None:
    assert releases.release(System.ICD10CM, day).release.version == version


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2026, 1, 1), "2026-01"),
        (date(2026, 3, 31), "2026-01"),
        (date(2026, 4, 1), "2026-04"),
        (date(2099, 1, 1), "2026-04"),
    ],
)
def test_of_releases_without_an_end_the_newest_that_has_begun_is_chosen(
    releases: Releases, day: date, version: str
) -> None:
    assert releases.release(System.HCPCS, day).release.version == version


@pytest.mark.parametrize("day", [date(2024, 9, 30), date(2027, 10, 1), date.min, date.max])
def test_a_day_outside_every_release_is_refused_with_what_is_loaded(releases: Releases, day: date) -> None:
    with pytest.raises(NoReleaseError, match=f"got {day.isoformat()}") as caught:
        releases.release(System.ICD10CM, day)
    assert "2026: 2025-10-01 to 2026-09-30" in str(caught.value)
    assert "codesets import" in str(caught.value)


def test_a_system_without_a_release_is_refused(releases: Releases) -> None:
    with pytest.raises(NoReleaseError, match="system cpt: no release is loaded"):
        releases.release(System.CPT)
    assert releases.snapshots(System.CPT) == []


def test_releases_are_listed_by_system_newest_first(releases: Releases) -> None:
    assert [(release.system, release.version) for release in releases.list()] == [
        (System.ICD10CM, "2027"),
        (System.ICD10CM, "2026"),
        (System.ICD10CM, "2025"),
        (System.HCPCS, "2026-04"),
        (System.HCPCS, "2026-01"),
    ]
    assert releases.systems() == [System.ICD10CM, System.HCPCS]


def test_a_rebuilt_release_takes_the_place_of_the_old(tmp_path: Path) -> None:
    first = save_release(tmp_path, small_release())
    assert save_release(tmp_path, small_release()) == first
    assert len(list((tmp_path / "snapshots").iterdir())) == 1


def test_a_store_without_releases_is_empty(tmp_path: Path) -> None:
    assert not Releases.open(tmp_path)


def test_one_broken_snapshot_is_named(tmp_path: Path) -> None:
    save_release(tmp_path, small_release())
    broken = save_release(tmp_path, small_release("2027"))
    broken.write_bytes(broken.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match=broken.name):
        Releases.open(tmp_path)


def test_a_code_is_new_in_the_first_release_that_may_report_it(tmp_path: Path) -> None:
    def node(code: str, *, billable: bool = True, added: date | None = None) -> Node:
        return Node(code, f"Title of {code}", "", billable, added=added)

    years = {
        2025: (node("I10"), node("R51")),
        2026: (node("I10"), node("R51", billable=False), node("R51.0"), node("U07.1", added=date(2026, 4, 1))),
        2027: (
            node("I10", added=date(2015, 10, 1)),
            node("R51.0"),
            node("U07.1"),
            node("Z99.9", added=date(2026, 10, 1)),
        ),
    }
    for year, nodes in years.items():
        days = date(year - 1, 10, 1), date(year, 9, 30)
        save_release(tmp_path, ReleaseSource(System.ICD10CM, str(year), *days, "made", nodes))
    releases = Releases.open(tmp_path)
    new = {
        snapshot.release.version: {code for code in snapshot.codes() if releases.is_new(snapshot, code)}
        for snapshot in releases.snapshots(System.ICD10CM)
    }
    # The first release has none before it. R51 may not be reported any more from 2026 on, R51.0 may.
    assert new == {"2025": set(), "2026": {"R51.0", "U07.1"}, "2027": {"Z99.9"}}
    assert not releases.is_new(releases.snapshots(System.ICD10CM)[0], "no code")
