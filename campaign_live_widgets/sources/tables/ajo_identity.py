"""The profile of a row of Journey Optimizer in a database: an identity of its ``identityMap``.

The identity that is flagged primary, else the first by namespace and id. A map of lists or a
struct of them is taken apart by any engine; JSON by PostgreSQL, and by Spark as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.ajo import FLAT_MAP
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Table = Any
    Column = Any

JSON_IDENTITY: Final = "clw_json_identity"
"""The function of JSON in a statement in whose place PostgreSQL gets :data:`OF_JSON`."""
IDENTITIES: Final = "identities"
OF_JSON: Final = """
    (SELECT one.id FROM (
        SELECT map.key AS namespace,
            coalesce(item.value ->> 'id', item.value ->> 'ID', item.value ->> 'Id') AS id,
            coalesce(lower(coalesce(item.value ->> 'primary', item.value ->> 'PRIMARY',
                                    item.value ->> 'Primary')) = 'true', false) AS is_primary
        FROM jsonb_each(CASE jsonb_typeof(identities) WHEN 'object' THEN identities
                        ELSE '{}'::jsonb END) AS map
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(map.value) WHEN 'array' THEN map.value ELSE '[]'::jsonb END) AS item
    ) AS one
    WHERE btrim(one.id, E' \\t\\n\\r') <> ''
    ORDER BY one.is_primary DESC, one.namespace COLLATE "C", one.id COLLATE "C" LIMIT 1)"""
"""SQL of PostgreSQL for the identity in :data:`IDENTITIES`, of type jsonb."""
_MAP: Final = "map<string, array<struct<id: string, primary: string>>>"


def identity(table: Table, name: str) -> Column:
    """Return the identity of each row, null where there is none.

    *name*: what errors call the table.

    Raises
    ------
    SourceError
        If the column is of a type that cannot be taken apart.
    """
    column = at(table, "identityMap")
    if column is None:
        return _of_columns(table, name)
    kind = column.type()
    if kind.is_map():
        return _of_map(column)
    if kind.is_struct():
        return _of_lists({namespace: column[namespace] for namespace in kind.names}, name)
    if kind.is_json():
        return _of_json(column)
    if kind.is_string():
        return _of_map(_parsed(column))
    message = (
        f"{name}: its column identityMap is {kind}; make a view that gives it as JSON "
        "(identityMap::jsonb in PostgreSQL), or as a map or struct of lists"
    )
    raise SourceError(message)


def _of_columns(table: Table, name: str) -> Column:
    """Return the identity of a table that may have a column for each namespace."""
    import ibis

    by_namespace = {
        c[len(FLAT_MAP) :]: table[c] for c in table.columns if c.lower().startswith(FLAT_MAP)
    }
    if not by_namespace:
        return ibis.null("string")
    if any(column.type().is_json() for column in by_namespace.values()):
        return _of_json(_json_object(by_namespace))
    return _of_lists(by_namespace, name)


def refuse_text(tables: Iterable[Table], name: str) -> None:
    """Raise :class:`SourceError` if identity maps are text, for an engine that cannot parse it.

    PostgreSQL stops at a text that is no JSON; Spark goes on.
    """
    columns = (at(table, "identityMap") for table in tables)
    if any(column is not None and column.type().is_string() for column in columns):
        message = (
            f"{name}: its column identityMap is text; make a view that has it as identityMap::jsonb"
        )
        raise SourceError(message)


def _of_map(column: Column) -> Column:
    import ibis

    if not _has_ids(column.type().value_type):
        return ibis.null("string")
    candidates = column.keys().map(lambda namespace: _candidates(column[namespace], namespace))
    return candidates.filter(lambda some: some.notnull()).flatten().mins()["id"]


def _candidates(identities: Column, namespace: Column) -> Column:
    """Return what is compared: those flagged primary are the least."""
    import ibis

    has_flag = "primary" in _names(identities.type())
    return identities.filter(lambda one: _id(one).notnull()).map(
        lambda one: ibis.struct(
            {
                "other": ~_is_primary(one) if has_flag else ibis.literal(True),  # noqa: FBT003
                "namespace": namespace,
                "id": _id(one),
            }
        )
    )


def _of_lists(by_namespace: Mapping[str, Column], name: str) -> Column:
    import ibis

    lists = [
        (namespace, column)
        for namespace, column in sorted(by_namespace.items())
        if _has_ids(column.type())
    ]
    if not lists:
        kinds = {str(column.type()) for column in by_namespace.values()}
        message = (
            f"{name}: the namespaces of its identityMap are {', '.join(sorted(kinds))}; make a "
            "view that gives it as JSON, or as a map or struct of lists"
        )
        raise SourceError(message)
    candidates = [_candidates(column, ibis.literal(namespace)) for namespace, column in lists]
    firsts = [some.mins() for some in candidates]
    primary = [ibis.ifelse(first["other"], ibis.null("string"), first["id"]) for first in firsts]
    return ibis.coalesce(*primary, *(first["id"] for first in firsts))


def _id(one: Column) -> Column:
    return one[_names(one.type())["id"]].cast("string").nullif("")


def _is_primary(one: Column) -> Column:
    flag = one[_names(one.type())["primary"]]
    yes = flag if flag.type().is_boolean() else flag.cast("string").lower() == "true"
    return yes.fill_null(False)  # noqa: FBT003


def _names(kind: Any) -> dict[str, str]:  # noqa: ANN401 - of Ibis
    """Return the fields of an identity, or of the identities of a list: lower case → as it is."""
    kind = kind.value_type if kind.is_array() else kind
    return {n.lower(): n for n in kind.names} if kind.is_struct() else {}


def _has_ids(kind: Any) -> bool:  # noqa: ANN401 - of Ibis
    return kind.is_array() and "id" in _names(kind)


def _parsed(column: Column) -> Column:
    import ibis

    def parsed(_text: object, _schema: object) -> None: ...

    signature = (("string", "string"), _MAP)
    function = ibis.udf.scalar.builtin(parsed, name="from_json", signature=signature)
    return function(column, "map<string,array<struct<id:string,primary:string>>>")


def _of_json(column: Column) -> Column:
    import ibis

    def of(_identities: object) -> None: ...

    return ibis.udf.scalar.builtin(of, name=JSON_IDENTITY, signature=(("json",), "string"))(column)


def _json_object(by_namespace: Mapping[str, Column]) -> Column:
    import ibis

    def merged(_one: object, _other: object) -> None: ...

    def member(_name: object, _value: object) -> None: ...

    one = ibis.udf.scalar.builtin(
        member, name="jsonb_build_object", signature=(("string", "json"), "json")
    )
    return_type = ibis.udf.scalar.builtin(
        merged, name="jsonb_concat", signature=(("json", "json"), "json")
    )
    members = [one(namespace, column) for namespace, column in by_namespace.items()]
    joined = members[0]
    for other in members[1:]:
        joined = return_type(joined, other)
    return joined
