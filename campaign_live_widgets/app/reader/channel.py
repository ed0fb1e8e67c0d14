"""A channel to a reader: sends requests, and receives answers and news in a thread."""

from __future__ import annotations

import os
import socket
import struct
import threading
from concurrent.futures import Future
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from campaign_live_widgets.app.reader.messages.notices import News, is_newer, to_error, to_news
from campaign_live_widgets.app.reader.messages.protocol import (
    MAX_ANSWER,
    NEWS,
    PREFIX,
    Body,
    DamagedMessageError,
    decode_body,
    encode_body,
    message,
)
from campaign_live_widgets.errors import CampaignLiveError, SourceError

if TYPE_CHECKING:
    from campaign_live_widgets.app.reader.messages.protocol import Json

_RETRY: Final = (0.05, 1.0)
"""Least and most seconds between two attempts to connect."""
_PATIENCE: Final = 1.0
"""Seconds that a request waits for a connection."""
_FIRST_PATIENCE: Final = 5.0
"""The same before the first connection."""
_SEND_SECONDS: Final = 10
"""Seconds until a request that cannot be sent is given up."""
_ANSWER_SECONDS: Final = 30.0
"""Seconds until a request without an answer is given up."""
_NO_READER: Final = "the reader of the source does not answer"
"""What pages show while there is no reader."""
_LAST_NUMBER: Final = (1 << 32) - 1


class NoAnswerError(SourceError):
    """The reader is connected, but has not answered in time."""


class _LostReaderError(SourceError):
    """The connection was lost before the reader has answered."""


class ReaderChannel:
    """Connects to a reader at the first request, and again after the reader was restarted.

    Safe to use from several threads.

    Parameters
    ----------
    socket_path : str or path
    """

    def __init__(self, socket_path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(socket_path)
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._is_closed, self._was_connected = False, False
        self._refusal: CampaignLiveError | None = None
        self._number = NEWS
        self._waiting: dict[int, Future[bytes]] = {}
        self._listeners: WeakSet[threading.Event] = WeakSet()
        self._news = News()

    @property
    def is_connected(self) -> bool:
        """Return whether a reader is connected."""
        return self._socket is not None

    @property
    def news(self) -> News:
        """Return the last news of the reader, also if it is not connected any more."""
        return self._news

    def close(self) -> None:
        """Disconnect; requests raise :class:`SourceError` from now on."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._disconnect(self._socket)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def add_listener(self, event: threading.Event) -> None:
        """Set *event* at all news, and when the connection is lost or is there again."""
        with self._changed:
            self._listeners.add(event)

    def remove_listener(self, event: threading.Event) -> None:
        """Do not set *event* any more."""
        with self._changed:
            self._listeners.discard(event)

    # --- requests --------------------------------------------------------------------------

    def request(self, head: Json, seconds: float | None = _ANSWER_SECONDS) -> Body:
        """Return the answer to a request.

        Parameters
        ----------
        head : dict
            JSON.
        seconds : float, optional
            How long to wait for the answer; ``None``: as long as the reader is connected.

        Raises
        ------
        SourceError
            If there is no reader, or it does not answer in time.
        CampaignLiveError
            If the reader answers with an error.
        """
        try:
            return self._request_once(head, seconds)
        except _LostReaderError:
            return self._request_once(head, seconds)  # to the next reader, if it comes soon

    def _request_once(self, head: Json, seconds: float | None) -> Body:
        data = encode_body(head)
        answer: Future[bytes] = Future()
        connected = self._connected()
        with self._changed:
            self._number = self._number % _LAST_NUMBER + 1
            number = self._number
            self._waiting[number] = answer
        try:
            with self._sending:
                connected.sendall(message(number, data))
            if self._socket is not connected and not answer.done():
                raise _LostReaderError(_NO_READER)
            body = decode_body(answer.result(seconds))
        except TimeoutError:
            raise NoAnswerError(_NO_READER) from None
        except OSError:
            self._disconnect(connected)
            raise _LostReaderError(_NO_READER) from None
        finally:
            with self._changed:
                self._waiting.pop(number, None)
        error = body.head.get("error")
        if error is not None:
            raise to_error(error)
        return body

    def _merge(self, news: News) -> None:
        """Take over news, unless a later version is known."""
        if is_newer(self._news.version, news.version):
            news = news._replace(version=self._news.version)
        self._news = news

    def _connected(self) -> socket.socket:
        """Return the socket; wait for a connection for a short time."""
        end = monotonic() + (_PATIENCE if self._was_connected else _FIRST_PATIENCE)
        with self._changed:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(
                    target=self._run, name="campaign-live-reader", daemon=True
                )
                self._thread.start()
            while self._socket is None and not self._is_closed and self._refusal is None:
                left = end - monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            if self._refusal is not None:
                raise self._refusal
            if self._socket is None:
                raise SourceError(_NO_READER)
            return self._socket

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        delay = _RETRY[0]
        while not self._is_closed:
            opened = _open(self._path)
            if opened is not None:
                try:
                    self._receive(opened)
                    delay = _RETRY[0]
                except (OSError, EOFError):
                    pass
                except DamagedMessageError as error:
                    self._refusal = SourceError(str(error))
                finally:
                    self._disconnect(opened)
            with self._changed:
                if not self._is_closed:
                    self._changed.wait(delay)
            delay = min(2 * delay, _RETRY[1])

    def _receive(self, connected: socket.socket) -> None:
        """Receive messages until the reader disconnects."""
        while True:
            length, number = PREFIX.unpack(_read(connected, PREFIX.size))
            if length > MAX_ANSWER:
                raise DamagedMessageError("it is too long")
            body = _read(connected, length)
            if number == NEWS:
                self._take_news(to_news(decode_body(body).head), connected)
                continue
            with self._changed:
                answer = self._waiting.pop(number, None)
            if answer is not None:
                answer.set_result(body)

    def _take_news(self, news: News, connected: socket.socket) -> None:
        with self._changed:
            self._merge(news)
            self._refusal = None
            if not self._is_closed:
                self._socket, self._was_connected = connected, True
            self._changed.notify_all()
            for event in self._listeners:
                event.set()

    def _disconnect(self, lost: socket.socket | None) -> None:
        """Close a connection; requests that wait for it fail."""
        with self._changed:
            if lost is not None:
                with suppress(OSError):
                    lost.shutdown(socket.SHUT_RDWR)
                lost.close()
            if self._socket is lost:
                self._socket = None
            waiting, self._waiting = self._waiting, {}
            for event in self._listeners:
                event.set()
        for answer in waiting.values():
            answer.set_exception(_LostReaderError(_NO_READER))


def _open(path: str) -> socket.socket | None:
    """Return a connection, or ``None`` if no reader listens."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    limit = struct.pack("@ll", _SEND_SECONDS, 0)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        opened.connect(path)
    except OSError:
        opened.close()
        return None
    return opened


def _read(connected: socket.socket, size: int) -> bytes:
    """Return exactly as many bytes; raise :class:`EOFError` at the end."""
    data = bytearray(size)
    view, received = memoryview(data), 0
    while received < size:
        count = connected.recv_into(view[received:])
        if not count:
            raise EOFError
        received += count
    return bytes(data)
