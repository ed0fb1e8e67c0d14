"""Messages, executions and reasons of one name in the page: each keeps its own number."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.support.browser.front import serving
from tests.support.events import alike

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.support.browser.chosen import Report

TABLE = ".clw-email-metrics-by-message .clw-table-grid"
ROWS = f"""() => Object.fromEntries([...document.querySelectorAll('{TABLE} tbody tr')].map(
    (row) => [row.cells[0].textContent, Number(row.cells[1].textContent)]))"""
CUT_OFF = f"""() => [...document.querySelectorAll('{TABLE} tbody tr th')]
    .flatMap((cell) => [cell, ...cell.children])
    .filter((node) => node.scrollWidth > node.clientWidth + 1)
    .map((node) => node.textContent)"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = alike.write(tmp_path_factory.mktemp("alike"))
    with serving(folder) as address:
        yield address


def search(**values: str | tuple[str, ...]) -> str:
    query = {"campaign": "c-1", "at": alike.AT.isoformat(), "tab": "email", **values}
    return urlencode(query, doseq=True)


def shows_rows(page: Page, rows: dict[str, int]) -> None:
    """Wait until the table of e-mails has these names and counts."""
    page.wait_for_function(
        f"""(wanted) => {{
          const rows = ({ROWS})();
          const names = Object.keys(wanted);
          return names.length === Object.keys(rows).length
            && names.every((name) => rows[name] === wanted[name]);
        }}""",
        arg=rows,
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_each_message_has_a_row_and_a_name_that_is_not_cut_off(
    visit: Callable[..., Report], width: int
) -> None:
    page = visit(search()).page
    page.set_viewport_size({"width": width, "height": 900})
    shows_rows(page, {alike.LABELS[one]: count for one, count in alike.SENT.items()})
    assert page.evaluate(CUT_OFF) == []
    legend = page.locator(".clw-email-bounce-reasons .clw-donut-row")
    legend.nth(len(alike.REASONS) - 1).wait_for()
    names = legend.locator(".clw-donut-name").all_inner_texts()
    counts = legend.locator(".clw-donut-count").all_inner_texts()
    assert dict(zip(names, counts, strict=True)) == {
        alike.LABELS_OF_REASONS[code]: str(count) for code, count in alike.REASONS.items()
    }
    bars = page.locator(".clw-email-recipient-domains .clw-bars-name")
    bars.nth(2).wait_for()
    assert len(set(bars.all_inner_texts())) == len(bars.all_inner_texts()) == 3


def test_chips_menus_and_the_head_show_what_is_chosen(visit: Callable[..., Report]) -> None:
    chosen = ("m-01", "m-02", "m-04", "m-05")
    report = visit(search(message=chosen, execution=("run-a", "run-b", "run-c")))
    page = report.page
    chips = page.locator(".clw-chip-text")
    chips.nth(7).wait_for()
    texts = chips.all_inner_texts()[1:]
    assert texts[:2] == ["Hello (m-01)", "Hello (m-02)"]
    assert [text[-7:] for text in texts[2:4]] == ["…mail 1", "…mail 2"]
    assert texts[4:] == [alike.LABELS_OF_RUNS[one] for one in ("run-a", "run-b", "run-c")]
    names = page.locator(".clw-chip").evaluate_all("(all) => all.map((c) => c.ariaLabel)")
    assert len(set(names)) == len(names)
    assert "Spring sale (c-1)" in page.locator(".clw-pick-campaign").inner_text()
    report.open("executions")
    items = page.locator(".clw-pick-executions-panel .clw-filter-name")
    assert set(items.all_inner_texts()) == set(alike.LABELS_OF_RUNS.values())
    assert all(text in report.scope[1] for text in texts[4:])


def test_a_name_with_its_id_opens_the_page_of_that_message(visit: Callable[..., Report]) -> None:
    page = visit(search()).page
    page.locator(f"{TABLE} .clw-table-open", has_text="Hello (m-02)").click()
    page.wait_for_function("() => document.querySelector('.clw-header-id').textContent === 'm-02'")
    expect(page.locator(".clw-header-name")).to_have_text("Hello")
    expect(page.locator(".clw-back")).to_have_text("\u2039 Spring sale (c-1)")
    shows_rows(page, {"Hello (m-02)": alike.SENT["m-02"]})
    summary = page.locator(".clw-email-metrics-by-message .clw-unseen").all_text_contents()
    assert "led by Hello (m-02) with 3" in " ".join(summary)
