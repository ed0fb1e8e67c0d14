"""Counted events that are in no file any more, on a page and in what it saves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.rendering.language.phrases import health_numbers
from campaign_live_widgets.report import to_json
from tests.support.reports.choices import event, send_message, sent

if TYPE_CHECKING:
    from pathlib import Path


def cut(path: Path, *numbers: int) -> None:
    path.write_text("".join(map(event, numbers)), encoding="utf-8")


def test_the_head_names_what_is_gone_in_the_language_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    cut(path, 1, 2, 3)
    report = CampaignReport(path, live=False)
    header = report.dashboard.header
    assert header.gone == ""
    cut(path, 1)
    report.refresh()
    assert sent(report) == 1
    assert header.gone.startswith("2 events that were counted are in no file any more.")
    assert header.labels["recount"] == "Count anew"
    assert header.numbers == health_numbers(report.snapshot.health, "en")
    cut(path, 1, 2)
    report.refresh()
    send_message(report.dashboard.filters, type="change", changes={"locale": ["fr"]})
    assert header.gone.startswith("1 événement compté n'est plus dans aucun fichier.")
    assert header.labels["recount"] == "Recompter"


def test_json_has_what_is_gone_until_the_source_is_counted_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    cut(path, 1, 2, 3)
    report = CampaignReport(path, live=False)
    cut(path, 3)
    health = json.loads(json.dumps(to_json(report.snapshot)))["health"]
    assert (health["events"], health["gone"]) == (1, 2)
    report.refresh()
    report.dashboard.header._handle_custom_msg({"type": "recount"}, [])
    assert report.snapshot.health.gone == 0
    assert report.dashboard.header.gone == ""
    assert sent(report) == 1


def test_a_source_that_cannot_be_counted_again_is_a_notice(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    cut(path, 1, 2, 3)
    report = CampaignReport(path, live=False)
    cut(path, 1)
    report.refresh()
    path.unlink()
    header = report.dashboard.header
    header._handle_custom_msg({"type": "recount"}, [])
    assert header.gone.startswith("2 events")
    (notice,) = header.notices
    assert "a.ndjson" in notice
