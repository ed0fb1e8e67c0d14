"""*Save a snapshot* saves what the page shows: neither newer numbers nor another layout."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.rendering.language.times import moment
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshots import verify
from tests.support.reports.choices import event, send_message, sent, write_events

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.dashboard import Dashboard

SLOWEST = 120.0


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CampaignReport:
    monkeypatch.setenv("CAMPAIGN_LIVE_SNAPSHOTS", str(tmp_path / "snapshots"))
    (source := tmp_path / "events").mkdir()
    return CampaignReport(write_events(source), "c1", live=False, window="6h")


def save(page: Dashboard) -> None:
    """Press *Save a snapshot*, and wait until it is saved or has failed."""
    send_message(page.filters, type="save")
    end = time.monotonic() + SLOWEST
    while page.filters.saving == "busy":
        assert time.monotonic() < end, "it is not saved in time"
        time.sleep(0.1)


@pytest.mark.usefixtures("kernels")
def test_events_that_the_page_does_not_show_are_not_saved(
    report: CampaignReport, tmp_path: Path
) -> None:
    page = report.dashboard
    send_message(page.filters, type="change", changes={"message": ["m1"], "locale": ["fr"]})
    removed, first = "email.bounce_reasons", page.grids["email"].places()[0]
    page.grids["email"].hide(removed)
    page.tile(first.tile_id).view = "kpi" if TILES[first.tile_id].kinds[0] != "kpi" else "donut"
    expected = to_json(page.snapshot, "fr")
    (tmp_path / "events" / "b.ndjson").write_text(event(20) + event(21))
    assert sent(report) == 6, "the report has read them, the page does not show them"
    save(page)
    (folder,) = (p for p in (tmp_path / "snapshots").iterdir() if (p / "manifest.json").is_file())
    saved = json.loads((folder / "report.json").read_text())
    assert saved == json.loads(json.dumps(expected))
    assert saved["widgets"]["email.metrics_by_message"]["rows"][0][1] == 4
    assert list(verify(folder)) == []
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["health"] == expected["health"]
    html = (folder / "report.html").read_text()
    assert 'lang="fr"' in html
    assert page.snapshot.taken_at is not None
    assert moment(page.snapshot.taken_at, "UTC", "fr") in html, "made when it was shown"
    assert f'data-tile="{first.tile_id}"' in html
    assert f'data-tile="{removed}"' not in html
    (notice,) = page.header.notices
    assert folder.name in notice


@pytest.mark.usefixtures("kernels")
def test_a_page_whose_source_is_gone_saves_what_it_shows(
    report: CampaignReport, tmp_path: Path
) -> None:
    page = report.dashboard
    (tmp_path / "events").rename(tmp_path / "elsewhere")
    save(page)
    (folder,) = (p for p in (tmp_path / "snapshots").iterdir() if (p / "manifest.json").is_file())
    saved = json.loads((folder / "report.json").read_text())
    assert saved == json.loads(json.dumps(to_json(page.snapshot, "en")))
    assert list(verify(folder)) == []


def test_a_notebook_stores_the_numbers_that_its_page_shows(
    report: CampaignReport, tmp_path: Path
) -> None:
    before = report._repr_mimebundle_()["text/html"]
    (tmp_path / "events" / "b.ndjson").write_text(event(20, message_id="later"))
    assert sent(report) == 9
    assert report._repr_mimebundle_()["text/html"] == before
    report.refresh()
    assert "later" in str(report._repr_mimebundle_()["text/html"])


def test_a_tile_that_fails_keeps_the_caption_of_its_numbers(
    report: CampaignReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = report.dashboard
    tile = page.tile("campaign.statistics")
    before = [tile.file(kind) for kind in ("csv", "png", "svg")]

    def fail(*_: object) -> bool:
        message = "broken"
        raise RuntimeError(message)

    monkeypatch.setattr(tile._view(tile.view), "update", fail)
    later = replace(page.snapshot, entered_profiles=10**6, campaign_id="c9")
    page.show(later, force_all=True)
    assert [tile.file(kind) for kind in ("csv", "png", "svg")] == before
