"""A plain page of tables in one file: no script, no picture, nothing from elsewhere."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.rendering.language.phrases import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST: Final = 120
_CONTROLS: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


def sheet(title: str, body: str, locale: str) -> str:
    """Return a whole HTML page; *title* is text, *body* is HTML."""
    style = _style()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f'<!doctype html>\n<html lang="{locale}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'sha256-{digest}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def text(said: str) -> str:
    """Return text as HTML."""
    return escape(said.translate(_CONTROLS))


def name(of: str) -> str:
    """Return a name from outside as HTML: on one line, not too long, turning nothing around it."""
    return f"<bdi>{text(shorten(of, _LONGEST))}</bdi>"


def table(
    heads: Sequence[tuple[str, bool]], rows: Iterable[str], label: str, *, kind: str = "plain"
) -> str:
    """Return a table as HTML: headings with whether they stand over numbers, and its rows.

    On a narrow screen it scrolls by itself, also by keyboard.
    """
    cells = "".join(
        f'<th scope="col"{" class=n" if number else ""}>{text(head)}</th>' for head, number in heads
    )
    return (
        f'<div class="wide" tabindex="0" role="region" '
        f'aria-label="{text(shorten(label, _LONGEST))}">'
        f'<table class="{kind}"><thead><tr>{cells}</tr></thead>\n'
        f"<tbody>\n{chr(10).join(rows)}\n</tbody></table></div>"
    )


@cache
def _style() -> str:
    return files(__package__).joinpath("sheet.css").read_text(encoding="utf-8")
