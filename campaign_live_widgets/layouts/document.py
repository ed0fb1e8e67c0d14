"""A layout as a JSON document: what a person keeps of a tab, or shares of a report.

``{"format": "campaign-live-layout", "version": 1, "tab": "email", "tiles": [{"id": …, "rows": 7,
"columns": 12, "view": "table", "shown": false}]}``; a whole report has ``"tabs": {"email":
{"tiles": […]}}`` instead of ``tab`` and ``tiles``. ``view`` and ``shown`` may be left out.

A document comes from outside: what of it cannot be used is named and left, never raised.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import TILES, Text
from campaign_live_widgets.layouts.places import COLUMNS, MAX_ROWS, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

FORMAT: Final = "campaign-live-layout"
VERSION: Final = 1
LIMIT_BYTES: Final = 256 * 1024
"""A larger file is none of ours."""

_STEPS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
"""By version, what makes a document of that version one of the next; there is only one yet."""
_SHOWN_CHARACTERS: Final = 40
_SHOWN_FAULTS: Final = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document gave: the places it could tell, and what is wrong with it."""

    places: tuple[Place, ...] | None
    """Every tile of the tab; ``None`` where nothing of the document can be used."""
    faults: tuple[Text, ...] = ()
    """What is wrong, as the end of a sentence on the file; nothing where it is as it should be."""

    @property
    def fault(self) -> Text:
        """Return the faults in one line, the first ones by name."""
        more = len(self.faults) - _SHOWN_FAULTS
        named = self.faults[:_SHOWN_FAULTS]
        en, fr = "; ".join(f.en for f in named), " ; ".join(f.fr for f in named)
        if more <= 0:
            return Text(en, fr)
        others = "autre problème" if more == 1 else "autres problèmes"
        return Text(f"{en}; and {more} more", f"{fr} ; et {more} {others}")


class _UnusableError(Exception):
    """Nothing of the document can be used; the fault says why."""

    def __init__(self, fault: Text) -> None:
        super().__init__(fault.en)
        self.fault = fault


def write_tab(tab: str, places: Sequence[Place]) -> str:
    """Return the layout of one tab as JSON text, one line for each tile.

    Tiles stand in reading order, those taken off the page among them, so that they come back
    to where they stood.
    """
    return _text({"tab": _line(tab), "tiles": _tile_lines(places, "  ")})


def write_report(layout: Mapping[str, Sequence[Place]]) -> str:
    """Return the layout of a whole report as JSON text: all its tabs, for a file to share."""
    tabs = [
        f'    {_line(tab)}: {{"tiles": {_tile_lines(row, "    ")}}}' for tab, row in layout.items()
    ]
    return _text({"tabs": "{\n" + ",\n".join(tabs) + "\n  }" if tabs else "{}"})


def read_tab(data: bytes, tab: str, standard: Sequence[Place]) -> Reading:
    """Read the layout of one tab; never raises, whatever *data* is.

    Parameters
    ----------
    data : bytes
        What the file holds, or at least its first :data:`LIMIT_BYTES` + 1 bytes.
    tab : str
    standard : sequence of Place
        The tiles of the tab as they stand when nobody has moved them. A tile that the file
        does not name is off the page, to be added; where only a number or a view of a tile
        cannot be used, the tile's own here is taken.
    """
    try:
        document = _document(data)
        _require_tab(document, tab)
        return _read_tiles(document.get("tiles"), tab, standard)
    except _UnusableError as error:
        return Reading(None, (error.fault,))


def read_report(
    data: bytes, standard: Mapping[str, Sequence[Place]]
) -> tuple[dict[str, tuple[Place, ...]] | None, tuple[Text, ...]]:
    """Read the layout of a whole report, or of one tab of it; never raises.

    Returns the places of each tab that the document tells and this report has (``None`` where
    the document cannot be used at all), and what is wrong with it.
    """
    try:
        tabs = _tabs(_document(data))
    except _UnusableError as error:
        return None, (error.fault,)
    return _read_tabs(tabs, standard)


def _read_tabs(
    tabs: Mapping[str, object], standard: Mapping[str, Sequence[Place]]
) -> tuple[dict[str, tuple[Place, ...]], tuple[Text, ...]]:
    layout: dict[str, tuple[Place, ...]] = {}
    faults: list[Text] = []
    for tab, part in tabs.items():
        if tab not in standard:
            shown = _quoted(tab)
            faults.append(Text(f"unknown tab {shown}", f"onglet inconnu {shown}"))
            continue
        try:
            tiles = part.get("tiles") if isinstance(part, dict) else None
            reading = _read_tiles(tiles, tab, standard[tab])
        except _UnusableError as error:
            reading = Reading(None, (error.fault,))
        if reading.places is not None:
            layout[tab] = reading.places
        faults.extend(reading.faults)
    return layout, tuple(faults)


def _require_tab(document: Mapping[str, object], tab: str) -> None:
    if document.get("tab") != tab:
        shown = _quoted(document.get("tab"))
        raise _UnusableError(Text(f"it is of the tab {shown}", f"il concerne l'onglet {shown}"))


