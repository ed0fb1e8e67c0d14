"""What readers choose in the page: numbers against a second count, the address, hostile names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from conftest import SIZE, Watch, running

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
    "40 min": timedelta(minutes=40),
    "3 h": timedelta(hours=3),
    "12 h": timedelta(hours=12),
    "3 d": timedelta(days=3),
    "20 d": timedelta(days=20),
}
FOCUSED = "document.activeElement"
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
    """Return what the page must say, by looking at every event."""
    found = [
        row
        for row in ROWS
        if row["campaign_id"] == campaign
        and start <= datetime.fromisoformat(str(row["timestamp"])) < end
        and (not messages or row["message_id"] in messages)
        and (not executions or row["execution_id"] in executions)
        and (tests or not row["is_test"])
    ]
    return {
        "delivered": sum(row["event_type"] == "delivered" for row in found),
        "entered-profiles": len({row["profile_id"] for row in found}),
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

    def says(self, part: str) -> None:
        """Wait until the address says something."""
        self.page.wait_for_function("(part) => location.search.includes(part)", arg=part)

    @property
    def scope(self) -> list[str]:
        return self.page.locator(".clw-header-scope bdi").all_inner_texts()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("filters")
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (folder / "events.ndjson").write_text(lines, encoding="utf-8")
    with running(["campaign_live_widgets", "serve", str(folder), "--no-browser"]) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


@pytest.fixture
def visit(browser: Browser, root: str) -> Iterator[Callable[..., Report]]:
    """Open the report in a context of its own: nothing is shared but the address."""
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


@pytest.fixture
def report(visit: Callable[..., Report]) -> Report:
    return visit()


@pytest.mark.parametrize(
    ("label", "key", "back"),
    [
        ("Last 15 min", "15m", timedelta(minutes=15)),
        ("Last hour", "1h", timedelta(hours=1)),
        ("Last 6 h", "6h", timedelta(hours=6)),
        ("Last 7 days", "7d", timedelta(days=7)),
        ("Since the first event", "all", timedelta(days=99)),
    ],
)
def test_each_window_counts_its_own_events(
    report: Report, visit: Callable[..., Report], label: str, key: str, back: timedelta
) -> None:
    report.shows(count())
    report.choose("window", re.compile(label, re.IGNORECASE))
    report.shows(count(start=START - back))
    report.says(f"window={key}")
    assert report.address == f"window={key}"
    shared = visit(report.address)
    shared.shows(count(start=START - back))


def test_from_and_to_are_minutes_on_the_chosen_clock(report: Report) -> None:
    page = report.page
    report.open("more")
    page.locator(".clw-filter-zone").fill("Asia/Tokyo")
    page.locator(".clw-filter-zone").press("Enter")
    report.says("tz=Asia%2FTokyo")
    page.keyboard.press("Escape")
    tokyo = timedelta(hours=9)
    start, end = (START - timedelta(hours=4), START - timedelta(minutes=30))
    report.open("window")
    inputs = page.locator(".clw-filter-span input")
    for box, moment in zip(inputs.all(), (start, end), strict=True):
        box.fill((moment + tokyo).strftime("%Y-%m-%dT%H:%M"))
    page.locator(".clw-filter-apply").click()
    exact = count(start=start.replace(second=0), end=end.replace(second=0))
    report.shows(exact)
    assert exact == count(start=START - timedelta(hours=5), end=START - timedelta(minutes=20))
    report.says("from=")
    assert f"to={end:%Y-%m-%dT%H}%3A{end:%M}Z" in report.address
    assert "JST" in page.locator(".clw-header-window").inner_text()
    page.reload()
    report.shows(exact)
    page.locator(".clw-chip").first.click()
    report.shows(count())
    assert report.address == "tz=Asia%2FTokyo"


def test_messages_executions_and_tests_narrow_and_widen(
    report: Report, visit: Callable[..., Report]
) -> None:
    page = report.page
    report.choose("messages", "welcome")
    report.shows(count(messages=("welcome",)))
    report.choose("messages", COMMA)
    chosen = ("welcome", COMMA)
    report.shows(count(messages=chosen))
    report.choose("executions", "run-2")
    report.shows(count(messages=chosen, executions=("run-2",)))
    report.choose("more", "Include test sends")
    everything = count(messages=chosen, executions=("run-2",), tests=True)
    report.shows(everything)
    report.says("tests=1")
    assert report.scope[0].startswith("2 of 5 messages (")
    assert report.scope[1].startswith("1 of 2 executions (")
    assert report.scope[2] == "test sends included"
    assert page.locator(".clw-chip").count() == 4
    for open_page in (report, visit(report.address)):
        open_page.page.reload()
        open_page.shows(everything)
        assert len(open_page.scope) == 3
    page.locator(".clw-chip", has_text="Welcome").click()
    report.shows(count(messages=(COMMA,), executions=("run-2",), tests=True))
    for _ in range(3):
        left = page.locator(".clw-chip").count()
        page.locator(".clw-chip").first.click()
        page.wait_for_function("(n) => document.querySelectorAll('.clw-chip').length < n", arg=left)
    report.shows(count())
    assert report.scope == []


def test_another_campaign_drops_what_it_does_not_have(report: Report) -> None:
    report.choose("messages", "welcome")
    report.shows(count(messages=("welcome",)))
    report.choose("campaign", "other")
    report.shows(count(campaign="other"))
    report.says("campaign=other")
    assert "message=" not in report.address
    assert report.page.locator(".clw-notice").count() == 0
    assert report.page.locator(".clw-header-name").inner_text() == "Other"
    report.page.reload()
    report.shows(count(campaign="other"))


def test_a_hostile_id_survives_the_address(visit: Callable[..., Report]) -> None:
    report = visit(f"campaign={quote(COMMA)}&message={quote(COMMA)}&theme=dark&window=6h")
    report.shows(count(start=START - timedelta(hours=6), messages=(COMMA,)))
    assert "theme=dark" in report.address
    name = report.page.locator(".clw-header-name")
    assert name.inner_text() == CAMPAIGN_NAME
    report.open("messages")
    panel = report.page.locator(".clw-pick-messages-panel")
    assert panel.locator(".clw-filter-name", has_text="pwned").inner_text() == EVIL
    assert report.page.locator(".clw-filters img, .clw-header img").count() == 0
    assert report.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_bad_values_are_named_and_the_rest_applies(visit: Callable[..., Report]) -> None:
    report = visit(
        "campaign=nope&window=soon&message=nobody&message=welcome&tz=Mars%2FX&every=9999&tab=sms"
    )
    report.shows(count(messages=("welcome",)))
    page = report.page
    notices = page.locator(".clw-notice-text")
    said = "\n".join(notices.all_inner_texts())
    for bad in (
        "campaign=nope",
        "window=soon",
        "message=nobody",
        "tz=Mars/X",
        "every=9999",
        "tab=sms",
    ):
        assert bad in said
    assert notices.count() == 6
    page.locator(".clw-notice-close").first.click()
    page.wait_for_function("document.querySelectorAll('.clw-notice').length === 5")
    report.says("message=welcome")
    assert "nope" not in report.address
    assert page.locator(".clw-report").get_attribute("data-state") == "live"


def test_the_open_tab_and_the_language_are_part_of_the_address(report: Report) -> None:
    page = report.page
    page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(2).click()
    report.says("tab=push")
    report.open("more")
    page.locator(".clw-pick-more-panel select").first.select_option("fr")
    page.wait_for_selector(".clw-report[lang=fr]")
    report.says("locale=fr")
    page.reload()
    page.wait_for_selector(".clw-report[lang=fr]")
    page.wait_for_function(
        "document.querySelector('.clw-tabs .lm-mod-current')?.textContent === 'Push'"
    )
    assert report.address == "locale=fr&tab=push"


def test_what_is_chosen_while_paused_is_shown(report: Report) -> None:
    page = report.page
    report.shows(count())
    page.locator(".clw-toggle").click()
    page.wait_for_selector(".clw-report[data-state=paused]")
    report.choose("window", re.compile("last hour", re.IGNORECASE))
    report.shows(count(start=START - timedelta(hours=1)))
    assert page.locator(".clw-report").get_attribute("data-state") == "paused"


def test_the_whole_report_is_downloaded_as_it_is_shown(report: Report) -> None:
    report.choose("messages", "welcome")
    report.shows(count(messages=("welcome",)))
    report.open("more")
    with report.page.expect_download() as download:
        report.page.locator(".clw-filter-csv").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename.endswith(".csv")
    assert str(count(messages=("welcome",))["delivered"]) in text
    assert "App news" not in text


def test_everything_can_be_done_by_keyboard(report: Report) -> None:
    page = report.page
    report.shows(count())
    page.locator("button.clw-pick-window").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"{FOCUSED}.closest('.clw-pick-window-panel')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    report.shows(count(start=START - timedelta(hours=1)))
    assert page.evaluate(f"{FOCUSED}.classList.contains('clw-pick-window')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{FOCUSED}.closest('.clw-pick-messages-panel')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.wait_for_selector(".clw-chip")
    assert page.evaluate(f"{FOCUSED}.classList.contains('clw-pick-messages')")


@pytest.mark.parametrize("width", [390, 800])
def test_a_narrow_page_holds_the_filters(visit: Callable[..., Report], width: int) -> None:
    report = visit(f"message=long&message={quote(COMMA)}&message=welcome&tests=1")
    report.page.set_viewport_size({"width": width, "height": 900})
    for which in ("campaign", "window", "messages", "executions", "more"):
        report.open(which)
        box = report.page.locator(f".clw-pick-{which}-panel").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        report.page.keyboard.press("Escape")
    assert report.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
