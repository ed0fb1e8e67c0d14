"""Accessibility: axe-core checks every tab, in light and dark themes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.support.browser.front import Front

AXE = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def accessibility_problems(page: Page) -> list[str]:
    """Return the serious or critical issues of axe-core: rule, element and description."""
    assert AXE.is_file(), "axe-core is missing: npm install, or python -m tests"
    if not page.evaluate("() => Boolean(window.axe)"):
        page.add_script_tag(path=AXE)
    violations: list[dict[str, Any]] = page.evaluate(
        """async (tags) => (await axe.run(document, {
          runOnly: { type: "tag", values: tags }, resultTypes: ["violations"],
        })).violations""",
        list(RULES),
    )
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in violations
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, voila: Front, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(color_scheme=request.param, viewport={"width": 1400, "height": 1000})
    page.goto(voila.address)
    page.wait_for_selector(".clw-report[data-state=live] .clw-tile", timeout=60_000)
    yield page
    page.goto("about:blank")
    page.context.close()


def test_no_tab_has_a_serious_issue(page: Page) -> None:
    tabs = page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab")
    assert tabs.count() == 4
    for index in range(4):
        tabs.nth(index).click()
        page.wait_for_selector(".clw-grid:visible .clw-view:visible")
        assert accessibility_problems(page) == []


def test_edit_mode_has_no_serious_issue(page: Page) -> None:
    tabs = page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab")
    for index in range(4):
        tabs.nth(index).click()
        page.locator(".clw-edit-modify:visible").click()
        page.locator(".clw-edit-remove:visible").first.click()
        assert accessibility_problems(page) == []
        page.locator(".clw-edit-add:visible").click()
        page.wait_for_selector(".clw-edit-item:visible")
        assert accessibility_problems(page) == []
        page.locator(".clw-edit-item:visible").first.click()
        page.wait_for_selector(".clw-editing .clw-tile:focus")
        assert accessibility_problems(page) == []
        page.locator(".clw-edit-cancel:visible").click()
