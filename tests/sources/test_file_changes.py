"""Only files that a watcher reports are polled, and nothing is missed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.io import mounts
from campaign_live_widgets.sources import FileSlice, Location, Tail, Tally
from campaign_live_widgets.sources.files.file_changes import FileChanges

if TYPE_CHECKING:
    from collections.abc import Callable

LINE: Final = '{"event_id": "1", "event_type": "sent"}\n'
NAMES: Final = ("a.ndjson", "b.csv", "c.txt", "_d.csv", ".e.csv", "f.csv.part", "g-manifest.json")
FOLDERS: Final = ("", "day", "day/hour", "week", "_week", "x.parquet")


def parts(slices: list[FileSlice]) -> list[tuple[str, int, int]]:
    return [(f.file.path, f.start, f.end) for f in slices]


def poll(tail: Tail, changed: set[str] | None = None) -> list[tuple[str, int, int]]:
    slices = tail.poll(changed)
    for file_slice in slices:
        tail.commit(file_slice, 1, Tally(ignored=1))
    return parts(slices)


class Disk:
    """A folder, and what a watcher would report of the operations in it."""

    def __init__(self, root: Path) -> None:
        self.root, self.reported = root, set[str]()
        self.outside = Path(tempfile.mkdtemp(dir=root.parent))

    def _report(self, path: Path) -> None:
        self.reported.add(str(path.relative_to(self.root)))

    def write(self, folder: str, name: str, text: str) -> None:
        """Write or replace a file; a new folder is reported, and what is in it by then is not."""
        place = self.root / folder
        missing = [p for p in (place, *place.parents) if not p.exists()]
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
        self._report(missing[-1] if missing else place / name)

    def append(self, folder: str, name: str) -> None:
        path = self.root / folder / name
        if path.is_file():
            with path.open("a", encoding="utf-8") as out:
                out.write(LINE)
            self._report(path)

    def rename(self, folder: str, name: str, other: str) -> None:
        path = self.root / folder / name
        if path.is_file():
            path.replace(self.root / folder / other)
            self._report(path)
            self._report(self.root / folder / other)

    def delete(self, folder: str, name: str) -> None:
        path = self.root / folder / name
        if path.is_file():
            path.unlink()
            self._report(path)

    def move_out(self, folder: str) -> None:
        path = self.root / folder
        if folder and path.is_dir():
            shutil.rmtree(self.outside)
            path.replace(self.outside)
            self._report(path)

    def move_in(self, folder: str) -> None:
        path = self.root / folder
        if folder and not path.exists() and path.parent.exists():
            shutil.copytree(self.outside, path)
            self._report(path)


folders, names = st.sampled_from(FOLDERS), st.sampled_from(NAMES)
OPERATIONS: Final = st.one_of(
    st.tuples(st.just("write"), folders, names, st.sampled_from((LINE, LINE * 3, "", "{"))),
    st.tuples(st.just("write"), folders, names, st.just(LINE)),
    st.tuples(st.just("append"), folders, names),
    st.tuples(st.just("rename"), folders, names, names),
    st.tuples(st.just("delete"), folders, names),
    st.tuples(st.just("move_out"), folders),
    st.tuples(st.just("move_in"), folders),
)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.lists(OPERATIONS, max_size=3), max_size=8), data=st.data())
def test_what_is_reported_is_as_good_as_looking_at_everything(
    steps: list[list[tuple[str, ...]]], data: st.DataObject
) -> None:
    source = data.draw(st.sampled_from(("", "/", "/*.csv", "/*", "/**/*.csv", "/*/b.csv")))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "events")
        root.mkdir()
        disk = Disk(root)
        narrow, full = (Tail(Location.parse(f"{root}{source}")) for _ in range(2))
        assert poll(narrow) == poll(full)
        for step in steps:
            for name, *parameters in step:
                getattr(disk, name)(*parameters)
            changed, disk.reported = disk.reported, set()
            assert poll(narrow, changed) == poll(full)
            assert list(narrow.files) == list(full.files)
            assert narrow.others == full.others
            assert narrow.is_rewritten == full.is_rewritten
            narrow.is_rewritten = full.is_rewritten = False
            assert (narrow.waiting, narrow.problems) == (full.waiting, full.problems)
            assert narrow.totals.ignored == full.totals.ignored
            assert full.totals.ignored == sum(s.tally.ignored for s in full.files.values())


def test_only_reported_files_are_polled(tmp_path: Path) -> None:
    tail = Tail(Location.parse(tmp_path))
    (tmp_path / "a.ndjson").write_text(LINE)
    assert len(poll(tail)) == 1
    assert poll(tail, set()) == []
    assert not tail.has_polled_all
    (tmp_path / "b.ndjson").write_text(LINE)
    (tmp_path / "a.ndjson").write_text(LINE * 2)
    assert poll(tail, set()) == []
    assert poll(tail, {"b.ndjson"}) == [(f"{tmp_path}/b.ndjson", 0, len(LINE))]
    assert not tail.has_polled_all
    assert poll(tail) == [(f"{tmp_path}/a.ndjson", len(LINE), 2 * len(LINE))]


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_files_with_another_name_are_polled_each_time(
    tmp_path: Path, link: Callable[[Path, Path], None]
) -> None:
    """A change of the other name is reported for the other folder, if at all."""
    elsewhere, folder = tmp_path / "log.ndjson", tmp_path / "events"
    folder.mkdir()
    elsewhere.write_text(LINE)
    tail = Tail(Location.parse(folder))
    link(elsewhere, folder / "a.ndjson")
    assert len(poll(tail, {"a.ndjson"})) == 1
    assert tail.has_polled_all, "there was no poll before it"
    link(elsewhere, folder / "b.ndjson")
    assert len(poll(tail, {"b.ndjson"})) == 1
    assert not tail.has_polled_all
    with elsewhere.open("a") as out:
        out.write(LINE)
    assert len(poll(tail, set())) == 2
    assert not tail.has_polled_all


def test_below_linked_folders_all_files_are_polled(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "days", tmp_path / "events"
    for path in (elsewhere, folder):
        path.mkdir()
    (folder / "days").symlink_to(elsewhere)
    tail = Tail(Location.parse(folder))
    assert poll(tail) == []
    (elsewhere / "a.ndjson").write_text(LINE)
    assert len(poll(tail, set())) == 1


def test_a_file_that_was_not_read_to_its_end_is_polled_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    tail = Tail(Location.parse(tmp_path))
    assert poll(tail) == []
    path.write_text(LINE + "{")
    assert len(poll(tail, {"a.ndjson"})) == 1
    assert list(tail.waiting) == [str(path)]
    path.write_text(LINE * 2)
    assert poll(tail, set()) == [(str(path), len(LINE), 2 * len(LINE))]
    assert poll(tail, set()) == []
    path.write_text(LINE * 3)
    assert poll(tail, set()) == [], "it was read to its end, and nothing was reported"


class Clock:
    """A clock that tests set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def watched(folder: Path, clock: Clock) -> FileChanges:
    """Return the changes of a folder that is watched, after a poll of all files."""
    changes = FileChanges(clock)
    assert changes.take() is None, "there is no watcher"
    changes.polled(0.0)
    changes.begin(folder)
    assert changes.take() is None, "the first poll after the start looks at all"
    changes.polled(0.001)
    return changes


