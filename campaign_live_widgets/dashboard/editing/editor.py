"""Edit mode: the reader moves, resizes, removes and adds back the tiles of one tab.

The page previews a drag or a key by itself and tells of it once it is done: ``arrange`` with
all places. ``edit``, ``cancel``, ``reset`` and ``save`` are the buttons of its tool line. Each
message names the view it comes from, since each view is in edit mode or not for itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import traitlets as t

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.catalog import tile as tile_of
from campaign_live_widgets.layouts.places import (
    COLUMNS,
    GAP_PX,
    GUTTER_PX,
    MAX_ROWS,
    MIN_COLUMNS,
    MIN_ROWS,
    ROW_PX,
)
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.widgets import Front, offer_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign_live_widgets.dashboard.editing.grid import ReportGrid
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.widgets import File

_LOG: Final = logging.getLogger(__name__)
_VIEWERS: Final = 16
"""Views whose arrangement before editing is remembered; the oldest is forgotten."""

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "modify": Text("Modify", "Modifier"),
        "editing": Text("Layout of this tab", "Disposition de cet onglet"),
        "save": Text("Save", "Enregistrer"),
        "done": Text("Done", "Terminer"),
        "cancel": Text("Cancel", "Annuler"),
        "reset": Text("Reset", "Réinitialiser"),
        "export": Text("Export layout", "Exporter"),
        "import": Text("Import layout", "Importer"),
        "add": Text("Add a tile", "Ajouter une tuile"),
        "none": Text("All tiles are on the page", "Toutes les tuiles sont sur la page"),
        "remove": Text("Remove “{title}”", "Retirer « {title} »"),
        "corner": Text("Drag to resize", "Faire glisser pour redimensionner"),
        "tile": Text("tile", "tuile"),
        "hint": Text(
            "Drag a title to move its tile, a corner to resize it.",
            "Faites glisser un titre pour déplacer sa tuile, un coin pour la redimensionner.",
        ),
        "help": Text(
            "Arrow keys move the tile, Shift and arrow keys resize it, Delete removes it, "
            "Enter goes to the tool line.",
            "Les flèches déplacent la tuile, Maj et une flèche la redimensionnent, Suppr la "
            "retire, Entrée mène à la barre d'outils.",
        ),
        "empty": Text(
            "Every tile of this tab has been removed. “Modify” brings them back.",
            "Toutes les tuiles de cet onglet ont été retirées. « Modifier » permet de les "
            "rajouter.",
        ),
        "placed": Text("{title}, place {n} of {total}", "{title}, position {n} sur {total}"),
        "size": Text(
            "{columns} columns wide, {rows} rows high",
            "{columns} colonnes de large, {rows} lignes de haut",
        ),
        "high": Text("{rows} rows high", "{rows} lignes de haut"),
        "limit": Text("It cannot go further that way", "Impossible d'aller plus loin"),
        "removed": Text(
            "{title} removed; {count} can be added back",
            "{title} : tuile retirée ; tuiles à rajouter : {count}",
        ),
        "added": Text("Added back: {placed}", "Tuile rajoutée : {placed}"),
        "back": Text("Back where it was", "Remise à sa place"),
        "begun": Text("The tiles can be rearranged", "Les tuiles peuvent être réorganisées"),
        "saved": Text("Layout saved", "Disposition enregistrée"),
        "kept": Text("Layout kept for now", "Disposition conservée pour l'instant"),
        "undone": Text("Changes undone", "Modifications annulées"),
        "asReset": Text(
            "Default layout shown; save to keep it",
            "Disposition par défaut affichée ; enregistrez pour la garder",
        ),
    }
)
"""The words that the script puts together."""


class Editor(Front, script="editor"):
    """The *Modify* button of a tab, its tool line, and the handles on the tiles beside it.

    Parameters
    ----------
    grid : ReportGrid
        The tiles; in the page, the grid must stand in the same box as the editor.
    default : sequence of Place, optional
        What *Reset* shows; by default what the grid shows when the editor is made.
    locale : str
        ``en`` or ``fr``.
    on_save : callable, optional
        Given the places of all tiles, keeps them and returns None, or returns why it could
        not: a line for the reader, who stays in edit mode. Without it, *Done* stands for
        *Save*, and the arrangement lasts as long as the grid.
    on_export : callable, optional
        Returns the layout as a file for the page to save.
    on_import : callable, optional
        Given what a reader's file holds, returns the places to show, if it has any, and a
        line for the reader.
    """

    geometry = t.Dict().tag(sync=True)
    words = t.Dict().tag(sync=True)
    tiles: t.List[Any] = t.List().tag(sync=True)
    """Per tile its ``id``, its class ``css``, its ``title`` and the ``rows`` it has at first."""
    places: t.List[Any] = t.List().tag(sync=True)
    """Per tile, in their order, ``id``, ``rows``, ``columns`` and ``shown``."""

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        grid: ReportGrid,
        default: Sequence[Place] | None = None,
        *,
        locale: str = "en",
        on_save: Callable[[tuple[Place, ...]], str | None] | None = None,
        on_export: Callable[[], File] | None = None,
        on_import: Callable[[bytes], tuple[Sequence[Place] | None, str]] | None = None,
    ) -> None:
        self._grid, self._on_save, self._on_import = grid, on_save, on_import
        self._default = grid.places() if default is None else tuple(default)
        self._before: dict[str, tuple[Place, ...]] = {}
        words = {key: text(locale) for key, text in WORDS.items()} | {"lang": locale}
        if on_save is None:
            words |= {"save": words["done"], "saved": words["kept"]}
        if on_export is None or on_import is None:
            words |= {"export": "", "import": ""}
        super().__init__(
            geometry={
                "columns": COLUMNS,
                "row": ROW_PX,
                "gap": GAP_PX,
                "gutter": GUTTER_PX,
                "minRows": MIN_ROWS,
                "maxRows": MAX_ROWS,
                "minColumns": MIN_COLUMNS,
            },
            words=words,
            tiles=[
                {
                    "id": place.tile_id,
                    "css": tile_of(place.tile_id).css_class,
                    "title": tile_of(place.tile_id).title(locale),
                    "rows": place.rows,
                }
                for place in self._default
            ],
        )
        self._follow()
        grid.observe(self._follow, "arranged")
        self.on_msg(self._hear)
        if on_export is not None:
            offer_files(self, lambda _what: on_export())
            self.on_msg(self._take_in)

    def close(self) -> None:
        """Let go of the grid."""
        if self.comm is not None:
            self._grid.unobserve(self._follow, "arranged")
        super().close()

    def _follow(self, _change: object = None) -> None:
        self.places = [
            {"id": p.tile_id, "rows": p.rows, "columns": p.columns, "shown": p.shown}
            for p in self._grid.places()
        ]

    def _take_in(self, _self: Editor, message: object, buffers: Sequence[bytes]) -> None:
        """Show the layout in a reader's file."""
        if not isinstance(message, Mapping) or message.get("type") != "import":
            return
        if self._on_import is not None and buffers:
            places, text = self._on_import(bytes(buffers[0]))
            self._grid.arrange(places or ())
            viewer = str(message.get("viewer", ""))
            self.send({"type": "imported", "viewer": viewer, "text": text})

    def _hear(self, _self: Editor, message: object, _buffers: object) -> None:
        """Take in one message of the page; one that makes no sense changes nothing."""
        if not isinstance(message, Mapping):
            return
        viewer, kind = str(message.get("viewer", "")), message.get("type")
        if kind == "arrange":
            self._arrange(message.get("places"))
            self._answer(viewer, message)
        elif kind == "edit":
            self._before.pop(viewer, None)
            self._before[viewer] = self._grid.places()
            while len(self._before) > _VIEWERS:
                del self._before[next(iter(self._before))]
        elif kind == "cancel":
            stood = self._before.pop(viewer, None)
            if stood is None:  # forgotten, but the page knows all but the views
                self._arrange(message.get("places"))
            else:
                self._grid.arrange(stood)
            self._answer(viewer, message)
        elif kind == "reset":
            self._grid.arrange(self._default)
        elif kind == "save":
            refusal = self._save()
            if refusal is None:
                self._before.pop(viewer, None)
                self.send({"type": "saved", "viewer": viewer})
            else:
                self.send({"type": "refused", "viewer": viewer, "text": refusal})

    def _answer(self, viewer: str, message: Mapping[str, object]) -> None:
        """Tell a view that its change is what `places` say now, so that it may follow them."""
        self.send({"type": "arranged", "viewer": viewer, "n": message.get("n")})

    def _save(self) -> str | None:
        if self._on_save is None:
            return None
        try:
            return self._on_save(self._grid.places())
        except Exception as error:  # noqa: BLE001 - the reader must hear of it
            _LOG.exception("The layout could not be saved")
            return phrases.one_line(error)

    def _arrange(self, wanted: object) -> None:
        """Apply what a page asks for, if it names all tiles once and every size is possible."""
        known = {place.tile_id: place for place in self._grid.places()}
        if not isinstance(wanted, list) or len(wanted) != len(known):
            return
        places: dict[str, Place] = {}
        for item in wanted:
            place = _read(item, known)
            if place is None or place.tile_id in places:
                return
            places[place.tile_id] = place
        self._grid.arrange(places.values())


def _read(item: object, known: Mapping[str, Place]) -> Place | None:
    """Return the place a page's item means; None where it cannot be."""
    if not isinstance(item, Mapping):
        return None
    tile_id, rows, columns, shown = (item.get(k) for k in ("id", "rows", "columns", "shown"))
    if not isinstance(tile_id, str) or tile_id not in known or not isinstance(shown, bool):
        return None
    place = known[tile_id]
    # A size that a layout gave may lie outside what a reader can choose; it may stay.
    if not _is_size(rows, MIN_ROWS, MAX_ROWS, place.rows):
        return None
    if not _is_size(columns, MIN_COLUMNS, COLUMNS, place.columns):
        return None
    return replace(place, rows=rows, columns=columns, shown=shown)


def _is_size(value: object, least: int, most: int, now: int) -> TypeGuard[int]:
    return type(value) is int and (least <= value <= most or value == now)
