"""The address of a table in a database; messages never contain its password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.durations import EXAMPLES, parse_duration
from campaign_live_widgets.sources.mapping.prefix import (
    absolute_path,
    split_mapping,
    with_mapping,
)
from campaign_live_widgets.sources.sends import OUTCOMES, split_sends
from campaign_live_widgets.sources.tables.registry import ROW_FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from urllib.parse import SplitResult

SCHEMES: Final[Mapping[str, str]] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "spark": "spark",
    "sc": "spark",
    "queryservice": "queryservice",
}
"""Scheme of an address → the engine that answers there."""
_OURS: Final = ("table", "watermark", "overlap", "every")
_OF_LIBPQ: Final = (
    *("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name"),
)
_THEIRS: Final[Mapping[str, tuple[str, ...]]] = {
    "postgresql": (*_OF_LIBPQ, "target_session_attrs", "options"),
    "spark": ("use_ssl", "x-databricks-cluster-id"),
    "queryservice": _OF_LIBPQ,
}
_OF_ENGINE: Final[Mapping[str, tuple[str, ...]]] = {
    "spark": ("day", "rollup"),
    "postgresql": ("rollup",),
}
"""Other options of ours, which not all engines have."""
_FROM_ENVIRONMENT: Final = "env:"
_FATAL: Final = re.compile(r"^connection failed: .*?(FATAL|ERROR):\s+")
"""The prefix of a PostgreSQL client before the server's message."""
OVERLAP: Final = 120
"""Seconds (or numbers of a serial) that are read again, for what was committed late."""
_OVERLAPS: Final = {"queryservice": 7200}
"""Of a lake whose datasets are filled one by one, some much later than others."""
_CREDENTIALS: Final = {"user", "username", "password", "passwd", "pwd", "token"}
"""Names of options, in addresses of other programs, for what is before the host here."""
_EVERY: Final = {"queryservice": 60}
"""Seconds between two refreshes, where the service needs many seconds for one answer."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A table of events in a database.

    Attributes
    ----------
    engine : str
        ``postgresql``, ``spark`` or ``queryservice``.
    name : str
        Of the database; of Spark a catalog, a database or both, or nothing.
    table : str
        As the address gives it: ``events``, ``schema.events``, or several with commas between.
    watermark : str or None
        The column that grows with every insert; ``None`` to take ``ingested_at`` if there is
        one, an empty text to have none.
    overlap : int
        What is read again at each refresh: seconds, or numbers of a serial.
    every : int
        Seconds that pass at least between two refreshes.
    day : str or None
        The column that holds the watermark's day, by which the table's folders are named; ``None``
        to take ``arrived_on`` beside ``ingested_at`` if there is one, an empty text to have none.
    rollup : str or None
        What the names of the tables of a kept rollup begin with; ``None`` to take those that are
        named as the table, an empty text to use none.
    options : mapping
        Other options of the address, for the engine's client.
    format : str or None
        The format the user named (``ajo:postgresql://…``).
    mapping : str or None
        The mapping file the user named (``crm.toml:postgresql://…``).
    given : str
        The whole address, as the user wrote it; it may hold a password.
    """

    engine: str
    host: str | None
    port: int | None
    name: str
    table: str
    watermark: str | None = None
    overlap: int = OVERLAP
    every: int = 0
    day: str | None = None
    rollup: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    format: str | None = None
    mapping: str | None = None
    given: str = field(default="", repr=False)

    @classmethod
    def parse(cls, source: str) -> DatabaseAddress:
        """Parse the address of a table; raise :class:`SourceError` if it is invalid."""
        if split_sends(source)[0] == OUTCOMES:
            message = (
                "sends=outcomes is for files; a database counts its own rows: make a view that has "
                "a sent row for each delivery and each bounce that is not async"
            )
            raise SourceError(message)
        mapping, source = split_mapping(source)
        given = source
        known, scheme = None, source.partition("://")[0]
        if ":" in scheme:
            known, source = scheme.partition(":")[0].lower(), source.partition(":")[2]
        parts = _split(source)
        _require_rows(known)
        engine = SCHEMES.get(parts.scheme.lower())
        if engine is None:
            message = (
                f"{parts.scheme}://…: not a supported database; supported: "
                f"{', '.join(f'{name}://' for name in dict.fromkeys(SCHEMES.values()))}"
            )
            raise SourceError(message)
        if ";" in parts.path:  # as Spark's own client has options, and a token among them
            message = f"{parts.scheme}://{parts.hostname or ''}/…: give options as ?table=NAME&…"
            raise SourceError(message)
        label = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        options = (*_OURS, *_OF_ENGINE.get(engine, ()), *_THEIRS[engine])
        for key in query:
            if key not in options:
                raise _unknown_option(label, key, options)
        if not all(query.get("table", "").split(",")):
            message = f"{label}: the table is missing; add ?table=NAME to the address"
            raise SourceError(message)
        try:
            port = parts.port
        except ValueError:
            message = f"{label}: invalid port: give a number from 1 to 65535"
            raise SourceError(message) from None
        return cls(
            engine=engine,
            host=parts.hostname,
            port=port,
            name=unquote(parts.path.lstrip("/")),
            table=query["table"],
            watermark=query.get("watermark"),
            overlap=_length(query, "overlap", _OVERLAPS.get(engine, OVERLAP), label),
            every=_length(query, "every", _EVERY.get(engine, 0), label),
            day=query.get("day"),
            rollup=query.get("rollup"),
            options={key: query[key] for key in _THEIRS[engine] if key in query},
            user=unquote(parts.username) if parts.username else None,
            password=_password(parts.password, label),
            format=known,
            mapping=mapping,
            given=given,
        )

    @property
    def text(self) -> str:
        """Return the address as it may be shown: neither user nor password."""
        port = f":{self.port}" if self.port else ""
        return f"{self.engine}://{self.host or ''}{port}/{self.name}?table={self.table}"

    @property
    def is_local_files(self) -> bool:
        """Return False."""
        return False

    @property
    def display_name(self) -> str:
        """Return the table and the engine: a page does not show the host."""
        return f"{self.table} ({self.engine})"

    @property
    def absolute(self) -> str:
        """Return the address as it was given: it does not depend on the working directory."""
        return with_mapping(self.given, self.mapping and absolute_path(self.mapping))

    @property
    def watched(self) -> None:
        """Return ``None``: a database is polled."""

    @property
    def scanned_folder(self) -> None:
        """Return ``None``: no folder is read."""

    @property
    def shows_file_names(self) -> bool:
        """Return True: a rejected row is named by its table."""
        return True

    @property
    def private_names(self) -> tuple[str, ...]:
        """Return nothing: there are no files."""
        return ()

    @property
    def tables(self) -> tuple[tuple[str | None, str], ...]:
        """Return of each table its schema, where it is given, and its name."""
        parts = (table.strip().rpartition(".") for table in self.table.split(","))
        return tuple((schema or None, table) for schema, _, table in parts)

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Return each table's whole name, from the catalog on, as far as the address gives it."""
        names = (f"{self.name}.{table.strip()}" for table in self.table.split(","))
        return tuple(tuple(part for part in name.split(".") if part) for name in names)

    def client_options(self, **defaults: str) -> dict[str, Any]:
        """Return what a client of PostgreSQL connects with; the password is among it.

        *defaults* are options that the address may set otherwise.
        """
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.name or None,
            "application_name": "campaign-live",
            "connect_timeout": "10",
            **defaults,
            **self.options,
        }

    def holds(self, path: str) -> bool:  # noqa: ARG002 - as of files
        """Return False: no changed file belongs to a database."""
        return False

    def error_message(self, text: str) -> str:
        """Return the message of a client's error in one line, without the password."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        text = _FATAL.sub("", lines[0] if lines else "")
        if self.password:
            text = text.replace(self.password, "***")
        return text.removeprefix(f"{self.text}: ")

    def redact(self, text: str, name: str, *, is_secret: bool) -> str:  # noqa: ARG002
        """Return *text* with *name* in place of the address, and without host and user."""
        text = text.replace(self.text, name)
        for private in filter(None, (self.host, self.user)):
            text = text.replace(private, "…")
        return text


def is_database(source: str) -> bool:
    """Return whether a source is the address of a database, not of files."""
    return "://" in source and not os.path.exists(source)


def _split(source: str) -> SplitResult:
    """Return the parts of an address; what cannot be one is not shown: it may hold a password."""
    try:
        return urlsplit(source)
    except ValueError:
        message = (
            f"{source.partition('://')[0][:20]}://…: is not a valid address; "
            "give one like postgresql://USER@HOST:PORT/DATABASE?table=NAME"
        )
        raise SourceError(message) from None


def _require_rows(known: str | None) -> None:
    """Raise :class:`SourceError` for a format that is only read from files."""
    if known is not None and known not in ROW_FORMATS:
        message = f"{known}: is not a format of database rows; supported: {', '.join(ROW_FORMATS)}"
        raise SourceError(message)


def _unknown_option(label: str, key: str, options: Iterable[str]) -> SourceError:
    if key.lower() not in _CREDENTIALS:
        return SourceError(f"{label}: unknown option {key!r}; known: {', '.join(options)}")
    scheme = label.partition("://")[0]
    return SourceError(
        f"{label}: {key!r} is not an option; set it before the host, with the password or token in "
        f"an environment variable NAME: {scheme}://USER:env:NAME@HOST/…"
    )


def _password(given: str | None, label: str) -> str | None:
    """Return the password an address gives, or the variable of the environment it names."""
    if given is None:
        return None
    given = unquote(given)
    if not given.startswith(_FROM_ENVIRONMENT):
        return given
    name = given.removeprefix(_FROM_ENVIRONMENT)
    if name not in os.environ:
        message = f"{label}: environment variable {name} (database password) is not set"
        raise SourceError(message)
    return os.environ[name]


def _length(query: Mapping[str, str], option: str, default: int, label: str) -> int:
    """Read whole seconds, or the numbers of a serial: ``90``, ``90s``, ``5m``, ``1h``."""
    if option not in query:
        return default
    text = query[option]
    if text.isdecimal():
        return int(text)
    second = timedelta(seconds=1)
    try:
        duration = parse_duration(text)
    except ValueError:
        duration = timedelta.resolution
    if duration % second:
        message = (
            f"{label}: invalid {option} {text!r}: give whole seconds, minutes, hours, days or "
            f"weeks, such as {EXAMPLES}, or a number"
        )
        raise SourceError(message)
    return duration // second
