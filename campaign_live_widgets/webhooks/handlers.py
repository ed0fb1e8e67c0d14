"""One request: its headers, its body as it comes, its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from campaign_live_widgets.webhooks.auth.base import ROUTES
from campaign_live_widgets.webhooks.errors import RefusedError, busy, unreadable
from campaign_live_widgets.webhooks.metrics import CONTENT_TYPE, counts
from campaign_live_widgets.webhooks.parsing import oversized

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from campaign_live_widgets.webhooks.auth.base import Route, Verified
    from campaign_live_widgets.webhooks.receiver import Door

_PLAIN: Final = {"", "identity"}
_GONE: Final = 499
"""What counters say of a request whose sender did not wait for the answer."""
_STOPPING: Final = "it is being stopped"


@stream_request_body
class _Answering(RequestHandler):
    """Answers in JSON, one line where something is wrong, and never with anything of a request.

    No body is ever kept by Tornado: each comes in parts, and most are dropped.
    """

    def set_default_headers(self) -> None:
        """Say what answers, and that it is not to be kept."""
        self.set_header("Server", "campaign-live")
        self.set_header("Cache-Control", "no-store")

    def initialize(self, door: Door) -> None:
        """Take what all requests share."""
        self.door = door

    async def data_received(self, chunk: bytes) -> None:
        """Drop what has no business here."""

    def write_error(self, status_code: int, **_: Any) -> None:  # noqa: ANN401 - as Tornado's
        """Answer what Tornado itself refuses, or what went wrong here."""
        lines = {404: "there is no such route", 405: "the method is not allowed here"}
        self.finish({"error": lines.get(status_code, "something went wrong here; try again")})

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:  # noqa: ANN401
        """Say one line of what went wrong, without what it was about."""
        if not isinstance(value, (HTTPError, StreamClosedError)):
            self.door.complain("other", RefusedError(500, "failed", typ.__name__))
            if self.door.debug:
                super().log_exception(typ, value, tb)


class Post(_Answering):
    """A vendor's request: taken in as far as it may be, verified, stored, answered."""

    def prepare(self) -> Awaitable[None] | None:
        """Look at the headers before a byte of the body is read."""
        self._body = bytearray()
        self._inside = self._busy = self._cut = False
        self._refused: RefusedError | None = None
        self._grown = self._dropped = 0
        try:
            self._admit()
        except RefusedError as refused:
            return self._refuse(refused)
        return None

    async def data_received(self, chunk: bytes) -> None:
        """Take in a part of the body, unless it is too much."""
        if self._refused is not None:
            self._dropped += len(chunk)
            if self._dropped > self._largest and not self._finished:
                await self.finish()
            return
        try:
            if len(self._body) + len(chunk) > self._largest:
                raise oversized(self._largest)
            self.door.gate.grow(len(chunk))
        except RefusedError as refused:
            await self._refuse(refused)
            return
        self._grown += len(chunk)
        self._body += chunk

    async def post(self, _name: str) -> None:
        """Answer, now that all of the body is there."""
        if self._refused is not None:
            await self.finish()
            return
        self._busy = True
        try:
            await self._take()
        except RefusedError as refused:
            self._count(refused)
            self._answer(refused)
            await self.finish()
        finally:
            self._leave()

    get = head = put = patch = delete = options = post

    def on_connection_close(self) -> None:
        """Let go of what has come of a body whose sender has gone."""
        super().on_connection_close()
        self._cut = True
        if not self._busy:
            if self._inside and self._refused is None:
                self.door.metrics.refused(self._label, "cut")
            self._leave()

    def on_finish(self) -> None:
        """Count the answer."""
        self.door.metrics.answered(self._label, self.get_status())

    # --- in order --------------------------------------------------------------------------

    @property
    def _label(self) -> str:
        name = self.path_args[0] if self.path_args else ""
        return name if name in ROUTES else "other"

    def _admit(self) -> None:
        self._largest = self.door.limits.body
        headers = self.request.headers
        route = self._route()
        if self.request.method != "POST":
            raise RefusedError(405, "method", "only POST is taken here", {"Allow": "POST"})
        if self.door.stopping:
            raise RefusedError(503, "stopping", _STOPPING, {"Retry-After": "5"})
        self._largest = min(self._largest, route.largest or self._largest)
        length = headers.get("Content-Length", "")
        if length.isdecimal() and int(length[:20]) > self._largest:
            raise oversized(self._largest)
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind and kind not in route.types:
            line = f"Content-Type is none of {', '.join(sorted(route.types))}"
            raise RefusedError(400, "type", line)
        encoding = headers.get("Content-Encoding", "").strip().lower()
        self._packed = encoding not in _PLAIN
        if self._packed and not (route.packed and encoding == "gzip"):
            raise RefusedError(415, "type", "this Content-Encoding is not taken here")
        route.admit(headers)
        self.door.gate.enter()
        self._inside = True

    def _route(self) -> Route:
        name = self.path_args[0]
        if name not in ROUTES:
            raise RefusedError(404, "route", "there is no such route")
        if name not in self.door.routes:
            line = f"the route is closed; set {ROUTES[name].variable} and start again"
            raise RefusedError(404, "route", line)
        return self.door.routes[name]

    async def _take(self) -> None:
        route, body = self._route(), bytes(self._body)
        self._body = bytearray()
        if not body:
            raise unreadable("the body is empty")
        found = await route.verify(self.request.headers, body)
        seen = self.door.seen[route.name]
        key = found.key
        if key is None:
            await self._finish_with(await self._done(route, body, found))
            return
        if key in seen:
            raise RefusedError(route.replayed, "replayed", "the same request has come before")
        if key in seen.coming:
            raise busy("the same request is being stored; try again")
        seen.coming.add(key)
        try:
            answer = await self._done(route, body, found)
            seen.add(key, found.until)
            if not await self._finish_with(answer):
                seen.discard(key)  # nobody has heard of it: the same may come again
        finally:
            seen.coming.discard(key)

    async def _finish_with(self, answer: dict[str, Any]) -> bool:
        """Answer; tell whether anybody is there to hear it."""
        if not self._cut:
            try:
                await self.finish(answer)
            except StreamClosedError:
                self._cut = True
        if self._cut:
            self.door.metrics.refused(self._label, "cut")
            self.set_status(_GONE, "Client Closed Request")
        return not self._cut

    async def _done(self, route: Route, body: bytes, found: Verified) -> dict[str, Any]:
        if found.instead is not None:
            answer = await found.instead()
            self.door.say(f"{route.name}: {json.dumps(answer)}")
            return answer
        done = await self.door.writing.store(route, body, found.values, packed=self._packed)
        self.door.metrics.stored(route.name, done)
        return dict(counts(done))

    # --- what is not taken -----------------------------------------------------------------

    async def _refuse(self, refused: RefusedError) -> None:
        """Answer at once, and read on for a while what the sender has under way already.

        A connection that is closed with something unread is reset, and the answer may be lost.
        """
        self._count(refused)
        self._refused = refused
        self._body = bytearray()
        self._leave()
        self.set_header("Connection", "close")
        self._answer(refused)
        if self.request.headers.get("Expect", "").lower() == "100-continue":
            await self.finish()
            return
        try:
            await self.flush()
        except StreamClosedError:
            self._cut = True

    def _answer(self, refused: RefusedError) -> None:
        content = json.dumps({"error": refused.line}).encode()
        self.set_status(refused.status)
        for name, value in refused.headers.items():
            self.set_header(name, value)
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.set_header("Content-Length", str(len(content)))
        if self.request.method != "HEAD":
            self.write(content)

    def _count(self, refused: RefusedError) -> None:
        self.door.metrics.refused(self._label, refused.reason)
        self.door.complain(self._label, refused)

    def _leave(self) -> None:
        if self._inside:
            self._inside = False
            self.door.gate.leave(self._grown)


