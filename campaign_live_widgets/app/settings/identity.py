"""The user of a page, whose layouts it shows: from JupyterHub or a proxy, never from the browser.

A page that Voilà has prepared before a request learns the user with the request: Voilà passes
the headers named by its setting ``http_header_envs`` to the kernel. The browser itself can send
only widget messages to a kernel; none of them names a user.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Thread
from typing import TYPE_CHECKING, Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.io.backoff import retry_delay
from campaign_live_widgets.io.environment import HUB_USER, USER_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LOCAL: Final = "local"
"""The user where users are not distinguished."""

UNKNOWN_USER: Final = Text(
    "Your layout cannot be saved: this page does not know your user name. The proxy in front of "
    "it must pass the name in a request header.",
    "Votre disposition ne peut pas être enregistrée\N{NO-BREAK SPACE}: cette page ne connaît pas "
    "votre nom d'utilisateur. Le proxy doit le transmettre dans un en-tête de la requête.",
)
"""The error of a save if the request names no user."""

_PREHEATED: Final = "VOILA_PREHEAT"
_REQUESTED: Final = "SERVER_SOFTWARE"
"""Voilà sets it in a kernel with every request."""
_RECEIVE_TIMEOUT: Final = 2.0
_BACKOFF: Final = (0.2, 1.0, 5.0, 30.0)
"""Seconds before each retry of the connection to the server; the last one repeats."""

_KNOWN: Final[ContextVar[tuple[str | None] | None]] = ContextVar("campaign_live_user", default=None)
"""The user of the page that is made in this context, where its server knows the user."""


@contextmanager
def known_user(user: str | None) -> Iterator[None]:
    """Let pages that are made inside the block be those of *user*.

    ``None``: the request should have named a user, and does not.
    """
    token = _KNOWN.set((user,))
    try:
        yield
    finally:
        _KNOWN.reset(token)


def request_user(headers: Mapping[str, str]) -> str | None:
    """Return the user of a request to this server; ``None`` if it should name one and does not.

    Where ``CAMPAIGN_LIVE_USER_HEADER`` names a header: its value. Else the user of JupyterHub's
    single-user server, else ``local``.
    """
    if header := os.environ.get(USER_HEADER, "").strip():
        return headers.get(header, "").strip() or None
    return os.environ.get(HUB_USER) or LOCAL


def awaits_request() -> bool:
    """Return whether Voilà has prepared this page for a request that has not come yet."""
    return os.environ.get(_PREHEATED) == "True" and not _is_requested()


def identify_user(
    on_user: Callable[[str | None], object], on_request: Callable[[str | None], object]
) -> bool:
    """Call *on_user* with the name of the user who opens the page.

    The one of :func:`known_user`, if there is one. In a page of Voilà, where
    ``CAMPAIGN_LIVE_USER_HEADER`` names a header: the value in the request, ``None`` if there is
    none. Else the user of JupyterHub's single-user server, else ``local``.

    *on_user* is called at once if the user is known. In a page that Voilà has prepared before a
    request, *on_request* is called from a thread when the request arrives, with the user: what is
    saved may have changed since the page was prepared. Returns whether it will be.
    """
    if (known := _KNOWN.get()) is not None:
        on_user(known[0])
        return False
    header = os.environ.get(USER_HEADER, "").strip()
    variable = header_variable(header) if header and _PREHEATED in os.environ else None
    is_prepared = awaits_request()
    if variable is None or not is_prepared:
        on_user(_user(variable))
    if is_prepared:
        if variable is not None:
            os.environ.pop(variable, None)  # a value of the server's own environment
        Thread(
            target=_await_request,
            args=(on_request, variable),
            name="campaign-live-identity",
            daemon=True,
        ).start()
    return is_prepared


def header_variable(header: str) -> str:
    """Return the environment variable in which Voilà passes a request header to a kernel."""
    return "HTTP_" + header.strip().upper().replace("-", "_")


def _user(variable: str | None) -> str | None:
    """Return the user that the request's header names, else the user of this machine."""
    if variable is None:
        return os.environ.get(HUB_USER) or LOCAL
    return os.environ.get(variable, "").strip() or None


def _is_requested() -> bool:
    return os.environ.get(_REQUESTED, "").startswith("voila/")


def _await_request(on_request: Callable[[str | None], object], variable: str | None) -> None:
    """Wait for the request of the page, without a time limit, and pass its user on."""
    failures = 0
    while not _is_requested():
        if failures:
            time.sleep(retry_delay(failures, _BACKOFF))
        failures += 1
        with suppress(OSError, WebSocketException):  # the server is busy, or shutting down
            _receive_request()
    on_request(_user(variable))


def _receive_request() -> None:
    """Copy the request's variables into the environment, as ``voila.utils`` would.

    Importing that module would import the whole server: seconds for every kernel.
    """
    variable = os.environ.get
    host = f"{variable('VOILA_APP_IP', '127.0.0.1')}:{variable('VOILA_APP_PORT', '8866')}"
    base = variable("VOILA_WS_BASE_URL") or variable("VOILA_SERVER_URL", "/")
    kernel = variable("VOILA_KERNEL_ID", "")
    address = f"{variable('VOILA_WS_PROTOCOL', 'ws')}://{host}{base}voila/query/{kernel}"
    with connect(address, proxy=None) as socket:
        while not _is_requested():  # the notebook may ask for it, too, and receive it instead
            with suppress(TimeoutError):
                os.environ.update(json.loads(socket.recv(timeout=_RECEIVE_TIMEOUT)))
