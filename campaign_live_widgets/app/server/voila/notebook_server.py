"""Voilà with the report's notebook, and the settings that a live page needs."""
# ruff: noqa: E402 - a module has to be disabled before the imports

from __future__ import annotations

import logging
import signal
import sys
import threading
import webbrowser
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

# With this module, jsonschema compiles the grammar of all addresses on import: seconds at the
# start for a check that nothing here uses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jupyter_server.utils import url_path_join
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler, authenticated
from tornado.websocket import WebSocketClosedError
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from campaign_live_widgets.app.server.access import (
    LoginHandler,
    TokenIdentity,
    address_without_token,
    log_request,
)
from campaign_live_widgets.app.server.assets import Assets
from campaign_live_widgets.app.server.kernels import ReportKernels
from campaign_live_widgets.app.server.routes import route
from campaign_live_widgets.errors import CampaignLiveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from socket import socket
    from types import FrameType

TEMPLATE: Final = "campaign_live"

_START_LIMIT: Final = 120.0
_AFTER_OPENING: Final = 2.5
"""Seconds after which the next page is prepared: not while the last one is being opened."""
_ERROR_MARK: Final = 'data-mime-type="application/vnd.jupyter.stderr"'
"""In a page whose notebook has failed; Voilà removes everything else from stderr."""


def voila_config(
    notebook: Path, host: str, port: int, *, token: str = "", debug: bool = False
) -> Config:
    """Return Voilà's settings for *notebook*; with a *token*, the page asks for it.

    A ``voila.json`` in a Jupyter configuration folder overrides them.
    """
    config = Config()
    app = config.Voila
    app.notebook_path = str(notebook)
    app.ip, app.port, app.port_retries = host, port, 0
    app.open_browser = False
    app.log_level = "DEBUG" if debug else "ERROR"
    app.connection_dir_root = str(notebook.parent)
    app.tornado_settings = {"websocket_compression_options": {}, "log_function": log_request}
    app.token, app.identity_provider_class = token, TokenIdentity
    page = config.VoilaConfiguration
    page.template = TEMPLATE
    page.allow_template_override = page.allow_theme_override = "NO"
    page.show_tracebacks = debug
    config.VoilaExecutor.cell_error_instruction = "Serve with --debug to see the traceback."
    page.preheat_kernel = True
    page.default_pool_size = 1
    config.VoilaKernelManager.fill_delay = _AFTER_OPENING
    page.multi_kernel_manager_class = ReportKernels
    config.ReportKernels.quiet = not debug
    # An allow-list would shut out widgets that people add to the notebook.
    page.extension_denylist = ["@jupyter-notebook/lab-extension", "jupyterlab_pygments"]
    return config


def quiet_logs() -> None:
    """Remove messages from the log that need no action.

    Tornado reads Jupyter's milliseconds between two pings as seconds and warns; Jupyter pings
    on its own. A page that has just been closed may still be sent a message or two. The errors
    of requests are reported by their handlers.
    """
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    # A page may outlive its kernel, and ask for it.
    logging.getLogger("tornado.application").addFilter(
        lambda r: not str(r.msg).startswith(("wrote error", "Uncaught exception in write_error"))
    )
    logging.getLogger("asyncio").addFilter(
        lambda r: (
            not (r.exc_info and isinstance(r.exc_info[1], WebSocketClosedError))
            and not str(r.msg).startswith("Task was destroyed")
        )
    )


class _PageHandler(TornadoVoilaHandler):
    @authenticated
    async def get(self, path: str | None = None) -> None:
        # Reading the token sets the cookie that a closing page needs to end its kernel.
        _ = self.xsrf_token
        if address := address_without_token(self):
            self.redirect(address)
            return
        # The page itself follows ?theme=; to Voilà it would be a page not yet prepared.
        for name in ("theme", "template"):
            self.request.arguments.pop(name, None)
        await super().get(path)


class _ReadyHandler(RequestHandler):
    """Answers once a page is rendered: for the printed address, and for load balancers."""

    def initialize(self, server: ReportServer) -> None:
        self._server = server

    async def get(self) -> None:
        try:
            await self._server.rendered()
        except CampaignLiveError as error:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
            self.finish(str(error))
        else:
            self.set_status(HTTPStatus.NO_CONTENT)


