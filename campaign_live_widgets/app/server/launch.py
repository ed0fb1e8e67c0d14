"""The report for stakeholders behind one address, without a configuration file."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import webbrowser
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from jupyter_core.paths import jupyter_path

from campaign_live_widgets.app.jobs.snapshot_run import require_apart
from campaign_live_widgets.app.notebook.save_snapshot import PATH
from campaign_live_widgets.app.pages.report_page import PageSettings
from campaign_live_widgets.app.server.quiet_logs import quiet_logs
from campaign_live_widgets.app.server.routes import base_path
from campaign_live_widgets.app.server.site import NotReadyError, Site
from campaign_live_widgets.app.server.source_reader import server_folder, use_reader
from campaign_live_widgets.app.settings.identity import header_variable
from campaign_live_widgets.app.settings.installation import (
    VOILA_TEMPLATES,
    raise_missing,
)
from campaign_live_widgets.app.settings.secret_reference import (
    is_secret_reference,
    public_name,
    redacted_errors,
    resolve,
    variable_name,
    viewers_name,
)
from campaign_live_widgets.errors import CampaignLiveError, UsageError
from campaign_live_widgets.io.environment import (
    CAMPAIGN,
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

TEMPLATE: Final = "campaign_live"
DEFAULT_PORT: Final = 8866


def _ignore(_text: str) -> None:
    """Do nothing with an id or a message."""


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
    machines: str = "include",
    basis: str = "default",
    providers: str | None = None,
    small_cells: int = 0,
    locale: str = "en",
    layout: str | None = None,
    snapshots: str | None = None,
    on_campaign: Callable[[str], object] = _ignore,
    notebook: str | None = None,
    page_hosts: int = 1,
    max_viewers: int | None = None,
    use_cache: bool = True,
    beside: Callable[[], object] | None = None,
    log: Callable[[str], object] = _ignore,
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
    at, window, machines, basis, providers, locale : str
        What the report shows first; ``?at=…&window=…`` in the address overrides it.
    small_cells : int
        Domains and links of fewer profiles share a row, on all pages; 0 for none.
    layout : str, optional
        A layout file that every reader starts with; a reader's own layout replaces it.
    snapshots : str, optional
        A folder of snapshots, which are listed beside the page and saved from it; by default
        what ``CAMPAIGN_LIVE_SNAPSHOTS`` names. Created if missing.
    on_campaign : callable
        Is called with the id of the campaign that the first page shows, if there is one.
    notebook : str, optional
        A notebook to serve in place of the report; each of its pages has its own kernel.
    page_hosts : int
        How many processes share the pages of the report.
    max_viewers : int, optional
        How many pages of the report may be open at a time; by default any number.
    use_cache : bool
        Whether what is counted is saved on disk, and the next server starts from that.
    beside : callable, optional
        Is run in a separate process meanwhile.
    log : callable
        Is called with one line when a process has failed.
    debug : bool
        Log everything, and show tracebacks in the page.

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
    address_of_source = _pass_source(source)
    _pass_options(
        {USER_HEADER: user_header, CAMPAIGN: campaign, LAYOUT: layout, SNAPSHOTS: snapshots}
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if debug:
        os.environ[DEBUG] = "1"
    else:
        quiet_logs()
    try:
        with reserve_port(host, port) as reserved, server_folder() as folder:
            _find_template(Path(folder))
            os.environ[SERVER_FOLDER] = folder
            path = base_path(base_url)
            site = Site(
                listening=reserved,
                folder=Path(folder),
                base_url=path,
                token=secret,
                snapshots=_snapshots_folder(source, path),
                debug=debug,
            )
            _forget_requests(host)
            with site.running(log, beside) as processes:
                use_reader(
                    processes,
                    address_of_source,
                    viewers_name(source),
                    Path(folder),
                    use_cache=use_cache,
                    small_cells=small_cells > 0,
                )
                if notebook is None:
                    first = PageSettings(
                        at=at or "",
                        window=window,
                        machines=machines,
                        basis=basis,
                        providers=providers or "",
                        small_cells=small_cells,
                        locale=locale,
                    )
                    chosen = site.serve_pages(processes, first, page_hosts, max_viewers)
                else:
                    chosen = site.serve_notebook(processes, notebook)
                if chosen:
                    on_campaign(chosen)
                address = _address(host, reserved, path)
                print(address, flush=True)  # noqa: T201 - what the command answers
                if open_browser:
                    query = f"?{urlencode({'token': secret})}" if secret else ""
                    processes.start("browser", _open_browser, f"{address}{query}", is_kept=False)
                processes.watch()
    except KeyboardInterrupt:
        return
    except NotReadyError as error:
        _raise_source_error(source, campaign)
        message = f"the page could not be rendered: {error}"
        raise CampaignLiveError(message) from error


def _open_browser(address: str) -> None:
    """Open a page in a browser, which may outlive this server and its folder."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ.pop("TMPDIR", None)
    with suppress(Exception):  # the address is printed, too
        webbrowser.open(address)


def _address(host: str, reserved: socket.socket, path: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{reserved.getsockname()[1]}{path}"


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


def _forget_requests(host: str) -> None:
    """Remove what belongs to no request of this server from the environment of its kernels.

    A prepared kernel learns of its request, and of the header that names the person, from this
    server only.
    """
    os.environ.pop("SERVER_SOFTWARE", None)
    if header := os.environ.get(USER_HEADER, "").strip():
        os.environ.pop(header_variable(header), None)
    reached = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    os.environ["VOILA_APP_IP"] = f"[{reached}]" if ":" in reached else reached


def _raise_source_error(source: str, campaign: str | None) -> None:
    """Raise the error of the source, if the source is what is wrong."""
    from campaign_live_widgets.app.feeds.read_once import open_source

    with open_source(source, campaign) as opened:
        if campaign is not None and opened.campaigns:
            opened.rollup.require_campaign()


def _find_template(folder: Path) -> None:
    """Put the template into *folder* where Voilà could not find it.

    A wheel installs it, a checkout has it at its root.
    """
    if VOILA_TEMPLATES.is_dir():
        shutil.copytree(VOILA_TEMPLATES, folder / "voila" / "templates")
        others = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(folder), others)))
    elif not any(Path(t, TEMPLATE).is_dir() for t in jupyter_path("voila", "templates")):
        raise_missing(f"the Voilà template {TEMPLATE}")


def _pass_options(values: Mapping[str, str | None]) -> None:
    """Put the values of options into the environment of pages and kernels."""
    os.environ.update({name: value for name, value in values.items() if value is not None})
    if values[LAYOUT] is not None:
        _require_layout(os.environ[LAYOUT])
    for name in (LAYOUT, LAYOUTS, SNAPSHOTS):
        if os.environ.get(name):  # the kernels run in another folder
            os.environ[name] = str(Path(os.environ[name]).expanduser().absolute())


def _pass_source(source: str) -> str:
    """Put *source* into the environment of pages; a secret reference stays one.

    Returns its address, with an absolute path.
    """
    absolute = _absolute(source)
    if is_secret_reference(source):
        os.environ[variable_name(source)] = absolute
        os.environ[SOURCE] = f"env:{variable_name(source)}"
        return absolute
    os.environ[SOURCE] = absolute
    name = parse_address(source).display_name
    if name is not None:
        os.environ[SOURCE_NAME] = name
    return absolute


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
