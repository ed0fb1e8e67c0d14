"""The package's errors in a notebook: one short card in place of a traceback.

The error itself stays an error: *Run all* stops at it, Papermill fails, and ``%debug`` opens its
traceback. ``CAMPAIGN_LIVE_DEBUG=1`` (``campaign-live --debug serve`` sets it) shows the traceback.
"""

from __future__ import annotations

import os
import traceback
from html import escape
from typing import Any, Final

from IPython import get_ipython
from IPython.display import HTML, display

from campaign_live_widgets.errors import (
    CampaignLiveError,
    MissingExtraError,
    SourceError,
    UnknownNameError,
    UsageError,
)
from campaign_live_widgets.io.environment import DEBUG

_CLASS: Final = "clw-error-card"
_SHOWN: Final = "_campaign_live_card_is_shown"
_TITLES: Final = (
    (SourceError, "The source cannot be read"),
    (UnknownNameError, "Unknown name"),
    (UsageError, "A parameter is not valid"),
    (MissingExtraError, "A package is missing"),
    (CampaignLiveError, "The report cannot be shown"),
)
_ADVICE: Final = (
    (SourceError, "Check the source in the notebook, then run the report again."),
    (UsageError, "Correct the value in the notebook, then run it again."),
    (MissingExtraError, "Install it, restart the kernel, then run all cells."),
    (CampaignLiveError, "Run the report again; %debug opens the traceback."),
)
_STYLE: Final = f"""
.{_CLASS} {{
  max-width: 44em; margin: 8px 0; padding: 10px 16px; border: 1px solid; border-left-width: 4px;
  border-color: var(--jp-error-color1, #c62828); border-radius: 2px;
  background: var(--jp-layout-color1, #fff); color: var(--jp-ui-font-color1, #212121);
  font: 13px/20px var(--jp-ui-font-family, system-ui, sans-serif); overflow-wrap: anywhere;
}}
.{_CLASS} p {{ margin: 2px 0; }}
.{_CLASS} .clw-error-advice {{ color: var(--jp-ui-font-color2, #616161); }}
.jp-OutputArea-child:has(.{_CLASS}) ~ .jp-OutputArea-child:has(
  [data-mime-type="application/vnd.jupyter.stderr"],
  [data-mime-type="application/vnd.jupyter.error"]
) {{ display: none; }}
"""
"""The last rule hides the front end's own error output below the card, which repeats it."""


def install() -> None:
    """Let IPython show the package's errors with :func:`render`."""
    CampaignLiveError.render = render


def render(error: CampaignLiveError) -> list[str]:
    """Show the card where there is a notebook; return the lines that IPython prints.

    Parameters
    ----------
    error : CampaignLiveError
        The error that a cell, or a line at a terminal, has raised.

    Returns
    -------
    list of str
        One line, or the traceback where ``CAMPAIGN_LIVE_DEBUG`` is set.
    """
    shell: Any = get_ipython()
    if shell is not None:
        shell.InteractiveTB.tb = error.__traceback__  # what %debug opens
    if os.environ.get(DEBUG):
        return traceback.format_exception(error)
    if getattr(shell, "kernel", None) is not None and not hasattr(error, _SHOWN):
        setattr(error, _SHOWN, True)  # IPython renders an error twice: also for its history
        display(HTML(card(error)))
    return [" ".join((f"{type(error).__name__}: {error}", *_notes(error)))]


def card(error: CampaignLiveError, advice: str = "") -> str:
    """Return the card as HTML: what is wrong, where, and what to do.

    Parameters
    ----------
    error : CampaignLiveError
    advice : str
        What to do; by default that of a notebook.
    """
    rows = (
        f"<p><strong>{escape(_first(_TITLES, error))}</strong></p>",
        f"<p>{escape(str(error))}</p>",
        *(f"<p>{escape(note)}</p>" for note in _notes(error)),
        f'<p class="clw-error-advice">{escape(advice or _first(_ADVICE, error))}</p>',
    )
    return f'<style>{_STYLE}</style><div class="{_CLASS}" role="alert">{"".join(rows)}</div>'


def _first(texts: tuple[tuple[type[CampaignLiveError], str], ...], error: CampaignLiveError) -> str:
    return next(text for kind, text in texts if isinstance(error, kind))


def _notes(error: CampaignLiveError) -> list[str]:
    return list(getattr(error, "__notes__", ()))
