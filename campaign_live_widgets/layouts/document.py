"""A layout as a JSON document: of one tab, as it is saved, or of a whole report, as it is shared.

``{"format": "campaign-live-layout", "version": 1, "tab": "email", "tiles": [{"id": …, "rows": 7,
"columns": 12, "view": "table", "shown": false}]}``; a whole report has ``"tabs": {"email":
{"tiles": […]}}`` instead of ``tab`` and ``tiles``. ``view`` and ``shown`` may be left out.

A document comes from outside: parts that are invalid are ignored and reported, never raised.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import TILES, Text
from campaign_live_widgets.layouts.places import COLUMNS, MAX_ROWS, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT: Final = "campaign-live-layout"
VERSION: Final = 1
LIMIT_BYTES: Final = 256 * 1024
"""Larger files are rejected."""

_SHOWN_CHARACTERS: Final = 40
_SHOWN_FAULTS: Final = 2


@dataclass(frozen=True, slots=True)
class ParsedLayout:
    """The places in a document, and what is wrong with the document."""

    places: tuple[Place, ...] | None
    """Every tile of the tab; ``None`` if nothing of the document can be used."""
    faults: tuple[Text, ...] = ()
    """What is wrong, each as the end of a sentence about the file; empty if it is valid."""

    @property
    def fault(self) -> Text:
        """Return the faults in one line: the first two, and the number of others."""
        more = len(self.faults) - _SHOWN_FAULTS
        named = self.faults[:_SHOWN_FAULTS]
        en, fr = "; ".join(f.en for f in named), " ; ".join(f.fr for f in named)
        if more <= 0:
            return Text(en, fr)
        others = "autre problème" if more == 1 else "autres problèmes"
        return Text(f"{en}; and {more} more", f"{fr} ; et {more} {others}")


class _InvalidError(Exception):
    """Nothing of the document can be used; ``fault`` is the reason."""

    def __init__(self, fault: Text) -> None:
        super().__init__(fault.en)
        self.fault = fault


def write_tab(tab: str, places: Sequence[Place]) -> str:
    """Return the layout of one tab as JSON text, one line for each tile.

    Tiles are in reading order. Removed tiles are included, so that they come back to their
    previous places.
    """
    return _text({"tab": _line(tab), "tiles": _tile_lines(places, "  ")})


def write_report(layout: Mapping[str, Sequence[Place]]) -> str:
    """Return the layout of a whole report as JSON text: all its tabs, for a file to share."""
    tabs = [
        f'    {_line(tab)}: {{"tiles": {_tile_lines(row, "    ")}}}' for tab, row in layout.items()
    ]
    return _text({"tabs": "{\n" + ",\n".join(tabs) + "\n  }" if tabs else "{}"})


def read_tab(data: bytes, tab: str, standard: Sequence[Place]) -> ParsedLayout:
    """Read the layout of one tab; never raises, whatever *data* is.

    Parameters
    ----------
    data : bytes
        Contents of the file, or at least its first :data:`LIMIT_BYTES` + 1 bytes.
    tab : str
    standard : sequence of Place
        The standard layout of the tab. A tile that the file does not name is off the page, and
        offered in *Add tile*; an invalid number or view of a tile is replaced by the standard
        one.
    """
    try:
        document = _document(data)
        _require_tab(document, tab)
        return _read_tiles(document.get("tiles"), tab, standard)
    except _InvalidError as error:
        return ParsedLayout(None, (error.fault,))


def read_report(
    data: bytes, standard: Mapping[str, Sequence[Place]]
) -> tuple[dict[str, tuple[Place, ...]] | None, tuple[Text, ...]]:
    """Read the layout of a whole report, or of one tab of it; never raises.

    Returns the places of each tab that both the document and this report have (``None`` if the
    document cannot be used at all), and what is wrong with it.
    """
    try:
        tabs = _tabs(_document(data))
    except _InvalidError as error:
        return None, (error.fault,)
    return _read_tabs(tabs, standard)


def _read_tabs(
    tabs: Mapping[str, object], standard: Mapping[str, Sequence[Place]]
) -> tuple[dict[str, tuple[Place, ...]], tuple[Text, ...]]:
    layout: dict[str, tuple[Place, ...]] = {}
    faults: list[Text] = []
    for tab, part in tabs.items():
        if tab not in standard:
            quoted = _quoted(tab)
            faults.append(Text(f"unknown tab {quoted}", f"onglet inconnu {quoted}"))
            continue
        try:
            tiles = part.get("tiles") if isinstance(part, dict) else None
            parsed = _read_tiles(tiles, tab, standard[tab])
        except _InvalidError as error:
            parsed = ParsedLayout(None, (error.fault,))
        if parsed.places is not None:
            layout[tab] = parsed.places
        faults.extend(parsed.faults)
    return layout, tuple(faults)


def _require_tab(document: Mapping[str, object], tab: str) -> None:
    if document.get("tab") != tab:
        quoted = _quoted(document.get("tab"))
        raise _InvalidError(Text(f"it is for the tab {quoted}", f"il concerne l'onglet {quoted}"))


def _tabs(document: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a document for each tab; a document may be of a single tab."""
    tabs = document.get("tabs")
    if tabs is None and isinstance(document.get("tab"), str):
        return {document["tab"]: document}
    if not isinstance(tabs, dict):
        raise _InvalidError(Text("it has no tabs", "il ne contient aucun onglet"))
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
        raise _InvalidError(Text(f"it is larger than {size} kB", f"il dépasse {size} Ko"))
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _InvalidError(Text("it is not UTF-8 text", "ce n'est pas du texte UTF-8")) from None
    except json.JSONDecodeError as error:
        at = error.lineno
        raise _InvalidError(
            Text(
                f"it is not valid JSON, or is incomplete (line {at})",
                f"ce n'est pas du JSON correct, ou il est incomplet (ligne {at})",
            )
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, deeply nested brackets
        raise _InvalidError(
            Text(
                "its JSON is not a layout",
                "son JSON n'est pas une disposition",
            )
        ) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _InvalidError(
            Text("it is not a layout of this report", "ce n'est pas une disposition de ce rapport")
        )
    _require_version(document.get("version"))
    return document


def _require_version(version: object) -> None:
    if type(version) is int and version > VERSION:
        raise _InvalidError(
            Text(
                "it was saved by a newer version of the report",
                "il a été enregistré par une version plus récente du rapport",
            )
        )
    if type(version) is not int or version != VERSION:
        quoted = _quoted(version)
        raise _InvalidError(
            Text(f"its version {quoted} is unknown", f"sa version {quoted} est inconnue")
        )


def _read_tiles(entries: object, tab: str, standard: Sequence[Place]) -> ParsedLayout:
    if not isinstance(entries, list):
        raise _InvalidError(
            Text(
                f"it has no list of tiles for {_quoted(tab)}",
                f"il n'a pas de liste de tuiles pour {_quoted(tab)}",
            )
        )
    defaults = {place.tile_id: place for place in standard}
    places: dict[str, Place] = {}
    faults: list[Text] = []
    for number, entry in enumerate(entries, start=1):
        tile_id = entry.get("id") if isinstance(entry, dict) else None
        quoted = _quoted(tile_id)
        if not isinstance(tile_id, str):
            faults.append(
                Text(f"entry {number} has no tile id", f"l'entrée {number} n'a pas d'identifiant")
            )
        elif tile_id not in defaults:
            faults.append(Text(f"unknown tile {quoted}", f"tuile inconnue {quoted}"))
        elif tile_id in places:
            faults.append(Text(f"duplicate tile {quoted}", f"tuile {quoted} en double"))
        else:
            places[tile_id], wrong = _read_tile(entry, defaults[tile_id])
            faults.extend(wrong)
    absent = [place for place in standard if place.tile_id not in places]
    if places:  # tiles that were added to the report later do not change a saved layout
        absent = [replace(place, shown=False) for place in absent]
    return ParsedLayout((*places.values(), *absent), tuple(faults))


def _read_tile(entry: Mapping[str, object], standard: Place) -> tuple[Place, list[Text]]:
    """Return the place that *entry* describes, and what is invalid in it."""
    quoted, faults = _quoted(standard.tile_id), []
    valid: dict[str, Any] = {}
    for key, most, fr in (("rows", MAX_ROWS, "lignes"), ("columns", COLUMNS, "colonnes")):
        number = entry.get(key)
        if type(number) is int and 1 <= number <= most:
            valid[key] = number
        else:
            faults.append(
                Text(
                    f"{key} of {quoted} must be a number from 1 to {most}",
                    f"les {fr} de {quoted} doivent être un nombre de 1 à {most}",
                )
            )
    view = entry.get("view")
    tile = TILES.get(standard.tile_id)
    if view is None or (tile is not None and view in tile.kinds):
        valid["view"] = view
    else:
        word = _quoted(view)
        faults.append(
            Text(f"unknown view {word} of {quoted}", f"affichage inconnu {word} de {quoted}")
        )
    is_shown = entry.get("shown", True)
    if isinstance(is_shown, bool):
        valid["shown"] = is_shown
    else:
        faults.append(
            Text(
                f'"shown" of {quoted} must be true or false',
                f'« shown » de {quoted} doit être "true" ou "false"',
            )
        )
    return replace(standard, **valid), faults


def _quoted(value: object) -> str:
    """Return a value from a file as a notice can show it: short, in one line, in plain ASCII."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        text = "?"
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
