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


def test_edit_mode_stays_through_a_change_of_language(lab: Front) -> None:
    lab.open_tab(1)
    page = lab.page
    page.locator(".clw-edit-modify:visible").click()
    page.locator(".clw-grid > .clw-email-summary").focus()
    page.keyboard.press("Delete")
    page.wait_for_selector(".clw-grid > .clw-email-summary", state="hidden")
    for locale, save in (("fr", "Enregistrer"), ("en", "Save")):
        page.locator("button.clw-pick-more").click()
        page.locator(".clw-filter-language").select_option(locale)
        page.wait_for_selector(f".clw-report[lang={locale}]")
        page.keyboard.press("Escape")
        page.locator(".clw-on .clw-edit-save:visible", has_text=save).wait_for()
        assert page.locator(".clw-grid > .clw-email-summary").is_hidden()
    page.locator(".clw-edit-cancel:visible").click()
    page.wait_for_selector(".clw-grid > .clw-email-summary")
    assert page.locator(".clw-on").count() == 0