class ReportServer(Voila):
    """Voilà that serves one notebook and prints the page's address once it answers.

    Attributes
    ----------
    browse : bool
        Whether to open the page in a browser then.
    snapshots : Path or None
        The folder of snapshots that are shown beside the page.
    failure : Exception or None
        Why the page is not ready; the server stops then.
    reserved : socket or None
        Keeps the port until the server listens.
    on_ready : callable
        Is called once the page answers, before its address is printed.
    """

    browse = False
    on_ready: Callable[[], object] = staticmethod(lambda: None)
    snapshots: Path | None = None
    failure: Exception | None = None
    server_url: str
    reserved: socket | None = None

    @property
    def address(self) -> str:
        """Return where the page is."""
        return str(self._url(f"[{self.ip}]" if ":" in self.ip else self.ip))

    def init_settings(self) -> dict[str, Any]:
        """Return Voilà's settings, after having its pages ask for our bundles of scripts."""
        self._assets = Assets(self.static_paths, self.labextensions_path)
        self.voila_configuration.page_config_hook = self._assets.page_config
        return dict(super().init_settings())

    def init_handlers(self) -> list[Any]:
        """Return Voilà's handlers, with ours before them and in place of the page's."""
        rows = self._assets.handlers(self.server_url) + self._voila_handlers()
        rows = [(r[0], _PageHandler, *r[2:]) if r[1] is TornadoVoilaHandler else r for r in rows]
        if self.snapshots is not None:
            from campaign_live_widgets.app.server.snapshot_files import handlers

            rows = handlers(self.snapshots, self.server_url) + rows
        root = route(self.server_url)
        return [
            (url_path_join(root, "/voila/ready"), _ReadyHandler, {"server": self}),
            (url_path_join(root, "/login"), LoginHandler),
            *rows,
        ]

    def _voila_handlers(self) -> list[Any]:
        """Return Voilà's handlers, which puts its path into regular expressions as it is."""
        path = self.server_url
        self.server_url = route(path)
        try:
            return list(super().init_handlers())
        finally:
            self.server_url = path

    async def rendered(self) -> None:
        """Wait until every page that is being prepared is rendered.

        Raises
        ------
        CampaignLiveError
            If a cell of the notebook has raised an error.
        """
        for pool in list(self.kernel_manager._pools.values()):  # noqa: SLF001 - there is no public API
            for page in list(pool):
                snippets, _ = await (await page)["task"]
                if any(_ERROR_MARK in snippet for snippet in snippets):
                    message = "its notebook failed; --debug shows the traceback"
                    raise CampaignLiveError(message)

    def listen(self) -> None:
        """Listen until stopped."""
        signal.signal(signal.SIGINT, self._handle_signal_stop)
        IOLoop.current().add_callback(self._announce)
        if self.reserved is not None:
            self.reserved.close()
        super().listen()

    def stop(self) -> None:
        """End all kernels; a second Ctrl-C ends at once."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        super().stop()

    async def _announce(self) -> None:
        url = url_path_join(self.address.replace("//0.0.0.0:", "//127.0.0.1:"), "voila/ready")
        client = AsyncHTTPClient()
        answer = await client.fetch(url, request_timeout=_START_LIMIT, raise_error=False)
        if answer.error and not self.voila_configuration.show_tracebacks:
            self.failure = CampaignLiveError(answer.body.decode() or str(answer.error))
            self.ioloop.stop()
            return
        self.on_ready()
        print(self.address, flush=True)  # noqa: T201 - what the command answers
        if self.browse:
            query = f"?{urlencode({'token': self.token})}" if self.token else ""
            address = f"{self.address}{query}"
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    def _handle_signal_stop(self, number: int, frame: FrameType | None) -> None:
        if not hasattr(self, "ioloop"):  # it is still starting
            signal.default_int_handler(number, frame)
        # An exception raised inside a request would be logged by its handler, and lost.
        self.ioloop.add_callback_from_signal(self.ioloop.stop)
