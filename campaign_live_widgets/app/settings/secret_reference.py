"""Values that only the environment knows: given as ``env:NAME``, told by that name alone.

A source may hold a password, or a path that is nobody's business. Whoever writes ``env:NAME``
has it looked up where it is used; notebooks, manifests, logs and errors show the reference.
"""

from __future__ import annotations

import glob
import os
import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import SourceError, UsageError
from campaign_live_widgets.sources.tables.address import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign_live_widgets.snapshot import Health
    from campaign_live_widgets.sources import Location

_PREFIX: Final = "env:"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PASSWORD: Final = re.compile(
    r"^(\w+:)?[a-z][a-z0-9+.-]*://([^/?#\s:]*:(?!env:\w+@)[^/?#]*@|.*[;?&]token=)", re.IGNORECASE
)
"""An address with a password or a token in it; one that names a variable for it has none."""


def is_reference(text: str) -> bool:
    """Tell whether *text* names a variable of the environment and is no value itself."""
    return text.startswith(_PREFIX)


def variable(reference: str) -> str:
    """Return the name of the variable that ``env:NAME`` names."""
    return reference.removeprefix(_PREFIX)


def resolve(text: str, what: str = "source") -> str:
    """Return what *text* stands for: the variable's value for ``env:NAME``, else itself.

    Raises
    ------
    UsageError
        Where there is no such variable or it is empty, the name can be none, or *text* is an
        address with a password in it. The line never holds a value.
    """
    if not is_reference(text):
        if _PASSWORD.match(text):
            message = (
                f"{what} holds a password; put all of it into a variable of the environment, "
                "and give env:NAME"
            )
            raise UsageError(message)
        return text
    name = variable(text)
    if not _NAME.fullmatch(name):
        message = f"{what}={text!r} names no variable; give env:NAME"
        raise UsageError(message)
    value = os.environ.get(name, "")
    if not value:
        message = f"{what}={text}: the variable {name} of the environment is not set"
        raise UsageError(message)
    if is_reference(value):
        message = f"{what}={text}: the variable {name} holds a reference, and no value"
        raise UsageError(message)
    return value


@contextmanager
def told_as(name: str | None, location: Location | Database) -> Iterator[None]:
    """Have errors call a source by its name and not by its path; ``None`` leaves them alone.

    The error before it is in no traceback, for its text would be.
    """
    try:
        yield
    except SourceError as error:
        if name is None:
            raise
        raise SourceError(hidden(str(error), name, location)) from None


def hidden(said: str, name: str, location: Location | Database) -> str:
    """Return what is said of a source with its name in place of its path or address."""
    if isinstance(location, Database):
        return location.anonymous(said, name)
    folder = location.watched
    if is_reference(name) and location.is_glob:
        for path in sorted(glob.glob(location.text, recursive=True), key=len, reverse=True):
            said = said.replace(path, name)
    said = said.replace(location.text, name)
    if folder == Path():
        return said
    return said.replace(str(folder), name if is_reference(name) else folder.name)


def hidden_health(health: Health, name: str | None, location: Location | Database) -> Health:
    """Return *health* without what the value of a reference gives away.

    The files in a folder may be named; where the value is a file or a pattern, so would it be.
    """
    if name is None or not is_reference(name):
        return health
    if isinstance(location, Database):
        return _with_texts(health, lambda text: hidden(text, name, location), file=None)
    shows = Path(location.text).is_dir()
    paths = () if shows else tuple(file.path for file in location.files())

    def hide(text: str) -> str:
        text = hidden(text, name, location)
        for path in sorted(paths, key=len, reverse=True):
            text = text.replace(os.path.relpath(path, location.watched), name)
        return text

    return _with_texts(health, hide, file=None if shows else name)


def _with_texts(health: Health, hide: Callable[[str], str], *, file: str | None) -> Health:
    """Return *health* with every text in it hidden; *file* is what all files are called."""
    return replace(
        health,
        rejects=tuple(
            replace(r, file=file or hide(r.file), cause=hide(r.cause)) for r in health.rejects
        ),
        notes=tuple(map(hide, health.notes)),
    )
