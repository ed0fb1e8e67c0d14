"""Whose layouts a page shows: told by JupyterHub or by a proxy, never by the page itself.

A page that is rendered before anybody asks for it learns with the request who asked: Voilà
tells its kernel the request's headers that its setting ``http_header_envs`` names. The browser
can send a kernel of Voilà nothing but messages of widgets; none of them is asked for a name.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.io.environment import HUB_USER, USER_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL: Final = "local"
"""Who asks where there is nobody to tell people apart."""

NOBODY: Final = Text(
    "Nobody has told this page who you are, so your layout cannot be kept.",
    "Cette page ne sait pas qui vous êtes : votre disposition ne peut pas être conservée.",
)
"""What a save is answered where the request names nobody."""

_PREHEATED: Final = "VOILA_PREHEAT"
_ASKED: Final = "SERVER_SOFTWARE"
"""Set in a kernel of Voilà with the request, whatever the request says."""
_LOOK: Final = 2.0
_PAUSES: Final = (0.2, 1.0, 5.0, 30.0)
"""Seconds before each new try to hear from the server; the last one again and again."""


def who_asks(tell: Callable[[str | None], object]) -> None:
    """Call *tell* with the name of the person who opens the page.

    In a page of Voilà, where ``CAMPAIGN_LIVE_USER_HEADER`` names a header: the value in the
    request, ``None`` if there is none. Else the user of JupyterHub's single-user server, else
    ``local``.

    *tell* is called at once if the person is known. On a page that Voilà has prepared before
    somebody asks for it, *tell* is called, from a thread, when the request arrives: also a second
    time, since what is saved may have changed since the page was prepared.
    """
    header = os.environ.get(USER_HEADER, "").strip()
    variable = header_variable(header) if header and _PREHEATED in os.environ else None
    is_prepared = os.environ.get(_PREHEATED) == "True" and not _has_been_asked()
    if variable is None or not is_prepared:
        tell(_person(variable))
    if is_prepared:
        if variable is not None:
            os.environ.pop(variable, None)  # a value of the server's own environment
        Thread(
            target=_await, args=(tell, variable), name="campaign-live-person", daemon=True
        ).start()


def header_variable(header: str) -> str:
    """Return the environment variable in which Voilà tells a kernel of a request's header."""
    return "HTTP_" + header.strip().upper().replace("-", "_")


def _person(variable: str | None) -> str | None:
    """Return the person whom the request's header names, else the user of this machine."""
    if variable is None:
        return os.environ.get(HUB_USER) or LOCAL
    return os.environ.get(variable, "").strip() or None


def _has_been_asked() -> bool:
    return os.environ.get(_ASKED, "").startswith("voila/")


def _await(tell: Callable[[str | None], object], variable: str | None) -> None:
    """Wait for the page's request, however long nobody asks, and tell of it."""
    tries = 0
    while not _has_been_asked():
        if tries:
            time.sleep(_PAUSES[min(tries, len(_PAUSES)) - 1])
        tries += 1
        with suppress(OSError, WebSocketException):  # the server is busy, or on its way out
            _hear_of_request()
    tell(_person(variable))


def _hear_of_request() -> None:
    """Take the request's variables into the environment, as ``voila.utils`` would.

    That module brings the whole server with it, seconds of work for every kernel.
    """
    told = os.environ.get
    host = f"{told('VOILA_APP_IP', '127.0.0.1')}:{told('VOILA_APP_PORT', '8866')}"
    base = told("VOILA_WS_BASE_URL") or told("VOILA_SERVER_URL", "/")
    kernel = told("VOILA_KERNEL_ID", "")
    address = f"{told('VOILA_WS_PROTOCOL', 'ws')}://{host}{base}voila/query/{kernel}"
    with connect(address, proxy=None) as socket:
        while not _has_been_asked():  # the notebook itself may ask for it, and get it instead
            with suppress(TimeoutError):
                os.environ.update(json.loads(socket.recv(timeout=_LOOK)))
