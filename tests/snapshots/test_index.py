"""The index page of a snapshots folder: all snapshots, their figures and valid links."""

import re
import shutil
import threading
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.snapshot import Selection
from campaign_live_widgets.snapshots import Draft, failed_runs, snapshots, write_index
from tests.support.events.memory import NOW, snapshot_of
from tests.support.reports.snapshot_folders import DAY, HOSTILE, day, events, publish


class Read(HTMLParser):
    """The content of a page: tags, links, the text of each row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.rows: list[str] = []
        self.headings: list[str] = []
        self._heading = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag == "tr":
            self.rows.append("")
        self._heading = tag == "h2" or (self._heading and tag != "small")
        if tag == "h2":
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        self._heading = self._heading and tag != "h2"

    def handle_data(self, data: str) -> None:
        if self.rows:
            self.rows[-1] += data + " "
        if self._heading:
            self.headings[-1] += data


def read(out: Path, locale: str = "en") -> Read:
    return Read(write_index(out, locale).read_text("utf-8"))


def plain(text: str) -> str:
    return " ".join(text.split())


def test_snapshots_are_listed_newest_first_and_other_folders_are_skipped(tmp_path: Path) -> None:
    made = [day(tmp_path, ago) for ago in (2, 0, 1)]
    again = day(tmp_path, 1)
    with Draft(tmp_path, "spring") as draft:
        (draft.folder / "manifest.json").write_text("{}")
        Draft(tmp_path, "spring").fail("why")
        (tmp_path / "mine").mkdir()
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "manifest.json").write_text("{")
        (tmp_path / "latest").symlink_to(made[1].name)
        write_index(tmp_path)
        folders = [one.folder for one in snapshots(tmp_path)]
    assert folders == [made[1], again, made[2], made[0]]
    assert [one.folder.name for one in failed_runs(tmp_path)] == ["spring.failed"]
    with pytest.raises(ArchiveError, match="is not a folder of snapshots: No such file"):
        snapshots(tmp_path / "nowhere")


def test_each_snapshot_shows_figures_and_their_denominators(tmp_path: Path) -> None:
    day(tmp_path, 0)
    day(tmp_path, 1)
    rows = [plain(row) for row in read(tmp_path).rows]
    assert rows[0] == "As of Window Delivered Bounce rate Open rate Files"
    assert rows[1:] == [
        "23 Nov 2026 15:05 UTC 24 h 8 20.0% of 10 sent 37.5% of 8 delivered CSV Notebook",
        "22 Nov 2026 15:05 UTC 24 h 18 10.0% of 20 sent 16.7% of 18 delivered CSV Notebook",
    ]
    french = [plain(row) for row in read(tmp_path, "fr").rows]
    assert french[1] == (
        "23 nov. 2026 15:05 UTC 24 h 8 20,0 % des 10 envoyés 37,5 % des 8 délivrés CSV Notebook"
    )


def test_a_window_without_a_send_has_no_rate(tmp_path: Path) -> None:
    publish(tmp_path, snapshot_of([]))
    assert plain(read(tmp_path).rows[1]) == "23 Nov 2026 15:05 UTC 24 h 0 – – CSV Notebook"  # noqa: RUF001


def test_links_are_relative_and_point_to_existing_files(tmp_path: Path) -> None:
    day(tmp_path, campaign='c"3&é', name="Été")
    run = Draft(tmp_path, "spring")
    (run.folder / "notebook.ipynb").write_text("{}")
    run.fail("why")
    page = read(tmp_path)
    assert len(page.links) == 3
    for link in page.links:
        assert (tmp_path / unquote(link)).is_file()


def test_hostile_text_is_escaped(tmp_path: Path) -> None:
    day(tmp_path, campaign=HOSTILE, name=HOSTILE)
    Draft(tmp_path, "spring", parameters={"campaign": HOSTILE}).fail(HOSTILE)
    page = write_index(tmp_path).read_text("utf-8")
    read_back = Read(page)
    assert "script" not in read_back.tags
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)" in page
    assert len(page) < 20_000
    assert "default-src 'none'" in page


def test_campaigns_are_grouped_with_the_newest_window_first(tmp_path: Path) -> None:
    day(tmp_path, 1, "autumn", "Autumn")
    day(tmp_path, 0, "spring", "Spring")
    day(tmp_path, 3, "spring", "Spring, as it was")
    assert [plain(heading) for heading in read(tmp_path).headings] == ["Spring", "Autumn"]


def test_a_sparkline_needs_two_comparable_snapshots(tmp_path: Path) -> None:
    day(tmp_path, 0)
    assert "svg" not in read(tmp_path).tags
    at = NOW - DAY
    part = replace(snapshot_of(events(at), at), selection=Selection(frozenset({"m1"})))
    publish(tmp_path, replace(part, campaign_name=None))
    page = read(tmp_path)
    assert "svg" not in page.tags
    assert "a part of the campaign" in page.rows[2]
    day(tmp_path, 2)
    page = read(tmp_path)
    assert page.tags.count("svg") == 3
    text = (tmp_path / "index.html").read_text("utf-8")
    points = re.findall(r'points="([^"]+)"', text)
    assert points[0] == "3.0,3.0 237.0,21.6"  # 28 and 8 delivered, from zero


def test_failed_runs_are_listed_separately_with_their_cause(tmp_path: Path) -> None:
    Draft(tmp_path, "spring", clock=lambda: NOW).fail("SourceError: events/ is not there")
    page = read(tmp_path)
    assert page.headings == ["Runs that failed"]
    assert plain(page.rows[1]) == (
        "23 Nov 2026 15:04 UTC spring.failed SourceError: events/ is not there"
    )
    shutil.rmtree(tmp_path / "spring.failed")
    (tmp_path / "spring.failed-3").mkdir()
    assert "the reason could not be kept" in read(tmp_path).rows[1]


def test_concurrent_readers_always_get_a_complete_index(tmp_path: Path) -> None:
    day(tmp_path)
    write_index(tmp_path)
    stop = threading.Event()
    seen: set[bool] = set()

    def watch() -> None:
        while not stop.is_set():
            text = (tmp_path / "index.html").read_text("utf-8")
            seen.add(text.endswith("</html>\n"))

    reader = threading.Thread(target=watch)
    reader.start()
    writers = [threading.Thread(target=write_index, args=(tmp_path,)) for _ in range(8)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert seen == {True}
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == [".lock", "index.html"]


def test_older_snapshots_of_a_long_list_are_collapsed(tmp_path: Path) -> None:
    first = day(tmp_path)
    for number in range(40):
        shutil.copytree(first, tmp_path / f"{first.name}-{number + 2}")
    page = read(tmp_path)
    assert page.tags.count("details") == 1
    assert len(page.rows) == 41 + 2
