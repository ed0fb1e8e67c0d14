"""What a page and the coordinator that updates it need of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from campaign_live_widgets.dashboard.live.connection_monitor import ConnectionMonitor
    from campaign_live_widgets.dashboard.live.viewers import Viewers
    from campaign_live_widgets.snapshot import Snapshot


class PageUpdates(Protocol):
    """Updates a page, and receives the messages of its readers."""

    min_interval: float
    """Seconds between two updates, at least."""

    def call_soon(self, call: Callable[[], object]) -> None:
        """Run a call in the thread that updates the page."""

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Receive a message of a reader."""


class LiveHead(Protocol):
    """The head of a page that can be updated."""

    live: bool
    """Whether the report is refreshed, so that it can be paused."""

    def set_refreshed(self, moment: datetime) -> None:
        """Show when the source was last read."""


class LivePage(Protocol):
    """A page that can be updated."""

    locale: str
    time_zone: str
    snapshot: Snapshot
    header: LiveHead
    monitor: ConnectionMonitor
    viewers: Viewers

    def attach(self, coordinator: PageUpdates) -> None:
        """Pass the page's messages to a coordinator."""

    def detach(self) -> None:
        """End live updates."""

    def show(self, snapshot: Snapshot, *, now: datetime | None = None) -> bool:
        """Show another snapshot; return whether anything the page shows has changed."""

    def set_state(self, state: str, note: str = "") -> None:
        """Show a state."""

    def notify(self, text: str) -> None:
        """Show a notice."""

    def stale_note(self, since: datetime, cause: object) -> str:
        """Return since when the numbers are not updated, and why."""
