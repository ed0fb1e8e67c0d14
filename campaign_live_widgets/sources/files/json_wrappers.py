"""SQL that takes events out of what they are wrapped in: envelopes, pages, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.formats.sql import WHITESPACE, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

IS_LIST: Final = f"starts_with(ltrim(json::VARCHAR, {WHITESPACE}), '[')"
"""Whether a value is a list."""
_UNWRAPPED: Final = """
    CASE
        WHEN inner_json IS NULL THEN json
        WHEN json_type(inner_json) IN ('OBJECT', 'ARRAY') THEN inner_json
        WHEN json_type(inner_json) = 'VARCHAR' AND json_valid(inner_json->>'$')
            AND json_type((inner_json->>'$')::JSON) IN ('OBJECT', 'ARRAY')
            THEN (inner_json->>'$')::JSON
        ELSE json
    END"""


def numbered(rows: str, inside: Sequence[str] | None) -> str:
    """Return SQL for JSON values with their ``line`` in what is read, and their ``number``.

    What they are wrapped in is taken off; an empty list stays.
    """
    opened = f"SELECT clw_file, file_index, json, row_number() OVER () AS line FROM {rows}"
    if inside is None:
        return f"SELECT *, line AS number FROM ({opened})"
    opened = _each(opened)
    for step in inside:
        name, every, _ = step.partition(".*")
        path, below = (quoted(f'$."{name}"{end}') for end in ("", ".*"))
        extracted = f"json_extract(json, {path})"
        if every:
            extracted = (
                f"CASE WHEN json_exists(json, {path}) THEN to_json(json_extract(json, {below})) END"
            )
        named = quoted(f'"{name}"')
        inner = f"CASE WHEN contains(json::VARCHAR, {named}) THEN {extracted} END"
        opened = _each(
            f"SELECT * EXCLUDE (inner_json) REPLACE ({_UNWRAPPED} AS json) "
            f"FROM (SELECT *, {inner} AS inner_json FROM ({opened}))"
        )
    return f"SELECT *, row_number() OVER () AS number FROM ({opened})"


def _each(rows: str) -> str:
    """Return SQL that unnests the values of lists, one a row."""
    return (
        f"SELECT * REPLACE (unnest(CASE WHEN {IS_LIST} "
        "AND json_array_length(json) > 0 THEN json_extract(json, '$[*]') ELSE [json] END) "
        f"AS json) FROM ({rows})"
    )
