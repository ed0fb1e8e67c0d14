"""The manifest of a snapshot: parameters, campaign, window, and the hash of each file."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.io.clock import parse_rfc3339, rfc3339
from campaign_live_widgets.snapshots.paths import ADVICE, MANIFEST, OWNER
from campaign_live_widgets.snapshots.report_reader import figures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

SCHEMA_VERSION: Final = 1
_PACKAGES: Final = (
    "campaign-live-widgets",
    "duckdb",
    "pandas",
    "papermill",
    "pyarrow",
    "typst",
    "vl-convert-python",
)
"""Packages whose versions determine the files' content."""
_ENDS: Final = ("start", "end")
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file of a snapshot: its size in bytes and the SHA-256 of what is in it."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """How a snapshot was made and what is in it; all times are RFC 3339 in UTC.

    Attributes
    ----------
    parameters : mapping
        What the run was asked for; a secret is only ever its reference, ``env:NAME``.
    campaign_id : str
    campaign_name : str or None
    window : mapping
        ``start``, ``end`` and ``bucket_seconds``, as in the report's JSON.
    as_of : str
        The time the numbers are of: the end of the window.
    made_at : str
    newest_event : str or None
    health : mapping
        ``events``, ``duplicates``, ``rejected``, ``ignored`` of the whole source.
    locale, time_zone : str
    formats : tuple of str
        What was asked for, of :data:`~campaign_live_widgets.snapshots.FORMATS`.
    versions : mapping
        Python's and those of the packages that made the numbers and the files.
    rows : mapping
        Widget → rows of its frame.
    figures : mapping
        Tab → metric → count; see :func:`~.snapshots.report_reader.figures`.
    files : mapping
        Path, with ``/`` on every system → :class:`WrittenFile`; all but the manifest itself.
    schema_version : int
    """

    parameters: Mapping[str, Any]
    campaign_id: str
    campaign_name: str | None
    window: Mapping[str, Any]
    as_of: str
    made_at: str
    newest_event: str | None
    health: Mapping[str, int]
    locale: str
    time_zone: str
    formats: tuple[str, ...]
    versions: Mapping[str, str]
    rows: Mapping[str, int]
    figures: Mapping[str, Mapping[str, int]]
    files: Mapping[str, WrittenFile] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def of(  # noqa: PLR0913 - each is a line of the manifest
        cls,
        report: Mapping[str, Any],
        *,
        parameters: Mapping[str, Any],
        made_at: datetime,
        locale: str,
        time_zone: str,
        formats: Collection[str],
    ) -> Manifest:
        """Return the manifest of a report given as JSON; :meth:`with_files` adds the files."""
        return cls(
            parameters=dict(parameters),
            campaign_id=report["campaign_id"],
            campaign_name=report["campaign_name"],
            window=dict(report["window"]),
            as_of=report["window"]["end"],
            made_at=rfc3339(made_at.replace(microsecond=0)),
            newest_event=report["newest_event"],
            health=dict(report["health"]),
            locale=locale,
            time_zone=time_zone,
            formats=tuple(formats),
            versions=versions(),
            rows={widget: len(of["rows"]) for widget, of in report["widgets"].items()},
            figures=figures(report),
        )

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a finished snapshot.

        Raises
        ------
        ArchiveError
            If there is none, or its schema version is unknown.
        """
        path = folder / MANIFEST
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            message = f"{folder} is not a snapshot: {MANIFEST}: {error.strerror}; {ADVICE}"
            raise ArchiveError(message) from None
        except (ValueError, RecursionError):
            message = f"{path} is not JSON; make the snapshot again"
            raise ArchiveError(message) from None
        return cls.from_json(values, str(path))

    @classmethod
    def from_json(cls, values: object, where: str = MANIFEST) -> Manifest:
        """Return the manifest from the output of :meth:`to_json`; errors name *where*.

        Raises
        ------
        ArchiveError
            If it is not a manifest, or its schema version is later.
        """
        if not isinstance(values, dict) or not isinstance(values.get("schema_version"), int):
            message = f"{where} is not the manifest of a snapshot"
            raise ArchiveError(message)
        if values["schema_version"] > SCHEMA_VERSION:
            message = (
                f"{where} is of schema version {values['schema_version']}; "
                f"this version of the package reads up to {SCHEMA_VERSION}; install a newer one"
            )
            raise ArchiveError(message)
        for name, kinds in _SHAPE.items():
            if not isinstance(values.get(name), kinds):
                message = f"{where} is not the manifest of a snapshot: {name!r} is not as expected"
                raise ArchiveError(message)
        try:
            known = {name: values[name] for name in _SHAPE}
            known["formats"] = tuple(str(one) for one in values["formats"])
            known["files"] = {
                str(path): WrittenFile(int(of["size"]), str(of["sha256"]))
                for path, of in values["files"].items()
            }
            for at in (known["as_of"], known["made_at"], *map(known["window"].get, _ENDS)):
                parse_rfc3339(at)
            for counts in known["figures"].values():
                _ = sum(counts.values())
        except (AttributeError, KeyError, TypeError, ValueError):
            message = f"{where} is not the manifest of a snapshot: a part of it is not as expected"
            raise ArchiveError(message) from None
        return cls(**known)

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as one JSON object."""
        return {"schema_version": self.schema_version} | asdict(self)

    def with_files(self, folder: Path) -> Manifest:
        """Return the manifest with size and hash of every file below *folder*."""
        return replace(self, files=written(folder))


_SHAPE: Final[Mapping[str, tuple[type, ...]]] = {
    "schema_version": (int,),
    "parameters": (dict,),
    "campaign_id": (str,),
    "campaign_name": (str, type(None)),
    "window": (dict,),
    "as_of": (str,),
    "made_at": (str,),
    "newest_event": (str, type(None)),
    "health": (dict,),
    "locale": (str,),
    "time_zone": (str,),
    "formats": (list,),
    "versions": (dict,),
    "rows": (dict,),
    "figures": (dict,),
    "files": (dict,),
}
"""The JSON types of each field."""


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make the files."""
    values = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            values[package] = version(package)
        except PackageNotFoundError:
            continue
    return values


def written(folder: Path) -> dict[str, WrittenFile]:
    """Return size and hash of every file below *folder* but its manifest, by path in order."""
    return {
        path: WrittenFile((folder / path).stat().st_size, hash_of(folder / path))
        for path in paths(folder)
    }


def paths(folder: Path) -> list[str]:
    """Return the paths of a snapshot's files in order, its manifest left out."""
    values = (path.relative_to(folder).as_posix() for path in _files(folder))
    return sorted(path for path in values if path not in {MANIFEST, OWNER})


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Yield everything that is not a folder; links are not followed."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        else:
            yield path
