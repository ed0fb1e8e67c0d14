"""One tile in the browser: its menu, downloads and names, at small sizes and with hostile data."""

from __future__ import annotations

import base64
import csv
import io
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import nbformat
import pandas as pd
import pytest
from playwright.sync_api import expect

from campaign_live_widgets.catalog import METRICS, TILES, meaning
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.report import Names, csv_cell, row_names
from tests.browser.test_accessibility import accessibility_problems
from tests.support.browser.front import REPOSITORY, Watch, running, wait_for_server
from tests.support.browser.tiles import HOSTILE, NAMES, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Browser, Download, Locator, Page

    from tests.support.browser.front import Front

FOLDER = Path(__file__).parent
NOTEBOOK = f"""
import sys
sys.path.insert(0, {str(REPOSITORY)!r})
from ipywidgets import Box, Button, Text, VBox
from tests.support.browser.tiles import make, rows
from campaign_live_widgets.catalog import TILES

made = {{kind: [make(i, kind) for i in TILES] for kind in ("usual", "hostile", "huge")}}
opened = Text().add_class("opened")
for widget in made["usual"]:
    widget.on_open(lambda message_id: setattr(opened, "value", message_id))
failing = made["usual"][list(TILES).index("email.error_reasons")]
fail = Button(description="fail")
fail.on_click(lambda _: failing.show_error("<b>boom</b> " * 200))
repair = Button(description="repair")
repair.on_click(lambda _: failing.show_error(None))
show = VBox([opened, fail, repair])
show.children += tuple(Box(tiles).add_class("wall") for tiles in made.values())
show
"""
WALL = """
.wall { display: flex !important; flex-flow: row wrap; gap: 8px; width: 1380px; }
.wall > .clw-tile { flex: none !important; margin: 0 !important;
  width: var(--wide, 600px) !important; height: var(--high, 320px) !important; }
.opened { width: 600px; }
"""
DARK = """
  --jp-layout-color1: #111111; --jp-layout-color2: #424242; --jp-border-color2: #424242;
  --jp-ui-font-color0: #ffffff; --jp-ui-font-color1: rgba(255, 255, 255, 0.87);
  --jp-ui-font-color2: rgba(255, 255, 255, 0.7);"""
SIZES = ((213, 88), (213, 184), (338, 88), (338, 232), (456, 712), (692, 328), (1380, 712))
"""Three columns of a narrow page by two rows, up to twelve by fifteen."""
AUDIT = f"() => {{ {(FOLDER / 'overlaps.js').read_text(encoding='utf-8')}; return overlaps(); }}"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("tiles")
    cell = nbformat.v4.new_code_cell(NOTEBOOK)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "tiles.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["voila", str(folder / "tiles.ipynb"), "--no-browser", f"--port={port}"]
    with running([*command, "--Voila.ip=127.0.0.1"], env=quiet(folder)):
        wait_for_server(f"http://127.0.0.1:{port}/voila/static/voila.js")
        yield f"http://127.0.0.1:{port}/"


def quiet(folder: Path) -> dict[str, str]:
    return os.environ | {"JUPYTER_CONFIG_DIR": str(folder)}


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = opened(browser, address)
    yield page
    page.close()


@pytest.fixture(scope="module")
def page_in_font(browser_in_font: Browser, address: str) -> Iterator[Page]:
    page = opened(browser_in_font, address)
    yield page
    page.close()


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    page.set_default_timeout(10_000)
    page.route("https://**", lambda route: route.abort())
    page.watch = Watch()
    page.on("pageerror", lambda error: page.watch.trouble.append(str(error)))
    page.goto(address)
    page.add_style_tag(content=WALL)
    page.wait_for_function(
        "n => document.querySelectorAll('.clw-tile-menu').length === n",
        arg=3 * len(TILES),
        timeout=90_000,
    )
    page.wait_for_selector(".with-huge.clw-push-tracking-by-platform .bar")
    return page


@pytest.fixture(autouse=True)
def no_injected_code_and_no_errors(page: Page) -> Iterator[None]:
    yield
    assert page.title() != "pwned"
    assert page.watch.trouble == []


