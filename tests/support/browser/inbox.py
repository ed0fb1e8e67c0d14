"""A folder of events into which a test drops files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from campaign_live_widgets.app.demo.simulation import CAMPAIGN_ID

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Inbox:
    """A folder of events; the report follows it."""

    folder: Path

    def drop(self, sends: int, *, campaign: str = CAMPAIGN_ID) -> None:
        """Put a file of e-mails sent and delivered now into the folder."""
        now, drop = datetime.now(UTC).isoformat(), uuid4().hex
        lines = [
            json.dumps(
                {
                    "event_id": f"drop-{drop}-{i}-{kind}",
                    "timestamp": now,
                    "campaign_id": campaign,
                    "campaign_name": campaign.replace("-", " ").capitalize(),
                    "message_id": "email-announcement",
                    "channel": "email",
                    "profile_id": f"q{i}",
                    "event_type": kind,
                }
            )
            for i in range(sends)
            for kind in ("sent", "delivered")
        ]
        hidden = self.folder / f".drop-{drop}.ndjson"
        hidden.write_text("\n".join(lines) + "\n", encoding="utf-8")
        hidden.rename(self.folder / f"drop-{drop}.ndjson")
