"""``campaign-live inspect``: what is in a source, and what a report needs of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import clean, log, many, write, write_json
from campaign_live_widgets.errors import UsageError

if TYPE_CHECKING:
    from campaign_live_widgets.engine.inspection.findings import Group, Inspection

_NAMES: Final = 5
"""Files of a group that are named."""
_COLUMNS: Final = 60
"""Columns of a group that are listed."""
_WIDEST: Final = 48


@click.command()
@options.source
@click.option(
    "--write-mapping",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a mapping for what no known format reads to the new FILE, with guesses marked.",
)
@options.output_format("text", "json")
def inspect(source: str, target: Path | None, form: str) -> None:
    """List what is in SOURCE: files or tables, their formats and columns, and what is missing.

    Only shapes of values are shown, such as xxx@xxxxxxx.xxx for an address: no value of a person.
    """
    from campaign_live_widgets.app.settings.secret_reference import (
        public_name,
        redacted_errors,
        resolve,
    )
    from campaign_live_widgets.engine.inspection.guess import mapping_text
    from campaign_live_widgets.engine.inspection.inspect import inspect_source
    from campaign_live_widgets.sources.address import parse_address

    if target is not None and target.exists():
        message = f"{target}: exists already; give another file to --write-mapping"
        raise UsageError(message)
    place = resolve(source)
    address = parse_address(place)
    with redacted_errors(public_name(source), address):
        inspection = inspect_source(place)
    name = public_name(source) or address.display_name or address.text
    if form == "json":
        facts = {"source": name, "groups": [_facts(group) for group in inspection.groups]}
        facts["notes"] = list(map(clean, inspection.notes))
        write_json(facts)
    else:
        write(_text(inspection, name))
    if target is not None:
        _write_mapping(inspection, target, mapping_text, name)


def _write_mapping(inspection: Inspection, target: Path, text: Any, name: str) -> None:  # noqa: ANN401
    unmapped = [group for group in inspection.groups if _needs_mapping(group)]
    if not unmapped:
        log("a known format or the mapping reads all of it: no mapping was written")
        return
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text(unmapped, inspection.groups, name))
    except OSError as error:
        message = f"{target}: cannot be written: {error.strerror}"
        raise UsageError(message) from None
    log(f"{target}: a mapping to start from; check the lines that are marked as guesses")


def _needs_mapping(group: Group) -> bool:
    if group.problem or group.is_mapped or not group.columns:
        return False
    return group.format is None or any("campaign" in cause for cause in group.rejected)


def _missing(group: Group) -> list[str]:
    """Return the canonical columns that a report needs, and nothing gives."""
    from campaign_live_widgets.engine.inspection.guess import guess

    if group.format is not None or group.is_mapped or not group.columns:
        return []
    guessed = guess(group)
    given = {*guessed.columns, *({"event_type"} if guessed.events else ())}
    given |= {"profile_id"} if "address" in given else set()
    needed = ("timestamp", "campaign_id", "message_id", "channel", "profile_id", "event_type")
    return [name for name in needed if name not in given]


def _facts(group: Group) -> dict[str, Any]:
    from campaign_live_widgets.engine.inspection.shapes import examples, safe_name

    return {
        "form": group.form,
        "format": group.format,
        "mapped": group.is_mapped,
        "count": len(group.names),
        "names": [clean(safe_name(name)) for name in group.names[:_NAMES]],
        "problem": group.problem or None,
        "rows": group.rows,
        "events": group.events,
        "ignored": group.ignored,
        "rejected": {clean(cause): count for cause, count in group.rejected.items()},
        "missing": _missing(group),
        "columns": [
            {
                "name": clean(safe_name(column.name)),
                "kind": column.kind,
                "filled": round(column.filled, 3),
                "examples": list(examples(column.values)),
            }
            for column in group.columns[:_COLUMNS]
        ],
    }


def _text(inspection: Inspection, name: str) -> str:
    lines = [f"{clean(name)}: {many(len(inspection.groups), 'kind')} of data", ""]
    for number, group in enumerate(inspection.groups, 1):
        lines += [*_group_lines(number, _facts(group), len(group.columns)), ""]
    lines += [f"note: {clean(note)}" for note in inspection.notes]
    if any(_needs_mapping(group) for group in inspection.groups):
        lines.append("--write-mapping FILE writes a mapping to start from")
    return "\n".join(lines).rstrip() + "\n"


def _group_lines(number: int, facts: dict[str, Any], columns: int) -> list[str]:
    by = "a mapping" if facts["mapped"] else facts["format"] or "no known format"
    what = "table" if facts["form"] == "table" else many(facts["count"], "file")
    more = f" and {facts['count'] - _NAMES:,} more" if facts["count"] > _NAMES else ""
    form = "" if facts["form"] in ("table", "file") else f"{facts['form']}, "
    lines = [f"{number}. {form}{what}, read by {by}: {', '.join(facts['names'])}{more}"]
    if facts["problem"]:
        return [*lines, f"   {facts['problem']}"]
    if facts["events"] or facts["rejected"] or facts["ignored"]:
        rejected = sum(facts["rejected"].values())
        lines.append(
            f"   of the first rows: {many(facts['events'], 'event')}, {rejected:,} rejected, "
            f"{facts['ignored']:,} ignored"
        )
    if facts["format"] or facts["mapped"]:
        lines += [f"   rejected: {cause} ({n:,})" for cause, n in facts["rejected"].items()][:5]
    if facts["missing"]:
        lines.append(f"   missing for a report: {', '.join(facts['missing'])}")
    widths = [
        min(_WIDEST, max((len(column[key]) for column in facts["columns"]), default=0))
        for key in ("name", "kind")
    ]
    lines += [
        f"   {column['name']:<{widths[0]}}  {column['kind']:<{widths[1]}}  "
        f"{column['filled']:>4.0%}  {'  '.join(column['examples'])}".rstrip()
        for column in facts["columns"]
    ]
    if columns > _COLUMNS:
        lines.append(f"   and {columns - _COLUMNS:,} more columns")
    return lines