def tile_of(page: Page, tile_id: str, kind: str = "usual") -> Locator:
    return page.locator(f".with-{kind}.{TILES[tile_id].css_class}")


def open_menu(tile: Locator) -> Locator:
    tile.locator(".clw-tile-menu").click()
    menu = tile.get_by_role("menu")
    menu.wait_for()
    return menu


def saved(page: Page, tile: Locator, item: str) -> Download:
    menu = open_menu(tile)
    with page.expect_download() as waiting:
        menu.get_by_role("menuitem", name=item).click()
    return waiting.value


def text_of(download: Download) -> str:
    return Path(download.path()).read_bytes().decode("utf-8")


@pytest.mark.parametrize("key", ["Enter", "Space", "ArrowDown"])
def test_the_keyboard_moves_through_the_menu(page: Page, key: str) -> None:
    tile = tile_of(page, "email.bounce_reasons")
    button = tile.locator(".clw-tile-menu")
    button.focus()
    page.keyboard.press(key)
    items = tile.locator(".clw-menu-item")
    items.first.wait_for()
    focused = "() => document.activeElement.textContent"
    page.wait_for_function("() => document.activeElement.textContent === 'Donut'")
    assert button.get_attribute("aria-expanded") == "true"
    assert items.first.get_attribute("aria-checked") == "true"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "Table"
    page.keyboard.press("End")
    assert page.evaluate(focused) == "Save picture as SVG"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "Donut"
    page.keyboard.press("w")
    assert page.evaluate(focused) == "What the numbers mean"
    keeps = "all => all.every(e => e.dataset.lmSuppressShortcuts === 'true')"
    assert items.evaluate_all(keeps)
    page.keyboard.press("Escape")
    assert not items.first.is_visible()
    assert button.evaluate("e => e === document.activeElement")
    assert button.get_attribute("aria-expanded") == "false"


@pytest.mark.parametrize("tile_id", ["campaign.statistics", "push.breakdown_by_platform"])
def test_the_menu_is_inside_the_window_and_on_top(page: Page, tile_id: str) -> None:
    page.set_viewport_size({"width": 390, "height": 420})
    tile = tile_of(page, tile_id)
    tile.scroll_into_view_if_needed()
    tile.locator(".clw-tile-menu").evaluate("e => e.scrollIntoView({ block: 'end' })")
    menu = open_menu(tile)
    box = menu.bounding_box()
    on_top = menu.locator(".clw-menu-item").evaluate_all(
        """all => all.every((item) => {
          const { left, right, top, bottom } = item.getBoundingClientRect();
          return document.elementFromPoint((left + right) / 2, (top + bottom) / 2) === item;
        })"""
    )
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 1000})
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] + box["height"] <= 420
    assert on_top


def test_the_menu_switches_the_view(page: Page) -> None:
    tile = tile_of(page, "push.failures")
    menu = open_menu(tile)
    menu.get_by_role("menuitemradio", name="Table").click()
    tile.locator(".clw-table").wait_for()
    assert not tile.locator(".clw-donut").is_visible()
    menu = open_menu(tile)
    checked = menu.locator("[aria-checked=true]").all_text_contents()
    assert checked == ["Table"]
    menu.get_by_role("menuitemradio", name="Donut").click()
    tile.locator(".clw-donut").wait_for()


@pytest.mark.parametrize("tile_id", TILES)
def test_panel_shows_the_definition_of_each_number(page: Page, tile_id: str) -> None:
    tile = tile_of(page, tile_id)
    open_menu(tile).get_by_role("menuitem", name="What the numbers mean").click()
    panel = tile.get_by_role("dialog", name="What the numbers mean")
    texts = panel.inner_text()
    for metric_id in TILES[tile_id].metrics:
        means = meaning(metric_id)
        assert means.label in texts
        assert means.definition in texts
        assert means.formula in texts
        whole = METRICS[metric_id].rate_of
        if whole:
            assert f"The rate divides by: {meaning(whole).label}" in texts
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert tile.locator(".clw-tile-menu").evaluate("e => e === document.activeElement")


