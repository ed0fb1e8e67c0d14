"""Voilà with a notebook, and the settings that a live page needs: each page has a kernel."""
# ruff: noqa: E402 - a module has to be disabled before the imports

from __future__ import annotations

import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

# With this module, jsonschema compiles the grammar of all addresses on import: seconds at the
# start for a check that nothing here uses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler, authenticated
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
    from pathlib import Path
    from socket import socket
    from types import FrameType

TEMPLATE: Final = "campaign_live"

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


@dataclass(frozen=True, slots=True)
class NotebookSettings:
    """What the server of a notebook needs.

    Attributes
    ----------
    notebook : Path
    folder : Path
        For the connections of its kernels.
    base_url : str
        With a slash at both ends.
    token, user_header : str
        Empty if there is none.
    snapshots : Path or None
        The folder of snapshots that are shown beside the page.
    debug : bool
        Whether to log everything, and show tracebacks in the page.
    """

    notebook: Path
    folder: Path
    base_url: str
    token: str = ""
    user_header: str = ""
    snapshots: Path | None = None
    debug: bool = False


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
    """Voilà that serves one notebook on a socket.

    Attributes
    ----------
    snapshots : Path or None
        The folder of snapshots that are shown beside the page.
    reserved : socket
        Where it listens.
    """

    snapshots: Path | None = None
    server_url: str
    reserved: socket

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
        self.reserved.settimeout(0)
        HTTPServer(self.app).add_socket(self.reserved)
        self.ioloop = IOLoop.current()
        try:
            self.ioloop.start()
        finally:
            self.stop()

    def _handle_signal_stop(self, _number: int, _frame: FrameType | None) -> None:
        if not hasattr(self, "ioloop"):  # it is still starting
            sys.exit(0)
        # An exception raised inside a request would be logged by its handler, and lost.
        self.ioloop.add_callback_from_signal(self.ioloop.stop)


def run_notebook_server(listening: socket, settings: NotebookSettings) -> None:
    """Serve a notebook on a socket until SIGTERM."""
    host, port = listening.getsockname()[:2]
    config = voila_config(settings.notebook, host, port, token=settings.token, debug=settings.debug)
    config.Voila.base_url = settings.base_url
    config.Voila.connection_dir_root = str(settings.folder)
    if settings.user_header:
        config.VoilaConfiguration.http_header_envs = [settings.user_header]
    server = ReportServer(config=config)
    server.snapshots, server.reserved = settings.snapshots, listening
    server.initialize([])
    server.start()
