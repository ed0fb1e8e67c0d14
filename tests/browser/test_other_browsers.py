"""The report in Firefox and in WebKit: it paints, it is updated, arranged, saved and printed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.app.demo.demo import EventWriter
from campaign_live_widgets.app.demo.simulation import Simulation
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.files import FileLayouts
from campaign_live_widgets.layouts.places import places as standard_places
from tests.support.browser import paper
from tests.support.browser.firefox import firefox
from tests.support.browser.front import serving
from tests.support.browser.inbox import Inbox
from tests.support.browser.webkit import webkit
from tests.support.events.writing import writing
from tests.support.reports.shown_tiles import shown_tiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign_live_widgets.catalog import Tile
    from tests.support.browser.other import OtherBrowser

READER = Path(__file__).with_name("frames.js").read_text(encoding="utf-8")
LIVE = """() => !document.querySelector("#campaign-first")
  && Boolean(document.querySelector(".clw-report[data-state=live]"))"""
DELIVERED = ".clw-email-sending-statistics .clw-kpi-delivered .clw-kpi-value"
NUMBER = f"() => Number(document.querySelector('{DELIVERED}')?.dataset.value ?? 0)"
DRAWN = """() => %s.every((css) => {
  const tile = document.querySelector(`.clw-grid > .${css}`);
  if (!tile) return false;
  const isLarge = (node) => node.getBoundingClientRect().width > 8;
  const marks = [...tile.querySelectorAll("path.slice, path.line, rect.bar")];
  const texts = [...tile.querySelectorAll("td, .clw-kpi-value")];
  if (tile.querySelector(".clw-empty")?.getClientRects().length) return true;
  return marks.some(isLarge) || texts.some((node) => isLarge(node) && /\\d/.test(node.textContent));
})"""
ORDER = """() => [...document.querySelectorAll(".clw-grid > .clw-tile")]
  .filter((tile) => tile.getClientRects().length)
  .sort((a, b) => getComputedStyle(a).order - getComputedStyle(b).order)
  .map((tile) => [...tile.classList].find((name) => name.startsWith("clw-email-")) ?? "")"""
MAY_MODIFY = """() => [...document.querySelectorAll(".clw-edit-modify")]
  .some((button) => button.getClientRects().length)"""
CHARTS = """() => Boolean(document.querySelector(".clw-email-bounce-reasons path.slice")
  && document.querySelector(".clw-email-error-reasons rect.bar[width]")
  && document.querySelector(".clw-email-summary .curve path.line[d]"))"""
SPEED = 30.0
"""About 1,000 events a second."""
SECONDS, STRESS_SECONDS = 8, 60


@pytest.fixture(scope="module", params=[firefox, webkit], ids=["firefox", "webkit"])
def other(request: pytest.FixtureRequest, processes: None) -> Iterator[OtherBrowser]:  # noqa: ARG001
    with request.param() as browser:
        yield browser


@dataclass(frozen=True)
class Served:
    """A served report, the folder that it reads, the one of its layouts, and the tiles by tab."""

    address: str
    inbox: Inbox
    layouts: Path
    tiles: dict[str, list[Tile]]


@pytest.fixture(scope="module")
def served(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("other")
    inbox, layouts = Inbox(Path(copytree(events, folder / "events"))), folder / "layouts"
    with serving(inbox.folder, env={"CAMPAIGN_LIVE_LAYOUTS": str(layouts)}) as address:
        yield Served(address, inbox, layouts, shown_tiles(inbox.folder))


def drawn(tiles: Iterable[Tile]) -> str:
    """Return a script that returns whether all these tiles are drawn."""
    return DRAWN % json.dumps([tile.css_class for tile in tiles])


def open_tab(browser: OtherBrowser, index: int) -> None:
    browser.click(f".clw-tabs > .lm-TabBar .lm-TabBar-tab:nth-child({index + 1})")


def test_every_tab_is_drawn_and_updated(other: OtherBrowser, served: Served) -> None:
    other.open(served.address)
    other.wait_for(LIVE)
    for index, tiles in enumerate(served.tiles.values()):
        open_tab(other, index)
        other.wait_for(drawn(tiles))
    open_tab(other, 1)
    before = other.run(NUMBER)
    assert before > 1000
    served.inbox.drop(10)
    other.wait_for(f"() => ({NUMBER})() === {before + 10}")


def test_a_tile_is_moved_and_saved(other: OtherBrowser, served: Served) -> None:
    other.open(served.address)
    other.wait_for(LIVE)
    open_tab(other, 1)
    other.wait_for(drawn(served.tiles["email"]))
    before = other.run(ORDER)
    other.click(".clw-edit-modify")
    other.drag(f".{before[0]} .clw-tile-title", 40, 500)
    after = other.wait_for(
        f"() => {{ const now = ({ORDER})(); return now[0] !== '{before[0]}' && now; }}"
    )
    other.click(".clw-edit-save")
    other.wait_for(MAY_MODIFY)
    other.open("about:blank")
    other.open(served.address)
    other.wait_for(LIVE)
    open_tab(other, 1)
    other.wait_for(drawn(served.tiles["email"]))
    assert other.run(ORDER) == after


def test_each_tile_is_printed_whole_in_the_order_of_the_layout(
    other: OtherBrowser, served: Served, tmp_path: Path
) -> None:
    storage = FileLayouts(served.layouts, "local")
    tiles = served.tiles["email"]
    places = standard_places(TILES.values())["email"]
    storage.save("email", places[::-1], storage.load("email").revision)
    other.open(f"{served.address}?tab=email")
    ready = f"() => ({LIVE})() && ({drawn(tiles)})()"
    other.wait_for(ready)
    printed = other.run(paper.TILES)
    assert [tile["title"] for tile in printed] == [tile.title("en") for tile in tiles[::-1]]
    file = tmp_path / "page.pdf"
    file.write_bytes(other.print_page(ready))
    paper.assert_whole(file, printed)


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(
    "seconds", [SECONDS, pytest.param(STRESS_SECONDS, marks=pytest.mark.stress)]
)
def test_every_frame_shows_one_snapshot_in_firefox(tmp_path: Path, seconds: int) -> None:
    simulation = Simulation(7, datetime.now(UTC) - timedelta(minutes=30))
    writer = EventWriter(tmp_path, simulation)
    writer.write()
    simulation.speed = SPEED
    with serving(tmp_path) as address, writing(writer), firefox() as browser:
        browser.open(address)
        browser.wait_for(LIVE)
        open_tab(browser, 1)
        browser.wait_for(CHARTS)
        browser.run(f"() => {{ {READER}; window.frameReader = frames; frames.start(); }}")
        time.sleep(seconds)
        seen = browser.run("() => window.frameReader.stop()")
    assert seen["snapshots"] > 2
    assert seen["frames"] > SECONDS
    assert seen["wrong"] == []
