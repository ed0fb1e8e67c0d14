"""The process of many pages: opens and closes them, and carries their messages to web servers.

The loop only moves messages. What a page does (counting, drawing, saving a layout) runs in a pool
of threads or in the page's own threads, so that one page's slow work keeps no other page waiting.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
import traceback
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final, TypeVar

from campaign_live_widgets.app.notebook.error_card import card
from campaign_live_widgets.app.pages.frames import pack, read_frame
from campaign_live_widgets.app.pages.messages import InvalidMessageError, decode
from campaign_live_widgets.app.pages.report_page import PageSettings, ReportPage
from campaign_live_widgets.app.pages.viewer import Viewer
from campaign_live_widgets.app.pages.virtual_kernel import install
from campaign_live_widgets.app.reader.connection import connection_to
from campaign_live_widgets.app.settings.identity import LOCAL
from campaign_live_widgets.errors import CampaignLiveError, SourceError
from campaign_live_widgets.io.environment import DEBUG, READER
from campaign_live_widgets.io.memory import free_memory, resident_bytes

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

T = TypeVar("T")
_ADVICE: Final = "The page tries again every 30 seconds."
_LOG: Final = logging.getLogger(__name__)
KEEP_ABANDONED: Final = 300.0
"""Seconds that a page survives a viewer who has disappeared silently (a killed browser, a lost
network). A page that is closed ends at once."""
KEEP_UNSEEN: Final = 120.0
"""Seconds that a page waits for the browser that has asked for it."""
CHECKS: Final = 10
"""How many times in :data:`KEEP_ABANDONED` the pages are checked."""
_OPENINGS: Final = 4
"""How many pages are made at a time."""
_WORKERS: Final = 8
"""How many messages of browsers are handled at a time."""
_LONGEST_BACKLOG: Final = 4 * 1024 * 1024
"""Bytes of messages that a page keeps for its browser before it is connected."""
_READER_SECONDS: Final = 10.0
"""How long a page that is opened waits for the reader, in attempts of a second."""
_LAG_SECONDS: Final = 0.5
"""Time between two measurements of the loop's delay."""
_TIDY_SECONDS: Final = 5.0
"""Least time between two collections of the garbage of closed pages."""


@dataclass(slots=True)
class _Open:
    """A page, its viewers, and what it has sent before the first of them was there."""

    page: ReportPage
    alone_since: float
    viewers: set[Viewer] = field(default_factory=set)
    backlog: list[bytes] = field(default_factory=list)
    backlog_size: int = 0
    was_seen: bool = False


