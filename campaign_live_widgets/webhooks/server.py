"""The door as a server: opened, kept open until a signal, closed when all is answered."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING, Any, Final

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.webhooks.handlers import PAGES, Post

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tornado.iostream import IOStream

    from campaign_live_widgets.webhooks.receiver import Door

_FULL: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
_UNBOUNDED: Final = 1 << 62
"""Bodies are bounded where they are taken in, so that the answer says so."""
_BACKLOG: Final = 1024
_GRACE: Final = 30.0
"""Seconds for what is in flight, once the door is being closed."""


class _Server(HTTPServer):
    """An HTTP server that holds so many connections and no more."""

    door: Door
    held = 0

    def handle_stream(self, stream: IOStream, address: Any) -> None:  # noqa: ANN401
        if self.held >= self.door.limits.connections:
            self.door.metrics.refused("other", "connections")
            stream.write(_FULL)
            stream.close()
            return
        self._count(1)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self._count(-1)
        super().on_close(server_conn)

    def _count(self, one: int) -> None:
        self.held += one
        self.door.metrics.connections.inc(one)


async def run(
    door: Door, *, host: str, port: int, admin_port: int | None, told: Callable[[str], None]
) -> None:
    """Serve a door until SIGTERM or SIGINT, then answer what is in flight.

    Parameters
    ----------
    door : Door
    host, port : str, int
        Where it listens; 0 has a free port chosen.
    admin_port : int, optional
        Where the pages for those who run it are; by default beside the routes.
    told : callable
        Takes each address, once it answers.

    Raises
    ------
    UsageError
        Where it cannot listen there.
    """
    logging.getLogger("tornado").setLevel(logging.DEBUG if door.debug else logging.CRITICAL)
    posts: list[Any] = [(r"/(.*)", Post, {"door": door})]
    pages: list[Any] = [(path, kind, {"door": door}) for path, kind in PAGES]
    ours = [posts, pages] if admin_port is not None else [pages + posts]
    ports = [(port, "--port"), (admin_port or 0, "--admin-port")]
    bound = [_bound(host, *where) for _, where in zip(ours, ports, strict=False)]
    servers = [_served(door, handlers) for handlers in ours]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    watching = asyncio.ensure_future(door.writing.watch())
    await door.writing.trouble()
    for name, route in door.routes.items():
        door.say(f"/{name} is open: {route.shown}")
    for server, sockets in zip(servers, bound, strict=True):
        server.add_sockets(sockets)
        told(_address(host, sockets[0].getsockname()[1]))
    await stop.wait()
    door.stopping = True
    for server in servers[:1]:
        server.stop()
    if not await door.gate.emptied(_GRACE):
        door.say(f"{door.gate.requests} requests were not answered in {_GRACE:g} s")
    for server in servers:
        server.stop()
        await server.close_all_connections()
    watching.cancel()
    await door.writing.close()


def _served(door: Door, handlers: list[Any]) -> _Server:
    application = Application(handlers, log_function=lambda _: None)
    server = _Server(
        application,
        max_body_size=_UNBOUNDED,
        max_header_size=1 << 15,
        idle_connection_timeout=door.limits.patience,
        body_timeout=door.limits.patience,
    )
    server.door = door
    return server


def _bound(host: str, port: int, option: str) -> list[socket.socket]:
    try:
        sockets = bind_sockets(port, host, backlog=_BACKLOG)
    except OSError as error:
        message = f"{option} {port}: cannot be listened on at {host}: {error.strerror or error}"
        raise UsageError(message) from None
    return sockets


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
