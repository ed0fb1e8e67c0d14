"""A page counts what is in the files now, and knows how many counted events are in none of them.

The expected numbers come from sets of ids, and from a report that reads the files for the first
time.
"""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.engine import FileRollup, open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.environment import SERVER_FOLDER
from campaign_live_widgets.report import to_json
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    Row = dict[str, Any]

CAMPAIGN = "c1"
WINDOW = WINDOWS["30d"]
FORMS = ("ndjson", "csv", "parquet", "ndjson.gz", "csv.zst")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The private folder of a server."""
    folder = tmp_path / "server"
    folder.mkdir()
    monkeypatch.setenv(SERVER_FOLDER, str(folder))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    folder.mkdir()
    return folder


def page(source: Path) -> RollupFeed:
    """Open a page of the server that the environment names."""
    feed = RollupFeed(str(source), Query(campaign=CAMPAIGN, window=WINDOW, at=AT))
    feed.refresh()
    return feed


def report(source: Path) -> Row:
    """Return what `report` prints of the files as they are."""
    return to_json(open_rollup(source, CAMPAIGN, follow=False).snapshot(at=AT, window=WINDOW))


def page_report(feed: RollupFeed) -> tuple[Row, int]:
    """Return what a page shows, and how many events are gone."""
    data = to_json(feed.snapshot())
    return data, data["health"].pop("gone")


def gone(feed: RollupFeed) -> int:
    feed.refresh()
    return page_report(feed)[1]


def assert_as_report(feeds: Sequence[RollupFeed], source: Path) -> None:
    """Compare pages that have polled with a report of the files as they are."""
    expected = report(source)
    assert expected["health"].pop("gone") == 0
    for feed in feeds:
        assert page_report(feed)[0] == expected


def rows_of(seed: int, size: int) -> list[Row]:
    """Return rows of which no two have one id."""
    rows = generate.simple(seed, size)
    return list({row["event_id"]: row for row in rows}.values())[:size]


def overwrite(path: Path, content: bytes) -> None:
    """Replace the content of a file in place, as `cp` does: the inode stays."""
    with path.open("r+b") as out:
        out.write(content)
        out.truncate()


def encoded(rows: Sequence[Row], path: Path) -> bytes:
    """Return the bytes of a file of rows, in the format of its extension."""
    return files.write(list(rows), path.with_name(f"_{path.name}")).read_bytes()


class Files:
    """Files of a folder that a random walk changes, and the ids in each."""

    def __init__(self, folder: Path, rows: list[Row], rng: random.Random) -> None:
        self.folder, self.unused, self.rng = folder, rows, rng
        self.rows: dict[str, list[Row]] = {}
        self.lost: list[list[Row]] = []
        """The rows of files that were deleted, cut or replaced."""
        self.number = 0

    @property
    def ids(self) -> set[str]:
        return {row["event_id"] for rows in self.rows.values() for row in rows}

    def step(self) -> None:
        """Change one file in some way."""
        actions = [self.add, self.add]
        if self.rows:
            actions += [self.grow, self.cut, self.replace, self.delete, self.rename, self.copy]
            actions += [self.cut, self.replace, self.delete]
        if self.lost:
            actions += [self.bring_back, self.bring_back]
        self.rng.choice(actions)()

    def new_rows(self) -> list[Row]:
        count = self.rng.randint(1, 12)
        new, self.unused = self.unused[:count], self.unused[count:]
        return new

    def new_name(self) -> str:
        self.number += 1
        return f"{self.rng.randrange(10**6)}-{self.number}.{self.rng.choice(FORMS)}"

    def any_name(self) -> str:
        return self.rng.choice(sorted(self.rows))

    def set_rows(self, name: str, rows: list[Row], *, in_place: bool) -> None:
        path = self.folder / name
        if in_place and path.exists():
            overwrite(path, encoded(rows, path))
        else:
            files.write(rows, path)
        self.rows[name] = rows

    def add(self) -> None:
        self.set_rows(self.new_name(), self.new_rows(), in_place=False)

    def grow(self) -> None:
        name = self.any_name()
        new = self.new_rows()
        if name.endswith(".ndjson"):
            with (self.folder / name).open("a", encoding="utf-8") as out:
                out.write(files.ndjson_text(new))
            self.rows[name] = self.rows[name] + new
        else:
            self.set_rows(name, self.rows[name] + new, in_place=True)

    def cut(self) -> None:
        name = self.any_name()
        rows = self.rows[name]
        self.lost.append(rows)
        self.set_rows(name, rows[: self.rng.randrange(1, len(rows) + 1)], in_place=True)

    def replace(self) -> None:
        """Replace a file by one that may be longer or have the start of the old one."""
        name = self.any_name()
        rows = self.rows[name]
        self.lost.append(rows)
        start = rows[: self.rng.randrange(len(rows) + 1)]
        self.set_rows(name, start + self.new_rows(), in_place=self.rng.random() < 0.5)

    def delete(self) -> None:
        name = self.any_name()
        self.lost.append(self.rows.pop(name))
        (self.folder / name).unlink()

    def rename(self) -> None:
        name = self.any_name()
        new = f"{self.rng.randrange(10**6)}-{name}"
        (self.folder / name).rename(self.folder / new)
        self.rows[new] = self.rows.pop(name)

    def copy(self) -> None:
        self.set_rows(self.new_name(), self.rows[self.any_name()], in_place=False)

    def bring_back(self) -> None:
        rows = self.rng.choice(self.lost)
        self.set_rows(self.new_name(), rows, in_place=False)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.usefixtures("server")
def test_all_pages_agree_with_a_report_after_any_changes_of_files(source: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data
    changed = Files(source, rows_of(seed, 900), rng)
    changed.add()
    feeds, counted, lost = [page(source)], [changed.ids], set[str]()
    for number in range(24):
        changed.step()
        if len(feeds) < 3 and number % 7 == 6:
            feeds.append(page(source))
            counted.append(changed.ids)
        at_rest = number % 4 == 3
        for i, feed in enumerate(feeds):
            if at_rest or rng.random() < 0.5:
                feed.refresh()
                lost |= counted[i] - changed.ids
                counted[i] = changed.ids
        if at_rest:
            assert [gone(feed) for feed in feeds] == [len(lost - changed.ids)] * len(feeds)
            if changed.rows:
                assert_as_report(feeds, source)
            else:  # a report needs a file
                assert [page_report(feed)[0]["health"]["events"] for feed in feeds] == [0] * len(
                    feeds
                )
    assert lost


@pytest.mark.usefixtures("server")
def test_a_log_that_is_copied_and_cut(source: Path) -> None:
    rows = rows_of(50, 60)
    log = source / "log.ndjson"
    log.write_text(files.ndjson_text(rows[:40]), encoding="utf-8")
    first = page(source)
    shutil.copy(log, source / "log-1.ndjson")
    overwrite(log, b"")
    assert gone(first) == 0
    assert_as_report([first], source)
    overwrite(log, files.ndjson_text(rows[40:]).encode())
    (source / "log-1.ndjson").unlink()
    assert gone(first) == 40
    second = page(source)
    assert gone(second) == 40
    assert_as_report([first, second], source)


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_file_cut_and_grown_past_its_old_end_is_read_from_its_start(
    source: Path, form: str
) -> None:
    rows = rows_of(51, 400)
    path = files.write(rows[:20], source / f"a.{form}")
    feed = page(source)
    overwrite(path, encoded(rows[20:], path))
    assert gone(feed) == 20
    assert_as_report([feed], source)


@pytest.mark.parametrize("form", ["ndjson", "json", "csv"])
@pytest.mark.parametrize("size", [20, 1500], ids=["small", "large"])
def test_a_value_corrected_in_place_is_counted(source: Path, form: str, size: int) -> None:
    rows = [{**row, "event_type": "open"} for row in rows_of(52, size)]
    path = source / f"a.{form}"

    def content() -> bytes:
        if form == "json":
            return b"[" + files.ndjson_text(rows).replace("\n", ",\n").encode()[:-2] + b"]"
        return encoded(rows, path)

    path.write_bytes(content())
    feed = page(source)
    rows[size // 2]["event_type"] = "sent"
    size_before = path.stat().st_size
    overwrite(path, content())
    assert path.stat().st_size == size_before
    for _ in range(2):  # a large file that was touched may be growing: the second poll decides
        assert gone(feed) == 0
    assert_as_report([feed], source)


def test_a_last_line_that_was_read_at_rest_and_grows_is_read_again(source: Path) -> None:
    rows = rows_of(53, 3)
    path = source / "a.csv"
    text = files.csv_text([{**row, "reason": "full_mailbox"} for row in rows])
    text = "\n".join(text.splitlines())
    cut = text.rindex("full_mailbox") + len("full")
    path.write_text(text[:cut], encoding="utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    feed = page(source)
    with path.open("a", encoding="utf-8") as out:
        out.write(text[cut:] + "\n")
    feed.refresh()
    assert_as_report([feed], source)


@pytest.mark.usefixtures("matrix")
def test_a_file_that_becomes_incomplete_or_damaged_is_not_counted(source: Path) -> None:
    rows = rows_of(54, 60)
    files.write(rows[:10], source / "a.csv")
    for form in ("parquet", "ndjson.gz", "ndjson.zst", "json"):
        path = source / f"b.{form}"
        whole = (
            b"[" + b",".join(files.ndjson_text(rows[10:]).encode().splitlines()) + b"]"
            if form == "json"
            else encoded(rows[10:], path)
        )
        path.write_bytes(whole)
        feed = page(source)
        for broken in (whole[: len(whole) // 2], b"", b"not events\n" * 3):
            overwrite(path, broken)
            assert gone(feed) == 50, (form, broken[:20])
            assert page_report(feed)[0]["health"]["events"] == 10
            overwrite(path, whole)
            assert gone(feed) == 0
            assert_as_report([feed], source)
        path.unlink()


@pytest.mark.usefixtures("server")
def test_a_source_that_cannot_be_read_keeps_its_numbers(source: Path) -> None:
    rows = rows_of(55, 30)
    path = files.write(rows, source / "a.ndjson")
    feed, before = page(path), report(path)
    path.unlink()
    with pytest.raises(SourceError):
        feed.refresh()
    before["health"].pop("gone")
    assert page_report(feed) == (before, 0)
    files.write(rows[10:], path)
    assert gone(feed) == 10
    assert_as_report([feed], path)


def test_an_interrupted_recount_keeps_the_numbers(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(56, 30)
    files.write(rows[:10], source / "a.csv")
    path = files.write(rows[10:], source / "b.csv")
    rollup = open_rollup(source, CAMPAIGN)
    before = to_json(rollup.snapshot(at=AT, window=WINDOW))
    path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(FileRollup, "_merge", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            rollup.refresh()
    assert to_json(rollup.snapshot(at=AT, window=WINDOW)) == before
    rollup.refresh()
    assert rollup.health.gone == 20
    assert rollup.health.events == 10


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("server")
def test_recounting_forgets_what_is_gone_on_all_pages(source: Path) -> None:
    rows = rows_of(57, 40)
    path = files.write(rows, source / "a.ndjson")
    feeds = [page(source) for _ in range(3)]
    files.write(rows[:30], path)
    assert [gone(feed) for feed in feeds[:2]] == [10, 10]
    feeds[0].recount()
    assert page_report(feeds[0])[1] == 0
    assert [gone(feed) for feed in feeds] == [0, 0, 0], "the third page has not polled before"
    assert_as_report(feeds, source)
    files.write(rows[:29], path)
    assert [gone(feed) for feed in [*feeds, page(source)]] == [1, 1, 1, 1]


@pytest.mark.usefixtures("server")
def test_a_page_that_could_not_read_the_source_forgets_what_is_gone_later(source: Path) -> None:
    rows = rows_of(62, 40)
    path = files.write(rows, source / "a.ndjson")
    feeds = [page(path), page(path)]
    files.write(rows[:30], path)
    assert gone(feeds[0]) == 10
    feeds[0].recount()
    aside = path.rename(source / "aside")
    with pytest.raises(SourceError):
        feeds[1].refresh()
    aside.rename(path)
    assert [gone(feed) for feed in feeds] == [0, 0]
    assert_as_report(feeds, path)


def test_another_campaign_keeps_what_is_gone(source: Path) -> None:
    rows = rows_of(58, 40)
    path = files.write(rows, source / "a.ndjson")
    feed = page(source)
    files.write(rows[:30], path)
    other = next(c.id for c in feed.campaigns() if c.id != CAMPAIGN)
    feed.use(other)
    assert page_report(feed)[1] == 10
    feed.use(CAMPAIGN)
    assert page_report(feed)[1] == 10
    assert_as_report([feed], source)


def test_pages_of_two_servers_share_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(59, 40)
    path = files.write(rows, source / "a.ndjson")
    feeds = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(SERVER_FOLDER, str(tmp_path / name))
        feeds.append(page(source))
    files.write(rows[:30], path)
    assert gone(feeds[0]) == 10
    feeds[0].recount()
    assert gone(feeds[1]) == 10


def test_the_shared_file_has_no_id_and_is_private(source: Path, server: Path) -> None:
    rows = rows_of(60, 40)
    path = files.write(rows, source / "a.ndjson")
    feed = page(source)
    files.write(rows[:1], path)
    assert gone(feed) == 39
    (shared,) = (f for f in server.iterdir() if f.suffix != ".lock")
    content = shared.read_bytes()
    assert len(content) == 16 + 39 * 16
    assert shared.stat().st_mode & 0o077 == 0
    for row in rows:
        assert row["event_id"].encode() not in content
        assert row["profile_id"].encode() not in content


def test_numbers_stay_right_without_the_shared_folder(source: Path, server: Path) -> None:
    rows = rows_of(61, 40)
    path = files.write(rows, source / "a.ndjson")
    feed = page(source)
    shutil.rmtree(server)
    files.write(rows[:30], path)
    assert gone(feed) == 10
    feed.recount()
    assert gone(feed) == 0
    assert_as_report([feed], source)
