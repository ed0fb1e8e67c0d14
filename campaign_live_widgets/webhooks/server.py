"""The HTTP server of a receiver: it listens until a signal, then answers what is pending."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING, Any, Final

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.webhooks.handlers import ADMIN_PAGES, WebhookHandler

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from tornado.iostream import IOStream

    from campaign_live_widgets.webhooks.receiver import Receiver

_TOO_MANY_CONNECTIONS: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
)
_UNLIMITED: Final = 1 << 62
"""The handler limits bodies, not Tornado: its answer then has a reason."""
_BACKLOG: Final = 1024
_SHUTDOWN_SECONDS: Final = 30.0
"""Time for pending requests after the signal to stop."""


class _Server(HTTPServer):
    """An HTTP server with a limited number of connections."""

    receiver: Receiver
    open_connections = 0

    def handle_stream(self, stream: IOStream, address: Any) -> None:  # noqa: ANN401
        if self.open_connections >= self.receiver.limits.connections:
            self.receiver.metrics.count_rejected("other", "connections")
            stream.write(_TOO_MANY_CONNECTIONS)
            stream.close()
            return
        self._count(1)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self._count(-1)
        super().on_close(server_conn)

    def _count(self, change: int) -> None:
        self.open_connections += change
        self.receiver.metrics.connections.inc(change)


async def serve(
    receiver: Receiver,
    *,
    host: str,
    port: int,
    admin_port: int | None,
    on_listening: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT, then answer pending requests.

    Parameters
    ----------
    receiver : Receiver
    host, port : str, int
        Address to listen on; port 0 selects a free port.
    admin_port : int, optional
        Port of the admin pages; by default they share the port of the routes.
    on_listening : callable
        Takes each address, as soon as it accepts requests.

    Raises
    ------
    UsageError
        If the address cannot be listened on.
    """
    logging.getLogger("tornado").setLevel(logging.DEBUG if receiver.debug else logging.CRITICAL)
    routes: list[Any] = [(r"/(.*)", WebhookHandler, {"receiver": receiver})]
    pages: list[Any] = [(path, handler, {"receiver": receiver}) for path, handler in ADMIN_PAGES]
    applications = [routes, pages] if admin_port is not None else [pages + routes]
    ports = [(port, "--port"), (admin_port or 0, "--admin-port")]
    bound = [_bind(host, *option) for _, option in zip(applications, ports, strict=False)]
    servers = [_server(receiver, handlers) for handlers in applications]
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    retrying = asyncio.ensure_future(receiver.writer.keep_retrying())
    await receiver.writer.failure()
    for name, route in receiver.routes.items():
        receiver.log(f"/{name} is open: {route.summary}")
    for server, sockets in zip(servers, bound, strict=True):
        server.add_sockets(sockets)
        on_listening(_address(host, sockets[0].getsockname()[1]))
    await stop.wait()
    receiver.stopping = True
    for server in servers[:1]:  # the admin pages answer until the end
        server.stop()
    if not await receiver.pending.wait_until_idle(_SHUTDOWN_SECONDS):
        receiver.log(
            f"{receiver.pending.requests} requests were not answered in {_SHUTDOWN_SECONDS:g} s"
        )
    for server in servers:
        server.stop()
        await server.close_all_connections()
    retrying.cancel()
    await receiver.writer.close()


def _server(receiver: Receiver, handlers: list[Any]) -> _Server:
    application = Application(handlers, log_function=lambda _: None)
    server = _Server(
        application,
        max_body_size=_UNLIMITED,
        max_header_size=1 << 15,
        idle_connection_timeout=receiver.limits.patience,
        body_timeout=receiver.limits.patience,
    )
    server.receiver = receiver
    return server


def _bind(host: str, port: int, option: str) -> list[socket.socket]:
    try:
        sockets = bind_sockets(port, host, backlog=_BACKLOG)
    except OSError as error:
        message = f"{option} {port}: cannot listen at {host}: {error.strerror or error}"
        raise UsageError(message) from None
    return sockets


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
