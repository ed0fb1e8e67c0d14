"""A small source of which each choice takes another number of events, and its page's requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from ipywidgets import Widget

    from campaign_live_widgets import CampaignReport

NOW = datetime.now(UTC)


def event(number: int, **fields: object) -> str:
    row = {
        "event_id": f"e{number}",
        "timestamp": (NOW - timedelta(minutes=1)).isoformat(),
        "campaign_id": "c1",
        "message_id": "m1",
        "channel": "email",
        "profile_id": f"key-of-{number}@example.org",
        "event_type": "sent",
    }
    return json.dumps({**row, **fields}) + "\n"


def sent(report: CampaignReport) -> int:
    return int(report.frame("email.metrics_by_message")["sent"].sum())


def write_events(tmp_path: Path) -> Path:
    """Write 11 events: three messages, two executions, a test, old ones, and two campaigns."""
    old = (NOW - timedelta(days=3)).isoformat()
    lines = [event(i, message_id="m1", execution_id="x1") for i in range(4)]
    lines += [event(i, message_id="m2", execution_id="x2") for i in range(4, 7)]
    lines += [event(7, message_id="m3", is_test=True), event(8, message_id="m3")]
    lines += [event(9, message_id="m1", execution_id="x1", timestamp=old)]
    lines += [event(10, campaign_id="c2", message_id="m1", timestamp=old)]
    (tmp_path / "a.ndjson").write_text("".join(lines))
    return tmp_path


def send_message(widget: Widget, **message: object) -> None:
    """Send a message to a widget as the page does."""
    data = {"method": "custom", "content": message}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def answer_to(report: CampaignReport, **request: object) -> dict[str, Any]:
    """Send a request of the page's filters, or its address (``hello``); return the answer."""
    replies: list[dict[str, Any]] = []
    report.dashboard.filters.send = replies.append
    page = report.dashboard
    send_message(page.monitor if request["type"] == "hello" else page.filters, **request)
    return replies[-1]


def address_after(report: CampaignReport, **request: object) -> str:
    """Return the address that the page has after a request."""
    return str(answer_to(report, **request)["address"])