def distinct_names(ids: Iterable[str]) -> Names:
    """Return what messages are called in a tile."""
    return row_names("message_id", ids, "en", NAMES)


@pytest.mark.parametrize("kind", ["usual", "hostile", "huge"])
@pytest.mark.parametrize("tile_id", TILES)
def test_the_csv_of_a_tile_matches_its_frame(page: Page, tile_id: str, kind: str) -> None:
    tile, frame = TILES[tile_id], rows(tile_id, kind)
    download = saved(page, tile_of(page, tile_id, kind), "Download CSV")
    slug = tile_id.replace(".", "-").replace("_", "-")
    assert download.suggested_filename == f"spring-sale-ete-2026_{slug}_2026-11-24T1200Z.csv"
    text = text_of(download)
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text[1:], newline="")))
    assert len(lines) == 1 + len(frame)
    first = [csv_cell(value) for value in frame[frame.columns[0]]]
    if tile.by != "bucket":
        assert [line[0] for line in lines[1:]] == first
    for cells in lines:
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")) for cell in cells)
    if tile.by == "message_id":
        assert [line[1] for line in lines[1:]] == [
            csv_cell(distinct_names(frame["message_id"])[i]) for i in frame["message_id"]
        ]
    read = pd.read_csv(io.BytesIO(text.encode()), encoding="utf-8-sig")
    counted = [c for c in frame.columns[1:] if c != "share"]
    numbers = read.iloc[:, -len(frame.columns) + 1 :].iloc[:, : len(counted)]
    pd.testing.assert_frame_equal(
        numbers.set_axis(counted, axis=1),
        frame[counted].reset_index(drop=True),
        check_dtype=False,
        check_exact=True,
    )


@pytest.mark.parametrize("kind", ["usual", "hostile"])
@pytest.mark.parametrize("tile_id", TILES)
def test_the_svg_of_a_tile_is_self_contained_and_has_its_numbers(
    page: Page, tile_id: str, kind: str
) -> None:
    tile = TILES[tile_id]
    text = text_of(saved(page, tile_of(page, tile_id, kind), "Save picture as SVG"))
    root = ET.fromstring(text)  # noqa: S314 - our own page made it, without entities
    used = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert used <= {"svg", "g", "rect", "path", "line", "text", "clipPath", "circle"}
    for node in root.iter():
        assert not any("href" in name or name.startswith("on") for name in node.attrib)
        assert not any("url(" in v and "url(#clip" not in v for v in node.attrib.values())
    texts = [node.text or "" for node in root.iter(f"{SVG}text")]
    joined = " ".join(texts)
    assert tile.title("en") in joined
    assert "Spring sale <b>" in joined
    frame = rows(tile_id, kind)
    if tile.by != "bucket":
        assert format_number(int(frame[tile.counts[0]].iloc[0])) in texts
    if kind == "hostile" and tile.by not in {None, "bucket"}:
        assert any(HOSTILE[0][:9] in words for words in texts)


