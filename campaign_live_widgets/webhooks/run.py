"""From options and the environment to a door that is open."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.store import Store
from campaign_live_widgets.webhooks.auth import basic, mailgun, sendgrid  # noqa: F401 - they register
from campaign_live_widgets.webhooks.auth.base import opened
from campaign_live_widgets.webhooks.auth.sns import SimpleEmailService
from campaign_live_widgets.webhooks.auth.sns_certificates import Certificates
from campaign_live_widgets.webhooks.receiver import Door
from campaign_live_widgets.webhooks.server import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from campaign_live_widgets.webhooks.limits import Limits


@dataclass(frozen=True, slots=True)
class Sns:
    """How certificates of SNS come here; see :class:`Certificates`."""

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
    sns: Sns,
    say: Callable[[str], None],
    told: Callable[[str], None],
    debug: bool = False,
) -> None:
    """Take in events for a store until SIGTERM or SIGINT.

    Parameters
    ----------
    folder : str
        The store; made where it is missing.
    environment : mapping
        Holds the secrets; a route without one is closed.
    host, port, admin_port
        See :func:`campaign_live_widgets.webhooks.server.run`.
    limits : Limits
    sns : Sns
    say, told : callable
        Take lines for those who run it, and the addresses once they answer.

    Raises
    ------
    UsageError
        Where no route is open, a secret or an option cannot be used, or the port is taken.
    StoreError
        Where the folder is no store and cannot be made one.
    """
    routes = opened(environment, limits, time.time)
    for route in routes.values():
        if isinstance(route, SimpleEmailService):
            route.certificates = Certificates(
                folder=sns.folder, roots=sns.roots, connect_to=sns.connect_to, clock=time.time
            )
    store = Store.open(folder)

    async def serve() -> None:
        door = Door(store, routes, limits, say=say, clock=time.time, debug=debug)
        await run(door, host=host, port=port, admin_port=admin_port, told=told)

    asyncio.run(serve())
