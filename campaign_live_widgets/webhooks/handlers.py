"""One request: check its headers, receive its body, verify and store it, answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from campaign_live_widgets.webhooks.auth.base import ROUTES
from campaign_live_widgets.webhooks.errors import RequestRejectedError, busy, invalid_body
from campaign_live_widgets.webhooks.metrics import CONTENT_TYPE, outcomes
from campaign_live_widgets.webhooks.parsing import too_large

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from campaign_live_widgets.webhooks.auth.base import Route, Verified
    from campaign_live_widgets.webhooks.receiver import Receiver

_NOT_COMPRESSED: Final = {"", "identity"}
_CLIENT_CLOSED: Final = 499
"""Status in the metrics of a request whose sender closed the connection before the answer."""
_STOPPING: Final = "the receiver is stopping"


@stream_request_body
class _JsonHandler(RequestHandler):
    """Answers in JSON: one line if something is wrong, never anything of the request.

    Tornado never buffers a body: each arrives in chunks, and most are dropped.
    """

    def set_default_headers(self) -> None:
        """Name the server, and forbid caching."""
        self.set_header("Server", "campaign-live")
        self.set_header("Cache-Control", "no-store")

    def initialize(self, receiver: Receiver) -> None:
        """Keep the state that all requests share."""
        self.receiver = receiver

    async def data_received(self, chunk: bytes) -> None:
        """Drop a body that is not expected."""

    def write_error(self, status_code: int, **_: Any) -> None:  # noqa: ANN401 - as Tornado's
        """Answer an error of Tornado, or an unexpected one of this package."""
        lines = {404: "there is no such route", 405: "the method is not allowed here"}
        self.finish({"error": lines.get(status_code, "internal error; try again")})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:  # noqa: ANN401
        """Log one line about an unexpected error, without anything of the request."""
        if not isinstance(value, (HTTPError, StreamClosedError)):
            error = RequestRejectedError(500, "failed", typ.__name__)
            self.receiver.log_rejected("other", error)
            if self.receiver.debug:
                super().log_exception(typ, value, tb)


class WebhookHandler(_JsonHandler):
    """A request to a route."""

    def prepare(self) -> Awaitable[None] | None:
        """Check the headers before any byte of the body is read."""
        self._body = bytearray()
        self._is_pending = self._is_storing = self._is_closed = False
        self._error: RequestRejectedError | None = None
        self._counted_bytes = self._dropped_bytes = 0
        try:
            if self.request.method == "HEAD" and self._route().answers_head:
                return self.finish()
            self._check_headers()
        except RequestRejectedError as error:
            return self._reject(error)
        return None

    async def data_received(self, chunk: bytes) -> None:
        """Add a chunk to the body, unless that is too much."""
        if self._error is not None:
            self._dropped_bytes += len(chunk)
            if self._dropped_bytes > self._max_body and not self._finished:
                await self.finish()
            return
        try:
            if len(self._body) + len(chunk) > self._max_body:
                raise too_large(self._max_body)
            self.receiver.pending.add_bytes(len(chunk))
        except RequestRejectedError as error:
            await self._reject(error)
            return
        self._counted_bytes += len(chunk)
        self._body += chunk

    async def post(self, _name: str) -> None:
        """Answer, once the whole body is received."""
        if self._error is not None:
            await self.finish()
            return
        self._is_storing = True
        try:
            await self._process()
        except RequestRejectedError as error:
            self._count_rejected(error)
            self._write_error(error)
            await self.finish()
        finally:
            self._remove_pending()

    get = head = put = patch = delete = options = post

    def on_connection_close(self) -> None:
        """Drop the received part of a body whose sender closed the connection."""
        super().on_connection_close()
        self._is_closed = True
        if not self._is_storing:
            if self._is_pending and self._error is None:
                self.receiver.metrics.count_rejected(self._label, "cut")
            self._remove_pending()

    def on_finish(self) -> None:
        """Count the answer."""
        self.receiver.metrics.count_answer(self._label, self.get_status())

    # --- accepted requests -----------------------------------------------------------------

    @property
    def _label(self) -> str:
        name = self.path_args[0] if self.path_args else ""
        return name if name in ROUTES else "other"

    def _check_headers(self) -> None:
        self._max_body = self.receiver.limits.body
        headers = self.request.headers
        route = self._route()
        if self.request.method != "POST":
            line = "only POST is allowed here"
            raise RequestRejectedError(405, "method", line, {"Allow": "POST"})
        if self.receiver.stopping:
            raise RequestRejectedError(503, "stopping", _STOPPING, {"Retry-After": "5"})
        self._max_body = min(self._max_body, route.max_body or self._max_body)
        length = headers.get("Content-Length", "")
        if length.isdecimal() and int(length[:20]) > self._max_body:
            raise too_large(self._max_body)
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type and media_type not in route.content_types:
            line = f"invalid Content-Type; use {' or '.join(sorted(route.content_types))}"
            raise RequestRejectedError(400, "type", line)
        encoding = headers.get("Content-Encoding", "").strip().lower()
        self._is_compressed = encoding not in _NOT_COMPRESSED
        if self._is_compressed and not (route.accepts_gzip and encoding == "gzip"):
            line = "this Content-Encoding is not supported here; send the body uncompressed"
            raise RequestRejectedError(415, "type", line)
        route.check_headers(headers)
        self.receiver.pending.add()
        self._is_pending = True

    def _route(self) -> Route:
        name = self.path_args[0]
        if name not in ROUTES:
            raise RequestRejectedError(404, "route", "there is no such route")
        if name not in self.receiver.routes:
            line = f"the route is closed; set {ROUTES[name].variable} and restart the receiver"
            raise RequestRejectedError(404, "route", line)
        return self.receiver.routes[name]

    async def _process(self) -> None:
        """Verify and store the request, and answer.

        The key of a request is in the replay cache only from the moment its answer is sent. One
        whose sender has closed the connection is sent again, and has to be accepted then.
        """
        route, body = self._route(), bytes(self._body)
        self._body = bytearray()
        if not body:
            raise invalid_body("the body is empty")
        verified = await route.verify(self.request.headers, body)
        cache = self.receiver.replay_caches[route.name]
        key = verified.replay_key
        if key is None:
            await self._send(await self._store(route, body, verified))
            return
        if key in cache:
            line = "the same request has been received before"
            raise RequestRejectedError(route.replay_status, "replayed", line)
        if key in cache.in_progress:
            raise busy("the same request is being stored; try again")
        cache.in_progress.add(key)
        try:
            answer = await self._store(route, body, verified)
            cache.add(key, verified.expires_at)
            if not await self._send(answer):
                cache.discard(key)
        finally:
            cache.in_progress.discard(key)

    async def _send(self, answer: dict[str, Any]) -> bool:
        """Send the answer; return False if the sender has closed the connection."""
        if not self._is_closed:
            try:
                await self.finish(answer)
            except StreamClosedError:
                self._is_closed = True
        if self._is_closed:
            self.receiver.metrics.count_rejected(self._label, "cut")
            self.set_status(_CLIENT_CLOSED, "Client Closed Request")
        return not self._is_closed

    async def _store(self, route: Route, body: bytes, verified: Verified) -> dict[str, Any]:
        if verified.action is not None:
            answer = await verified.action()
            self.receiver.log(f"{route.name}: {json.dumps(answer)}")
            return answer
        appended = await self.receiver.writer.append(
            route, body, verified.rows, compressed=self._is_compressed
        )
        self.receiver.metrics.count_rows(route.name, appended)
        return dict(outcomes(appended))

    # --- rejected requests -----------------------------------------------------------------

    async def _reject(self, error: RequestRejectedError) -> None:
        """Answer immediately, and read on for a while what the sender is already sending.

        A connection that is closed with unread bytes is reset, and the answer may be lost.
        """
        self._count_rejected(error)
        self._error = error
        self._body = bytearray()
        self._remove_pending()
        self.set_header("Connection", "close")
        self._write_error(error)
        if self.request.headers.get("Expect", "").lower() == "100-continue":
            await self.finish()
            return
        try:
            await self.flush()
        except StreamClosedError:
            self._is_closed = True

    def _write_error(self, error: RequestRejectedError) -> None:
        content = json.dumps({"error": error.line}).encode()
        self.set_status(error.status)
        for name, value in error.headers.items():
            self.set_header(name, value)
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.set_header("Content-Length", str(len(content)))
        if self.request.method != "HEAD":
            self.write(content)

    def _count_rejected(self, error: RequestRejectedError) -> None:
        self.receiver.metrics.count_rejected(self._label, error.reason)
        self.receiver.log_rejected(self._label, error)

    def _remove_pending(self) -> None:
        if self._is_pending:
            self._is_pending = False
            self.receiver.pending.remove(self._counted_bytes)


class AdminHandler(_JsonHandler):
    """A page for the operators of the receiver."""

    def prepare(self) -> None:
        """Reject a request with a body."""
        headers = self.request.headers
        if headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers:
            raise HTTPError(400)

    def on_finish(self) -> None:
        """Count the answer."""
        self.receiver.metrics.count_answer("pages", self.get_status())


class HealthHandler(AdminHandler):
    """Whether the process is alive."""

    async def get(self) -> None:
        """Answer 200."""
        await self.finish({"alive": True})


class ReadyHandler(AdminHandler):
    """Whether requests are accepted: the store is writable, and the receiver is not stopping."""

    async def get(self) -> None:
        """Answer 200, or 503 with the reason."""
        receiver = self.receiver
        why = _STOPPING if receiver.stopping else await receiver.writer.failure()
        if why is not None:
            self.set_status(503)
        await self.finish({"ready": why is None} | ({"why": why} if why else {}))


class MetricsHandler(AdminHandler):
    """The metrics, in the text format of Prometheus."""

    async def get(self) -> None:
        """Answer with all metrics."""
        newest = await self.receiver.writer.newest_event()
        if newest is not None:
            self.receiver.metrics.newest_event.set(newest)
        self.set_header("Content-Type", CONTENT_TYPE)
        await self.finish(self.receiver.metrics.text())


ADMIN_PAGES: Final = [
    (r"/health", HealthHandler),
    (r"/ready", ReadyHandler),
    (r"/metrics", MetricsHandler),
]
