"""The page's address: the answers to a reader's choices, and the steps of the browser's history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.errors import SourceError
from tests.support.reports.choices import address_after, answer_to, sent, write_events

if TYPE_CHECKING:
    from pathlib import Path


def test_a_change_in_the_page_returns_its_address(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), live=False, tab="email")
    assert address_after(report, type="change", changes={"window": ["all"]}) == "window=all"
    assert report.dashboard.snapshot.window.length > timedelta(days=3)
    assert address_after(report, type="change", changes={"message": ["m3"], "tests": ["1"]}) == (
        "campaign=c1&window=all&message=m3&tests=1"
    )
    assert sent(report) == 2
    assert address_after(report, type="change", changes={"campaign": ["c2"]}) == (
        "campaign=c2&window=all&tests=1"
    )
    assert report.dashboard.header.notices == []
    assert sent(report) == 1
    assert (
        address_after(report, type="hello", search="?tab=push&every=5&theme=dark")
        == "every=5&tab=push"
    )
    assert report.dashboard.tabs.selected_index == 2
    assert sent(report) == 8
    assert report.dashboard.filters.query["every"] == ["5"]
    report.dashboard.tabs.selected_index = 0
    assert report.dashboard.filters.query["tab"] == ["campaign"]


def test_back_takes_back_what_is_counted_and_not_how_it_is_shown(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), "c1", live=False)

    def is_step(**changes: list[str]) -> bool:
        return bool(answer_to(report, type="change", changes=changes)["step"])

    assert is_step(window=["6h"])
    assert is_step(message=["m1"])
    assert is_step(detail=["m2"])
    assert is_step(tests=["1"], detail=[""])
    assert is_step(**{"from": ["2026-11-20T12:00Z"], "to": ["2026-11-20T13:00Z"], "window": []})
    assert not is_step(locale=["fr"], tz=["Europe/Paris"], every=["5"], tab=["push"])
    assert not is_step(window=["soon"]), "an ignored value changes nothing"
    assert answer_to(report, type="revisit", address="?window=6h&message=m1&tab=email", n=3) == {
        "type": "answered",
        "address": "window=6h&message=m1&tz=Europe%2FParis&locale=fr&every=5&tab=push",
        "step": False,
        "revisit": 3,
    }
    assert sent(report) == 4
    assert is_step(campaign=["c2"])
    assert answer_to(report, type="hello", search="?window=1h")["step"] is False


def test_the_address_stays_that_of_what_is_shown_if_a_step_fails(tmp_path: Path) -> None:
    (source := tmp_path / "events").mkdir()
    report = CampaignReport(write_events(source), "c1", every=0.5)
    try:
        source.rename(tmp_path / "gone")
        with pytest.raises(SourceError):
            report._control.revisit("?campaign=c2", 1)
        replies: list[dict[str, Any]] = []
        report.dashboard.filters.send = replies.append
        with pytest.raises(SourceError):
            report._control.change({"campaign": ["c2"]})
        assert replies == [{"type": "answered", "address": "", "step": False, "revisit": 1}]
    finally:
        report.stop()


def test_a_message_of_the_former_campaign_that_an_address_names_is_a_notice(
    tmp_path: Path,
) -> None:
    report = CampaignReport(write_events(tmp_path), "c1", live=False, messages=["m3"])
    assert address_after(report, type="hello", search="?campaign=c2&message=m3") == (
        "campaign=c2&message="
    )
    (notice,) = report.dashboard.header.notices
    assert notice.startswith("Ignored message=m3: the campaign has no such message.")