def test_reported_paths_are_taken_once(tmp_path: Path, clock: Clock) -> None:
    changes = watched(tmp_path, clock)
    changes.add([f"{tmp_path}/a.csv", f"{tmp_path}/day/b.csv"])
    assert changes.take() == {"a.csv", "day/b.csv"}
    changes.polled(None)
    assert changes.take() == set()


def test_a_poll_that_failed_is_followed_by_one_of_all_files(tmp_path: Path, clock: Clock) -> None:
    changes = watched(tmp_path, clock)
    changes.add([f"{tmp_path}/a.csv"])
    assert changes.take() == {"a.csv"}
    assert changes.take() is None


def test_all_files_are_polled_from_time_to_time(tmp_path: Path, clock: Clock) -> None:
    """The more seldom the longer it takes."""
    changes = watched(tmp_path, clock)
    for took, interval in ((0.001, 5.0), (0.1, 20.0), (3.0, 60.0)):
        changes.poll_all()
        assert changes.take() is None
        changes.polled(took)
        clock.now += interval - 0.1
        assert changes.take() == set()
        changes.polled(None)
        clock.now += 0.2
        assert changes.take() is None
        changes.polled(0.001)


def test_too_many_changes_are_not_trusted(tmp_path: Path, clock: Clock) -> None:
    changes = watched(tmp_path, clock)
    changes.add(f"{tmp_path}/{number}.csv" for number in range(1001))
    assert changes.take() is None


def test_a_path_elsewhere_is_not_trusted(tmp_path: Path, clock: Clock) -> None:
    changes = watched(tmp_path, clock)
    changes.add([f"{tmp_path}-2/a.csv"])
    assert changes.take() is None


def test_a_folder_that_was_replaced_is_not_trusted(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    changes = watched(folder, clock)
    folder.rename(tmp_path / "old")
    folder.mkdir()
    assert changes.take() is None


def test_without_a_watcher_all_files_are_polled(tmp_path: Path, clock: Clock) -> None:
    changes = watched(tmp_path, clock)
    changes.add([f"{tmp_path}/a.csv"])
    changes.end()
    assert changes.take() is None
    changes.polled(0.0)
    assert changes.take() is None


def test_a_new_folder_is_polled_again_soon(tmp_path: Path, clock: Clock) -> None:
    changes = watched(tmp_path, clock)
    changes.expect_more()
    assert changes.take() == set()
    changes.polled(None)
    clock.now += 2.1
    assert changes.take() is None


LINES: Final = [
    "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
    "30 22 0:40 / /mnt/share rw - nfs4 server:/x rw",
    "31 22 0:41 / /mnt/two\\040words rw shared:1 - fuse.sshfs x rw",
    "32 22 0:42 / /run rw - tmpfs tmpfs rw",
    "33 32 0:43 / /run/a/deep/drive rw - cifs //x rw",
]


@pytest.mark.parametrize(
    ("folder", "is_local"),
    [
        *(("/data", True), ("/mnt/share", False), ("/mnt/share/a/b", False), ("/mnt/shared", True)),
        *(("/mnt/two words/a", False), ("/run/x", True), ("/run/a", False), ("/mnt", False)),
        ("/", False),
    ],
)
def test_only_local_disks_without_other_ones_inside_are_trusted(
    folder: str,
    is_local: bool,  # noqa: FBT001
) -> None:
    assert mounts._is_local(LINES, folder) is is_local
