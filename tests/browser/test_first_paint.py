"""The report in the page's HTML: right without scripts, and the live page takes its place."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import expect

from campaign_live_widgets.app.settings.installation import samples_path
from campaign_live_widgets.app.settings.query import parse_query
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.model.columns import bar_metrics
from tests.support.browser.front import Watch, serving
from tests.support.browser.settled import settle
from tests.support.reports.shown_tiles import shown_places, shown_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

    from tests.support.cli import Command

    Scheme = Literal["light", "dark"]

pytestmark = pytest.mark.browser

AT = "2026-11-20T12:12:00Z"
EVIL = (
    "</script><script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
)
LIVE = ".clw-report:not(.clw-first)[data-state=live]"
FIRST = "#campaign-first .clw-report"
BOXES = """([root, css]) => [...document.querySelectorAll(`${root} ${css}`)]
  .filter((node) => node.getClientRects().length)
  .map((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [x + scrollX, y + scrollY, width, height];
  })"""
SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((one) => one.value)))
  .observe({ type: "layout-shift", buffered: true });"""
DIFFERENT = """async (pictures) => {
  const [a, b] = await Promise.all(pictures.map(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  }));
  if (a.width !== b.width || Math.abs(a.height - b.height) > 1) return 1;
  let count = 0;
  for (let i = 0; i < Math.min(a.data.length, b.data.length); i += 4) {
    const far = [0, 1, 2].some((j) => Math.abs(a.data[i + j] - b.data[i + j]) > 60);
    if (far) count += 1;
  }
  return count / (a.width * a.height);
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(samples_path(), f"--at={AT}") as url:
        yield url


@contextmanager
def opened(
    browser: Browser, address: str, **options: object
) -> Iterator[tuple[Page, Callable[[], None]]]:
    """Give a page whose front end does not load before the function is called."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    held: list[Route] = []
    is_free = False

    def hold(route: Route) -> None:
        if is_free:
            route.continue_()
        else:
            held.append(route)

    def go_on() -> None:
        nonlocal is_free
        is_free = True
        for route in held:
            route.continue_()

    page.route("**/voila.js", hold)
    page.add_init_script(SHIFTS)
    page.goto(address, wait_until="commit")
    page.wait_for_selector(FIRST)
    yield page, go_on
    page.goto("about:blank")  # the page shuts its kernel down
    context.close()


@pytest.mark.parametrize(
    ("locale", "scheme", "width"),
    [("en", "light", 1400), ("fr", "dark", 1400), ("fr", "light", 390)],
)
def test_a_browser_without_scripts_shows_the_numbers_of_the_report(  # noqa: PLR0913 - three are parameters
    browser: Browser, address: str, run_cli: Command, locale: str, scheme: Scheme, width: int
) -> None:
    report = run_cli("report", str(samples_path()), f"--at={AT}", "--format=json")
    widgets = json.loads(report.out)["widgets"]
    context = browser.new_context(
        java_script_enabled=False, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    page.goto(f"{address}?locale={locale}&tz=Europe/Paris&own=1", wait_until="load")
    for tab, row in shown_places(samples_path(), parse_query(at=AT)).items():
        page.locator(f".lm-TabBar-tab[data-tab={tab}] a").click()
        for text in (f"locale={locale}", "tz=Europe%2FParis", "own=1", f"tab={tab}"):
            assert text in page.url
        assert page.locator(".clw-report").get_attribute("lang") == locale
        for tile, place in row:
            drawn = page.locator(f".{tile.css_class}")
            assert drawn.is_visible()
            kind, text = place.view or tile.views[0], drawn.inner_text()
            drawn_columns = {
                "lines": (),
                "bars": bar_metrics(tile),
                "intervals": tile.columns[1:2],
            }.get(kind, tile.columns)
            for values in widgets[tile.id]["rows"]:
                for column, value in zip(widgets[tile.id]["columns"], values, strict=True):
                    if column in drawn_columns and isinstance(value, int):
                        assert format_number(value, locale) in text, (tile.id, value)
    ground = page.locator(".campaign-live").evaluate("(n) => getComputedStyle(n).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) == (scheme == "dark")
    for control in (".clw-edit-modify", ".clw-pick-window", ".clw-tile-menu", ".clw-toggle"):
        assert not page.locator(control).first.is_visible()
    context.close()


@pytest.mark.parametrize(
    ("query", "scheme", "width"),
    [
        ("?tab=email", "light", 1400),
        ("?tab=campaign&locale=fr", "dark", 1400),
        ("?tab=push&window=6h", "light", 390),
    ],
)
def test_the_live_page_takes_the_place_of_the_first_paint(
    browser: Browser, address: str, query: str, scheme: Scheme, width: int
) -> None:
    size = {"width": width, "height": 1200}
    with opened(browser, address + query, viewport=size, color_scheme=scheme) as (page, go_on):
        watch = Watch()
        watch.over(page)
        settle(page, f"{FIRST} .clw-tile")
        before = {css: page.evaluate(BOXES, [FIRST, css]) for css in (".clw-tile", ".clw-view")}
        first = page.screenshot(full_page=True)
        page.evaluate("() => shifts.splice(0)")  # a picture of the whole page resizes it
        go_on()
        page.wait_for_selector("#campaign-first", state="detached")
        page.wait_for_selector(LIVE)
        settle(page, ".clw-tile")
        after = {css: page.evaluate(BOXES, [LIVE, css]) for css in before}
        shift = sum(page.evaluate("shifts"))
        live = page.screenshot(full_page=True)
        assert shift < 0.02
        assert watch.trouble == []
        pictures = [base64.b64encode(one).decode() for one in (first, live)]
        share = page.evaluate(DIFFERENT, pictures)
    for css, boxes in before.items():
        assert len(boxes) == len(after[css]) > 0
        for was, is_now in zip(boxes, after[css], strict=True):
            assert is_now == pytest.approx(was, abs=1), css
    assert share < 0.012


def test_the_states_are_in_the_page_and_are_not_asked_for(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, go_on):
        received: list[int] = []
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))),
        )
        assert len(page.locator("#clw-states").text_content() or "") > 10_000
        go_on()
        page.wait_for_selector(LIVE)
        assert received
        assert max(received) < 10_000


