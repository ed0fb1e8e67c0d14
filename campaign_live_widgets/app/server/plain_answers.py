"""Answers of the server in place of a page: a sentence, and another attempt soon."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from campaign_live_widgets.app.server.snapshot_files import preferred_locale
from campaign_live_widgets.catalog import LOCALES, Text

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

BUSY: Final = Text(
    "This report has as many viewers as its server allows. The page tries again every {} seconds.",
    "Ce rapport a atteint le nombre de lecteurs que son serveur admet. La page réessaie toutes "
    "les {} secondes.",
)
STARTING: Final = Text(
    "The report is starting. The page tries again every {} seconds.",
    "Le rapport démarre. La page réessaie toutes les {} secondes.",
)
_TITLE: Final = Text("Campaign live report", "Rapport de campagne en direct")
_PAGE: Final = """<!DOCTYPE html>
<html lang="{locale}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="{seconds}">
<title>{title}</title>
<style>
body {{ display: grid; place-content: center; min-height: 90vh; margin: 0 24px; }}
main {{ max-width: 40em; font: 16px/24px system-ui, sans-serif; }}
h1 {{ font-size: 24px; line-height: 32px; }}
</style>
<main role="status"><h1>{title}</h1>{body}</main>
</html>
"""


def sentence_answer(text: Text, seconds: int, request: HTTPServerRequest) -> str:
    """Return a page that shows *text* in its reader's language and is loaded again soon.

    Parameters
    ----------
    text : Text
        With one place for the seconds.
    seconds : int
        Time until the browser asks again.
    """
    sentence = escape(text(_locale(request)).format(seconds))
    return _answer(f"<p>{sentence}</p>", seconds, request)


def card_answer(card: str, seconds: int, request: HTTPServerRequest) -> str:
    """Return a page that shows the HTML of an error and is loaded again soon."""
    return _answer(card, seconds, request)


def _answer(body: str, seconds: int, request: HTTPServerRequest) -> str:
    locale = _locale(request)
    return _PAGE.format(locale=locale, seconds=seconds, title=escape(_TITLE(locale)), body=body)


def _locale(request: HTTPServerRequest) -> str:
    """Return the language of the address, else the first of the browser that the report has."""
    locale = parse_qs(request.query).get("locale", [""])[-1]
    if locale in LOCALES:
        return locale
    return preferred_locale(request.headers)
