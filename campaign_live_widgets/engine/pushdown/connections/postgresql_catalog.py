"""A table in PostgreSQL's catalogue: its columns, and what it guarantees of its rows.

A guarantee is trusted only if it holds for every row that a query returns: of a table without
tables that inherit from it, or of a partitioned one without foreign partitions. A ``CHECK`` is
trusted only if the catalogue prints it exactly as one of :data:`CHECKS`, and if it uses only
PostgreSQL's own functions, operators and types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources.formats.base import CHANNELS, EVENT_TYPES, REQUIRED
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.formats.sql import identifier
from campaign_live_widgets.sources.tables.promises import Promises

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LISTS: Final = {"channel": CHANNELS, "event_type": EVENT_TYPES, "bounce_type": BOUNCE_TYPES}
_TEXTS: Final = ("text", "character varying")
"""Types whose values are compared, hashed and printed as they are."""


class Check(NamedTuple):
    """A condition of a column, as it is written and as the catalogue prints its constraint."""

    condition: str
    printed: str


def _filled(column: str) -> Check:
    """Return the check that a text is not blank; its first character decides nearly always."""
    return Check(
        f"ascii({column}) > 32 OR btrim({column}, E' \\t\\n\\r') <> ''",
        f"CHECK (((ascii({column}) > 32) OR (btrim({column}, ' \t\n\r'::text) <> ''::text)))",
    )


def _in_list(column: str, values: Sequence[str]) -> Check:
    listed = ", ".join(f"'{value}'" for value in values)
    typed = ", ".join(f"'{value}'::text" for value in values)
    return Check(f"{column} IN ({listed})", f"CHECK (({column} = ANY (ARRAY[{typed}])))")


def _in_years(column: str) -> Check:
    first, end = (f"{year}-01-01" for year in ("0001", "10000"))
    after, before = (f"'{day} 00:00:00+00'::timestamp with time zone" for day in (first, end))
    return Check(
        f"{column} >= '{first}Z' AND {column} < '{end}Z'",
        f"CHECK ((({column} >= {after}) AND ({column} < {before})))",
    )


CHECKS: Final[Mapping[str, Check]] = {
    column: _in_years('"timestamp"')
    if column == "timestamp"
    else _in_list(column, _LISTS[column])
    if column in _LISTS
    else _filled(column)
    for column in (*REQUIRED, "bounce_type")
}
"""Canonical column → the condition that the table of ``schema`` makes of it."""

_RELATION: Final = """
SELECT c.oid::bigint,
  c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)
  OR c.relkind = 'p' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_partition_tree(c.oid) t
    JOIN pg_catalog.pg_class p ON p.oid = t.relid WHERE p.relkind = 'f'),
  EXISTS (
    SELECT FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = c.oid AND lower(a.attname) = 'event_id' AND i.indisunique
    AND i.indisvalid AND i.indimmediate AND i.indnkeyatts = 1 AND i.indpred IS NULL),
  ARRAY(
    SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k
    WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.convalidated AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_constraint'::regclass
      AND d.objid = k.oid AND d.refclassid <> 'pg_catalog.pg_class'::regclass)
    ORDER BY 1),
  ARRAY(
    SELECT pg_catalog.pg_relation_filenode(t.relid)::bigint
    FROM pg_catalog.pg_partition_tree(c.oid) t WHERE t.isleaf)
  || pg_catalog.pg_relation_filenode(c.oid)::bigint
FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(%s)
"""
_COLUMNS: Final = """
SELECT a.attname::text, pg_catalog.format_type(b.oid, b.mod), b.builtin, a.attnotnull,
  coalesce(l.collisdeterministic, true),
  ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.oid ORDER BY 1),
  pg_catalog.format_type(a.atttypid, NULL), d.typcategory = 'S'
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
CROSS JOIN LATERAL (
  WITH RECURSIVE base AS (
    SELECT a.atttypid AS oid, a.atttypmod AS mod
    UNION ALL
    SELECT t.typbasetype, t.typtypmod FROM base
    JOIN pg_catalog.pg_type t ON t.oid = base.oid WHERE t.typtype = 'd')
  SELECT base.oid, base.mod, t.typnamespace = 'pg_catalog'::regnamespace AS builtin
  FROM base JOIN pg_catalog.pg_type t ON t.oid = base.oid WHERE t.typtype <> 'd') b
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


