"""Deletion of old snapshots and failed runs."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.snapshots import Draft, retain, snapshots
from tests.support.events.memory import NOW
from tests.support.reports.snapshot_folders import DAY, day


def test_old_snapshots_are_deleted_except_the_newest_of_a_campaign(tmp_path: Path) -> None:
    spring = [day(tmp_path, ago, "spring") for ago in (0, 5, 30, 31, 90)]
    autumn = [day(tmp_path, ago, "autumn") for ago in (60, 61)]
    gone = retain(tmp_path, timedelta(days=30), NOW + timedelta(seconds=30))
    assert sorted(gone) == sorted([*spring[3:], autumn[1]])
    assert {one.folder for one in snapshots(tmp_path)} == {*spring[:3], autumn[0]}
    page = (tmp_path / "index.html").read_text("utf-8")
    assert all((folder.name in page) is (folder not in gone) for folder in spring + autumn)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".removing")]
    assert retain(tmp_path, timedelta(days=30), NOW + timedelta(seconds=30)) == []


def test_failed_runs_expire_by_the_time_of_failure(tmp_path: Path) -> None:
    old = Draft(tmp_path, "spring", clock=lambda: NOW - 40 * DAY).fail("why")
    new = Draft(tmp_path, "spring", clock=lambda: NOW - 20 * DAY).fail("why")
    assert retain(tmp_path, 30 * DAY, NOW) == [old]
    assert new.is_dir()


def test_active_runs_and_other_folders_are_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "notes.txt").write_text("")
    left = tmp_path / ".making-spring-00000000"
    left.mkdir()
    with Draft(tmp_path, "spring") as draft:
        left.mkdir(exist_ok=True)
        retain(tmp_path, timedelta(0), NOW + 400 * DAY)
        assert draft.folder.is_dir()
        assert not left.exists()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".lock", "index.html", "mine", "notes.txt"]
    with pytest.raises(ArchiveError, match="is not a folder of snapshots"):
        retain(tmp_path / "nowhere", DAY, NOW)


@pytest.mark.usefixtures("matrix")
@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab")), min_size=1, max_size=6),
    st.integers(0, 6),
)
def test_recent_snapshots_and_the_newest_of_each_campaign_remain(
    made: list[tuple[int, str]], keep: int
) -> None:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - a folder for each example

    with TemporaryDirectory() as folder:
        out = Path(folder)
        ages = {day(out, ago, campaign, formats=()): (ago, campaign) for ago, campaign in made}
        gone = retain(out, keep * DAY, NOW + timedelta(seconds=30))
        remaining = [ages[one.folder] for one in snapshots(out)]
        assert {campaign for _, campaign in remaining} == {campaign for _, campaign in made}
        for ago, campaign in (ages[one] for one in gone):
            assert ago > keep
            assert min(a for a, c in made if c == campaign) <= ago
        assert len(remaining) + len(gone) == len(made)
        for campaign in "ab":
            old = [ago for ago, of in remaining if of == campaign and ago > keep]
            assert len(old) <= 1
