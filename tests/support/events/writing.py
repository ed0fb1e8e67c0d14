"""Events that keep coming while a test looks."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.app.demo.demo import EventWriter


@contextmanager
def writing(writer: EventWriter) -> Iterator[None]:
    """Let *writer* write in a separate thread during the block."""
    stopping = Event()
    thread = Thread(target=writer.keep_writing, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
