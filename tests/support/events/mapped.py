"""Canonical rows in the words of somebody's own export, and the mapping that reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from tests import oracle

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]

CANONICAL: Final = oracle.COLUMNS
_ZONE: Final = timezone(timedelta(hours=5, minutes=30))
KINDS: Final = {
    "targeted": "In target",
    "excluded": "Suppressed",
    "error": "Failed",
    "sent": "Sent",
    "delivered": "Delivered",
    "delay": "Deferred",
    "open": "Opened",
    "click": "Clicked it's link",
    "unsubscribe": "Opt-out",
    "spam_complaint": 'Marked "spam"',
    "action": "Button",
    "impression": "Seen",
    "dismiss": "Closed",
    "conversion": "Bought",
}
BOUNCES: Final = {"hard": "Hard Bounce", "soft": "Soft Bounce", "ignored": "Auto Reply"}
MAPPING: Final = """
[[rule]]
name = "crm"
files = ["**/*.csv*", "**/*.parquet", "**/*.ndjson*"]
tables = "crm_events*"

[rule.columns]
event_id = "Row Key"
timestamp = { from = ["None", "When"], form = "%d.%m.%Y %H:%M:%S.%f", zone = "Asia/Kolkata" }
campaign_id = { from = "Subject", pattern = '^\\[camp: (.+)\\]$' }
message_id = "Mail.Key"
channel = { from = "Medium", values = { "E-Mail" = "email", "App" = "push" }, others = "keep" }
profile_id = "Customer"
reason = "Why"
is_async = "Late"
domain = "Mail.Host"
platform = "Device"
execution_id = "Run"
variant = "Arm"
url = "Link"
is_test = { from = "Mode", values = { "test" = true, "live" = false }, others = "keep" }
is_machine = "Robot"
campaign_name = "Campaign title"
message_name = "Mail.Title"

[rule.events]
from = "Status"

[rule.events.values]
"""


def mapping_text() -> str:
    """Return the mapping that reads :func:`own_words`."""
    kinds = [f"{_toml(own)} = {_toml(kind)}" for kind, own in KINDS.items()]
    bounces = [
        f'{_toml(own)} = {{ event_type = "bounce", bounce_type = "{kind}" }}'
        for kind, own in BOUNCES.items()
    ]
    return MAPPING + "\n".join((*kinds, *bounces, '"Bounce" = "bounce"')) + "\n"


def write_mapping(folder: Path, tables: str = "crm_events*") -> Path:
    """Write the mapping into a folder."""
    path = folder / "crm.toml"
    path.write_text(mapping_text().replace("crm_events*", tables), encoding="utf-8")
    return path


def as_texts(row: Row) -> Row:
    """Return a row whose values are texts."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in row.items()
    }


def is_expressible(row: Row) -> bool:
    """Return whether the export can say a row: bounce types are those of bounces."""
    kind = row["bounce_type"]
    if kind is not None and (row["event_type"] != "bounce" or kind not in BOUNCES):
        return False
    return isinstance(row["timestamp"], datetime) or row["timestamp"] is None


def own_words(row: Row) -> Row:
    """Return a canonical row in the export's words, nested."""
    kind, time, campaign = row["event_type"], row["timestamp"], row["campaign_id"]
    status = BOUNCES[row["bounce_type"]] if row["bounce_type"] else "Bounce"
    local = time and (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(_ZONE)
    channels = {"email": "E-Mail", "push": "App"}
    modes = {True: "test", False: "live"}
    return {
        "Row Key": row["event_id"],
        "When": local and f"{local:%d.%m.%Y %H:%M:%S.%f}",
        "Subject": campaign if campaign is None else f"[camp: {campaign}]",
        "Mail": {"Key": row["message_id"], "Host": row["domain"], "Title": row["message_name"]},
        "Medium": channels.get(row["channel"], row["channel"]),
        "Customer": row["profile_id"],
        "Status": status if kind == "bounce" else KINDS.get(kind, kind),
        "Why": row["reason"],
        "Late": row["is_async"],
        "Device": row["platform"],
        "Run": row["execution_id"],
        "Arm": row["variant"],
        "Link": row["url"],
        "Mode": modes.get(row["is_test"], row["is_test"]),
        "Robot": row["is_machine"],
        "Campaign title": row["campaign_name"],
    }


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
