"""Secret references: values given as ``env:NAME``, and shown by that name alone.

A source may contain a password, or a path that readers should not see. A value given as
``env:NAME`` is looked up where it is used; notebooks, manifests, logs and errors show the
reference.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import SourceError, StoreError, UsageError
from campaign_live_widgets.io.environment import SOURCE_NAME
from campaign_live_widgets.sources.address import parse_address
from campaign_live_widgets.sources.sends import split_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign_live_widgets.snapshot import Health
    from campaign_live_widgets.sources.address import SourceAddress

_PREFIX: Final = "env:"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PASSWORD: Final = re.compile(
    r"^(\w+:)?[a-z][a-z0-9+.-]*://([^/?#\s:]*:(?!env:\w+@)[^/?#]*@|.*[;?&]token=)", re.IGNORECASE
)
"""An address with a password or a token in it, unless the password is itself a reference."""


def is_secret_reference(text: str) -> bool:
    """Return whether *text* names an environment variable instead of being the value itself."""
    return split_reading(text)[1].startswith(_PREFIX)


def variable_name(reference: str) -> str:
    """Return the name of the environment variable that ``env:NAME`` refers to."""
    return split_reading(reference)[1].removeprefix(_PREFIX)


def public_name(source: str) -> str | None:
    """Return what errors and logs call a source: its reference, or ``None`` for the path itself."""
    return split_reading(source)[1] if is_secret_reference(source) else None


def viewers_name(source: str) -> str:
    """Return what viewers of a page see of a source that they did not name: not its path.

    That is its reference, else what ``CAMPAIGN_LIVE_SOURCE_NAME`` contains, else the last part of
    its path.
    """
    if name := public_name(source) or os.environ.get(SOURCE_NAME):
        return name
    address = parse_address(source)
    source = split_reading(source)[1]
    if address.is_local_files:
        return os.path.basename(source.rstrip("/\\")) or source
    return address.display_name or source


def resolve(text: str, what: str = "source") -> str:
    """Return the value of the environment variable for ``env:NAME``, else *text* itself.

    How its rows are read stays before it: ``crm.toml:env:NAME``.

    Raises
    ------
    UsageError
        If the variable is missing or empty, its name is invalid, or *text* is an address that
        contains a password. The message never contains a value.
    """
    reading, text = split_reading(text)
    if reading:
        return f"{reading}{resolve(text, what)}"
    if not is_secret_reference(text):
        if _PASSWORD.match(text):
            message = (
                f"{what} contains a password; put the whole address into an environment variable "
                "and give env:NAME"
            )
            raise UsageError(message)
        return text
    name = variable_name(text)
    if not _NAME.fullmatch(name):
        message = f"{what}={text!r} is not the name of a variable; give env:NAME"
        raise UsageError(message)
    value = os.environ.get(name, "")
    if not value:
        message = f"{what}={text}: environment variable {name} is not set"
        raise UsageError(message)
    if is_secret_reference(value):
        message = f"{what}={text}: environment variable {name} contains another reference"
        raise UsageError(message)
    return value


@contextmanager
def redacted_errors(name: str | None, location: SourceAddress) -> Iterator[None]:
    """Replace the source's path with its public name in error messages; ``None``: do nothing.

    The original error is not chained: a traceback would show its text.
    """
    try:
        yield
    except (SourceError, StoreError) as error:
        if name is None:
            raise
        raise type(error)(redact(str(error), name, location)) from None


def redact(text: str, name: str, location: SourceAddress) -> str:
    """Return *text* with the source's path or address replaced by its public name."""
    return location.redact(text, name, is_secret=is_secret_reference(name))


def redact_health(health: Health, name: str | None, location: SourceAddress) -> Health:
    """Return *health* without anything that the value of a secret reference would reveal.

    The names of files inside a folder may be shown; where the value is a file or a glob, they
    are part of the value.
    """
    if name is None or not is_secret_reference(name):
        return health
    private = location.private_names

    def hide(text: str) -> str:
        text = redact(text, name, location)
        for file in private:
            text = text.replace(file, name)
        return text

    return _with_texts(health, hide, file=None if location.shows_file_names else name)


def _with_texts(health: Health, hide: Callable[[str], str], *, file: str | None) -> Health:
    """Return *health* with every text redacted; *file* replaces the names of all files."""
    return replace(
        health,
        rejects=tuple(
            replace(r, file=file or hide(r.file), cause=hide(r.cause)) for r in health.rejects
        ),
        notes=tuple(map(hide, health.notes)),
    )