class Page(_Answering):
    """What is read by those who run the door."""

    def prepare(self) -> None:
        """Have nobody send a body along."""
        headers = self.request.headers
        if headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers:
            raise HTTPError(400)

    def on_finish(self) -> None:
        """Count the answer."""
        self.door.metrics.answered("pages", self.get_status())


class Health(Page):
    """Whether the process is alive."""

    async def get(self) -> None:
        """Answer 200."""
        await self.finish({"alive": True})


class Ready(Page):
    """Whether requests can be taken: the store can be written, and nobody has said to stop."""

    async def get(self) -> None:
        """Answer 200, or 503 with why."""
        why = _STOPPING if self.door.stopping else await self.door.writing.trouble()
        if why is not None:
            self.set_status(503)
        await self.finish({"ready": why is None} | ({"why": why} if why else {}))


class Numbers(Page):
    """The counters, as Prometheus reads them."""

    async def get(self) -> None:
        """Answer with all of them."""
        newest = await self.door.writing.newest_event()
        if newest is not None:
            self.door.metrics.newest.set(newest)
        self.set_header("Content-Type", CONTENT_TYPE)
        await self.finish(self.door.metrics.text())


PAGES: Final = [(r"/health", Health), (r"/ready", Ready), (r"/metrics", Numbers)]
