"""Start a receiver from options and the environment."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.store import Store
from campaign_live_widgets.webhooks.auth import (  # noqa: F401 - they register
    basic,
    body_hmac,
    customerio,
    klaviyo,
    mailgun,
    mandrill,
    postal,
    resend,
    sendgrid,
)
from campaign_live_widgets.webhooks.auth.base import open_routes
from campaign_live_widgets.webhooks.auth.sns import SimpleEmailService
from campaign_live_widgets.webhooks.auth.sns_certificates import Certificates
from campaign_live_widgets.webhooks.receiver import Receiver
from campaign_live_widgets.webhooks.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from campaign_live_widgets.webhooks.limits import Limits


@dataclass(frozen=True, slots=True)
class SnsOptions:
    """Where certificates of SNS come from; see :class:`Certificates`."""

    folder: Path | None = None
    roots: Path | None = None
    connect_to: tuple[str, int] | None = None


def receive(  # noqa: PLR0913 - the options of the command
    folder: str,
    environment: Mapping[str, str],
    *,
    host: str,
    port: int,
    admin_port: int | None,
    limits: Limits,
    sns: SnsOptions,
    log: Callable[[str], None],
    on_listening: Callable[[str], None],
    mapping: str | None = None,
    sends: str | None = None,
    debug: bool = False,
) -> None:
    """Receive events into a store until SIGTERM or SIGINT.

    Parameters
    ----------
    folder : str
        The store; created if it is missing.
    environment : mapping
        Contains the secrets; a route without a secret is closed.
    host, port, admin_port
        See :func:`campaign_live_widgets.webhooks.server.serve`.
    limits : Limits
    sns : SnsOptions
    log : callable
        Takes one line for the log.
    on_listening : callable
        Takes each address, as soon as it accepts requests.
    mapping : str, optional
        A mapping file, by which rows are read.
    sends : str, optional
        What counts as sent: ``events`` or ``outcomes``.

    Raises
    ------
    UsageError
        If no route is open, a secret or an option is invalid, or the port is in use.
    StoreError
        If the folder is not a store and cannot become one.
    """
    routes = open_routes(environment, limits, time.time)
    for route in routes.values():
        if isinstance(route, SimpleEmailService):
            route.certificates = Certificates(
                folder=sns.folder, roots=sns.roots, connect_to=sns.connect_to, clock=time.time
            )
    store = Store.open(folder, mapping, sends)

    async def run() -> None:
        receiver = Receiver(store, routes, limits, log=log, clock=time.time, debug=debug)
        await serve(
            receiver, host=host, port=port, admin_port=admin_port, on_listening=on_listening
        )

    asyncio.run(run())
