"""The web server's answers about pages: their HTML, their websocket, their end."""

from __future__ import annotations

import asyncio
from asyncio import IncompleteReadError
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, RequestHandler, authenticated
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from campaign_live_widgets.app.pages.frames import pack, read_frame
from campaign_live_widgets.app.pages.messages import V1
from campaign_live_widgets.app.server.access import address_without_token
from campaign_live_widgets.app.server.page_client import HostGoneError
from campaign_live_widgets.app.server.plain_answers import (
    BUSY,
    STARTING,
    card_answer,
    sentence_answer,
)
from campaign_live_widgets.app.settings.identity import request_user

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from campaign_live_widgets.app.server.page_client import PageClient
    from campaign_live_widgets.app.server.page_shell import PageShell

_PAGE_ID: Final = r"(\w+-\w+-\w+-\w+-\w+)"
_NO_STORE: Final = "no-cache, no-store, must-revalidate"
_RETRY_FULL: Final = 15
"""Seconds after which a browser that found the server full asks again."""
_RETRY_STARTING: Final = 2
_RETRY_FAILED: Final = 30
_COMPRESSION: Final = {"compression_level": 5, "mem_level": 5}
"""Less memory for each viewer than by default, and as small messages."""


def page_rows(
    root: str, shell: PageShell, client: PageClient
) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the handlers of pages below *root*, a regular expression."""
    options = {"client": client}
    return [
        (url_path_join(root, "/voila/ready"), _ReadyHandler, options),
        (url_path_join(root, f"/api/kernels/{_PAGE_ID}"), _KernelHandler, options),
        (url_path_join(root, f"/api/kernels/{_PAGE_ID}/channels"), _ChannelsHandler, options),
        (url_path_join(root, f"/voila/api/shutdown/{_PAGE_ID}"), _EndHandler, options),
        (root, _PageHandler, options | {"shell": shell}),
    ]


class _PageHandler(JupyterHandler):
    """A new page for each request."""

    def initialize(self, client: PageClient, shell: PageShell) -> None:
        self._client, self._shell = client, shell

    @authenticated
    async def get(self) -> None:
        # Reading the token sets the cookie that a closing page needs.
        _ = self.xsrf_token
        if address := address_without_token(self):
            self.redirect(address)
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", _NO_STORE)
        try:
            answer = await self._client.open(self.request.query, request_user(self.request.headers))
        except HostGoneError:
            text = sentence_answer(STARTING, _RETRY_STARTING, self.request)
            self._finish_later(text, _RETRY_STARTING)
            return
        if "full" in answer:
            self._finish_later(sentence_answer(BUSY, _RETRY_FULL, self.request), _RETRY_FULL)
        elif "error" in answer:
            text = card_answer(answer["card"], _RETRY_FAILED, self.request)
            self._finish_later(text, _RETRY_FAILED)
        else:
            self.finish(self._shell.page(answer))

    def _finish_later(self, html: str, seconds: int) -> None:
        self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        self.set_header("Retry-After", str(seconds))
        self.finish(html)


class _ReadyHandler(RequestHandler):
    """Answers once pages can be opened: for the printed address, and for load balancers."""

    def initialize(self, client: PageClient) -> None:
        self._client = client

    async def get(self) -> None:
        try:
            await self._client.statuses()
        except HostGoneError:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
            self.finish("the page host does not answer")
        else:
            self.set_status(HTTPStatus.NO_CONTENT)


class _KernelHandler(APIHandler):
    """What the front end asks about the kernel of its page."""

    def initialize(self, client: PageClient) -> None:
        self._client = client

    @authenticated
    async def get(self, page_id: str) -> None:
        try:
            exists = await self._client.find(page_id, request_user(self.request.headers))
        except HostGoneError:
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE) from None
        if not exists:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        self.finish({"id": page_id, "name": "campaign-live", "execution_state": "idle"})


class _EndHandler(APIHandler):
    """The end of a page that its viewer has left."""

    def initialize(self, client: PageClient) -> None:
        self._client = client

    @authenticated
    async def post(self, page_id: str) -> None:
        with suppress(HostGoneError):  # the page is gone with it
            await self._client.close(page_id, request_user(self.request.headers))
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class _ChannelsHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """The websocket of a page: its frames go to the page host and back as they are."""

    _reader: StreamReader
    _writer: StreamWriter | None = None
    _pump: asyncio.Task[None] | None = None

    def initialize(self, client: PageClient) -> None:
        self._client = client

    def set_default_headers(self) -> None:
        """Set none: those of a page do not apply."""

    def get_compression_options(self) -> dict[str, Any] | None:
        """Compress for browsers on other machines."""
        return _COMPRESSION if is_far(self.request) else None

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return V1 if V1 in subprotocols else None

    @ws_authenticated
    async def get(self, page_id: str) -> None:
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        protocol = V1 if V1 in {one.strip() for one in offered.split(",")} else ""
        user = request_user(self.request.headers)
        try:
            streams = await self._client.attach(page_id, user, protocol)
        except HostGoneError:
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE) from None
        if streams is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        self._reader, self._writer = streams
        try:
            await super().get(page_id)
        finally:
            if self.ws_connection is None:  # it was refused
                self._writer.close()

    async def open(self, _page_id: str) -> None:
        super().open()
        self._pump = asyncio.create_task(self._receive())

    async def on_message(self, message: str | bytes) -> None:
        """Pass a message on; the next one is read once there is room for it."""
        if self._writer is not None:
            self._writer.write(pack(message))
            try:
                await self._writer.drain()
            except ConnectionError:
                self.close()

    def on_close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()

    async def _receive(self) -> None:
        """Pass the page's messages on, at the rate at which the browser reads them."""
        try:
            while True:
                frame = await read_frame(self._reader)
                await self.write_message(frame, binary=isinstance(frame, bytes))
        except (IncompleteReadError, ConnectionError, WebSocketClosedError):
            self.close()


def is_far(request: Any) -> bool:  # noqa: ANN401 - tornado's
    """Return whether a request comes from another machine, or through a proxy."""
    if "X-Forwarded-For" in request.headers:
        return True
    try:
        return not ip_address(request.remote_ip).is_loopback
    except ValueError:
        return True
