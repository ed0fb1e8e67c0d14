"""What runs behind one address: pages in page hosts, or a notebook with a kernel for each page."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.app.pages.frames import pack, read_frame_now
from campaign_live_widgets.app.server.processes import Processes
from campaign_live_widgets.app.settings.installation import notebook_path
from campaign_live_widgets.errors import CampaignLiveError
from campaign_live_widgets.io.environment import CAMPAIGN_FILE, USER_HEADER
from campaign_live_widgets.io.memory import unload_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign_live_widgets.app.pages.report_page import PageSettings

_NOTEBOOK: Final = "campaign_live_report.ipynb"
_BACKLOG: Final = 256
"""Connections that wait while a process is started again."""


class NotReadyError(CampaignLiveError):
    """The first page cannot be shown."""


@dataclass(frozen=True, slots=True)
class Site:
    """The settings of one address.

    Attributes
    ----------
    listening : socket
        Where browsers connect.
    folder : Path
        A private folder of the server.
    base_url : str
        With a slash at both ends.
    token : str
        What requests must have; empty for nothing.
    snapshots : Path or None
        The folder of snapshots that are shown beside the page.
    debug : bool
        Whether to log everything, and show tracebacks in the page.
    """

    listening: socket.socket
    folder: Path
    base_url: str
    token: str
    snapshots: Path | None
    debug: bool

    @contextmanager
    def running(
        self, log: Callable[[str], object], beside: Callable[[], object] | None
    ) -> Iterator[Processes]:
        """Yield the processes of the site, and end them after the block."""
        processes = Processes(str(self.folder), log)
        try:
            if beside is not None:
                processes.start("simulation", beside)
            yield processes
        finally:
            processes.stop()

    def serve_pages(
        self, processes: Processes, first: PageSettings, hosts: int, most: int | None
    ) -> str:
        """Start page hosts and their web server; return the campaign that they show first.

        Parameters
        ----------
        first : PageSettings
            What a page shows first.
        hosts : int
            How many page hosts there are.
        most : int or None
            How many pages may be open at a time.

        Raises
        ------
        NotReadyError
            If the first page cannot be shown.
        """
        shell = self.folder / "page_shell.json"
        processes.start(
            "page shell", _render_shell, self.base_url, shell, is_kept=False
        )  # meanwhile, this process imports
        from campaign_live_widgets.app.pages.page_host import run_page_host
        from campaign_live_widgets.app.server.web_server import WebSettings, run_web_server

        sockets = tuple(str(self.folder / f"pages-{i}") for i in range(hosts))
        for i, path in enumerate(sockets):
            share = None if most is None else most // hosts + (i < most % hosts)
            listening = _listen(path)
            processes.start("page host", run_page_host, listening, first, i, share)
        settings = WebSettings(self.base_url, shell, sockets, self.snapshots, self.token)
        processes.start("web server", run_web_server, self.listening, settings)
        campaigns = [_rehearsed(processes, path, debug=self.debug) for path in sockets]
        _await_answer(processes, self.listening, self.base_url)
        unload_files()
        return campaigns[0]

    def serve_notebook(self, processes: Processes, notebook: str) -> str:
        """Start Voilà with a notebook; return the campaign of its first page, empty if unknown.

        Raises
        ------
        NotReadyError
            If the notebook fails.
        """
        from campaign_live_widgets.app.server.voila.notebook_server import (
            NotebookSettings,
            run_notebook_server,
        )

        settings = NotebookSettings(
            Path(notebook).absolute(),
            self.folder,
            self.base_url,
            self.token,
            os.environ.get(USER_HEADER, "").strip(),
            self.snapshots,
            self.debug,
        )
        file = self.folder / "campaign"
        os.environ[CAMPAIGN_FILE] = str(file)
        processes.start("web server", run_notebook_server, self.listening, settings)
        failure = _await_answer(processes, self.listening, self.base_url)
        if failure and not self.debug:
            raise NotReadyError(failure)
        return file.read_text(encoding="utf-8") if file.is_file() else ""


def _render_shell(base_url: str, file: Path) -> None:
    from campaign_live_widgets.app.server.voila.page_shell import render_shell

    render_shell(notebook_path(_NOTEBOOK), base_url, file)


def _listen(path: str) -> socket.socket:
    """Return a socket that only this user can connect to; it outlives the page host."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    os.chmod(path, 0o600)
    listening.listen(_BACKLOG)
    return listening


def _rehearsed(processes: Processes, path: str, *, debug: bool) -> str:
    """Let a page host open a page and close it; return its campaign."""
    while True:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(path)
            connection.sendall(pack({"do": "rehearse"}))
            processes.watch(connection)
            with connection.makefile("rb") as file:
                try:
                    answer: Any = read_frame_now(file)
                except ConnectionError:
                    continue  # the page host has ended, and is started again
        if "error" in answer and not debug:
            raise NotReadyError(answer["error"])
        return str(answer.get("campaign", ""))


def _await_answer(processes: Processes, listening: socket.socket, base_url: str) -> str:
    """Wait until the web server is ready; return its error if it is not."""
    host, port = listening.getsockname()[:2]
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    while True:
        with socket.create_connection((reached, port)) as connection:
            request = f"GET {base_url}voila/ready HTTP/1.0\r\nHost: {reached}\r\n\r\n"
            connection.sendall(request.encode())
            processes.watch(connection)
            try:
                response = HTTPResponse(connection)
                response.begin()
                text = response.read().decode()
            except OSError:
                continue  # it has ended, and is started again
        return "" if response.status == HTTPStatus.NO_CONTENT else text
