"""The reader's process: reads one source, and answers on a Unix socket until it is ended."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from campaign_live_widgets.app.reader.answer_maker import AnswerClock, AnswerMaker, NotCountedError
from campaign_live_widgets.app.reader.answers import Answers
from campaign_live_widgets.app.reader.client_connection import ClientConnection
from campaign_live_widgets.app.reader.messages.codec import to_question
from campaign_live_widgets.app.reader.messages.notices import (
    Names,
    News,
    ReaderStatus,
    error_to,
    names_of_to,
    news_to,
    status_to,
)
from campaign_live_widgets.app.reader.messages.protocol import DamagedMessageError, encode_body
from campaign_live_widgets.app.reader.messages.values import (
    campaigns_to,
    number,
    text,
    to_optional_text,
    to_optional_time,
    to_time,
)
from campaign_live_widgets.app.reader.socket_file import SocketFile, group_id
from campaign_live_widgets.app.reader.source_digest import source_digest
from campaign_live_widgets.app.reader.source_follower import PollState, SourceFollower, known_error
from campaign_live_widgets.app.reader.work_folder import work_folder
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.io.memory import resident_bytes
from campaign_live_widgets.sources.address import parse_address

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from campaign_live_widgets.app.reader.messages.protocol import Json
    from campaign_live_widgets.engine import Rollup

T = TypeVar("T")

_SECOND_MS: Final = 1000


def run_reader(  # noqa: PLR0913 - by name
    source: str,
    socket_path: str | os.PathLike[str],
    *,
    name: str | None = None,
    allow_group: str | None = None,
    use_cache: bool = True,
    small_cells: bool = False,
    until: int | None = None,
    ready: Callable[[], object] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> None:
    """Read a source and answer on a socket until SIGTERM, Ctrl-C or the end of *until*.

    Parameters
    ----------
    source : str
        Its address; no ``env:NAME``.
    socket_path : str or path
        See :class:`~campaign_live_widgets.app.reader.socket_file.SocketFile`.
    name : str, optional
        The public name of the source, which answers and errors show instead of its path.
    allow_group : str, optional
        A group of this machine whose members may connect, too.
    use_cache : bool
        Whether to start from what an earlier reader has saved, and to save it again.
    small_cells : bool
        Whether profiles are kept by domain and link, so that clients may have small cells folded.
    until : int, optional
        A file descriptor whose end ends the reader, such as of a pipe from its parent.
    ready : callable, optional
        Is called once the socket exists; the source may not have been read yet.
    clock : callable
        Returns the time now, with a time zone.

    Raises
    ------
    UsageError
        If the socket cannot be there, or the group is unknown.
    SourceError
        If the address of the source is invalid.
    """
    group = None if allow_group is None else group_id(allow_group)
    server = _Server(source, name, clock, use_cache=use_cache, small_cells=small_cells)
    socket_file = SocketFile(socket_path, group)
    has_ended = True
    try:
        with work_folder(socket_path):
            has_ended = asyncio.run(server.run(socket_file, until, ready))
    finally:
        socket_file.socket.close()
        socket_file.close()
    if not has_ended and threading.current_thread() is threading.main_thread():
        # A thread that waits for a database would crash the interpreter at its end.
        os._exit(0)


class _Server:
    """Answers the requests of all clients, in one event loop."""

    def __init__(
        self,
        source: str,
        name: str | None,
        clock: Callable[[], datetime],
        *,
        use_cache: bool,
        small_cells: bool,
    ) -> None:
        location = parse_address(source)
        self._digest, self._epoch = source_digest(source), secrets.token_hex(8)
        self._clients: dict[ClientConnection, asyncio.Task[Any] | None] = {}
        answer_clock = AnswerClock(clock)
        self._maker = AnswerMaker(name, answer_clock)
        self._answers = Answers(self._maker, self._epoch)
        self._state = PollState()
        self._follower = SourceFollower(
            source,
            location=location,
            maker=self._maker,
            name=name,
            clock=answer_clock,
            use_cache=use_cache,
            small_cells=small_cells,
            on_state=self._take_state_soon,
        )
        self._operations: dict[str, Callable[[Json], Awaitable[bytes]]] = {
            "campaigns": self._campaigns,
            "hold": self._hold,
            "names": self._names,
            "newest": self._newest,
            "recount": self._recount,
            "refresh": self._refresh,
            "serves": self._serves,
            "snapshot": self._snapshot,
            "status": self._status,
        }

    async def run(
        self, socket_file: SocketFile, until: int | None, ready: Callable[[], object] | None
    ) -> bool:
        """Serve until a signal, or the end of a file descriptor; return whether all has ended."""
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        if threading.current_thread() is threading.main_thread():
            for signal_number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(signal_number, self._end.set)
        if until is not None:
            self._loop.add_reader(until, self._end.set)
        server = await asyncio.start_unix_server(
            partial(self._serve, socket_file), sock=socket_file.socket
        )
        self._follower.start()
        if ready is not None:
            ready()
        await self._end.wait()
        server.close()
        if until is not None:
            self._loop.remove_reader(until)
        for client in self._clients:
            client.close()
        has_ended = await self._loop.run_in_executor(None, self._follower.stop)
        self._answers.close()
        if self._clients:
            await asyncio.wait(filter(None, self._clients.values()))
        return bool(has_ended)

    async def _serve(
        self, socket_file: SocketFile, reader: StreamReader, writer: StreamWriter
    ) -> None:
        if not socket_file.allows(writer.get_extra_info("socket")):
            writer.close()
            return
        client = ClientConnection(reader, writer, self._handle, lambda: news_to(self._news))
        self._clients[client] = asyncio.current_task()
        try:
            await client.serve()
        except asyncio.CancelledError:
            pass  # the reader ends; asyncio would log the cancelled task
        finally:
            del self._clients[client]

    # --- news ------------------------------------------------------------------------------

    def _take_state_soon(self, state: PollState) -> None:
        """Take over the state of the thread that refreshes."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take_state, state)

    def _take_state(self, state: PollState) -> None:
        before, self._state = self._state, state
        if (state.number, str(state.error)) != (before.number, str(before.error)):
            for client in self._clients:
                client.notify()

    @property
    def _version(self) -> str:
        return f"{self._epoch}-{self._state.number}" if self._state.number else ""

    @property
    def _news(self) -> News:
        state = self._state
        return News(self._version, state.error, state.read_at, state.polling_since)

    # --- requests --------------------------------------------------------------------------

    async def _handle(self, head: Json) -> bytes:
        """Return the body of the answer to a request."""
        operation = self._operations.get(str(head.get("operation")))
        if operation is None:
            raise DamagedMessageError("it has an unknown operation")
        try:
            return await operation(head)
        except DamagedMessageError:
            raise
        except Exception as error:  # noqa: BLE001 - one failed answer must not end the others
            return encode_body({"error": error_to(known_error(error))})

    async def _serves(self, head: Json) -> bytes:
        source = to_optional_text(head.get("source"))
        return encode_body(
            {"serves": source is None or secrets.compare_digest(source, self._digest)}
        )

    async def _refresh(self, head: Json) -> bytes:
        """Read what is new, and return the news of then."""
        age = number(head.get("max_age_ms")) / _SECOND_MS
        await asyncio.wrap_future(self._follower.refresh(age))
        return encode_body(news_to(self._news))

    async def _recount(self, _head: Json) -> bytes:
        await self._first_refresh()
        recount = self._follower.run_soon(lambda rollup: rollup.recount(), is_new=True)
        await asyncio.wrap_future(recount)
        return encode_body(news_to(self._news))

    async def _newest(self, head: Json) -> bytes:
        """Return the campaign with the newest event up to a time."""
        at = to_optional_time(head.get("at"))
        await self._first_refresh()
        campaigns = await self._listed(to_time(head.get("now")))
        newest = campaigns[0].id if campaigns else None
        if at is not None and newest is not None:
            newest = await self._run(lambda rollup: rollup.newest_campaign(at))
        return encode_body({"campaign": newest})

    async def _hold(self, head: Json) -> bytes:
        """Count a campaign, if it is not counted so far."""
        await self._require_counted(text(head.get("campaign")))
        return encode_body({})

    async def _snapshot(self, head: Json) -> bytes:
        question, now = to_question(head.get("question")), to_time(head.get("now"))

        async def answer() -> bytes:
            if self._maker.needs(question):
                selection = question.query.selection
                await self._run(lambda rollup: rollup.prepare(question.campaign, selection))
            return await self._answers.body(question, now)

        return await self._of_counted(question.campaign, answer)

    async def _of_counted(self, campaign: str | None, answer: Callable[[], Awaitable[T]]) -> T:
        """Return an answer about a campaign; count it again if it was dropped meanwhile."""
        await self._require_counted(campaign)
        try:
            return await answer()
        except NotCountedError:
            await self._require_counted(campaign)
            return await answer()

    async def _campaigns(self, head: Json) -> bytes:
        await self._first_refresh()
        campaigns = await self._listed(to_time(head.get("now")))
        return encode_body({"version": self._version, "campaigns": campaigns_to(campaigns)})

    async def _listed(self, now: datetime) -> list[Any]:
        return await self._loop.run_in_executor(None, self._maker.campaigns, now)

    async def _names(self, head: Json) -> bytes:
        campaign = to_optional_text(head.get("campaign"))
        version = self._version
        names = await self._of_counted(
            campaign, lambda: self._loop.run_in_executor(None, self._maker.names, campaign)
        )
        return encode_body(names_of_to(Names(version, *names)))

    async def _status(self, _head: Json) -> bytes:
        state, answers = self._state, self._answers
        status = ReaderStatus(
            self._version,
            None if state.error is None else str(state.error),
            state.read_at,
            state.polling_since,
            await self._loop.run_in_executor(None, self._maker.held),
            len(self._clients),
            answers.made,
            answers.shared,
            resident_bytes(),
        )
        return encode_body({"status": status_to(status)})

    async def _first_refresh(self) -> None:
        """Wait until the source was read once."""
        while not self._maker.number:
            await asyncio.wrap_future(self._follower.refresh())

    async def _require_counted(self, campaign: str | None) -> None:
        await self._first_refresh()
        if campaign is not None and not self._maker.holds(campaign):
            await self._run(lambda rollup: rollup.counts_of(campaign))

    async def _run(self, work: Callable[[Rollup], Any]) -> Any:  # noqa: ANN401 - of the work
        return await asyncio.wrap_future(self._follower.run_soon(work))
