"""``campaign-live``: results on standard output, everything else on standard error.

The exit status is 0 (done), 2 (the call is wrong), 3 (the source cannot be read) or 1 (anything
else). An error is one line; ``--debug`` prints its traceback as well.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from campaign_live_widgets import __version__
from campaign_live_widgets.app.cli.console import log
from campaign_live_widgets.app.cli.explain import explain
from campaign_live_widgets.app.cli.inspect import inspect
from campaign_live_widgets.app.cli.notebooks import lab, notebooks
from campaign_live_widgets.app.cli.reader import reader
from campaign_live_widgets.app.cli.receive import receive
from campaign_live_widgets.app.cli.report import REPORT_COMMANDS
from campaign_live_widgets.app.cli.rollup import rollup
from campaign_live_widgets.app.cli.schema import schema
from campaign_live_widgets.app.cli.serve import SERVE_COMMANDS
from campaign_live_widgets.app.cli.snapshots import SNAPSHOT_COMMANDS
from campaign_live_widgets.app.cli.store import STORE_COMMANDS
from campaign_live_widgets.errors import CampaignLiveError, MappingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="campaign-live")
@click.option("--debug", is_flag=True, help="Print the traceback of an error, and log more.")
def cli(debug: bool) -> None:  # noqa: FBT001 - click passes options so
    """Report e-mail and push campaigns live, from files of events or from a database."""


for _command in (
    *REPORT_COMMANDS,
    *SERVE_COMMANDS,
    *SNAPSHOT_COMMANDS,
    *STORE_COMMANDS,
    reader,
    receive,
    schema,
    explain,
    inspect,
    rollup,
    notebooks,
    lab,
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # --debug may be anywhere in the call: it applies to all of it.
    given = [*(["--debug"] if debug else []), *(a for a in given if a != "--debug")]
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = cli.main(given, prog_name="campaign-live", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        _exit_after_broken_pipe()
    except Exception as error:  # noqa: BLE001 - every error becomes one line and an exit status
        if debug:
            traceback.print_exc()
        for line in (
            str(error).splitlines() if isinstance(error, MappingError) else [_one_line(error)]
        ):
            log(line)
        sys.exit(_exit_status(error))
    sys.exit(code if isinstance(code, int) else 0)


def _exit_status(error: Exception) -> int:
    if isinstance(error, CampaignLiveError):
        return error.exit_code
    return UsageError.exit_code if isinstance(error, click.UsageError) else 1


def _one_line(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        message = " ".join(error.format_message().split()).rstrip(".")
        context = error.ctx if isinstance(error, click.UsageError) else None
        where = f" (see {context.command_path} --help)" if context else ""
        return message[:1].lower() + message[1:] + where  # click begins with a capital letter
    if isinstance(error, CampaignLiveError):
        return " ".join(str(error).split())
    if "duckdb" in type(error).__module__:
        return "the data could not be read or counted: an unexpected fault; --debug shows it"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _exit_after_broken_pipe() -> None:
    """Exit without an error after the reader has closed the pipe (``… report … | head``)."""
    os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdout.fileno())
    sys.exit(0)
