"""The offline page, opened from disk by a browser without a network."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from campaign_live_widgets.catalog import LOCALES, TILES
from campaign_live_widgets.rendering.charts import chart_kinds
from campaign_live_widgets.rendering.html.page import html
from campaign_live_widgets.report import frame, frame_csv
from tests.support.events.memory import snapshot_of
from tests.support.reports.shown_tiles import tiles_shown_of
from tests.support.reports.static_reports import hostile, static_report, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page


SNAPSHOTS = {"usual": usual, "hostile": hostile, "empty": lambda: snapshot_of([])}
WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}
OVERLAPS = Path(__file__).with_name("overlaps.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, make in SNAPSHOTS.items():
        for locale in LOCALES:
            made = html(static_report(make(), locale))
            (folder / f"{name}-{locale}.html").write_text(made, encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Iterator[Callable[..., Page]]:
    """Open a page from disk, offline; it makes no request and prints nothing on the console."""
    trouble: list[str] = []
    contexts = []

    def open_page(name: str = "usual-en", tab: str = "", **options: object) -> Page:
        context = browser.new_context(**{"offline": True, "viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: on_request(request.url))
        page.goto(f"{(folder / f'{name}.html').as_uri()}#{tab}")
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-drawn]", state="attached")
        return page

    def on_request(url: str) -> None:
        if not url.startswith((folder.as_uri(), "data:", "blob:")):
            trouble.append(f"request to {url}")

    yield open_page
    for context in contexts:
        context.close()
    assert not trouble


def tile(page: Page, tile_id: str) -> Locator:
    return page.locator(f".{TILES[tile_id].css_class}")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_no_text_overlaps_another_in_any_font(
    browser_in_font: Browser, folder: Path, viewport: dict[str, int]
) -> None:
    with browser_in_font.new_context(offline=True, viewport=viewport) as context:
        page = context.new_page()
        page.goto((folder / "usual-fr.html").as_uri())
        page.wait_for_selector("html[data-drawn]", state="attached")
        for tab in tiles_shown_of(usual()):
            page.locator(f".clw-tab[data-tab={tab}]").click()
            page.locator(".clw-chart:visible .clw-on-screen > svg").first.wait_for()
            assert page.evaluate(f"() => {{ {OVERLAPS}; return overlaps(); }}") == [], tab


@pytest.mark.parametrize("name", [f"{n}-{locale}" for n in SNAPSHOTS for locale in LOCALES])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_chart_of_every_tab_is_painted(
    opened: Callable[..., Page], name: str, viewport: dict[str, int]
) -> None:
    page = opened(name, viewport=viewport)
    assert page.title() != "pwned"
    for tab, tiles in tiles_shown_of(SNAPSHOTS[name.partition("-")[0]]()).items():
        page.locator(f".clw-tab[data-tab={tab}]").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for one in (one for one in tiles if one.views[0] in chart_kinds(one)):
            chart = tile(page, one.id).locator(".clw-chart:visible .clw-on-screen > svg")
            box, room = chart.bounding_box(), tile(page, one.id).bounding_box()
            assert box
            assert room
            assert room["width"] - 40 <= box["width"] <= room["width"]
            assert box["height"] >= 40
            painted = chart.locator("text, path[d], line").count()
            has_rows = name.startswith("usual") and one.id != "deliverability.failures_over_time"
            assert painted > 4 if has_rows else painted > 0
    assert page.locator(".clw-chart .clw-empty").count() == 0


def test_tabs_follow_mouse_keyboard_and_address(opened: Callable[..., Page]) -> None:
    page = opened(tab="push")
    panel = page.locator(".clw-panel:visible")
    assert panel.get_attribute("data-tab") == "push"
    assert page.evaluate("scrollY") == 0
    page.get_by_role("tab", name="E-mail").click()
    assert panel.get_attribute("data-tab") == "email"
    assert page.url.endswith("#email")
    for _ in ("push", "deliverability", "campaign"):
        page.keyboard.press("ArrowRight")
    assert panel.get_attribute("data-tab") == "campaign"
    focused = page.evaluate("document.activeElement.dataset.tab")
    assert focused == "campaign"
    assert page.get_by_role("tab", selected=True).inner_text() == "Campaign"
    assert page.get_by_role("tabpanel").count() == 1
    page.evaluate("location.hash = '#nowhere'")
    assert panel.get_attribute("data-tab") == "campaign"


def column(page: Page, tile_id: str, place: int) -> list[str]:
    cells = tile(page, tile_id).locator(f"tbody tr > :nth-child({place})")
    return list(cells.all_inner_texts())


def test_sorting_a_table_keeps_the_total_first(opened: Callable[..., Page]) -> None:
    page = opened(tab="email")
    by_message = "email.metrics_by_message"
    heads = tile(page, by_message).get_by_role("columnheader")
    first = column(page, by_message, 1)
    opens = [int(n) for n in column(page, by_message, 6)]
    total = tile(page, by_message).locator(".clw-table-total").inner_text()
    heads.filter(has_text="Opens").get_by_role("button").click()
    assert [int(n) for n in column(page, by_message, 6)] == sorted(opens, reverse=True)
    heads.filter(has_text="Opens").get_by_role("button").press("Enter")
    assert [int(n) for n in column(page, by_message, 6)] == sorted(opens)
    assert heads.filter(has_text="Opens").get_attribute("aria-sort") == "ascending"
    heads.filter(has_text="Message").get_by_role("button").click()
    assert column(page, by_message, 1) == sorted(first, key=str.casefold)
    heads.filter(has_text="Message").get_by_role("button").click()
    heads.filter(has_text="Message").get_by_role("button").click()
    assert column(page, by_message, 1) == first
    assert tile(page, by_message).locator(".clw-table-total").inner_text() == total


def test_views_can_be_switched(opened: Callable[..., Page]) -> None:
    page = opened(tab="email")
    sending = tile(page, "email.sending_statistics")
    assert sending.locator(".clw-kpis").is_visible()
    sending.get_by_role("button", name="Donut").click()
    sending.locator(".clw-donut .clw-on-screen svg").wait_for()
    assert not sending.locator(".clw-kpis").is_visible()
    sending.get_by_role("button", name="Table").click()
    assert sending.get_by_role("cell", name="of sent").count() == 0
    assert sending.get_by_role("columnheader").last.inner_text() == "Share of sent"
    pressed = sending.get_by_role("button", pressed=True)
    assert pressed.get_attribute("data-kind") == "table"


def test_tooltip_shows_the_numbers_under_the_pointer(opened: Callable[..., Page]) -> None:
    page = opened(tab="email")
    chart = tile(page, "email.bounce_reasons").locator(".clw-on-screen svg")
    chart.scroll_into_view_if_needed()
    page.evaluate("() => new Promise((done) => setTimeout(done, 200))")  # scrolling takes tips away
    chart.get_by_text("Mailbox Full").hover()
    tip = page.locator(".clw-tip")
    tip.wait_for()
    bounces = frame(TILES["email.bounce_reasons"], usual()).iloc[0]["bounces"]
    assert re.search(rf"\b{bounces}\b.*of bounces", tip.inner_text(), re.DOTALL)
    page.mouse.move(5, 5)
    tip.wait_for(state="detached")


def test_files_can_be_saved_from_the_page(opened: Callable[..., Page]) -> None:
    page = opened(tab="email", accept_downloads=True)
    reasons = tile(page, "email.bounce_reasons")
    reasons.locator(".clw-tile-menu").click()
    card = reasons.get_by_role("dialog")
    assert "Messages returned" in card.inner_text()
    with page.expect_download() as waiting:
        card.get_by_role("button", name="Download CSV").click()
    assert waiting.value.suggested_filename == "spring_email-bounce-reasons_2026-11-23T1505Z.csv"
    saved = waiting.value.path().read_bytes().decode("utf-8-sig")
    one = TILES["email.bounce_reasons"]
    assert saved == frame_csv(frame(one, usual()), "en", {}, labels=True)
    page.keyboard.press("Escape")
    assert not card.is_visible()


def test_the_theme_follows_the_system(opened: Callable[..., Page]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    bar = "getComputedStyle(document.querySelector('.clw-kpi-bar > i')).backgroundColor"
    dark = opened(color_scheme="dark")
    assert dark.evaluate(ground) == "rgb(17, 17, 17)"
    light = opened()
    assert light.evaluate(ground) == "rgb(255, 255, 255)"
    assert light.evaluate(bar) != dark.evaluate(bar)
    dark.get_by_role("button", name="Light or dark").click()
    assert dark.evaluate(ground) == "rgb(255, 255, 255)"
    assert dark.evaluate(bar) == light.evaluate(bar)


def test_without_scripts_every_table_is_visible(opened: Callable[..., Page]) -> None:
    page = opened(java_script_enabled=False)
    for one in chain(*tiles_shown_of(usual()).values()):
        table = tile(page, one.id).locator(".clw-table")
        assert table.is_visible()
    assert page.locator(".clw-chart:visible").count() == 0
    assert page.locator(".clw-panel:visible").count() == len(tiles_shown_of(usual()))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_print_shows_all_tabs_one_below_the_other(
    opened: Callable[..., Page], tmp_path: Path
) -> None:
    page = opened(color_scheme="dark")
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    pdf = pypdfium2.PdfDocument(tmp_path / "page.pdf")
    text = "".join(pdf[i].get_textpage().get_text_bounded() for i in range(len(pdf)))
    letters = squeezed(text)  # PDFium breaks the lines of a page with little text anywhere
    for one in chain(*tiles_shown_of(usual()).values()):
        assert squeezed(one.title("en")) in letters
    assert squeezed("Mailbox Full") in letters, "charts are printed with their words"
    assert "Menu" not in letters
    pixels = pdf[0].render(scale=0.2).to_numpy()
    assert pixels[0, 0].tolist() == [255, 255, 255], "paper is white"
    assert len(pdf) < 9


def test_a_phone_shows_one_column(opened: Callable[..., Page]) -> None:
    page = opened(tab="email", viewport=PHONE)
    lefts = {
        round((panel.bounding_box() or {"x": -1})["x"])
        for panel in page.locator(".clw-panel:visible .clw-tile").all()
    }
    assert len(lefts) == 1


def test_charts_are_redrawn_when_the_page_narrows(opened: Callable[..., Page]) -> None:
    page = opened(tab="email")
    chart = tile(page, "email.summary").locator(".clw-on-screen > svg")
    wide = (chart.bounding_box() or {})["width"]
    page.set_viewport_size({"width": 900, "height": 900})
    page.wait_for_function(
        "wide => document.querySelector('.clw-email-summary .clw-on-screen > svg')"
        ".getBoundingClientRect().width < wide - 300",
        arg=wide,
    )