class CatalogColumn(NamedTuple):
    """A column.

    Attributes
    ----------
    type : str
        As PostgreSQL prints it; of a domain, the type that it is made of.
    is_builtin : bool
        Whether the type is PostgreSQL's own.
    not_null : bool
        Whether it is declared so.
    is_exact : bool
        Whether its collation distinguishes any two different texts.
    labels : list of str
        The values of an enumeration.
    declared : str
        The type that it was declared with, without a length.
    is_text : bool
        Whether that is a kind of text.
    """

    name: str
    type: str
    is_builtin: bool
    not_null: bool
    is_exact: bool
    labels: list[str]
    declared: str
    is_text: bool


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table, view or other relation.

    Attributes
    ----------
    is_enforced : bool
        Whether its constraints hold for every row that a query returns.
    refuses_repeats : bool
        Whether an index refuses a row with an event id that another row has.
    checks : frozenset of str
        Its ``CHECK`` constraints, as PostgreSQL prints them.
    files : frozenset of int
        What its rows are stored in; others after it was emptied or rewritten. Not compared.
    """

    relation: int
    is_enforced: bool
    refuses_repeats: bool
    checks: frozenset[str]
    columns: tuple[CatalogColumn, ...]
    files: frozenset[int] = field(compare=False)

    @property
    def has_unique_ids(self) -> bool:
        """Return whether each event id occurs once in what a query returns."""
        return self.is_enforced and self.refuses_repeats

    def own_columns(self) -> dict[str, CatalogColumn]:
        """Return its columns by their names in lower case, the first one of each."""
        return {column.name.lower(): column for column in reversed(self.columns)}

    def is_continued_by(self, other: CatalogTable) -> bool:
        """Return whether *other*, read later, is the same table, none of its files replaced."""
        return self == other and self.files <= other.files

    def promises(self) -> Promises:
        """Return what the table guarantees of each row."""
        if not self.is_enforced:
            return Promises()
        own = self.own_columns()
        checked = {
            name
            for name, check in CHECKS.items()
            if name in own and own[name].name == name and check.printed in self.checks
        }
        enumerated = {
            name
            for name, values in _LISTS.items()
            if name in own and own[name].labels and set(own[name].labels) <= set(values)
        }
        valid = (checked | enumerated) & {"timestamp", *_LISTS}
        not_null = (name for name in REQUIRED if name in own and own[name].not_null)
        return Promises(frozenset(not_null), frozenset(checked - valid), frozenset(valid))

    def schema(self) -> dict[str, Any]:
        """Return its columns, as types of Ibis.

        Texts that PostgreSQL compares in another way (``citext``, ``char(n)``, enumerations) are
        of an unknown type there: they are made a text where they are read.
        """
        return {column.name: self._type(column) for column in self.columns}

    def _type(self, column: CatalogColumn) -> Any:  # noqa: ANN401 - of Ibis
        from ibis.backends.sql.datatypes import PostgresType
        from ibis.expr import datatypes
        from sqlglot import exp

        nullable = not (self.is_enforced and column.not_null)
        if column.is_builtin:
            kind = PostgresType.from_string(column.type, nullable=nullable)
            if not kind.is_string() or column.type.partition("(")[0] in _TEXTS:
                return kind
        raw = exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=column.type)
        return datatypes.Unknown(raw, nullable=nullable)

    def inexact_columns(self) -> list[str]:
        """Return the event columns whose collation takes different texts for the same."""
        return [c.name for c in self.columns if c.name.lower() in COLUMNS and not c.is_exact]


def read_table(con: Any, schema: str | None, name: str) -> CatalogTable | None:  # noqa: ANN401
    """Return a table as the catalogue describes it; ``None`` if there is none.

    Without a *schema* it is searched on the search path.
    """
    row = con.execute(_RELATION, (identifier(schema, name),)).fetchone()
    if row is None:
        return None
    relation, is_enforced, is_unique, checks, files = row
    columns = map(CatalogColumn._make, con.execute(_COLUMNS, (relation,)))
    return CatalogTable(
        relation,
        is_enforced,
        is_unique,
        frozenset(checks),
        tuple(columns),
        frozenset(file for file in files if file is not None),
    )