DIFFERENCE = """async ([one, other, skip]) => {
  const load = async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    return image;
  };
  const [a, b] = await Promise.all([load(one), load(other)]);
  const pixels = (image, width, height, scale) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, image.width / scale / 6, image.height / scale / 6);
    return context.getImageData(0, 0, width, height).data;
  };
  const width = Math.floor(b.width / 6);
  const height = Math.floor(b.height / 6);
  const [x, y] = [pixels(a, width, height, 2), pixels(b, width, height, 1)];
  let sum = 0;
  let ink = 0;
  const from = 4 * width * Math.ceil(skip / 6);
  const ground = y.slice(from, from + 3);
  for (let i = from; i < y.length; i += 4) {
    for (let c = 0; c < 3; c += 1) {
      sum += Math.abs(x[i + c] - y[i + c]);
      ink += Math.abs(y[i + c] - ground[c]);
    }
  }
  return { off: sum / ink, scale: a.width / b.width };
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("tile_id", TILES)
def test_the_png_of_a_tile_looks_like_the_tile(page: Page, tile_id: str, *, dark: bool) -> None:
    tile = tile_of(page, tile_id)
    if dark:
        page.evaluate(
            "css => { document.body.dataset.jpThemeLight = 'false'; document.body.style = css; }",
            DARK,
        )
    try:
        download = saved(page, tile, "Save picture as PNG")
        page.mouse.move(0, 0)
        tile.locator(".clw-tile-menu").evaluate("e => e.blur()")
        shot = tile.screenshot()
    finally:
        page.evaluate("() => { document.body.removeAttribute('style'); }")
        page.evaluate("() => { document.body.dataset.jpThemeLight = 'true'; }")
    drawn = Path(download.path()).read_bytes()
    images = [base64.b64encode(image).decode() for image in (drawn, shot)]
    difference = page.evaluate(DIFFERENCE, [*images, 36])
    assert difference["scale"] == pytest.approx(2, abs=0.02)
    assert difference["off"] < 0.25


@pytest.mark.parametrize("view", ["first", "table"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_small_tile_stays_readable(page_in_font: Page, size: tuple[int, int], view: str) -> None:
    page, (wide, high) = page_in_font, size
    if view == "table":
        show_all(page, "table")
    page.evaluate(
        "([w, h]) => document.body.style.cssText = `--wide: ${w}px; --high: ${h}px`", [wide, high]
    )
    try:
        problems = settled(page)
    finally:
        page.evaluate("() => document.body.removeAttribute('style')")
        if view == "table":
            show_all(page, "first")
    assert problems == []


def settled(page: Page) -> list[list[str]]:
    """Return layout problems once two audits agree; bqplot draws some time after a resize."""
    before: list[list[str]] | None = None
    for _ in range(20):
        page.wait_for_timeout(500)
        problems: list[list[str]] = page.evaluate(AUDIT)
        if before == problems == []:
            break
        before = problems
    return problems


def show_all(page: Page, view: str) -> None:
    """Switch every tile with the buttons of its head."""
    which = ".clw-tile-view-table" if view == "table" else ":first-child"
    page.evaluate(
        "s => document.querySelectorAll(s).forEach(button => button.click())",
        f".clw-tile-switch > {which}",
    )
    page.wait_for_function(
        """which => [...document.querySelectorAll(".clw-tile")].every((tile) => {
          const button = tile.querySelector(`.clw-tile-switch > ${which}`);
          if (!button) return true;
          const [, kind] = button.className.match(/clw-tile-view-(\\w+)/);
          const drawn = tile.querySelector(
            `.clw-${kind === "kpi" ? "kpis" : kind}:not([style*='display: none'])`);
          return button.getAttribute("aria-pressed") === "true" && drawn?.getClientRects().length;
        })""",
        arg=which,
        timeout=60_000,
    )


def test_menu_panel_and_tables_have_no_serious_issue(page: Page) -> None:
    tile = tile_of(page, "push.sending_performance")
    menu = open_menu(tile)
    problems = accessibility_problems(page)
    menu.get_by_role("menuitem", name="What the numbers mean").click()
    tile.get_by_role("dialog").wait_for()
    problems += accessibility_problems(page)
    page.keyboard.press("Escape")
    show_all(page, "table")
    problems += accessibility_problems(page)
    show_all(page, "first")
    assert [trouble for trouble in problems if "clw-" in trouble] == []


def test_a_message_is_opened_by_its_id_not_by_its_name(page: Page) -> None:
    tile = tile_of(page, "email.metrics_by_message")
    names = tile.locator(".clw-table-open")
    ids = list(rows("email.metrics_by_message")["message_id"])
    assert names.all_text_contents() == [distinct_names(ids)[i] for i in ids]
    opened = page.locator(".opened input")
    names.nth(1).click()
    page.wait_for_function("id => document.querySelector('.opened input').value === id", arg=ids[1])
    names.nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_function("id => document.querySelector('.opened input').value === id", arg=ids[2])
    assert opened.input_value() == ids[2]
    assert (
        tile_of(page, "email.metrics_by_message", "hostile")
        .locator("button.clw-table-open")
        .count()
        == 0
    )


@pytest.mark.parametrize("tile_id", TILES)
def test_tile_has_one_sentence_for_screen_readers(page: Page, tile_id: str) -> None:
    tile = TILES[tile_id]
    where = tile_of(page, tile_id)
    sentence = summary(tile, rows(tile_id), names=NAMES)
    assert page.get_by_role("group", name=tile.title("en"), exact=True).count() >= 1
    if tile.views[0] in {"donut", "bars", "lines"}:
        assert where.get_by_role("img", name=sentence, exact=True).count() == 1
        assert where.locator(".bqplot").get_attribute("aria-hidden") == "true"
    else:
        hidden_text = where.locator(".clw-view:not([style*='display: none']) > .clw-unseen")
        assert hidden_text.all_text_contents() == [sentence]
    assert where.locator(".clw-unseen[aria-live], .clw-unseen[role]").count() == 0


@pytest.mark.parametrize("tile_id", [i for i, t in TILES.items() if t.by not in {None, "bucket"}])
def test_hostile_names_are_text_in_views_tooltips_and_titles(page: Page, tile_id: str) -> None:
    tile = tile_of(page, tile_id, "hostile")
    tile.scroll_into_view_if_needed()
    markup = tile.locator("img, script, b:not(.clw-donut-count), iframe")
    assert markup.count() == 0
    titles = tile.evaluate("t => [...t.querySelectorAll('[title]')].map(e => e.title)")
    assert any(title.startswith("<script>") for title in titles)
    assert max(map(len, titles)) <= 301
    last = tile.locator(":is(.clw-bars-row, .clw-donut-row, tbody tr):visible").last
    last.scroll_into_view_if_needed()
    last.hover()
    for tip in page.locator(".clw-tip").all():
        box = tip.bounding_box()
        assert box is not None
        assert box["height"] < 200
        assert box["width"] <= 340
    page.mouse.move(0, 0)


def test_an_error_stays_in_its_tile(page: Page) -> None:
    tile = tile_of(page, "email.error_reasons")
    before = page.locator(".clw-tile-error").count()
    page.get_by_role("button", name="fail", exact=True).click()
    card = tile.get_by_role("alert")
    card.wait_for()
    assert (before, page.locator(".clw-tile-error").count()) == (0, 1)
    inner, outer = card.bounding_box(), tile.bounding_box()
    assert inner is not None
    assert outer is not None
    assert inner["y"] >= outer["y"] + 30
    assert inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1
    assert inner["x"] >= outer["x"] - 1
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1
    assert "<b>boom</b>" in card.inner_text()
    neighbour = tile_of(page, "email.exclusion_reasons")
    assert neighbour.locator(".clw-bars-value").first.is_visible()
    page.get_by_role("button", name="repair", exact=True).click()
    card.wait_for(state="detached")
    expect(tile.locator(".clw-bars-value").first).to_be_visible()


def test_the_menu_and_its_files_work_in_every_front_end(front: Front) -> None:
    front.open_tab(1)
    page = front.page
    tile = page.locator(".clw-email-bounce-reasons")
    tile.scroll_into_view_if_needed()
    tile.locator(".clw-tile-menu").focus()
    page.keyboard.press("Enter")
    tile.get_by_role("menu").wait_for()
    page.wait_for_function("() => document.activeElement.textContent === 'Donut'")
    for key in ("d", "ArrowDown", "s"):  # in a notebook, bare letters are shortcuts
        page.keyboard.press(key)
    assert tile.get_by_role("menu").is_visible()
    page.keyboard.press("Escape")
    files = {item: saved(page, tile, item) for item in ("Download CSV", "Save picture as PNG")}
    names = [file.suggested_filename for file in files.values()]
    assert [name.rpartition(".")[2] for name in names] == ["csv", "png"]
    assert all("_email-bounce-reasons_20" in name for name in names)
    assert "Mailbox" in text_of(files["Download CSV"])
    assert Path(files["Save picture as PNG"].path()).read_bytes().startswith(b"\x89PNG")
    assert front.watch.trouble == []
