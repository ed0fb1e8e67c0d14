"""Layouts in files: one folder for each person and report, one JSON document for each tab."""

from __future__ import annotations

import errno
import logging
import os
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from campaign_live_widgets.catalog import TABS, TILES, Text
from campaign_live_widgets.io.atomic_files import remove_leftovers, sync, write_over
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.io.environment import LAYOUTS
from campaign_live_widgets.io.names import dashed, digest, to_ascii
from campaign_live_widgets.layouts.document import LIMIT_BYTES, ParsedLayout, read_tab, write_tab
from campaign_live_widgets.layouts.places import places as default_places
from campaign_live_widgets.layouts.storage import LayoutConflictError, LayoutError, SavedLayout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from campaign_live_widgets.layouts.places import Place

REPORT: Final = "campaign-live"

_LOG: Final = logging.getLogger(__name__)
_PATIENCE: Final = 5.0
"""Seconds to wait for another page that is saving; a save takes milliseconds."""
_READABLE: Final = 32
_BUSY: Final = Text(
    "Another page is saving this layout. Try again.",
    "Une autre page enregistre cette disposition. Réessayez.",
)
_FULL: Final = Text("no space is left on the disk", "il n'y a plus de place sur le disque")
_FORBIDDEN: Final = Text("access is not allowed", "l'accès n'est pas autorisé")
_CAUSES: Final = {
    errno.EISDIR: Text("something else has its name", "autre chose porte son nom"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENOENT: Text("there is no such file", "ce fichier n'existe pas"),
}


def layouts_folder() -> Path:
    """Return where layouts are kept: ``CAMPAIGN_LIVE_LAYOUTS``, else the user's data folder."""
    named = os.environ.get(LAYOUTS)
    if named:
        return Path(named).expanduser().absolute()
    return user_data_path("campaign-live", appauthor=False) / "layouts"


def file_name(name: str) -> str:
    """Return a name for a folder that is *name*'s alone, on every file system.

    A readable beginning in plain lower-case ASCII, then a hash of the exact name, so that names
    that differ only by case, accents, normalisation or their end do not meet.
    """
    readable = dashed(to_ascii(name).lower()[: 4 * _READABLE]).strip("-")[:_READABLE]
    return "-".join(filter(None, (readable, digest(name, 16))))


class FileLayouts:
    """The layouts of one person for one report, as files in their own folder.

    Parameters
    ----------
    folder : path
        Of all people and reports; created if missing, readable only by its user.
    person, report : str
        Any text; it becomes part of a path through :func:`file_name`.
    standard : mapping of tab to places, optional
        The report's own layout, for parts that a file omits; default: the product's.
    clock : callable
        Returns the time now, for the names of files that are set aside.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        person: str,
        report: str = REPORT,
        *,
        standard: Mapping[str, Sequence[Place]] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.folder = Path(folder) / file_name(person) / file_name(report)
        """Where the documents are: ``email.json`` and so on."""
        self._standard = default_places(TILES.values()) if standard is None else standard
        self._clock = clock

    def load(self, tab: str) -> SavedLayout:
        """Return what is kept of a tab; see :meth:`LayoutStorage.load`."""
        path = self._path(tab)
        try:
            data = _read(path)
        except OSError as error:
            _LOG.warning("The layout %s cannot be read: %s", path, error)
            return SavedLayout(None, (_unreadable(tab, cause(error)),))
        if data is None:
            return SavedLayout()
        parsed = self._parse(data, tab)
        notices = (_notice(path, tab, parsed),) if parsed.faults else ()
        return SavedLayout(parsed.places, notices, _revision(data))

    def save(self, tab: str, places: Sequence[Place] | None, revision: str) -> str:
        """Keep *places*; see :meth:`LayoutStorage.save`.

        If the process is killed, the file contains the old layout or the new one. A file with
        unusable parts is first kept under a second name.
        """
        data = None if places is None else write_tab(tab, places).encode()
        if data is None and not os.path.lexists(self._path(tab)):
            return ""
        try:
            _make_private(self.folder)
            with FileLock(self.folder / f".{tab}.lock", timeout=_PATIENCE, mode=0o600):
                return self._replace(tab, data, revision)
        except Timeout:
            raise LayoutError(_BUSY) from None
        except OSError as error:
            _LOG.warning("The layout %s cannot be saved: %s", self._path(tab), error)
            why = cause(error)
            raise LayoutError(
                Text(
                    f"The layout could not be saved: {why.en}. Try again later; until then "
                    "the page stays as you have arranged it.",
                    f"La disposition n'a pas pu être enregistrée : {why.fr}. Réessayez plus "
                    "tard ; d'ici là, la page reste comme vous l'avez arrangée.",
                )
            ) from error

    def _path(self, tab: str) -> Path:
        return self.folder / f"{tab}.json"

    def _parse(self, data: bytes, tab: str) -> ParsedLayout:
        return read_tab(data, tab, self._standard.get(tab, ()))

    def _replace(self, tab: str, data: bytes | None, revision: str) -> str:
        """Compare the saved layout with the loaded revision, and replace it by *data*."""
        path = self._path(tab)
        saved = _read(path)
        if saved == data:
            return _revision(data)
        if _revision(saved) != revision:
            raise LayoutConflictError(_revision(saved))
        if saved is not None and self._parse(saved, tab).faults:
            self._set_aside(path)
        remove_leftovers(path)
        if data is not None:
            write_over(path, data, durable=True, mode=0o600)
        else:
            path.unlink(missing_ok=True)
            sync(self.folder)
        return _revision(data)

    def _set_aside(self, path: Path) -> None:
        """Keep a file under a second name when it is replaced."""
        stem = f"{path.stem}.set-aside-{self._clock():%Y%m%dT%H%M%SZ}"
        names = (path.with_name(f"{stem}{f'-{n}' if n else ''}.json") for n in count())
        aside = next(name for name in names if not os.path.lexists(name))
        try:
            os.link(path, aside)
        except OSError:  # not every file system gives a file two names
            path.rename(aside)


def _notice(path: Path, tab: str, parsed: ParsedLayout) -> Text:
    title, fault = TABS.get(tab, Text(tab, tab)), parsed.fault
    if parsed.places is None:
        return Text(
            f'Your saved layout of the tab "{title.en}" cannot be used: {fault.en}. The standard '
            f"layout is shown; saving puts the file {path.name} aside, so nothing is lost.",
            f"Votre disposition de l'onglet « {title.fr} » est inutilisable : {fault.fr}. La "
            f"disposition standard s'affiche ; à l'enregistrement, le fichier {path.name} sera "
            "mis de côté et rien ne sera perdu.",
        )
    return Text(
        f'Your saved layout of the tab "{title.en}" is shown, except for this: {fault.en}. '
        f"Saving puts the file {path.name} aside, so nothing is lost.",
        f"Votre disposition de l'onglet « {title.fr} » s'affiche, à ceci près : {fault.fr}. À "
        f"l'enregistrement, le fichier {path.name} sera mis de côté et rien ne sera perdu.",
    )


def _unreadable(tab: str, why: Text) -> Text:
    title = TABS.get(tab, Text(tab, tab))
    return Text(
        f'Your saved layout of the tab "{title.en}" cannot be read: {why.en}. The standard '
        "layout is shown.",
        f"Votre disposition de l'onglet « {title.fr} » ne peut pas être lue : {why.fr}. La "
        "disposition standard s'affiche.",
    )


def cause(error: OSError) -> Text:
    """Return why a file cannot be read or written, as the end of a sentence."""
    message = error.strerror or type(error).__name__
    return _CAUSES.get(error.errno or 0, Text(message, message))


def _revision(data: bytes | None) -> str:
    return "" if data is None else sha256(data).hexdigest()


def _read(path: Path) -> bytes | None:
    """Return what a file holds, of a too large one a byte more than is allowed."""
    try:
        if not path.is_file() and os.path.lexists(path):
            raise IsADirectoryError(errno.EISDIR, "it is not a file")
        with path.open("rb") as file:
            return file.read(LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None


def _make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, for its user alone."""
    for part in (*reversed(folder.parents), folder):
        if not part.is_dir():
            part.mkdir(mode=0o700, exist_ok=True)
