"""Events of which each choice takes another number, a second count of them, and the page."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.support.browser.front import SIZE, Watch, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

START = datetime.now(UTC).replace(microsecond=0)
EVIL = "<img src=x onerror=\"document.title='pwned'\">\u202e & 'sons'"
COMMA = 'a,b&c=d "q"/?#+%'
LONG = "L" * 10_000
CAMPAIGN_NAME = f"=1+1 {EVIL}"
NAMES = {"welcome": "Welcome", COMMA: EVIL, "long": LONG, "app": "App news", "plain": None}
AGES = {
    "5 min": timedelta(minutes=5),
    "20 min": timedelta(minutes=20),  # in a window of one hour for 40 minutes of tests
    "3 h": timedelta(hours=3),
    "12 h": timedelta(hours=12),
    "3 d": timedelta(days=3),
    "20 d": timedelta(days=20),
}
RUNS = ("run-1", "run-2", None)


def rows() -> list[dict[str, object]]:
    """Return the events: each kind of choice takes another number of them."""
    made = []
    for m, (message, name) in enumerate(NAMES.items()):
        for a, age in enumerate(AGES.values()):
            for r, run in enumerate(RUNS):
                for i in range(1 + m + a + 2 * r):
                    event = {
                        "timestamp": (START - age).isoformat(),
                        "campaign_id": COMMA,
                        "campaign_name": CAMPAIGN_NAME,
                        "message_id": message,
                        "message_name": name,
                        "channel": "push" if message == "app" else "email",
                        "profile_id": f"p{i}-{m}",
                        "execution_id": run,
                        "is_test": i == 0,
                    }
                    for kind in ("sent", "delivered"):
                        key = f"{m}-{a}-{r}-{i}-{kind}"
                        made.append({**event, "event_id": key, "event_type": kind})
    other = made[0] | {"event_id": "o", "campaign_id": "other", "campaign_name": "Other"}
    other |= {"message_id": "solo", "message_name": "Solo", "is_test": False}
    old = (START - timedelta(minutes=6)).isoformat()
    return [
        *made,
        {**other, "timestamp": old},
        {**other, "timestamp": old, "event_id": "o2", "event_type": "delivered"},
    ]


ROWS = rows()


def count(  # noqa: PLR0913 - what a reader can choose, all by name
    *,
    campaign: str = COMMA,
    start: datetime = START - timedelta(hours=24),
    end: datetime = START + timedelta(days=1),
    messages: tuple[str, ...] = (),
    executions: tuple[str, ...] = (),
    tests: bool = False,
) -> dict[str, int]:
    """Return what the page must show, counted event by event."""
    counted = [
        row
        for row in ROWS
        if row["campaign_id"] == campaign
        and start <= datetime.fromisoformat(str(row["timestamp"])) < end
        and (not messages or row["message_id"] in messages)
        and (not executions or row["execution_id"] in executions)
        and (tests or not row["is_test"])
    ]
    return {
        "delivered": sum(row["event_type"] == "delivered" for row in counted),
        "entered-profiles": len({row["profile_id"] for row in counted}),
    }


@dataclass
class Report:
    """The page, and how its readers find what they want in it."""

    page: Page
    root: str
    watch: Watch

    def shows(self, wanted: dict[str, int]) -> None:
        self.page.wait_for_function(
            """(wanted) => Object.entries(wanted).every(([metric, n]) => document
              .querySelector(`.clw-campaign-statistics .clw-kpi-${metric} .clw-kpi-value`)
              ?.dataset.value === String(n))""",
            arg=wanted,
        )

    def open(self, which: str) -> None:
        self.page.locator(f"button.clw-pick-{which}").click()

    def choose(self, which: str, text: str) -> None:
        self.open(which)
        panel = self.page.locator(f".clw-pick-{which}-panel")
        panel.locator(".clw-filter-item", has_text=text).first.click()
        self.page.keyboard.press("Escape")

    @property
    def address(self) -> str:
        return self.page.url.partition("?")[2]

    def wait_for_address(self, part: str) -> None:
        """Wait until the address contains *part*."""
        self.page.wait_for_function("(part) => location.search.includes(part)", arg=part)

    def wait_for_whole_address(self, search: str) -> None:
        """Wait until the address has exactly these parameters."""
        self.page.wait_for_function("(text) => location.search === text", arg=f"?{search}")

    @property
    def scope(self) -> list[str]:
        return self.page.locator(".clw-header-scope bdi").all_inner_texts()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the events from a folder; give the address of the page."""
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (folder / "events.ndjson").write_text(lines, encoding="utf-8")
    with serving(folder) as address:
        yield address


@contextmanager
def visits(browser: Browser, root: str) -> Iterator[Callable[..., Report]]:
    """Open reports, each in a separate context: nothing is shared but the address."""
    made: list[Report] = []

    def go(search: str = "", **options: object) -> Report:
        context = browser.new_context(viewport=SIZE, **options)
        page, watch = context.new_page(), Watch()
        watch.over(page)
        made.append(Report(page, root, watch))
        page.goto(f"{root}?{search}" if search else root)
        page.wait_for_selector(".clw-report[data-state=live]", timeout=60_000)
        return made[-1]

    yield go
    for report in made:
        assert report.page.title() != "pwned"
        assert report.watch.trouble == []
        assert report.watch.strangers == []
        report.page.goto("about:blank")
        report.page.context.close()
