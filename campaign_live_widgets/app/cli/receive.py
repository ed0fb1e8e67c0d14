"""The command ``receive``: the live door."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from campaign_live_widgets.app.cli.console import is_debug, log, write
from campaign_live_widgets.app.cli.options import Duration
from campaign_live_widgets.errors import UsageError

DEFAULT_PORT: Final = 8870
_SIZE: Final = re.compile(r"(\d{1,12})\s*(k|m|g)?(i?b)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_DURATION: Final = Duration(at_least=timedelta(seconds=1), at_most=timedelta(days=999_999))
_LOCAL: Final = ("127.0.0.1", "::1", "localhost")
_SMALLEST: Final = 1 << 10


class _Size(click.ParamType[int]):
    """Bytes: ``16M``."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return how many bytes."""
        found = _SIZE.fullmatch(str(value).strip())
        size = int(found[1]) * _UNITS[(found[2] or "").lower()] if found else 0
        if size < _SMALLEST:
            self.fail(f"{value!r} is no size of at least 1K; give one such as 16M", param, ctx)
        return size


@click.command()
@click.option("--into", "folder", required=True, metavar="DIR", help="The store; made if missing.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 chooses a free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--admin-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Have /ready, /health and /metrics there, and not beside the routes.",
)
@click.option(
    "--max-body", type=_Size(), default="16M", show_default=True, help="Largest body taken."
)
@click.option(
    "--max-pending",
    type=click.IntRange(1, 100_000),
    default=256,
    show_default=True,
    help="Requests that may wait for the store; more are told to come again.",
)
@click.option(
    "--max-pending-bytes",
    type=_Size(),
    default="64M",
    show_default=True,
    help="Bytes of their bodies that may.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(1, 100_000),
    default=512,
    show_default=True,
    help="Connections that may be open.",
)
@click.option(
    "--tolerance",
    type=_DURATION,
    default="5m",
    show_default=True,
    help="How far a signed time may be from now.",
)
@click.option(
    "--sns-tolerance",
    type=_DURATION,
    default="65m",
    show_default=True,
    help="How old a message of SNS may be; its retries carry the time of the first try.",
)
@click.option(
    "--patience",
    type=_DURATION,
    default="30s",
    show_default=True,
    help="In what time headers, and then a body, must have come.",
)
@click.option(
    "--sns-certificates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Take the certificates of SNS from there, and fetch none.",
)
@click.option(
    "--sns-roots",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Roots (PEM) to trust for SNS in place of the usual ones.",
)
@click.option(
    "--sns-connect-to",
    metavar="HOST:PORT",
    help="Reach SNS's hosts through there; the names to be proven stay theirs.",
)
def receive(  # noqa: PLR0913 - the options of a command
    folder: str,
    port: int,
    host: str,
    admin_port: int | None,
    max_body: int,
    max_pending: int,
    max_pending_bytes: int,
    max_connections: int,
    tolerance: timedelta,
    sns_tolerance: timedelta,
    patience: timedelta,
    sns_certificates: Path | None,
    sns_roots: Path | None,
    sns_connect_to: str | None,
) -> None:
    """Take in vendors' webhooks for a store, verified, until Ctrl-C.

    A request is answered with 2xx once its events are on the disk. A route is open where its
    secret is set in the environment: see docs/receiving.md.
    """
    if max_body > max_pending_bytes:
        message = "--max-body: it is larger than --max-pending-bytes, so that none would pass"
        raise UsageError(message)
    if host not in _LOCAL:
        log(f"--host {host}: it speaks plain HTTP; secrets need a proxy before it that speaks TLS")
    try:
        from campaign_live_widgets.webhooks.limits import Limits
        from campaign_live_widgets.webhooks.run import Sns
        from campaign_live_widgets.webhooks.run import receive as run
    except ImportError as error:
        message = f"receive needs {error.name}: pip install 'campaign-live-widgets[receive]'"
        raise UsageError(message) from error
    run(
        folder,
        os.environ,
        host=host,
        port=port,
        admin_port=admin_port,
        limits=Limits(
            body=max_body,
            pending=max_pending,
            pending_bytes=max_pending_bytes,
            connections=max_connections,
            tolerance=tolerance.total_seconds(),
            sns_tolerance=sns_tolerance.total_seconds(),
            patience=patience.total_seconds(),
        ),
        sns=Sns(sns_certificates, sns_roots, _place(sns_connect_to)),
        say=log,
        told=lambda address: write(f"{address}\n"),
        debug=is_debug(),
    )


def _place(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        message = f"--sns-connect-to {text!r}: give HOST:PORT"
        raise UsageError(message)
    return host.strip("[]"), int(port)
