"""Back and forward: each step of what is counted, and nothing of how it is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.support.browser.chosen import AGES, COMMA, START, Report, count, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


RECENT = START - timedelta(hours=6)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("history")) as address:
        yield address


def wait_for(report: Report, wanted: dict[str, int], **address: str) -> None:
    """Wait until the address has exactly these values, and the page these numbers."""
    report.page.wait_for_function(
        """(wanted) => {
          const given = [...new URLSearchParams(location.search)].sort();
          return JSON.stringify(given) === JSON.stringify(Object.entries(wanted).sort());
        }""",
        arg=address,
    )
    report.shows(wanted)


def test_back_and_forward_go_through_each_choice(visit: Callable[..., Report]) -> None:
    report = visit(urlencode({"theme": "light", "campaign": COMMA}))
    page = report.page
    first = {"theme": "light", "campaign": COMMA}
    recent, few = count(start=RECENT), count(start=RECENT, messages=("welcome",))
    tested = count(start=RECENT, messages=("welcome",), tests=True)
    other = {"delivered": 1}
    steps = [
        (count(), first),
        (recent, {**first, "window": "6h"}),
        (few, {**first, "window": "6h", "message": "welcome"}),
        (tested, {**first, "window": "6h", "message": "welcome", "tests": "1"}),
        (other, {"theme": "light", "campaign": "other", "window": "6h", "tests": "1"}),
        (other, {"theme": "light", "campaign": "other", "window": "6h"}),
    ]
    choices: list[Callable[[], None]] = [
        lambda: None,
        lambda: report.choose("window", "last 6 h"),
        lambda: report.choose("messages", "Welcome"),
        lambda: report.choose("more", "test sends"),
        lambda: report.choose("campaign", "Other"),
        page.locator(".clw-chip").first.click,
    ]
    for choose, (wanted, address) in zip(choices, steps, strict=True):
        choose()
        wait_for(report, wanted, **address)
    report.open("more")
    page.locator(".clw-filter-language").select_option("fr")
    page.wait_for_selector(".clw-report[lang=fr]")
    page.keyboard.press("Escape")
    for wanted, address in reversed(steps[:-1]):
        page.go_back()
        wait_for(report, wanted, **address, locale="fr")
    page.go_forward()
    page.go_forward()
    wait_for(report, few, **steps[2][1], locale="fr")
    page.reload()
    wait_for(report, few, **steps[2][1], locale="fr")
    page.go_back()
    wait_for(report, recent, **steps[1][1], locale="fr")


def test_a_choice_after_back_is_the_next_step(visit: Callable[..., Report]) -> None:
    report = visit("window=6h")
    page = report.page
    report.shows(count(start=RECENT))
    report.choose("window", "last hour")
    hour = count(start=START - timedelta(hours=1))
    wait_for(report, hour, window="1h")
    page.go_back()
    wait_for(report, count(start=RECENT), window="6h")
    start, end = (f"{(START - AGES[age]):%Y-%m-%dT%H:%M}" for age in ("12 h", "3 h"))
    report.open("window")
    for field, text in zip(page.locator(".clw-filter-span input").all(), (start, end), strict=True):
        field.fill(text)
    page.locator(".clw-filter-apply").click()
    exact = f"?from={start}Z&to={end}Z".replace(":", "%3A")
    page.wait_for_function("(text) => location.search === text", arg=exact)
    page.go_back()
    wait_for(report, count(start=RECENT), window="6h")
    page.go_forward()
    page.wait_for_function("(text) => location.search === text", arg=exact)
    assert page.evaluate("history.length") == 3


def test_a_window_beside_exact_times_is_named(visit: Callable[..., Report]) -> None:
    start, end = START - timedelta(hours=13), START - timedelta(hours=11)
    times = f"from={start:%Y-%m-%dT%H:%M}Z&to={end:%Y-%m-%dT%H:%M}Z"
    report = visit(f"window=6h&{times}")
    report.shows(count(start=start, end=end))
    notice = report.page.locator(".clw-notice-text")
    assert notice.inner_text() == "Ignored window=6h: the window is given by from and to."
    assert "window" not in report.address
