"""Options that several commands share, each defined once."""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from campaign_live_widgets.app.cli.console import log
from campaign_live_widgets.catalog import BASES, LOCALES
from campaign_live_widgets.io.durations import MINUTES_EXAMPLES, format_duration, parse_duration
from campaign_live_widgets.io.environment import CAMPAIGN
from campaign_live_widgets.snapshot import MACHINES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_MINUTE: Final = timedelta(minutes=1)

campaign: Final = click.option(
    "--campaign",
    metavar="ID",
    envvar=CAMPAIGN,
    show_envvar=True,
    help="Report this campaign.  [default: the newest]",
)
at: Final = click.option(
    "--at",
    metavar="TIME",
    help="End the window at TIME (RFC 3339; UTC where no zone is given).  [default: now]",
)
window: Final = click.option(
    "--window",
    default="24h",
    show_default=True,
    metavar="LENGTH",
    help=f"Set the length of the window, such as {MINUTES_EXAMPLES}.",
)
include_tests: Final = click.option("--include-tests", is_flag=True, help="Count test sends too.")
machines: Final = click.option(
    "--machines",
    type=click.Choice(MACHINES),
    default=MACHINES[0],
    show_default=True,
    help="Count opens and clicks of machines, leave them out, or count them alone.",
)
basis: Final = click.option(
    "--basis",
    type=click.Choice(BASES),
    default=BASES[0],
    show_default=True,
    help="Set what the shares of key figures divide by; decided is delivered + bounces.",
)
providers: Final = click.option(
    "--providers",
    metavar="FILE",
    help="Read mailbox providers of recipient domains from the CSV FILE (docs/deliverability.md).",
)
small_cells: Final = click.option(
    "--small-cells",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Let domains and links of fewer than N profiles share a row; 0 for none.",
)
locale: Final = click.option(
    "--locale",
    type=click.Choice(LOCALES),
    default="en",
    show_default=True,
    help="Set the language of the output.",
)
port: Final = click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="Listen on this port.  [default: 8866, or a free one]",
)
no_browser: Final = click.option("--no-browser", is_flag=True, help="Do not open a browser.")
base_url: Final = click.option(
    "--base-url",
    default="/",
    show_default=True,
    metavar="PATH",
    help="Set the URL path prefix used by the reverse proxy.",
)
snapshots: Final = click.option(
    "--snapshots",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="List the snapshots in DIR beside the report, and save new ones there.",
)
SNAPSHOT: Final = click.Path(path_type=Path, exists=True, file_okay=False)
"""The type of an argument that names an existing snapshot, or a folder of them."""


def log_chosen_campaign(campaign: str, count: int | None = None) -> None:
    """Log which campaign is reported, unless the command line names it.

    Parameters
    ----------
    campaign : str
    count : int, optional
        How many campaigns the source has, where that is known.
    """
    source = click.get_current_context().get_parameter_source("campaign")
    if source is ParameterSource.COMMANDLINE:
        return
    why = f"which {CAMPAIGN} names" if source is ParameterSource.ENVIRONMENT else "the newest"
    if source is not ParameterSource.ENVIRONMENT and count is not None and count > 1:
        why = f"the newest of {count}"
    hint = "" if count == 1 else "; use --campaign to report another one"
    log(f"reporting campaign {campaign}, {why}{hint}")


mapping: Final = click.option(
    "--mapping", metavar="FILE", help="Read rows by the mapping FILE (docs/mapping.md)."
)


no_campaign: Final = click.option(
    "--no-campaign",
    type=click.Choice(("reject", "keep")),
    default="reject",
    show_default=True,
    help="Reject rows without a campaign, or keep them as those of the campaign (no campaign).",
)
sends: Final = click.option(
    "--sends",
    type=click.Choice(("events", "outcomes")),
    help="Count as sent the events of sending, or each delivery and each bounce.",
)


def source(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument ``SOURCE``, and how its rows are read; a command gets both as one source."""

    @click.argument("source")
    @mapping
    @no_campaign
    @sends
    @wraps(command)
    def with_source(
        source: str,
        mapping: str | None,
        no_campaign: str,
        sends: str | None,
        **others: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        return command(source=source_read_as(source, mapping, sends, no_campaign), **others)

    return with_source


def source_read_as(
    source: str, mapping: str | None, sends: str | None, no_campaign: str = "reject"
) -> str:
    """Return a source with how its rows are read; raise an error where a mapping has a mistake."""
    if mapping is None and sends is None and no_campaign == "reject":
        return source
    from campaign_live_widgets.sources.mapping.load import load_mapping
    from campaign_live_widgets.sources.mapping.prefix import with_no_campaign
    from campaign_live_widgets.sources.sends import read_as

    mapping = with_no_campaign(mapping, no_campaign)
    if mapping is not None:
        load_mapping(mapping)
    return read_as(source, mapping, sends)


def output_format(*choices: str) -> Decorator:
    """Return the option ``--format``; the first choice is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="Set the format of the output.",
    )


class Duration(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.4
    """A duration, such as ``15m``.

    Parameters
    ----------
    at_least, at_most : timedelta
        Limits, both allowed; by default anything longer than zero.
    whole_minutes : bool
        Whether seconds are an error.
    bare_unit : str, optional
        Unit of a number without one, such as ``"s"``.
    """

    name = "duration"

    def __init__(
        self,
        *,
        at_least: timedelta = timedelta.resolution,
        at_most: timedelta = timedelta.max,
        whole_minutes: bool = False,
        bare_unit: str | None = None,
    ) -> None:
        self._at_least, self._at_most = at_least, at_most
        self._whole_minutes, self._bare_unit = whole_minutes, bare_unit

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the duration; fail with a usage error that names the option."""
        try:
            duration = parse_duration(str(value), bare_unit=self._bare_unit)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not duration:
            self.fail(f"{value!r} is zero; give a longer duration", param, ctx)
        if duration < self._at_least:
            limit = format_duration(self._at_least)
            self.fail(f"{value!r} is too short; the shortest is {limit}", param, ctx)
        if duration > self._at_most:
            limit = format_duration(self._at_most)
            self.fail(f"{value!r} is too long; the longest is {limit}", param, ctx)
        if self._whole_minutes and duration % _MINUTE:
            self.fail(f"{value!r} is not a whole number of minutes", param, ctx)
        return duration