class PageHost:
    """The pages of one process.

    Parameters
    ----------
    settings : PageSettings
    number : int
        Which host of the server this is, from 0 to 99; the last two digits of its pages' ids.
    most : int or None
        How many pages may be open at a time.
    """

    def __init__(self, settings: PageSettings, *, number: int = 0, most: int | None = None) -> None:
        self._settings, self._number, self._most = settings, number, most
        self._pages: dict[str, _Open] = {}
        self._opening = 0
        self._openings = ThreadPoolExecutor(_OPENINGS, thread_name_prefix="campaign-live-open")
        self._messages = ThreadPoolExecutor(_WORKERS, thread_name_prefix="campaign-live-page")
        self._loop: asyncio.AbstractEventLoop
        self._lag = 0.0
        self._ticks = 0
        self._is_untidy = False
        self._requests: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            "open": self._open_page,
            "close": self._close_page,
            "find": self._find_page,
            "status": self._status,
            "rehearse": self._rehearse,
        }

    async def run(self, listening: socket.socket) -> None:
        """Answer web servers on a socket until cancelled."""
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_unix_server(self._serve, sock=listening)
        checks = asyncio.create_task(self._check())
        try:
            async with server:
                await server.serve_forever()
        finally:
            checks.cancel()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer the request of one connection, and carry the messages of one that attaches."""
        try:
            request = await read_frame(reader)
            if not isinstance(request, dict):
                return
            if request.get("do") == "attach":
                await self._attach(request, reader, writer)
                return
            writer.write(pack(await self._requests[request["do"]](request)))
            await writer.drain()
        except (IncompleteReadError, ConnectionError):
            pass  # the web server has gone
        finally:
            writer.close()

    async def _open_page(self, request: dict[str, Any]) -> dict[str, Any]:
        """Open a page; return what its HTML needs, or why it cannot be shown."""
        if self._most is not None and len(self._pages) + self._opening >= self._most:
            return {"full": True}
        self._opening += 1
        try:
            return await self._in_pool(
                self._openings, self._make, request["address"], request["user"]
            )
        except CampaignLiveError as error:
            return _failure(error)
        except Exception as error:  # noqa: BLE001 - the page shows it
            _LOG.exception("A page could not be opened")
            failure = CampaignLiveError(str(error) or type(error).__name__)
            failure.__cause__ = error
            return _failure(failure)
        finally:
            self._opening -= 1

    def _make(self, address: str, user: str | None) -> dict[str, Any]:
        page_id = self._new_id()

        def send(frame: bytes) -> None:
            self._loop.call_soon_threadsafe(self._deliver, page_id, frame)

        page = _patiently(lambda: ReportPage(page_id, self._settings, address, user, send))
        self._loop.call_soon_threadsafe(self._add, page)
        page.start()
        return {"page": page_id, "campaign": page.campaign, **page.first_paint()}

    def _new_id(self) -> str:
        """Return an id that cannot be guessed, in the form of a kernel's id."""
        digits = secrets.token_hex(16)[:-2] + f"{self._number:02d}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _add(self, page: ReportPage) -> None:
        self._pages[page.id] = _Open(page, time.monotonic())

    def _deliver(self, page_id: str, frame: bytes) -> None:
        """Send a message to all viewers of a page; keep it for the first one."""
        opened = self._pages.get(page_id)
        if opened is None:
            return
        for viewer in opened.viewers:
            viewer.send(frame)
        if not opened.was_seen:
            opened.backlog.append(frame)
            opened.backlog_size += len(frame)
            if opened.backlog_size > _LONGEST_BACKLOG:
                self._forget(page_id)

    async def _attach(
        self, request: dict[str, Any], reader: StreamReader, writer: StreamWriter
    ) -> None:
        """Carry messages between a page and one browser until either goes."""
        opened = self._page_for(request)
        if opened is None:
            writer.write(pack({"gone": True}))
            await writer.drain()
            return
        writer.write(pack({}))
        protocol = request["protocol"]
        viewer = Viewer(writer, protocol)
        for frame in opened.backlog:
            viewer.send(frame)
        opened.backlog.clear()
        opened.was_seen = True
        opened.viewers.add(viewer)
        sending = asyncio.create_task(viewer.run())
        try:
            while True:  # the next message is read once this one has been handled
                message = decode(await read_frame(reader), protocol)  # type: ignore[arg-type]
                await self._in_pool(self._messages, opened.page.handle, message)
        except InvalidMessageError:
            pass
        finally:
            sending.cancel()
            viewer.close()
            opened.viewers.discard(viewer)
            opened.alone_since = time.monotonic()

    async def _close_page(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._page_for(request) is not None:
            self._forget(request["page"])
        return {}

    def _page_for(self, request: dict[str, Any]) -> _Open | None:
        """Return the page of a request, unless the request names another user than the page's.

        A proxy may leave the header out of what scripts request; they know the page's id.
        """
        opened = self._pages.get(request["page"])
        if opened is None:
            return None
        is_same = request["user"] in {None, opened.page.user} or opened.page.user is None
        return opened if is_same else None

    def _forget(self, page_id: str) -> None:
        """Close a page, and give its memory back soon."""
        opened = self._pages.pop(page_id, None)
        if opened is None:
            return
        self._ticks += opened.page.ticks
        for viewer in opened.viewers:
            viewer.close()
        self._messages.submit(opened.page.close).add_done_callback(
            lambda _: self._loop.call_soon_threadsafe(self._tidy_soon)
        )

    def _tidy_soon(self) -> None:
        if not self._is_untidy:
            self._is_untidy = True
            self._loop.call_later(_TIDY_SECONDS, self._tidy)

    def _tidy(self) -> None:
        self._is_untidy = False
        self._openings.submit(free_memory)

    async def _find_page(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return whether a page is there, and how many viewers it has."""
        opened = self._page_for(request)
        if opened is None:
            return {"gone": True}
        return {"viewers": len(opened.viewers)}

    async def _status(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Return figures for who runs the server."""
        viewers = [viewer for opened in self._pages.values() for viewer in opened.viewers]
        return {
            "pages": len(self._pages),
            "opening_pages": self._opening,
            "viewers": len(viewers),
            "waiting_bytes": sum(viewer.waiting for viewer in viewers),
            "lag_seconds": self._lag,
            "ticks": self._ticks + sum(opened.page.ticks for opened in self._pages.values()),
            "resident_bytes": resident_bytes(),
            "process": os.getpid(),
        }

    async def _rehearse(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Open and close a page: whatever fails does so now, and the next one opens sooner."""
        answer = await self._open_page({"address": "", "user": LOCAL})
        if "page" in answer:
            self._forget(answer["page"])
        return answer

    async def _check(self) -> None:
        """Close the pages whose viewers have been gone for too long; measure the loop's delay."""
        checked = time.monotonic()
        while True:
            slept = time.monotonic()
            await asyncio.sleep(_LAG_SECONDS)
            now = time.monotonic()
            self._lag = max(0.0, now - slept - _LAG_SECONDS)
            if now - checked < KEEP_ABANDONED / CHECKS:
                continue
            checked = now
            for page_id, opened in list(self._pages.items()):
                limit = KEEP_ABANDONED if opened.was_seen else min(KEEP_UNSEEN, KEEP_ABANDONED)
                if not opened.viewers and now - opened.alone_since >= limit:
                    self._forget(page_id)

    async def _in_pool(self, pool: ThreadPoolExecutor, call: Callable[..., T], *args: object) -> T:
        return await self._loop.run_in_executor(pool, call, *args)


def _patiently(make: Callable[[], ReportPage]) -> ReportPage:
    """Make a page; wait for a reader that is being started again."""
    end = time.monotonic() + _READER_SECONDS
    while True:
        try:
            return make()
        except SourceError:
            path = os.environ.get(READER)
            if not path or connection_to(path).is_connected or time.monotonic() >= end:
                raise


def _failure(error: CampaignLiveError) -> dict[str, Any]:
    """Return what the web server shows in place of a page; with the traceback to debug."""
    html = card(error, _ADVICE)
    if os.environ.get(DEBUG):
        lines = traceback.format_exception(error)
        html += f"<pre>{escape(''.join(lines))}</pre>"
    return {"error": str(error), "card": html}


def run_page_host(
    listening: socket.socket, settings: PageSettings, number: int, most: int | None
) -> None:
    """Run a page host until the process ends; the first call in its process."""
    install()
    asyncio.run(PageHost(settings, number=number, most=most).run(listening))
