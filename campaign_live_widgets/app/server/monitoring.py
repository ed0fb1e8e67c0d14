"""What operators and load balancers ask a server of pages: health, readiness and metrics."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import RequestHandler, authenticated

from campaign_live_widgets.app.reader.connection import connection_to
from campaign_live_widgets.app.server.metrics import CONTENT_TYPE, ServerState, metrics_text
from campaign_live_widgets.errors import CampaignLiveError
from campaign_live_widgets.io.environment import READER

if TYPE_CHECKING:
    from campaign_live_widgets.app.reader.messages.notices import ReaderStatus
    from campaign_live_widgets.app.server.page_client import PageClient

_READER_SECONDS: Final = 2.0
"""How long the reader may take to answer."""


def monitoring_rows(
    root: str, client: PageClient
) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the handlers below *root*, a regular expression."""
    options = {"client": client}
    return [
        (url_path_join(root, "/health"), _HealthHandler, {}),
        (url_path_join(root, "/ready"), _ReadyHandler, options),
        (url_path_join(root, "/metrics"), _MetricsHandler, options),
    ]


class _HealthHandler(RequestHandler):
    """Whether the process is alive."""

    async def get(self) -> None:
        self.finish({"alive": True})


class _ReadyHandler(RequestHandler):
    """Whether pages can be shown: the page hosts and the reader answer, and there are numbers."""

    def initialize(self, client: PageClient) -> None:
        self._client = client

    async def get(self) -> None:
        """Answer 200, or 503 with the reason."""
        why = (await _state(self._client)).trouble
        if why:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        self.finish({"ready": not why} | ({"why": why} if why else {}))


class _MetricsHandler(APIHandler):
    """The metrics, in the text format of Prometheus, for those who may see pages."""

    def initialize(self, client: PageClient) -> None:
        self._client = client

    @authenticated
    async def get(self) -> None:
        """Answer with all metrics."""
        text = metrics_text(await _state(self._client))
        self.finish(text, set_content_type=CONTENT_TYPE)


async def _state(client: PageClient) -> ServerState:
    path = os.environ.get(READER, "")
    hosts, reader = await asyncio.gather(client.figures(), _reader_status(path))
    return ServerState(hosts, reader, bool(path), dict(client.outcomes))


async def _reader_status(path: str) -> ReaderStatus | None:
    """Return how the reader at a socket is doing; ``None`` if it does not answer."""
    if path:
        with suppress(CampaignLiveError, TimeoutError):
            status = asyncio.to_thread(lambda: connection_to(path).status(_READER_SECONDS))
            return await asyncio.wait_for(status, _READER_SECONDS)
    return None