def test_the_page_asks_for_few_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url.split("/")[-1]))
    page.goto(address)
    page.wait_for_selector(LIVE)
    for index in range(4):
        page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(index).click()
        page.wait_for_timeout(500)
    bundles = [name for name in scripts if name.startswith(("voila.js", "remoteEntry"))]
    chunks = [name for name in scripts if name[:1].isdigit() and name.endswith(".js")]
    assert len(bundles) == 6
    assert len(chunks) <= 2  # anywidget's, which has no bundle
    context.close()


def test_a_page_without_the_shared_file_asks_its_kernel(browser: Browser, address: str) -> None:
    with opened(browser, address) as (page, _):
        shared = page.locator("#clw-library").get_attribute("href")
    context = browser.new_context()
    page = context.new_page()
    page.route(f"**{shared}", lambda route: route.fulfill(status=404))
    page.goto(address)
    page.wait_for_selector(LIVE)
    assert page.locator(".clw-kpi-value").first.is_visible()
    context.close()


def test_a_click_on_the_first_paint_is_done_once_the_page_is_live(
    browser: Browser, address: str
) -> None:
    with opened(browser, address) as (page, go_on):
        page.locator(f"{FIRST} .lm-TabBar-tab[data-tab=push] a").click()
        assert "tab=push" not in page.url
        go_on()
        page.wait_for_selector(f"{LIVE} .clw-push-summary:visible .bqplot")
    with opened(browser, address) as (page, go_on):
        page.locator(f"{FIRST} .clw-health").click()
        go_on()
        page.wait_for_selector(f"{LIVE} .clw-health-panel:visible")


def test_a_tab_is_made_when_it_is_opened(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}?tab=campaign") as (page, go_on):
        go_on()
        page.wait_for_selector(LIVE)
        assert page.locator(".clw-email-summary").count() == 0
        page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(1).click()
        page.wait_for_selector(".clw-email-recipient-domains .bqplot .bar")
        heads = page.locator(".clw-grid:visible > .clw-tile .clw-tile-head:visible")
        expected = shown_tiles(samples_path(), parse_query(at=AT))["email"]
        expect(heads).to_have_count(len(expected))
        page.wait_for_function("() => location.search.includes('tab=email')")


def test_names_from_outside_are_text(browser: Browser, tmp_path: Path) -> None:
    event = {"timestamp": AT, "campaign_id": EVIL, "campaign_name": EVIL, "channel": "email"}
    lines = [
        event | {"event_id": f"e{i}", "message_id": EVIL, "profile_id": f"p{i}", "event_type": kind}
        for i, kind in enumerate(("sent", "delivered"))
    ]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with serving(file, f"--at={AT}") as url, opened(browser, f"{url}?tab=email") as (page, go_on):
        assert page.locator(f"{FIRST} .clw-header-name").inner_text() == EVIL
        assert page.locator(f"{FIRST} img").count() == 0
        go_on()
        page.wait_for_selector(LIVE)
        assert page.locator(".clw-header-name").inner_text() == EVIL
        assert page.title() == "Campaign live report"


def test_a_page_without_events_and_tiles_is_whole(browser: Browser, address: str) -> None:
    with opened(browser, f"{address}?at=2020-01-01T00:00:00Z&tab=email") as (page, go_on):
        empty = page.locator(f"{FIRST} .clw-empty:visible").count()
        assert empty > 3
        go_on()
        page.wait_for_selector(LIVE)
        settle(page, ".clw-tile")
        assert page.locator(f"{LIVE} .clw-empty:visible").count() == empty
