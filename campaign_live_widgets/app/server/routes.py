"""The path below which a server answers, as a proxy or JupyterHub has it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

_KEPT: Final = "/%@~+!$&'()*,;=:"
"""What a path may contain as it is."""


def base_path(base_url: str) -> str:
    """Return a path with a slash at both ends, and with escapes for what addresses cannot contain.

    Escapes that it has stay as they are: ``/user/a%40b/`` and ``/user/a@b/`` are different to
    cookies.
    """
    return quote(f"/{base_url.strip('/')}/".replace("//", "/"), safe=_KEPT)


def route(base_url: str) -> str:
    """Return the regular expression of a path, however a proxy escapes it; without a group."""
    return "".join(map(_spellings, unquote(base_url)))


def _spellings(letter: str) -> str:
    if letter.isascii() and (letter.isalnum() or letter in "/-_."):
        return re.escape(letter)
    escaped = "".join(
        "%" + "".join(f"[{d}{d.lower()}]" if d.isalpha() else d for d in f"{byte:02X}")
        for byte in letter.encode()
    )
    return f"(?:{re.escape(letter)}|{escaped})"
