"""The command ``reader``: one process reads a source for any number of pages and servers."""

from __future__ import annotations

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import write
from campaign_live_widgets.errors import UsageError


@click.command()
@options.source
@click.option(
    "--socket",
    "socket_path",
    required=True,
    metavar="PATH",
    help="Answer on this Unix socket; its folder is created, for you alone, if it is missing.",
)
@click.option(
    "--allow-group",
    metavar="NAME",
    help="Let the members of this group of the machine connect, too.",
)
@click.option(
    "--no-cache",
    is_flag=True,
    help="Do not save what is counted, and do not start from what was saved.",
)
@click.option(
    "--small-cells",
    is_flag=True,
    help="Keep what pages need that fold small cells; of files and stores.",
)
def reader(
    source: str,
    socket_path: str,
    allow_group: str | None,
    no_cache: bool,  # noqa: FBT001
    small_cells: bool,  # noqa: FBT001
) -> None:
    """Read SOURCE for any number of pages, until Ctrl-C.

    Pages and servers whose variable CAMPAIGN_LIVE_READER names the socket use this process instead
    of reading SOURCE themselves. The path of the socket is printed once it answers.
    """
    import socket

    if not hasattr(socket, "AF_UNIX"):
        message = "reader needs Unix sockets, which this system does not have"
        raise UsageError(message)
    from campaign_live_widgets.app.reader.serve_reader import run_reader
    from campaign_live_widgets.app.settings.secret_reference import (
        public_name,
        redacted_errors,
        resolve,
        viewers_name,
    )
    from campaign_live_widgets.engine import require_readable
    from campaign_live_widgets.sources.address import parse_address

    address = resolve(source)
    location = parse_address(address)
    with redacted_errors(public_name(source), location):
        require_readable(address)
    run_reader(
        location.absolute,
        socket_path,
        name=viewers_name(source),
        allow_group=allow_group,
        use_cache=not no_cache,
        small_cells=small_cells,
        ready=lambda: write(f"{socket_path}\n"),
    )
