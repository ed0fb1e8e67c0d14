"""The command ``receive``: the webhook receiver."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import is_debug, log, write
from campaign_live_widgets.app.cli.options import Duration
from campaign_live_widgets.errors import UsageError

DEFAULT_PORT: Final = 8870
_SIZE: Final = re.compile(r"(\d{1,12})\s*(k|m|g)?(i?b)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_DURATION: Final = Duration(at_least=timedelta(seconds=1), at_most=timedelta(days=999_999))
_LOCAL: Final = ("127.0.0.1", "::1", "localhost")
_SMALLEST: Final = 1 << 10


class _Size(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """A size in bytes, such as ``16M``."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the size in bytes; fail with a usage error that names the option."""
        match = _SIZE.fullmatch(str(value).strip())
        size = int(match[1]) * _UNITS[(match[2] or "").lower()] if match else 0
        if size < _SMALLEST:
            self.fail(
                f"{value!r} is not a size of at least 1K; examples: 512K, 16M, 1G", param, ctx
            )
        return size


@click.command()
@click.option(
    "--into",
    "folder",
    required=True,
    metavar="DIR",
    help="Append the events to the store DIR; create it if it is missing.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    metavar="PORT",
    help="Listen on this port; 0 selects a free port.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Listen at this address.",
)
@click.option(
    "--admin-port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Serve /ready, /health and /metrics on this port instead of --port.",
)
@click.option(
    "--max-body",
    type=_Size(),
    default="16M",
    show_default=True,
    metavar="SIZE",
    help="Limit the size of one request body, also after decompression.",
)
@click.option(
    "--max-pending",
    type=click.IntRange(1, 100_000),
    default=256,
    show_default=True,
    metavar="NUMBER",
    help="Limit the requests waiting to be stored; excess requests get 503 with Retry-After.",
)
@click.option(
    "--max-pending-bytes",
    type=_Size(),
    default="64M",
    show_default=True,
    metavar="SIZE",
    help="Limit the total size of request bodies waiting to be stored.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(1, 100_000),
    default=512,
    show_default=True,
    metavar="NUMBER",
    help="Limit the open connections.",
)
@click.option(
    "--tolerance",
    type=_DURATION,
    default="5m",
    show_default=True,
    metavar="LENGTH",
    help="Reject a request whose signed time differs more from the current time.",
)
@click.option(
    "--sns-tolerance",
    type=_DURATION,
    default="65m",
    show_default=True,
    metavar="LENGTH",
    help="Reject an SNS message that is older; retries carry the time of the first try.",
)
@click.option(
    "--patience",
    type=_DURATION,
    default="30s",
    show_default=True,
    metavar="LENGTH",
    help="Set the timeout for receiving the headers, and again for the body.",
)
@click.option(
    "--sns-certificates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Read the certificates of SNS from DIR instead of downloading them.",
)
@click.option(
    "--sns-roots",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Trust the root certificates (PEM) in FILE for SNS instead of the default ones.",
)
@click.option(
    "--sns-connect-to",
    metavar="HOST:PORT",
    help="Connect to SNS through this gateway. TLS certificates are still checked against the "
    "host names of SNS.",
)
@options.mapping
@options.no_campaign
@options.sends
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
    mapping: str | None,
    no_campaign: str,
    sends: str | None,
) -> None:
    """Receive event webhooks of mail vendors into a store, until Ctrl-C.

    Each request is verified, and answered with 200 once its events are on the disk. A route is
    open if its secret is set in the environment; see docs/receiving.md.
    """
    if max_body > max_pending_bytes:
        message = (
            "--max-body must not be larger than --max-pending-bytes, or the largest bodies would "
            "always get 503"
        )
        raise UsageError(message)
    if host not in _LOCAL:
        log(
            f"--host {host}: this server has no TLS; put a TLS proxy in front of it, "
            "or secrets are sent in plain text"
        )
    try:
        from campaign_live_widgets.sources.mapping.prefix import with_no_campaign
        from campaign_live_widgets.webhooks.limits import Limits
        from campaign_live_widgets.webhooks.run import SnsOptions
        from campaign_live_widgets.webhooks.run import receive as run
    except ImportError as error:
        message = (
            f"receive needs the package {error.name}; "
            "install it: pip install 'campaign-live-widgets[receive]'"
        )
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
        sns=SnsOptions(sns_certificates, sns_roots, _parse_gateway(sns_connect_to)),
        log=log,
        on_listening=lambda address: write(f"{address}\n"),
        mapping=with_no_campaign(mapping, no_campaign),
        sends=sends,
        debug=is_debug(),
    )


def _parse_gateway(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        message = f"invalid --sns-connect-to {text!r}; give HOST:PORT"
        raise UsageError(message)
    return host.strip("[]"), int(port)
