"""What the numbers on the page belong to, for files that leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.widgets import Context

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot

_WITH_TESTS: Final = Text("with tests", "tests compris")
_MESSAGES: Final = Text("{} of {} messages", "{} messages sur {}")
_EXECUTIONS: Final = Text("{} of {} executions", "{} exécutions sur {}")


def context(snapshot: Snapshot, time_zone: str, locale: str) -> Context:
    """Return campaign, window, time zone and what is left out, in one line of the language."""
    local = ZoneInfo(time_zone)
    ends = [moment.astimezone(local) for moment in (snapshot.window.start, snapshot.window.end)]
    start, end = (format_datetime(moment, "d MMM y HH:mm", locale=locale) for moment in ends)
    chosen = snapshot.selection
    parts = [
        snapshot.campaign_name or snapshot.campaign_id,
        f"{start} \N{EN DASH} {end} {ends[1].tzname() or time_zone}",
    ]
    if chosen.messages:
        parts.append(_MESSAGES(locale).format(len(chosen.messages), len(snapshot.messages)))
    if chosen.executions:
        parts.append(_EXECUTIONS(locale).format(len(chosen.executions), len(snapshot.executions)))
    if snapshot.include_tests:
        parts.append(_WITH_TESTS(locale))
    line = " \N{MIDDLE DOT} ".join(parts)
    return Context(snapshot.campaign_id, snapshot.window.end, line)