def _tabs(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a document tells of each tab; one of a single tab tells of that."""
    tabs = document.get("tabs")
    if tabs is None and isinstance(document.get("tab"), str):
        return {document["tab"]: document}
    if not isinstance(tabs, dict):
        raise _UnusableError(Text("it names no tabs", "il ne nomme aucun onglet"))
    return tabs


def _text(members: Mapping[str, str]) -> str:
    head = {"format": _line(FORMAT), "version": _line(VERSION)}
    rows = [f"  {_line(key)}: {value}" for key, value in {**head, **members}.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _tile_lines(places: Sequence[Place], indent: str) -> str:
    if not places:
        return "[]"
    rows = ",\n".join(f"{indent}  {_line(_tile_entry(place))}" for place in places)
    return f"[\n{rows}\n{indent}]"


def _tile_entry(place: Place) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": place.tile_id, "rows": place.rows, "columns": place.columns}
    if place.view is not None:
        entry["view"] = place.view
    if not place.shown:
        entry["shown"] = False
    return entry


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _document(data: bytes) -> dict[str, Any]:
    """Return *data* as a document of this version."""
    if len(data) > LIMIT_BYTES:
        size = LIMIT_BYTES // 1024
        raise _UnusableError(Text(f"it is larger than {size} kB", f"il dépasse {size} Ko"))
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _UnusableError(Text("it is not UTF-8 text", "ce n'est pas du texte UTF-8")) from None
    except json.JSONDecodeError as error:
        at = error.lineno
        raise _UnusableError(
            Text(
                f"it is not JSON, or not all of it (line {at})",
                f"ce n'est pas du JSON, ou il est incomplet (ligne {at})",
            )
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, endless brackets
        raise _UnusableError(
            Text(
                "it is not JSON that a layout is made of",
                "son JSON n'est pas celui d'une disposition",
            )
        ) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _UnusableError(
            Text("it is not a layout of this report", "ce n'est pas une disposition de ce rapport")
        )
    return _up_to_date(document)


def _up_to_date(document: dict[str, Any]) -> dict[str, Any]:
    version = document.get("version")
    while type(version) is int and version < VERSION and version in _STEPS:
        document = _STEPS[version](document)
        version += 1
    if type(version) is int and version > VERSION:
        raise _UnusableError(
            Text(
                "it was saved by a newer version of the report",
                "il a été enregistré par une version plus récente du rapport",
            )
        )
    if type(version) is not int or version != VERSION:
        shown = _quoted(version)
        raise _UnusableError(
            Text(f"its version {shown} is unknown", f"sa version {shown} est inconnue")
        )
    return document


def _read_tiles(entries: object, tab: str, standard: Sequence[Place]) -> Reading:
    if not isinstance(entries, list):
        raise _UnusableError(
            Text(
                f"it lists no tiles of {_quoted(tab)}",
                f"il ne liste aucune tuile de {_quoted(tab)}",
            )
        )
    known = {place.tile_id: place for place in standard}
    found: dict[str, Place] = {}
    faults: list[Text] = []
    for number, entry in enumerate(entries, start=1):
        tile_id = entry.get("id") if isinstance(entry, dict) else None
        shown = _quoted(tile_id)
        if not isinstance(tile_id, str):
            faults.append(
                Text(f"entry {number} names no tile", f"l'entrée {number} ne nomme aucune tuile")
            )
        elif tile_id not in known:
            faults.append(Text(f"unknown tile {shown}", f"tuile inconnue {shown}"))
        elif tile_id in found:
            faults.append(Text(f"tile {shown} is there twice", f"la tuile {shown} y est deux fois"))
        else:
            found[tile_id], wrong = _read_tile(entry, known[tile_id])
            faults.extend(wrong)
    absent = [place for place in standard if place.tile_id not in found]
    if found:  # tiles that came later are offered, and change nobody's page
        absent = [replace(place, shown=False) for place in absent]
    return Reading((*found.values(), *absent), tuple(faults))


def _read_tile(entry: Mapping[str, object], standard: Place) -> tuple[Place, list[Text]]:
    """Return the place that *entry* tells, and what of it cannot be used."""
    shown, faults = _quoted(standard.tile_id), []
    told: dict[str, Any] = {}
    for key, most, fr in (("rows", MAX_ROWS, "lignes"), ("columns", COLUMNS, "colonnes")):
        number = entry.get(key)
        if type(number) is int and 1 <= number <= most:
            told[key] = number
        else:
            faults.append(
                Text(
                    f"{key} of {shown} are not a number from 1 to {most}",
                    f"les {fr} de {shown} ne sont pas un nombre de 1 à {most}",
                )
            )
    view = entry.get("view")
    tile = TILES.get(standard.tile_id)
    if view is None or (tile is not None and view in tile.kinds):
        told["view"] = view
    else:
        word = _quoted(view)
        faults.append(
            Text(f"unknown view {word} of {shown}", f"affichage inconnu {word} de {shown}")
        )
    is_shown = entry.get("shown", True)
    if isinstance(is_shown, bool):
        told["shown"] = is_shown
    else:
        faults.append(
            Text(
                f'"shown" of {shown} is neither true nor false',
                f'« shown » de {shown} n\'est ni "true" ni "false"',
            )
        )
    return replace(standard, **told), faults


def _quoted(value: object) -> str:
    """Return something from a file as a notice can show it: short, in one line, in plain ASCII."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = "?"
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
