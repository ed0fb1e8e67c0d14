"""Where a source is: files or a table of a database, behind one interface."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from campaign_live_widgets.sources.files.location import Location
from campaign_live_widgets.sources.tables.address import DatabaseAddress, is_database

if TYPE_CHECKING:
    from pathlib import Path


class SourceAddress(Protocol):
    """What the rest of the package needs to know of the address of a source."""

    @property
    def text(self) -> str:
        """Return the address as error messages show it: without user and password."""

    @property
    def is_local_files(self) -> bool:
        """Return whether the source is files that this machine can read."""

    @property
    def display_name(self) -> str | None:
        """Return a name that a page may show in place of the address.

        ``None`` if the address itself holds nothing private.
        """

    @property
    def absolute(self) -> str:
        """Return the address as a process in another working directory needs it."""

    @property
    def watched(self) -> Path | None:
        """Return the folder in which changes show; ``None`` where there is none to watch."""

    @property
    def scanned_folder(self) -> Path | None:
        """Return the folder whose new files are read as events; ``None`` if there is none."""

    @property
    def shows_file_names(self) -> bool:
        """Return whether names of files within the source reveal nothing of the address."""

    @property
    def private_names(self) -> tuple[str, ...]:
        """Return names of files, relative to ``watched``, that reveal the address."""

    def holds(self, path: str) -> bool:
        """Return whether a changed file may belong to the source."""

    def redact(self, text: str, name: str, *, is_secret: bool) -> str:
        """Return *text* with *name* in place of the address.

        Parameters
        ----------
        text : str
            An error or a note that may contain the address.
        name : str
            What to show instead.
        is_secret : bool
            Whether the names of the source's folder and files are secret, too.
        """


def parse_address(source: str | os.PathLike[str]) -> SourceAddress:
    """Return the address of a source; raise :class:`SourceError` if it is invalid."""
    text = os.fspath(source)
    return DatabaseAddress.parse(text) if is_database(text) else Location.parse(source)
