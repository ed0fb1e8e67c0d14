"""Events of messages, executions, campaigns and reasons that are called alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

AT: Final = datetime(2026, 11, 23, 15, tzinfo=UTC)
CAMPAIGNS: Final = ("c-1", "c-2")
CAMPAIGN: Final = "Spring sale"
LONG: Final = "Spring sale for all the dear readers of our newsletter, mail"
NAMES: Final = {
    "m-01": "Hello",
    "m-02": "Hello",
    "m-03": " HELLO\u200b",
    "m-04": f"{LONG} 1",
    "m-05": f"{LONG} 2",
    "m-06": "m-07",
    "m-07": None,
    "m-08": "Total",
    "m-09": "\u3164",
    "m-10": "Bye",
}
LABELS: Final = {
    "m-01": "Hello (m-01)",
    "m-02": "Hello (m-02)",
    "m-03": "HELLO\u200b (m-03)",
    "m-04": f"{LONG} 1",
    "m-05": f"{LONG} 2",
    "m-06": "m-07 (m-06)",
    "m-07": "m-07",
    "m-08": "Total (m-08)",
    "m-09": "m-09",
    "m-10": "Bye",
}
"""What each message is called in a report."""
SENT: Final = {message: 2 + i for i, message in enumerate(NAMES)}
REASONS: Final = {"Mailbox-Full": 5, "Mailbox full": 4, "Total": 3, "other (2)": 2, "Unknown": 1}
LABELS_OF_REASONS: Final = {
    "Mailbox-Full": "Mailbox Full (Mailbox-Full)",
    "Mailbox full": "Mailbox full",
    "Total": "Total (#c9b3c3)",
    "other (2)": "other (2) (#4176aa)",
    "Unknown": "Unknown (#b764cd)",
}
RUNS: Final = {
    "run-a": AT - timedelta(hours=1, seconds=50),
    "run-b": AT - timedelta(hours=1, seconds=20),
    "run-c": AT - timedelta(hours=2),
    "run-d": AT - timedelta(hours=2),
    "run-e": AT - timedelta(hours=3),
    "run-f": AT - timedelta(days=365, hours=3),
}
LABELS_OF_RUNS: Final = {
    "run-a": "23 Nov 2026 13:59:10",
    "run-b": "23 Nov 2026 13:59:40",
    "run-c": "23 Nov 2026 13:00:00 (run-c)",
    "run-d": "23 Nov 2026 13:00:00 (run-d)",
    "run-e": "23 Nov 2026 12:00",
    "run-f": "23 Nov 2025 12:00",
}


def rows() -> list[dict[str, object]]:
    """Return the events: each message, reason and execution has another number of them."""
    made: list[dict[str, object]] = []

    def add(count: int, event_type: str, at: datetime, **more: object) -> None:
        for _ in range(count):
            key = len(made)
            made.append(
                {
                    "event_id": f"e{key}",
                    "profile_id": f"p{key}",
                    "timestamp": at.isoformat(),
                    "campaign_id": CAMPAIGNS[0],
                    "campaign_name": CAMPAIGN,
                    "channel": "email",
                    "event_type": event_type,
                    "message_id": "m-10",
                    **more,
                }
            )

    at = AT - timedelta(minutes=30)
    for message, name in NAMES.items():
        add(SENT[message], "sent", at, message_id=message, message_name=name)
    for reason, count in REASONS.items():
        add(count, "bounce", at, reason=reason, bounce_type="hard")
    for count, domain in enumerate(("grnail.com", "gma\u0131l.com", "gmail.com"), 1):
        add(count, "open", at, domain=domain)
    for count, platform in enumerate(("ios", "iOS"), 1):
        add(count, "delivered", at, channel="push", platform=platform, message_id="push")
    for count, (run, start) in enumerate(RUNS.items(), 1):
        add(count, "click", start, execution_id=run)
    add(1, "sent", AT - timedelta(hours=5), campaign_id=CAMPAIGNS[1], message_id="other")
    return made


def write(folder: Path) -> Path:
    """Write the events into a folder; return it."""
    lines = "".join(json.dumps(row) + "\n" for row in rows())
    (folder / "events.ndjson").write_text(lines, encoding="utf-8")
    return folder
