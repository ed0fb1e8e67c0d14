"""Behavior that only notebooks need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.browser.front import Front

DELIVERED = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"


def test_the_report_updates_while_another_cell_runs(lab: Front) -> None:
    lab.open_tab(0)
    page = lab.page
    busy = page.locator(".jp-Notebook .jp-CodeCell").last
    busy.locator(".cm-content").click()
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    prompt = busy.locator(".jp-InputArea-prompt")
    page.wait_for_function("(node) => node.textContent === '[*]:'", arg=prompt.element_handle())
    before = lab.number(DELIVERED)
    lab.inbox.drop(5)
    lab.wait_for(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        DELIVERED,
        before + 5,
    )
    assert prompt.inner_text() == "[*]:"
