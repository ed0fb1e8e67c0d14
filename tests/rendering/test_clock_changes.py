"""A window across a change of clocks is named alike, and rightly, wherever it is named."""

from __future__ import annotations

import html as markup
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.dashboard import Dashboard
from campaign_live_widgets.dashboard.page.facts import Facts
from campaign_live_widgets.rendering.charts import specification
from campaign_live_widgets.rendering.html.notebook import report_html
from campaign_live_widgets.rendering.html.page.page import html
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.rendering.pdf.pdf import pdf
from campaign_live_widgets.rendering.text import text
from campaign_live_widgets.report import frame
from campaign_live_widgets.snapshot import Execution, Selection
from campaign_live_widgets.snapshots import difference, write_index
from tests.support.events.memory import Event, snapshot_of
from tests.support.reports.snapshot_folders import publish

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.snapshot import Snapshot

MINUTE = timedelta(minutes=1)
DASH = "\N{EN DASH}"
SPRING = (datetime(2026, 3, 29, 3, tzinfo=UTC), 180 * MINUTE)
AUTUMN = (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 60 * MINUTE)
SERIES = TILES["email.summary"]
WINDOWS = [
    (SPRING, "en", f"29 Mar 2026 01:00 CET {DASH} 29 Mar 2026 05:00 CEST"),
    (AUTUMN, "fr", f"25 oct. 2026 02:30 CEST {DASH} 25 oct. 2026 02:30 CET"),
]


def snapshot(window: tuple[datetime, timedelta]) -> Snapshot:
    """Return a window with one event every five minutes."""
    end, length = window
    events = [Event("delivered", at=end - i * MINUTE) for i in range(5, length // MINUTE + 1, 5)]
    return replace(snapshot_of(events, end, length), ending="fixed")


def view(window: tuple[datetime, timedelta], locale: str) -> ReportView:
    return ReportView(
        snapshot=snapshot(window), made_at=window[0], locale=locale, time_zone="Europe/Paris"
    )


@pytest.mark.parametrize(("window", "locale", "span"), WINDOWS)
def test_every_text_names_both_zones_of_the_window(
    window: tuple[datetime, timedelta], locale: str, span: str
) -> None:
    report = view(window, locale)
    page = Dashboard(report.snapshot, locale=locale, time_zone="Europe/Paris", now=window[0])
    facts = Facts(locale=locale, time_zone="Europe/Paris")
    facts.show(report.snapshot, window[0])
    without_year = span.replace(" 2026", "")
    assert page.header.window.endswith(without_year)
    assert facts.values[0].endswith(without_year)
    assert page.filters.fixed_window[0] == span
    assert span in page.file("report").text.splitlines()[0]
    assert span in page.tile("email.summary").file("svg").text
    assert span in text(report)
    offline = html(report)
    title = re.search("<title>(.*?)</title>", offline)
    assert title is not None
    assert title[1].endswith(span)
    assert offline.count(span) >= 3, "in the title, the head and the foot"
    assert span in report_html(report, pictures=False)


@pytest.mark.parametrize(("window", "locale", "span"), WINDOWS)
def test_the_files_of_a_snapshot_and_their_lists_name_both_zones(
    tmp_path: Path, window: tuple[datetime, timedelta], locale: str, span: str
) -> None:
    folder = publish(tmp_path, snapshot(window), time_zone="Europe/Paris")
    diff = difference(folder, folder)
    assert span in diff.to_text(locale)
    assert span in diff.to_html(locale)
    last = span.rpartition(f" {DASH} ")[2]
    assert last in write_index(tmp_path, locale).read_text("utf-8")


@pytest.mark.usefixtures("renderers")
@pytest.mark.parametrize(("window", "locale", "span"), WINDOWS)
def test_the_pdf_names_both_zones_of_the_window(
    window: tuple[datetime, timedelta], locale: str, span: str
) -> None:
    pages = pypdfium2.PdfDocument(pdf(view(window, locale)))
    texts = [" ".join(page.get_textpage().get_text_range().split()) for page in pages]
    assert all(span in page for page in texts)


def test_no_two_buckets_of_a_window_are_labelled_alike() -> None:
    rows = frame(SERIES, snapshot((AUTUMN[0] + 150 * MINUTE, 6 * 60 * MINUTE)))
    names = [row.name for row in table(SERIES, rows, time_zone="Europe/Paris").rows]
    spec = specification(SERIES, rows, time_zone="Europe/Paris")
    points = [point["time"] for point in spec["data"]["values"]]
    for labels in (names, points):
        assert len(set(labels)) == len(labels) == 72
        assert [" 02:" in label for label in labels] == ["UTC" in label for label in labels]
    offline = markup.unescape(report_html(view(AUTUMN, "en"), pictures=False))
    assert "Oct 25, 2026, 02:45 UTC+2" in offline
    assert "Oct 25, 2026, 02:15 UTC+1" in offline


@pytest.mark.parametrize(
    ("window", "part"),
    [
        (SPRING, "from Mar 29, 2026, 01:00 CET to Mar 29, 2026, 05:00 CEST (Europe/Paris); most"),
        (AUTUMN, "from Oct 25, 2026, 02:30 CEST to Oct 25, 2026, 02:30 CET (Europe/Paris); most"),
    ],
)
def test_the_sentence_for_screen_readers_names_both_zones(
    window: tuple[datetime, timedelta], part: str
) -> None:
    series = replace(SERIES, metrics=("delivered",))
    rows = frame(series, snapshot(window))
    assert part in summary(series, rows, time_zone="Europe/Paris")


def test_executions_in_the_two_hours_of_one_time_have_different_names() -> None:
    end, length = AUTUMN
    runs = tuple(
        Execution(f"run-{i}", 1, end - hours * 60 * MINUTE, end) for i, hours in enumerate((0, 1))
    )
    both = replace(
        snapshot((end, length)),
        executions=runs,
        selection=Selection(executions=frozenset({"run-0", "run-1"})),
    )
    page = Dashboard(both, time_zone="Europe/Paris", now=end)
    names = ["25 Oct 02:30 UTC+1", "25 Oct 02:30 UTC+2"]
    assert [name for _, name in page.filters.executions] == names
    assert page.header.scope[0] == f"2 of 2 executions ({', '.join(names)})"
