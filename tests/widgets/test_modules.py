"""The ES modules of cards, tables and heads, mounted in a real browser with a stub model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.report.tile_table import ROWS_SHOWN
from campaign_live_widgets.widgets import VIEWS, TileWidget
from campaign_live_widgets.widgets.base.assets import library
from tests.support.reports.frames import HUGE, NAMES, NASTY, frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

KPI = "widgets/views/kpi.js"
TABLE = "widgets/views/table.js"
STUB = """
window.load = async (path, state) => {
  const source = new Blob([state.loader], { type: "text/javascript" });
  const { load } = await import(URL.createObjectURL(source));
  const library = { get: (name) => state[name] };
  return [await load(library, path), library];
};
window.mount = async (path, state, shared) => {
  const [module, library] = await load(path, shared);
  const listeners = [];
  const unpack = (s) => {
    for (const [key, item] of Object.entries(s)) {
      if (item && item.dtype) {
        const bytes = new Uint8Array(item.value);
        s[key] = { ...item, value: new DataView(bytes.buffer) };
      }
    }
    return s;
  };
  const now = unpack(state);
  window.saved = [];
  window.sent = [];
  window.model = {
    get: (name) => now[name],
    set: (name, value) => { now[name] = value; },
    send: (content) => window.sent.push(content),
    save_changes: () => window.saved.push({ ...now }),
    on: (names, callback) => listeners.push(callback),
    off: (names, callback) => listeners.splice(listeners.indexOf(callback), 1),
  };
  window.receive = (changes) => {
    Object.assign(now, unpack(changes));
    for (const callback of [...listeners]) callback();
  };
  const el = document.getElementById("root");
  el.replaceChildren();
  window.unmount = await module.render({ model: window.model, el, library });
  window.listeners = () => listeners.length;
};
"""


def state_of(widget: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a widget's state as the page would get it, bytes as lists."""

    def plain(value: Any) -> Any:  # noqa: ANN401
        return list(value.tobytes()) if isinstance(value, memoryview) else str(value)

    keys = [key for key in widget.keys if not key.startswith("_") and key != "layout"]
    return json.loads(json.dumps(widget.get_state(keys), default=plain))


@pytest.fixture(scope="module")
def browser_page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def page(browser_page: Page) -> Page:
    browser_page.set_content('<div id="root" style="width:600px;height:160px;overflow:auto"></div>')
    browser_page.evaluate(f"() => {{ {STUB} }}")
    return browser_page


def mount(page: Page, path: str, widget: Any) -> None:  # noqa: ANN401
    page.evaluate(
        "([path, state, shared]) => mount(path, state, shared)",
        [path, state_of(widget), state_of(library())],
    )


def test_figures_show_the_exact_count_and_are_edited_in_place(page: Page) -> None:
    tile = TILES["email.sending_statistics"]
    mount(
        page,
        KPI,
        VIEWS["kpi"](tile, frame(tile, scale=HUGE), locale="fr")._target,
    )
    value = page.locator(".clw-kpi-delivered .clw-kpi-value")
    assert value.get_attribute("data-value") == str(3 * HUGE)
    assert value.text_content() == format_number(3 * HUGE, "fr")
    node = value.element_handle()
    page.evaluate("receive({ counts: [0, null, 5], shares: [null, null, 0.5] })")
    assert node is not None
    assert node.get_attribute("data-value") == "0"
    assert page.locator(".clw-kpi-bounces .clw-kpi-value").get_attribute("data-value") is None
    states = page.eval_on_selector_all(".clw-kpi", "all => all.map(c => c.dataset.state)")
    assert states == ["zero", "unknown", "value"]
    shares = page.locator(".clw-kpi-share").all_text_contents()
    assert shares[0] == shares[1] == ""
    assert shares[2].endswith("% des envoyés")
    bars = page.eval_on_selector_all(
        ".clw-kpi-bar", "all => all.map(b => [b.hidden, b.firstChild.style.width])"
    )
    assert bars == [[True, "0px"], [True, "0px"], [False, "50%"]]


def test_cards_without_data_show_a_note(page: Page) -> None:
    tile = TILES["campaign.statistics"]
    mount(page, KPI, VIEWS["kpi"](tile, NASTY["no_rows"](tile))._target)
    assert page.locator(".clw-empty").text_content() == "No data in this window"
    page.evaluate("receive({ metrics: ['delivered'], counts: [3] })")
    assert page.locator(".clw-empty").count() == 0
    assert page.locator(".clw-kpi-delivered .clw-kpi-value").text_content() == "3"


def table_of(page: Page) -> list[list[str]]:
    return page.eval_on_selector_all(
        "tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent))"
    )


def test_a_table_shows_every_number_with_the_total_first(page: Page) -> None:
    tile = TILES["email.metrics_by_message"]
    rows = frame(tile, scale=HUGE)
    mount(page, TABLE, VIEWS["table"](tile, rows, names=NAMES)._target)
    cells = table_of(page)
    assert cells[0][:3] == ["Message", "Sent", "Delivered"]
    assert cells[1][:2] == ["Total", format_number(int(rows["sent"].sum()))]
    expected = [[format_number(n) for n in row] for row in rows[list(tile.metrics)].to_numpy()]
    assert [row[1:] for row in cells[2:]] == expected


