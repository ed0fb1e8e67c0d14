"""The commands ``serve`` and ``demo``: the dashboard in a browser."""

from __future__ import annotations

import os
from typing import Final, Literal

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import is_debug, log
from campaign_live_widgets.io.environment import USER_HEADER


@click.command()
@options.source
@options.campaign
@options.port
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Listen on this address.",
)
@options.base_url
@click.option(
    "--token",
    metavar="TOKEN",
    help="Ask for this token, or for the value of a variable: env:NAME.",
)
@click.option(
    "--user-header",
    metavar="NAME",
    help="Take the user's name from this request header, which a proxy sets.",
)
@options.at
@options.window
@options.machines
@options.basis
@options.providers
@options.small_cells
@options.locale
@click.option(
    "--layout",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Start every reader with the layout in FILE.",
)
@options.snapshots
@click.option(
    "--notebook",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Serve this notebook in place of the report; each page has its own kernel.",
)
@click.option(
    "--page-hosts",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    metavar="N",
    help="Share the pages of all viewers among N processes.",
)
@click.option(
    "--max-viewers",
    type=click.IntRange(1),
    metavar="N",
    help="Open at most N pages at a time; the next viewer waits.",
)
@click.option(
    "--no-cache",
    is_flag=True,
    help="Do not save what is counted, and do not start from what was saved.",
)
@options.no_browser
def serve(  # noqa: PLR0913 - the options of a command
    source: str,
    campaign: str | None,
    port: int | None,
    host: str,
    base_url: str,
    token: str | None,
    user_header: str | None,
    at: str | None,
    window: str,
    machines: str,
    basis: str,
    providers: str | None,
    small_cells: int,
    locale: str,
    layout: str | None,
    snapshots: str | None,
    notebook: str | None,
    page_hosts: int,
    max_viewers: int | None,
    no_cache: bool,  # noqa: FBT001
    no_browser: bool,  # noqa: FBT001
) -> None:
    """Serve the live dashboard of SOURCE until Ctrl-C."""
    _use_one_thread()
    from campaign_live_widgets.app.server.launch import is_local
    from campaign_live_widgets.app.server.launch import serve as run
    from campaign_live_widgets.app.settings.query import parse_query

    parse_query(
        window=window,
        at=at,
        machines=machines,
        basis=basis,
        providers=providers,
        locale=locale,
    )  # an error before the server starts
    if not (is_local(host) or token or user_header or os.environ.get(USER_HEADER)):
        log(
            f"--host {host}: the page asks for no password, so everyone who can reach this machine "
            "sees the report; give --token, or put a proxy that authenticates users in front of "
            "it and give --user-header"
        )
    run(
        source,
        campaign=campaign,
        port=port,
        host=host,
        base_url=base_url,
        token=token,
        user_header=user_header,
        open_browser=not no_browser,
        at=at,
        window=window,
        machines=machines,
        basis=basis,
        providers=providers,
        small_cells=small_cells,
        locale=locale,
        layout=layout,
        snapshots=snapshots,
        on_campaign=options.log_chosen_campaign,
        notebook=notebook,
        page_hosts=page_hosts,
        max_viewers=max_viewers,
        use_cache=not no_cache,
        log=log,
        debug=is_debug(),
    )


def _use_one_thread() -> None:
    """Let numpy start no threads in this process, which forks those that compute."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@click.command()
@options.port
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 1000),
    default=1.0,
    show_default=True,
    help="Multiply the rate of events of a usual campaign.",
)
@click.option(
    "--write",
    "form",
    type=click.Choice(["ndjson", "parquet"]),
    default="ndjson",
    show_default=True,
    help="Write the simulated events in this format.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write the events to DIR and keep them.  [default: a temporary folder]",
)
@options.base_url
@options.locale
@options.snapshots
@options.no_browser
def demo(  # noqa: PLR0913 - the options of a command
    port: int | None,
    speed: float,
    form: Literal["ndjson", "parquet"],
    folder: str | None,
    base_url: str,
    locale: str,
    snapshots: str | None,
    no_browser: bool,  # noqa: FBT001
) -> None:
    """Serve a simulated live campaign on the dashboard until Ctrl-C."""
    _use_one_thread()
    from campaign_live_widgets.app.demo.demo import demo as run

    run(
        port=port,
        open_browser=not no_browser,
        speed=speed,
        format=form,
        folder=folder,
        base_url=base_url,
        locale=locale,
        snapshots=snapshots,
        debug=is_debug(),
    )


SERVE_COMMANDS: Final = (serve, demo)
