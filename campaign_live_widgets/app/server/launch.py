"""The report for stakeholders: its notebook behind Voilà, without a configuration file."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

# isort: off
# This module comes first: with it, importing nbformat takes seconds less.
from campaign_live_widgets.app.server.voila_app import (
    TEMPLATE,
    ReportServer,
    quiet_logs,
    voila_config,
)

# isort: on
from jupyter_core.paths import jupyter_path
from nbformat import write
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from campaign_live_widgets.app.jobs.snapshot_run import require_apart
from campaign_live_widgets.app.notebook.save_snapshot import PATH
from campaign_live_widgets.app.server.routes import base_path
from campaign_live_widgets.app.settings.identity import header_variable
from campaign_live_widgets.app.settings.installation import (
    VOILA_TEMPLATES,
    notebook_path,
    raise_missing,
)
from campaign_live_widgets.app.settings.secret_reference import (
    is_secret_reference,
    public_name,
    redacted_errors,
    resolve,
    variable_name,
)
from campaign_live_widgets.errors import CampaignLiveError, UsageError
from campaign_live_widgets.io.environment import (
    CAMPAIGN,
    CAMPAIGN_FILE,
    DEBUG,
    LAYOUT,
    LAYOUTS,
    SERVER_FOLDER,
    SNAPSHOTS,
    SNAPSHOTS_ADDRESS,
    SOURCE,
    SOURCE_NAME,
    USER_HEADER,
)
from campaign_live_widgets.sources.address import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from traitlets.config import Config

NOTEBOOK: Final = "campaign_live_report.ipynb"
DEFAULT_PORT: Final = 8866


def _ignore(_campaign: str) -> None:
    """Do nothing with the id of the campaign."""


def serve(  # noqa: PLR0913 - the options of a command
    source: str,
    *,
    campaign: str | None = None,
    port: int | None = None,
    host: str = "127.0.0.1",
    base_url: str = "/",
    token: str | None = None,
    user_header: str | None = None,
    open_browser: bool = True,
    at: str | None = None,
    window: str = "24h",
    locale: str = "en",
    layout: str | None = None,
    snapshots: str | None = None,
    on_campaign: Callable[[str], object] = _ignore,
    debug: bool = False,
) -> None:
    """Serve the report of *source* until Ctrl-C or SIGTERM.

    The page's address is printed, alone on a line, once the page answers.

    Parameters
    ----------
    source : str
        A file, a folder, a glob, a database's address, or ``env:NAME`` for one of these.
    campaign : str, optional
        The campaign shown first; by default the one with the newest event.
    port : int, optional
        By default 8866, or a free one if that is in use.
    host : str
        The address to listen on.
    base_url : str
        The URL path prefix used by the reverse proxy.
    token : str, optional
        What the page asks for, or ``env:NAME`` for it; by default it asks for nothing.
    user_header : str, optional
        The request header in which a proxy sends the name of the user; by default what
        ``CAMPAIGN_LIVE_USER_HEADER`` names.
    open_browser : bool
        Whether to open the page in a browser.
    at, window, locale : str
        What the report shows first; ``?at=…&window=…&locale=…`` in the address overrides it.
    layout : str, optional
        A layout file that every reader starts with; a reader's own layout replaces it.
    snapshots : str, optional
        A folder of snapshots, which are listed beside the page and saved from it; by default
        what ``CAMPAIGN_LIVE_SNAPSHOTS`` names. Created if missing.
    on_campaign : callable
        Is called with the id of the campaign that the first page shows, if there is one.
    debug : bool
        Log everything, and show the notebook's tracebacks in the page.

    Raises
    ------
    UsageError
        If *port* is in use, *layout* is invalid, or the variable of *token* is not set.
    SourceError
        If *source* cannot be read.
    UnknownNameError
        If *source* has campaigns, but not *campaign*.
    CampaignLiveError
        If the page cannot be rendered.
    """
    secret = "" if token is None else _secret(token)
    if user_header is not None:
        os.environ[USER_HEADER] = user_header
    _pass_source(source)
    if campaign is not None:
        os.environ[CAMPAIGN] = campaign
    if layout is not None:
        _require_layout(layout)
        os.environ[LAYOUT] = layout
    if snapshots is not None:
        os.environ[SNAPSHOTS] = snapshots
    for name in (LAYOUT, LAYOUTS, SNAPSHOTS):
        if os.environ.get(name):  # the kernels run in another folder
            os.environ[name] = str(Path(os.environ[name]).expanduser().absolute())
    parameters = {"at": at or "", "window": window, "locale": locale}
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if debug:
        os.environ[DEBUG] = "1"
    else:
        quiet_logs()
    try:
        with (
            reserve_port(host, port) as reserved,
            TemporaryDirectory(prefix="campaign-live-", ignore_cleanup_errors=True) as folder,
        ):
            notebook = _prepare(Path(folder), parameters)
            campaign_file = Path(folder, "campaign")
            os.environ[CAMPAIGN_FILE] = str(campaign_file)
            os.environ[SERVER_FOLDER] = folder
            number = reserved.getsockname()[1]
            config = voila_config(notebook, host, number, token=secret, debug=debug)
            config.Voila.base_url = base_path(base_url)
            snapshots_folder = _snapshots_folder(source, config.Voila.base_url)
            _pass_user_header(config, host)
            server = ReportServer(config=config)
            server.browse, server.snapshots = open_browser, snapshots_folder
            server.reserved = reserved
            server.on_ready = lambda: _pass_on(campaign_file, on_campaign)
            server.initialize([])
            server.start()
    except KeyboardInterrupt:
        return
    if server.failure is not None:
        _raise_source_error(source, campaign)
        message = f"the page could not be rendered: {server.failure}"
        raise CampaignLiveError(message) from server.failure


def _pass_on(file: Path, on_campaign: Callable[[str], object]) -> None:
    """Call *on_campaign* with the id that the first page has written to *file*."""
    if file.is_file():
        on_campaign(file.read_text(encoding="utf-8"))


def _secret(token: str) -> str:
    """Return the token; pages do not need its variable, and do not get it.

    Raises
    ------
    UsageError
        If it is empty, or its variable is not set.
    """
    value = resolve(token, "--token")
    if not value:
        message = "--token is empty"
        raise UsageError(message)
    if is_secret_reference(token):
        os.environ.pop(variable_name(token), None)
    return value


def is_local(host: str) -> bool:
    """Return whether only this machine can reach *host*."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _snapshots_folder(source: str, base_url: str) -> Path | None:
    """Return the folder of snapshots, created if missing, and pass its address to the kernels.

    Raises
    ------
    UsageError
        If it cannot be created, or the source would read it.
    """
    named = os.environ.get(SNAPSHOTS, "")
    if not named:
        os.environ.pop(SNAPSHOTS_ADDRESS, None)
        return None
    folder = Path(named)
    require_apart(parse_address(resolve(source)), folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"--snapshots {named}: the folder cannot be created: {error.strerror}"
        raise UsageError(message) from None
    os.environ[SNAPSHOTS_ADDRESS] = f"{base_url}{PATH}"
    return folder


def _require_layout(layout: str) -> None:
    from campaign_live_widgets.layouts.shared import shared_layout

    shared_layout(layout)


def _pass_user_header(config: Config, host: str) -> None:
    """Let a prepared kernel learn of its request from this server, and only from it.

    The kernel takes the header that names the person from the request, and what is saved as it is
    then. Values in the server's own environment belong to no request.
    """
    header = os.environ.get(USER_HEADER, "").strip()
    os.environ.pop("SERVER_SOFTWARE", None)
    if header:
        config.VoilaConfiguration.http_header_envs = [header]
        os.environ.pop(header_variable(header), None)
    reached = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    os.environ["VOILA_APP_IP"] = f"[{reached}]" if ":" in reached else reached


def _raise_source_error(source: str, campaign: str | None) -> None:
    """Raise the error of the source, if the source is what is wrong."""
    from campaign_live_widgets.app.feeds.read_once import open_source

    with open_source(source, campaign) as opened:
        if campaign is not None and opened.campaigns:
            opened.rollup.require_campaign()


def _prepare(folder: Path, parameters: Mapping[str, str]) -> Path:
    """Return a copy of the notebook in *folder* with *parameters* in it, as Papermill puts them.

    The template is put beside it where Voilà could not find it: a wheel installs it, a
    checkout has it at its root.
    """
    if VOILA_TEMPLATES.is_dir():
        shutil.copytree(VOILA_TEMPLATES, folder / "voila" / "templates")
        others = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(folder), others)))
    elif not any(Path(t, TEMPLATE).is_dir() for t in jupyter_path("voila", "templates")):
        raise_missing(f"the Voilà template {TEMPLATE}")
    template = notebook_path(NOTEBOOK)
    notebook = folder / NOTEBOOK
    write(parameterize_notebook(load_notebook_node(str(template)), dict(parameters)), notebook)
    return notebook


def _pass_source(source: str) -> None:
    """Put *source* into the environment of the kernels; a secret reference stays one."""
    absolute = _absolute(source)
    if is_secret_reference(source):
        os.environ[variable_name(source)] = absolute
        os.environ[SOURCE] = source
        return
    os.environ[SOURCE] = absolute
    name = parse_address(source).display_name
    if name is not None:
        os.environ[SOURCE_NAME] = name


def _absolute(source: str) -> str:
    """Return *source* with an absolute path: the kernels run in another folder."""
    from campaign_live_widgets.engine import require_readable

    place = resolve(source)
    location = parse_address(place)
    with redacted_errors(public_name(source), location):
        require_readable(place)
    return location.absolute


def reserve_port(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens on *port*; by default on the default port, else any free one.

    Another server that starts meanwhile cannot take the port.

    Raises
    ------
    UsageError
        If *port* cannot be used, or *host* is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    message = f"--port {port} is in use; give another one, or none to use any free port"
    for candidate in (DEFAULT_PORT, 0) if port is None else (port,):
        try:
            return socket.create_server((host, candidate), family=family)
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                message = f"--host {host} is not an address of this machine"
    raise UsageError(message)
