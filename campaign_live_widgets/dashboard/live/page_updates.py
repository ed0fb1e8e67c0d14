"""What a page needs of whatever keeps it up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class PageUpdates(Protocol):
    """Updates a page, and receives the messages of its readers."""

    min_interval: float
    """Seconds between two updates, at least."""

    def call_soon(self, call: Callable[[], object]) -> None:
        """Run a call in the thread that updates the page."""

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Receive a message of a reader."""
