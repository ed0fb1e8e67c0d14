"""The pages of a server: how many are open, and the processes that they are in."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil

from campaign_live_widgets.app.pages.frames import pack, read_frame_now

if TYPE_CHECKING:
    from playwright.sync_api import Page

KERNEL_ID = "() => JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
"""Script that returns the id of the page it runs in."""


def page_hosts(server: psutil.Process) -> list[psutil.Process]:
    """Return the page hosts of a server, which is the parent of all its processes."""
    return [psutil.Process(status["process"]) for status in page_statuses(server)]


def page_statuses(server: psutil.Process) -> list[dict[str, Any]]:
    """Return the figures of each page host."""
    paths = {c.laddr for c in server.net_connections("unix") if "/pages-" in str(c.laddr)}
    return [_ask(str(path), {"do": "status"}) for path in sorted(paths)]


def open_pages(server: psutil.Process) -> int:
    """Return how many pages are open."""
    return sum(status["pages"] for status in page_statuses(server))


def _ask(path: str, request: dict[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(path)
        connection.sendall(pack(request))
        with connection.makefile("rb") as file:
            answer = read_frame_now(file)
    assert isinstance(answer, dict)
    return answer


def kernels(server: psutil.Process) -> list[psutil.Process]:
    """Return the kernels that a server runs."""
    processes = []
    for child in server.children(recursive=True):
        with suppress(psutil.Error):  # it may be exiting
            if any("ipykernel_launcher" in part for part in child.cmdline()):
                processes.append(child)
    return processes


def kernel_of(server: psutil.Process, page: Page) -> psutil.Process:
    """Return the process of the kernel behind a page of Voilà."""
    kernel = page.evaluate(KERNEL_ID)
    return next(k for k in kernels(server) if any(kernel in part for part in k.cmdline()))
