"""The first paint shows the numbers of the report, whatever names are in it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from campaign_live_widgets.app.notebook.live_report import CampaignReport
from campaign_live_widgets.app.settings.installation import samples_path
from campaign_live_widgets.catalog import tile
from campaign_live_widgets.dashboard.page.first_paint import first_paint
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.report import frame

EVIL = '<img src=x onerror="alert(1)">'


class _Reader(HTMLParser):
    """Text of the page, the names of its elements, and whether all of them end."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("tab", ["campaign", "email", "push"])
def test_numbers_are_those_of_the_report(tab: str, locale: str) -> None:
    report = CampaignReport(samples_path(), live=False, tab=tab, locale=locale)
    report.dashboard.open_tab(tab)
    texts = _read(first_paint(report.dashboard).html).texts
    for place in report.dashboard.grids[tab].places():
        about = tile(place.tile_id)
        if about.kinds[0] not in {"kpi", "table"}:
            continue
        rows = frame(about, report.dashboard.snapshot)
        columns = ["count"] if "count" in rows else about.columns[1:]
        for column in columns:
            for value in rows[column].dropna():
                assert format_number(value, locale) in texts


def test_names_from_outside_stay_text() -> None:
    dashboard = CampaignReport(samples_path(), live=False).dashboard
    dashboard.header.campaign_name = EVIL
    dashboard.header.scope = [EVIL]
    dashboard.notify(EVIL)
    page = _read(first_paint(dashboard).html)
    assert page.texts.count(EVIL) == 3
    assert not page.tags & {"img", "script"}


def test_links_keep_the_address_but_its_token() -> None:
    dashboard = CampaignReport(samples_path(), live=False).dashboard
    address = "tab=push&tz=Europe/Paris&message=a%26b&message=c&token=secret&own=%22%3E"
    html = first_paint(dashboard, address=address).html
    others = "tz=Europe%2FParis&amp;message=a%26b&amp;message=c&amp;own=%22%3E"
    for tab in ("campaign", "email", "push"):
        assert f'href="?{others}&amp;tab={tab}"' in html
    assert "secret" not in html


def test_a_page_that_becomes_live_has_what_the_live_page_has() -> None:
    dashboard = CampaignReport(samples_path(), live=False).dashboard
    assert "clw-toggle" not in first_paint(dashboard).html
    html = first_paint(dashboard, awaits_live=True).html
    assert "clw-toggle" in html
    assert html.count('data-state="loading"') == 2  # the root and the pill
    assert '<noscript><span class="clw-pill" data-state="paused">' in html
