"""A reader who clicks at random finds right numbers and loses no work."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from playwright.sync_api import Error, expect

from tests.support.browser.chosen import Report
from tests.support.browser.front import SIZE, Watch, serving
from tests.support.repeats import repeats

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from playwright.sync_api import Browser, Dialog

MINUTE_LIMIT = 60_000
AGES = {"10 min": 10, "3 h": 180, "12 h": 720, "3 d": 4320, "20 d": 28800}
"""Minutes before the test at which there are events: each window of the page has other numbers."""
WINDOWS = ("1h", "6h", "24h", "7d", "all")
MESSAGES = ("news", "offer", "app")
RUNS = ("run-1", "run-2")
CAMPAIGNS = ("first", "second")
REMOVABLE = ("clw-campaign-funnel", "clw-campaign-summary")
SHOWN_TILES = """() => [...document.querySelectorAll(".clw-grid > .clw-tile")]
  .filter((tile) => tile.parentElement.offsetParent && getComputedStyle(tile).display !== "none")
  .flatMap((tile) => [...tile.classList])"""


@dataclass
class Source:
    """The file that the report follows, and every event in it."""

    file: Path
    start: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    events: list[dict[str, object]] = field(default_factory=list)

    def add(self, campaign: str, message: str, run: str | None, at: datetime, number: int) -> None:
        """Append sent and delivered events of *number* profiles; the first one is a test send."""
        new = [
            {
                "event_id": f"{len(self.events)}-{profile}-{kind}",
                "timestamp": at.isoformat(),
                "campaign_id": campaign,
                "campaign_name": campaign.title(),
                "message_id": message,
                "message_name": message.title(),
                "channel": "push" if message == "app" else "email",
                "profile_id": f"{message}-{profile}",
                "execution_id": run,
                "is_test": profile == 0,
                "event_type": kind,
            }
            for profile in range(number)
            for kind in ("sent", "delivered")
        ]
        with self.file.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(event) + "\n" for event in new))
        self.events += new

    def count(self, query: dict[str, list[str]], known: int) -> dict[str, int]:
        """Return the numbers of the first *known* events for the keys of an address."""
        now = datetime.now(UTC)
        start, end = now - _length(query.get("window", ["24h"])[0]), now
        if "from" in query:
            start, end = (datetime.fromisoformat(query[key][0]) for key in ("from", "to"))
        elif "at" in query:
            end = datetime.fromisoformat(query["at"][0])
            start = end - _length(query.get("window", ["24h"])[0])
        counted = [
            event
            for event in self.events[:known]
            if event["campaign_id"] == query.get("campaign", ["first"])[0]
            and start <= datetime.fromisoformat(str(event["timestamp"])) <= end
            and (event["message_id"] in query.get("message", MESSAGES))
            and ("execution" not in query or event["execution_id"] in query["execution"])
            and (query.get("tests") == ["1"] or not event["is_test"])
        ]
        return {
            "delivered": sum(event["event_type"] == "delivered" for event in counted),
            "entered-profiles": len({event["profile_id"] for event in counted}),
        }


def _length(window: str) -> timedelta:
    if window == "all":
        return timedelta(days=999)
    unit = {"m": "minutes", "h": "hours", "d": "days"}[window[-1]]
    return timedelta(**{unit: int(window[:-1])})


def write_events(file: Path) -> Source:
    """Write events of which every choice of the page takes another number."""
    source = Source(file)
    for c, campaign in enumerate(CAMPAIGNS):
        for m, message in enumerate(MESSAGES):
            for r, run in enumerate((*RUNS, None)):
                for a, minutes in enumerate(AGES.values()):
                    at = source.start - timedelta(minutes=minutes, seconds=c)
                    source.add(campaign, message, run, at, 2 + c + 2 * m + 5 * r + 11 * a)
    return source


class Reader(RuleBasedStateMachine):
    """A reader's page: after each step it is compared with an independent count."""

    browser: Browser
    root: str
    source: Source
    snapshots: Path

    def __init__(self) -> None:
        super().__init__()
        self.known: int | None = None
        """How many events a paused page has read."""
        self.saved: set[str] = set()
        """The tiles that are removed in the saved layout."""
        self.draft: set[str] | None = None
        """The tiles that are removed in the layout that is being modified."""
        self.warned = False
        self.saves = 0
        context = self.browser.new_context(
            viewport=SIZE, extra_http_headers={"X-Forwarded-User": f"reader-{id(self)}"}
        )
        page, watch = context.new_page(), Watch()
        watch.over(page)
        page.on("dialog", self._accept)
        self.report = Report(page, self.root, watch)
        self._open(self.root)

    def teardown(self) -> None:
        page = self.report.page
        assert self.report.watch.trouble == []
        assert self.report.watch.strangers == []
        page.goto("about:blank")
        page.context.close()

    def _accept(self, dialog: Dialog) -> None:
        self.warned = True
        dialog.accept()

    def _open(self, address: str) -> None:
        self.report.page.goto(address)
        self._ready()

    def _ready(self) -> None:
        self.report.page.wait_for_selector(".clw-report[data-state=live]", timeout=MINUTE_LIMIT)
        self.known = None
        if self.draft is not None and not self._is_editing():
            lost = "the draft is lost without a warning"
            assert self.warned or self.draft == self.saved, lost
            self.draft = None
        self.warned = False

    def _is_editing(self) -> bool:
        return self.report.page.locator(".clw-editing").count() > 0

    def _press(self, name: str) -> None:
        self.report.page.locator(f".clw-edit-{name}:visible").click()

    @property
    def query(self) -> dict[str, list[str]]:
        """The keys and values of the address."""
        return parse_qs(self.report.address)

    def _choose(self, which: str, item: str) -> None:
        """Click an item of a menu: its text, or a selector in brackets."""
        before = self.report.address
        items = self.report.page.locator(f".clw-pick-{which}-panel .clw-filter-item")
        self.report.open(which)
        (
            items.and_(self.report.page.locator(item))
            if item[0] == "["
            else items.filter(has_text=item)
        ).first.click()
        self.report.page.keyboard.press("Escape")
        self.report.page.wait_for_function(
            "(before) => location.search.slice(1) !== before", arg=before
        )
        self._check()

    def _check(self) -> None:
        """Compare numbers, chips, head and layout of the page with its address."""
        query = self.query
        known = len(self.source.events) if self.known is None else self.known
        page, wanted = self.report.page, self.source.count(query, known)
        try:
            self.report.shows(wanted)
        except Error as error:
            message = f"{page.locator('.clw-report').inner_text()[:500]}: not {wanted}; {query}"
            raise AssertionError(message) from error
        campaign = query.get("campaign", ["first"])[0].title()
        expect(page.locator(".clw-header-name")).to_have_text(campaign)
        filters = [query.get(key, []) for key in ("message", "execution", "tests", "from")]
        expect(page.locator(".clw-chip")).to_have_count(sum(map(len, filters)))
        state = "live" if self.known is None else "paused"
        expect(page.locator(".clw-report")).to_have_attribute("data-state", state)
        expect(page.locator(".clw-editing")).to_have_count(0 if self.draft is None else 1)
        tiles = page.evaluate(SHOWN_TILES)
        removed = self.saved if self.draft is None else self.draft
        assert {tile for tile in REMOVABLE if tile not in tiles} == removed

    @rule(window=st.sampled_from(WINDOWS))
    def choose_window(self, window: str) -> None:
        if window != self.query.get("window", ["24h"])[0] or "from" in self.query:
            self._choose("window", f"[value='{window}']")
            assert self.query.get("window", ["24h"]) == [window]

    @rule(campaign=st.sampled_from(CAMPAIGNS))
    def choose_campaign(self, campaign: str) -> None:
        if campaign != self.query.get("campaign", ["first"])[0]:
            self._choose("campaign", campaign.title())

    @rule(message=st.sampled_from(MESSAGES))
    def choose_message(self, message: str) -> None:
        self._choose("messages", message.title())

    @rule(run=st.sampled_from(RUNS))
    def choose_execution(self, run: str) -> None:
        self._choose("executions", run)

    @rule()
    def choose_test_sends(self) -> None:
        self._choose("more", "test")

    @rule()
    def choose_language(self) -> None:
        other = "en" if self.query.get("locale") == ["fr"] else "fr"
        self.report.open("more")
        self.report.page.locator(".clw-filter-language").select_option(other)
        self.report.page.wait_for_selector(f".clw-report[lang={other}]")
        self.report.page.keyboard.press("Escape")
        self._check()

    @precondition(lambda self: self.report.page.locator(".clw-chip").count())
    @rule()
    def remove_a_filter(self) -> None:
        before = self.report.address
        self.report.page.locator(".clw-chip").first.click()
        self.report.page.wait_for_function(
            "(before) => location.search.slice(1) !== before", arg=before
        )
        self._check()

    @rule()
    def pause_or_resume(self) -> None:
        self.report.page.locator(".clw-toggle").click()
        wanted = "paused" if self.known is None else "live"
        self.report.page.wait_for_selector(f".clw-report[data-state={wanted}]")
        self.known = len(self.source.events) if self.known is None else None
        self._check()

    @rule(message=st.sampled_from(MESSAGES), number=st.integers(1, 9))
    def events_arrive(self, message: str, number: int) -> None:
        self.source.add("first", message, RUNS[0], datetime.now(UTC), number)
        self._check()

    @rule(back=st.booleans())
    def go_back_or_forward(self, *, back: bool) -> None:
        page = self.report.page
        page.evaluate("window.walked = true")
        (page.go_back if back else page.go_forward)()
        if page.url == "about:blank":
            page.go_forward()
        if not page.evaluate("window.walked"):  # another document
            self._ready()
        self._check()

    @rule()
    def reload(self) -> None:
        self.report.page.reload()
        self._ready()
        self._check()

    @rule(
        hours=st.integers(1, 200),
        length=st.integers(1, 200),
        message=st.sampled_from([*MESSAGES, None]),
    )
    def follow_a_link(self, hours: int, length: int, message: str | None) -> None:
        end = self.source.start.replace(second=0) - timedelta(hours=hours)
        span = {"from": end - timedelta(hours=length), "to": end}
        query = {key: f"{at:%Y-%m-%dT%H:%MZ}" for key, at in span.items()}
        if message is not None:
            query["message"] = message
        self._open(f"{self.root}?{urlencode(query)}")
        self._check()

    @precondition(lambda self: self.draft is None)
    @rule()
    def modify(self) -> None:
        self._press("modify")
        self.report.page.wait_for_selector(".clw-editing")
        self.draft = set(self.saved)
        self._check()

    @precondition(lambda self: self.draft is not None and len(self.draft) < len(REMOVABLE))
    @rule()
    def remove_a_tile(self) -> None:
        assert self.draft is not None
        tile = next(tile for tile in REMOVABLE if tile not in self.draft)
        self.report.page.locator(f".clw-grid > .{tile}").focus()
        self.report.page.keyboard.press("Delete")
        self.report.page.wait_for_selector(f".clw-grid > .{tile}", state="hidden")
        self.draft.add(tile)
        self._check()

    @precondition(lambda self: self.draft is not None)
    @rule(save=st.booleans())
    def save_or_cancel(self, *, save: bool) -> None:
        assert self.draft is not None
        self._press("save" if save else "cancel")
        self.report.page.wait_for_selector(".clw-edit-modify:visible")
        self.saved = self.draft if save else self.saved
        self.draft = None
        self._check()

    @precondition(lambda self: self.saves < 1 + STEPS // 50)
    @rule()
    def save_a_snapshot(self) -> None:
        self.saves += 1
        page, address = self.report.page, self.report.address
        before = set(self.snapshots.iterdir())
        self.report.open("more")
        page.locator(".clw-filter-save").click()
        page.wait_for_selector(".clw-notice a", timeout=MINUTE_LIMIT)
        page.keyboard.press("Escape")
        (folder,) = [f for f in set(self.snapshots.iterdir()) - before if f.is_dir()]
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        rows = dict(report["widgets"]["campaign.statistics"]["rows"])
        query = parse_qs(address)
        known = len(self.source.events) if self.known is None else self.known
        wanted = self.source.count(query, known)
        assert {name: rows[name.replace("-", "_")] for name in wanted} == wanted
        for button in page.locator(".clw-notice button").all():
            button.click()
        self._check()


STEPS = repeats(200)


def test_a_random_walk_finds_right_numbers_and_loses_no_work(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("walk")
    for name in ("events", "layouts", "snapshots"):
        (folder / name).mkdir()
    Reader.browser = browser
    Reader.source = write_events(folder / "events" / "events.ndjson")
    Reader.snapshots = folder / "snapshots"
    environment = {
        "CAMPAIGN_LIVE_USER_HEADER": "X-Forwarded-User",
        "CAMPAIGN_LIVE_LAYOUTS": str(folder / "layouts"),
    }
    options = ("--campaign", "first", "--snapshots", str(folder / "snapshots"))
    with serving(folder / "events", *options, env=environment) as Reader.root:
        run_state_machine_as_test(
            Reader,
            settings=settings(
                max_examples=2,  # the first one is short
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
