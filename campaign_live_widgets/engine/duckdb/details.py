"""SQL for the detail of an event; see :mod:`~campaign_live_widgets.catalog.details`.

The link of a click is defined in :mod:`~campaign_live_widgets.catalog.links`; this is the same
definition in SQL.
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import Final

from campaign_live_widgets.catalog.details import FAILURES, MARK, SEPARATOR, Failure
from campaign_live_widgets.catalog.links import HIDDEN, LONG, UNKNOWN, WHITE_SPACE, WORDS
from campaign_live_widgets.engine.aggregates.event_kinds import packed_kinds
from campaign_live_widgets.sources import quoted
from campaign_live_widgets.sources.formats.sql import one_of

DETAILED: Final = ("url", "is_machine", "status_code", "machine_reason")
"""The columns that a detail needs, besides the other dimensions."""


def _chars(text: str) -> str:
    """Return a text as SQL in which control characters are numbers."""
    return " || ".join(f"chr({ord(char)})" if char < " " else quoted(char) for char in text)


_SEPARATOR: Final = _chars(SEPARATOR)
_SPACE: Final = "[ \\t\\n\\v\\f\\r]"
_PARTS: Final = "^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)([^?#]*)"
# A segment that may be an id: most paths have none, and are not taken apart.
_MAY_HIDE: Final = f"@|%40|[0-9]{{6}}|[^/]{{{LONG}}}"
_SEGMENT: Final = f"""
    CASE WHEN contains(segment, '@') OR contains(segment, '%40')
           OR regexp_full_match(segment, '[0-9]{{6,}}')
           OR (length(segment) >= {LONG} AND regexp_matches(segment, '[0-9]')
               AND regexp_matches(segment, '[A-Za-z]|[^\\x00-\\x7f]'))
         THEN {quoted(HIDDEN)} ELSE segment END"""
# Most hosts are of small letters alone; letters beyond ASCII stay as they are.
_HOST: Final = f"""
    CASE WHEN regexp_full_match(clw_parts.host, '[a-z0-9.-]*') THEN clw_parts.host
         ELSE translate(
             regexp_replace(regexp_replace(clw_parts.host, '^.*@', '', 's'), ':[0-9]*$', ''),
             '{ascii_uppercase}', '{ascii_lowercase}') END"""
_SAFE_PATH: Final = f"""
    CASE WHEN regexp_matches(clw_path, '{_MAY_HIDE}')
         THEN array_to_string(
             list_transform(string_split(clw_path, '/'), lambda segment: {_SEGMENT}), '/')
         ELSE clw_path END"""
_LINK: Final = f"""
    CASE WHEN clw_scheme IN {one_of(WORDS)} THEN clw_scheme
         WHEN clw_host <> '' THEN clw_host || {_SAFE_PATH}
         ELSE {quoted(UNKNOWN)} END"""
_LAYERS: Final = (
    {
        "clw_url": f"CASE WHEN regexp_matches(url, '^{_SPACE}|{_SPACE}$') "
        f"THEN trim(url, {_chars(WHITE_SPACE)}) ELSE url END"
    },
    {
        "clw_scheme": "lower(regexp_extract(clw_url, '^([A-Za-z]+):', 1))",
        "clw_parts": f"regexp_extract(clw_url, '{_PARTS}', ['host', 'path'])",
    },
    {"clw_host": _HOST, "clw_path": "rtrim(clw_parts.path, '/')"},
)
"""Columns that a link is made from, layer by layer, so that each is computed once."""
_CLICKS: Final = f"kind IN ({', '.join(map(str, packed_kinds(('click',))))})"


def _part(value: str) -> str:
    return f"coalesce({quoted(MARK)} || replace({value}, {_SEPARATOR}, ' '), '')"


def _packed(*values: str) -> str:
    return f" || {_SEPARATOR} || ".join(map(_part, values))


def _cut(url: str, mark: str) -> str:
    """Return SQL for a URL without what follows the first *mark*."""
    mark = quoted(mark)
    cut = f"split_part({url}, {mark}, 1) || {mark}"
    return f"CASE WHEN contains({url}, {mark}) THEN {cut} ELSE {url} END"


OF_EVENT: Final = f"""
    CASE WHEN event_type IN {one_of(FAILURES)} THEN {_packed(*Failure._fields)}
         WHEN event_type = 'click' OR (event_type = 'open' AND is_machine)
         THEN {_part("CASE WHEN is_machine THEN machine_reason END")} END AS detail,
    CASE WHEN event_type = 'click' THEN {_cut(_cut("url", "?"), "#")} END AS url"""
"""SQL for the detail of a row, without the link; null where its kind has none.

And for what its link depends on: rows are counted by it before links are made, as most URLs differ
after the path alone.
"""


def with_link(rows: str) -> str:
    """Return the relation of rows with a ``link``, of their ``url``."""
    for layer in _LAYERS:
        columns = ", ".join(f"{value} AS {name}" for name, value in layer.items())
        rows = f"(SELECT *, {columns} FROM {rows})"
    return f"(SELECT *, replace({_LINK}, {_SEPARATOR}, ' ') AS link FROM {rows})"


def with_detail(counted: str) -> str:
    """Return the relation of counted rows, with the whole of their ``detail``."""
    of_click = f"{_part('link')} || {_SEPARATOR} || detail"
    return f"""
        (SELECT * REPLACE (CASE WHEN {_CLICKS} THEN {of_click} ELSE detail END AS detail)
         FROM {with_link(counted)})"""