def test_a_table_keeps_scroll_sort_focus_and_cells_over_an_update(page: Page) -> None:
    tile = TILES["email.metrics_by_message"]
    view = VIEWS["table"](tile, NASTY["many_rows"](tile), names=NAMES)
    mount(page, TABLE, view._target)
    page.locator("th button").nth(1).click()
    page.keyboard.press("Enter")
    assert page.locator("thead tr").first.locator("th").nth(1).get_attribute("aria-sort") == (
        "ascending"
    )
    page.evaluate("document.getElementById('root').scrollTop = 900")
    cell = page.locator("tbody tr").nth(40).locator("td").first.element_handle()
    assert cell is not None
    before = cell.text_content()
    more = NASTY["many_rows"](tile)
    more["sent"] += 1
    view.update(more, NAMES)
    changed = {key: state_of(view._target)[key] for key in ("counts", "total")}
    page.evaluate("changes => receive(changes)", changed)
    assert page.evaluate("document.getElementById('root').scrollTop") == 900
    assert page.evaluate("document.activeElement.textContent") == "Sent"
    assert cell.evaluate("c => c.isConnected")
    assert int(cell.text_content().replace(",", "")) == int(before.replace(",", "")) + 1
    sent = [int(row[1].replace(",", "")) for row in table_of(page)[2:]]
    assert sent == sorted(sent)


def test_rows_are_added_and_removed(page: Page) -> None:
    tile = TILES["email.bounce_reasons"]
    view = VIEWS["table"](tile, NASTY["many_rows"](tile))
    mount(page, TABLE, view._target)
    for nasty, count in (("no_rows", 1), ("one_row", 3), ("many_rows", ROWS_SHOWN + 3)):
        view.update(NASTY[nasty](tile))
        page.evaluate("changes => receive(changes)", state_of(view._target))
        assert len(table_of(page)) == count, nasty
        assert page.locator(".clw-empty").count() == (nasty == "no_rows")


def test_a_cell_has_its_rate_and_a_heading_its_definition_as_tooltip(page: Page) -> None:
    tile = TILES["email.metrics_by_message"]
    rows = frame(tile, ["m1"]).assign(sent=1000, bounces=31)
    mount(page, TABLE, VIEWS["table"](tile, rows, names=NAMES)._target)
    assert page.locator("tbody td").nth(2).get_attribute("title") == "Bounces ÷ Sent: 3.1%"
    assert "handed to the provider" in str(page.locator("th button").nth(1).get_attribute("title"))


@pytest.mark.parametrize("nasty", ["markup", "long_names", "right_to_left", "unknown_code"])
def test_names_are_inserted_as_text(page: Page, nasty: str) -> None:
    tile = TILES["email.metrics_by_message"]
    rows = NASTY[nasty](tile)
    view = VIEWS["table"](tile, rows, names=NAMES)
    mount(page, TABLE, view._target)
    assert page.locator("tbody th").all_text_contents() == view._target.rows
    assert page.locator("tbody img, tbody b").count() == 0


def test_times_are_written_in_the_readers_zone(page: Page) -> None:
    tile = TILES["email.summary"]
    view = VIEWS["table"](tile, NASTY["one_row"](tile), time_zone="America/New_York")
    mount(page, TABLE, view._target)
    assert page.locator("tbody th").text_content() == "Nov 22, 07:00"


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_the_page_and_the_kernel_write_numbers_alike(page: Page, locale: str) -> None:
    counts = [0, 7, 999, 1234, 1_000_000, HUGE]
    shares = [0, 0.0001, 0.0005, 0.031, 0.5, 0.9994, 0.99996, 1, 2.5]
    written = page.evaluate(
        """async ([state, locale, counts, shares]) => {
          const [{ formats }] = await load("widgets/base/format.js", state);
          const { count, share } = formats(locale);
          return [counts.map(count), shares.map(share)];
        }""",
        [state_of(library()), locale, counts, shares],
    )
    assert written == [
        [format_number(n, locale) for n in counts],
        [format_share(s, locale) for s in shares],
    ]


def test_the_switch_selects_a_view_and_the_error_card_can_be_removed(page: Page) -> None:
    tile = TILES["email.bounce_reasons"]
    head = TileWidget(tile, frame(tile))._head
    mount(page, "widgets/base/tile.js", head)
    assert page.locator("h2").text_content() == "Bounce reasons"
    page.get_by_role("button", name="Table").click()
    assert page.evaluate("saved.at(-1).view") == "table"
    page.evaluate("receive({ view: 'table', error: '<b>gone</b>' })")
    assert page.get_by_role("button", name="Table").get_attribute("aria-pressed") == "true"
    assert "<b>gone</b>" in str(page.get_by_role("alert").text_content())
    page.evaluate("receive({ error: '' })")
    assert page.get_by_role("alert").count() == 0


def test_a_removed_view_stops_listening(page: Page) -> None:
    tile = TILES["email.bounce_reasons"]
    mount(page, TABLE, VIEWS["table"](tile, frame(tile))._target)
    assert page.evaluate("listeners()") > 0
    page.evaluate("unmount()")
    assert page.evaluate("listeners()") == 0
