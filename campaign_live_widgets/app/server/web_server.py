"""The web server of pages: Voilà's front end and Jupyter's rules for requests, without kernels."""

from __future__ import annotations

import asyncio
import gettext
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jinja2
from jupyter_server import DEFAULT_TEMPLATE_PATH_LIST
from jupyter_server.auth import AllowAllAuthorizer
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.web import Application
from traitlets.config import Config

from campaign_live_widgets.app.pages.shared_files import shared_files
from campaign_live_widgets.app.server.access import LoginHandler, TokenIdentity, log_request
from campaign_live_widgets.app.server.assets import Assets, shared_rows
from campaign_live_widgets.app.server.monitoring import monitoring_rows
from campaign_live_widgets.app.server.page_client import PageClient
from campaign_live_widgets.app.server.page_handlers import page_rows
from campaign_live_widgets.app.server.page_shell import PageShell
from campaign_live_widgets.app.server.routes import route
from campaign_live_widgets.io.memory import free_memory

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from tornado.web import RequestHandler


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the web server of pages needs.

    Attributes
    ----------
    base_url : str
        With a slash at both ends.
    shell : Path
        The file of the pages' shell; it may still be on its way.
    hosts : tuple of str
        The sockets of the page hosts.
    snapshots : Path or None
        The folder of snapshots that are shown beside the page.
    token : str
        What requests must have; empty for nothing.
    """

    base_url: str
    shell: Path
    hosts: tuple[str, ...]
    snapshots: Path | None = None
    token: str = ""


def run_web_server(listening: socket.socket, settings: WebSettings) -> None:
    """Answer browsers on a socket until the process ends."""
    asyncio.run(_run(listening, settings))


async def _run(listening: socket.socket, settings: WebSettings) -> None:
    while not settings.shell.is_file():  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.02)
    server = HTTPServer(_application(PageShell.read(settings.shell), settings))
    listening.settimeout(0)
    server.add_socket(listening)
    free_memory()
    await asyncio.Event().wait()


def _application(shell: PageShell, settings: WebSettings) -> Application:
    base_url = settings.base_url
    config = Config()
    identity = TokenIdentity(config=config, token=settings.token)
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(DEFAULT_TEMPLATE_PATH_LIST),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
    )
    templates.install_gettext_translations(gettext.NullTranslations(), newstyle=False)  # type: ignore[attr-defined]
    return Application(
        _rows(shell, settings),
        base_url=base_url,
        server_url=base_url,
        allow_remote_access=True,
        jinja2_env=templates,
        cookie_secret=os.urandom(32),
        identity_provider=identity,
        authorizer=AllowAllAuthorizer(config=config, identity_provider=identity),
        login_url=url_path_join(base_url, "/login"),
        log_function=log_request,
    )


def _rows(
    shell: PageShell, settings: WebSettings
) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    base_url = settings.base_url
    assets = Assets(shell.static, shell.extensions)
    loads = [dict(zip(("name", "load"), _split(entry), strict=True)) for entry in shell.entries]
    assets.page_config({"federated_extensions": loads}, base_url=base_url)
    rows = [*assets.handlers(base_url), *shared_rows(shared_files(), base_url)]
    if settings.snapshots is not None:
        from campaign_live_widgets.app.server.snapshot_files import handlers

        rows += handlers(settings.snapshots, base_url)
    root, client = route(base_url), PageClient(settings.hosts)
    static, extensions = {"path": list(shell.static)}, {"path": list(shell.extensions)}
    return [
        *rows,
        *page_rows(root, shell, client),
        *monitoring_rows(root, client),
        (url_path_join(root, "/login"), LoginHandler, {}),
        (url_path_join(root, r"/voila/templates/[^/]+/static/(.*)"), FileFindHandler, static),
        (url_path_join(root, r"/voila/static/(.*)"), FileFindHandler, static),
        (url_path_join(root, r"/voila/labextensions/(.*)"), FileFindHandler, extensions),
    ]


def _split(entry: str) -> tuple[str, str]:
    """Return the name of an extension, which may have a scope, and the path of its script."""
    parts = entry.split("/")
    scoped = 2 if entry.startswith("@") else 1
    return "/".join(parts[:scoped]), "/".join(parts[scoped:])
