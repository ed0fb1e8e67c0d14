"""Edit mode: the reader moves, resizes, removes and adds back the tiles of one tab.

The page previews a drag or a key itself and sends ``arrange``, with all places, once it is done.
``edit``, ``cancel``, ``reset`` and ``save`` are the buttons of its toolbar. Each message has the
id of its view, since each view of a report enters and leaves edit mode on its own.

The page keeps a draft of what is not saved: after a change of language, which creates this widget
again, and after a reload it goes on with it, by an ``edit`` with the places of the draft.
"""

from __future__ import annotations

import logging
import secrets
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
    Place,
)
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.widgets import Front, offer_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign_live_widgets.dashboard.editing.grid import ReportGrid
    from campaign_live_widgets.widgets import File

_LOG: Final = logging.getLogger(__name__)
_VIEWERS: Final = 16
"""Number of views whose layout before editing is remembered; the oldest is dropped."""

LABELS: Final[Mapping[str, Text]] = MappingProxyType(
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
            "Enter goes to the toolbar.",
            "Les flèches déplacent la tuile, Maj et une flèche la redimensionnent, Suppr la "
            "retire, Entrée mène à la barre d'outils.",
        ),
        "empty": Text(
            "All tiles of this tab have been removed. Use “Modify” to add them back.",
            "Toutes les tuiles de cet onglet ont été retirées. « Modifier » permet de les "
            "rajouter.",
        ),
        "placed": Text("{title}, place {n} of {total}", "{title}, position {n} sur {total}"),
        "size": Text(
            "{columns} columns wide, {rows} rows high",
            "{columns} colonnes de large, {rows} lignes de haut",
        ),
        "high": Text("{rows} rows high", "{rows} lignes de haut"),
        "limit": Text("No further in this direction", "Impossible d'aller plus loin"),
        "removed": Text(
            "{title} removed. Tiles to add back: {count}",
            "{title} : tuile retirée. Tuiles à rajouter : {count}",
        ),
        "added": Text("Added back: {placed}", "Tuile rajoutée : {placed}"),
        "back": Text("Moved back", "Remise à sa place"),
        "begun": Text("The tiles can be rearranged", "Les tuiles peuvent être réorganisées"),
        "saved": Text("Layout saved", "Disposition enregistrée"),
        "changed": Text(
            "Layout changed until the page is closed", "Disposition modifiée jusqu'à la fermeture"
        ),
        "kept": Text(
            "Your changes are still here. Save to keep them.",
            "Vos modifications sont toujours là. Enregistrez pour les conserver.",
        ),
        "newer": Text(
            "The saved layout has changed since you began: Save replaces it, Cancel shows it.",
            "La disposition enregistrée a changé depuis le début de vos modifications : "
            "Enregistrer l'écrase, Annuler l'affiche.",
        ),
        "lost": Text(
            "Not saved: the page has no connection to the report. Your changes stay here.",
            "Non enregistrée : la page n'a pas de connexion au rapport. Vos modifications "
            "restent ici.",
        ),
        "undone": Text("Changes undone", "Modifications annulées"),
        "asReset": Text(
            "Default layout shown. Save to keep it.",
            "Disposition par défaut affichée. Enregistrez pour la conserver.",
        ),
    }
)
"""Texts of edit mode."""


class Editor(Front, script="editor"):
    """The *Modify* button of a tab, its toolbar, and the handles on the tiles beside it.

    Parameters
    ----------
    grid : ReportGrid
        The tiles; in the page, the grid must be in the same box as the editor.
    default : sequence of Place, optional
        The layout that *Reset* shows; by default the grid's current one.
    locale : str
        ``en`` or ``fr``.
    on_save : callable, optional
        Saves the places of all tiles and returns None, or returns why it failed: a line for
        the reader, who stays in edit mode. Without it, *Save* is called *Done*, and the layout
        lasts as long as the grid.
    on_export : callable, optional
        Returns the layout as a file for the page to save.
    on_import : callable, optional
        Given the contents of a file, returns the places to show (or None), and a line for the
        reader.
    name : str
        Of the draft that the page keeps: report and tab. Without it none is kept.
    former : Editor, optional
        The one that this one replaces, such as in another language: who edits there goes on here.
    """

    geometry = t.Dict().tag(sync=True)
    labels = t.Dict().tag(sync=True)
    tiles: t.List[Any] = t.List().tag(sync=True)
    """``id``, CSS class ``css``, ``title`` and default ``rows`` of each tile."""
    places: t.List[Any] = t.List().tag(sync=True)
    """``id``, ``rows``, ``columns``, ``view`` (empty: the first) and ``shown`` of each tile, in
    their order."""
    draft = t.Dict().tag(sync=True)
    """``name`` of the page's draft, and ``session``: an id of this kernel's report."""

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        grid: ReportGrid,
        default: Sequence[Place] | None = None,
        *,
        locale: str = "en",
        on_save: Callable[[tuple[Place, ...]], str | None] | None = None,
        on_export: Callable[[], File] | None = None,
        on_import: Callable[[bytes], tuple[Sequence[Place] | None, str]] | None = None,
        name: str = "",
        former: Editor | None = None,
    ) -> None:
        self._grid, self._on_save, self._on_import = grid, on_save, on_import
        self._default = grid.places() if default is None else tuple(default)
        self._before: dict[str, tuple[Place, ...]] = {}
        self._answered: tuple[str, object] = ("", None)
        """The view and the number of the last change."""
        if former is not None:
            self._before.update(former._before)  # noqa: SLF001 - of this class
        self._locale = locale
        session = secrets.token_hex(8) if former is None else former.draft["session"]
        labels = {key: text(locale) for key, text in LABELS.items()} | {"lang": locale}
        if on_save is None:
            labels |= {"save": labels["done"], "saved": labels["changed"]}
        if on_export is None or on_import is None:
            labels |= {"export": "", "import": ""}
        super().__init__(
            draft={"name": name, "session": session},
            geometry={
                "columns": COLUMNS,
                "row": ROW_PX,
                "gap": GAP_PX,
                "gutter": GUTTER_PX,
                "minRows": MIN_ROWS,
                "maxRows": MAX_ROWS,
                "minColumns": MIN_COLUMNS,
            },
            labels=labels,
            tiles=self._offered(),
        )
        self._sync_places()
        grid.observe(self._sync_places, "arranged")
        self.on_msg(self._on_message)
        if on_export is not None:
            offer_files(self, lambda _what: on_export())
            self.on_msg(self._on_import_message)

    def close(self) -> None:
        """Close the widget and stop following the grid."""
        if self.comm is not None:
            self._grid.unobserve(self._sync_places, "arranged")
        super().close()

    def _offered(self) -> list[dict[str, Any]]:
        available = {place.tile_id for place in self._grid.available_places()}
        return [
            {
                "id": place.tile_id,
                "css": tile_of(place.tile_id).css_class,
                "title": tile_of(place.tile_id).title(self._locale),
                "rows": place.rows,
            }
            for place in self._default
            if place.tile_id in available
        ]

    def follow_tiles(self) -> None:
        """Offer the tiles of the grid that have data now."""
        self.tiles = self._offered()

    def _sync_places(self, _change: object = None) -> None:
        self.places = [
            {
                "id": p.tile_id,
                "rows": p.rows,
                "columns": p.columns,
                "view": p.view or "",
                "shown": p.shown,
            }
            for p in self._grid.available_places()
        ]

    def load(self, places: Sequence[Place]) -> None:
        """Show a saved layout; to those who edit, it is what *Cancel* goes back to."""
        if self._before:
            self._before = dict.fromkeys(self._before, tuple(places))
        else:
            self._grid.arrange(places)

    def _on_import_message(self, _self: Editor, message: object, buffers: Sequence[bytes]) -> None:
        """Show the layout of a file that the reader has chosen."""
        if not isinstance(message, Mapping) or message.get("type") != "import":
            return
        if self._on_import is not None and buffers:
            places, text = self._on_import(bytes(buffers[0]))
            self._grid.arrange(places or ())
            viewer = str(message.get("viewer", ""))
            self.send({"type": "imported", "viewer": viewer, "text": text})

    def _on_message(self, _self: Editor, message: object, _buffers: object) -> None:
        """Handle one message of the page; an invalid message is ignored."""
        if not isinstance(message, Mapping):
            return
        viewer, kind = str(message.get("viewer", "")), message.get("type")
        if kind == "arrange":
            self._arrange(message.get("places"))
            self._answer(viewer, message)
        elif kind == "edit":
            self._begin(viewer, message)
        elif kind == "cancel":
            before = self._before.pop(viewer, None)
            if before is None:  # dropped, but the page knows it
                self._arrange(message.get("places"), is_draft=True)
            else:
                self._grid.arrange(before)
            self._answer(viewer, message)
        elif kind == "reset":
            self._grid.arrange(self._default)
            self._answer(viewer, message)
        elif kind == "save":
            if "places" in message and self._answered != (viewer, message.get("n")):
                self._arrange(message["places"])  # the last change was lost with the connection
            refusal = self._save()
            if refusal is None:
                self._before.pop(viewer, None)
                self.send({"type": "saved", "viewer": viewer})
            else:
                self.send({"type": "refused", "viewer": viewer, "text": refusal})

    def _begin(self, viewer: str, message: Mapping[str, object]) -> None:
        """Remember the layout for *Cancel*; of a view that goes on, that of its beginning."""
        self._before.setdefault(viewer, self._grid.places())
        while len(self._before) > _VIEWERS:
            del self._before[next(iter(self._before))]
        if "places" in message:
            self._arrange(message["places"], is_draft=True)
        self._answer(viewer, message)

    def _answer(self, viewer: str, message: Mapping[str, object]) -> None:
        """Confirm a view's change: `places` contain it, so that the view may follow them again."""
        self._answered = (viewer, message.get("n"))
        self.send({"type": "arranged", "viewer": viewer, "n": message.get("n")})

    def _save(self) -> str | None:
        if self._on_save is None:
            return None
        try:
            return self._on_save(self._grid.places())
        except Exception as error:  # noqa: BLE001 - shown to the reader
            _LOG.exception("The layout could not be saved")
            return phrases.one_line(error)

    def _arrange(self, items: object, *, is_draft: bool = False) -> None:
        """Apply the places that a page sends, if all tiles are named once and all sizes valid.

        Those of a draft have the views of the tiles, too, and any size that a layout file may have.
        """
        current = {place.tile_id: place for place in self._grid.available_places()}
        if not isinstance(items, list) or len(items) != len(current):
            return
        places: dict[str, Place] = {}
        for item in items:
            place = _read_draft(item) if is_draft else _read(item, current)
            if place is None or place.tile_id in places or place.tile_id not in current:
                return
            places[place.tile_id] = place
        self._grid.arrange(places.values())


def _read(item: object, current: Mapping[str, Place]) -> Place | None:
    """Return the place that an item of a page describes; None if it is invalid."""
    if not isinstance(item, Mapping):
        return None
    tile_id, rows, columns, is_shown = (item.get(k) for k in ("id", "rows", "columns", "shown"))
    if not isinstance(tile_id, str) or tile_id not in current or not isinstance(is_shown, bool):
        return None
    place = current[tile_id]
    # A size that comes from a layout file may be outside of the limits; it may stay.
    if not _is_size(rows, MIN_ROWS, MAX_ROWS, place.rows):
        return None
    if not _is_size(columns, MIN_COLUMNS, COLUMNS, place.columns):
        return None
    return replace(place, rows=rows, columns=columns, shown=is_shown)


def _read_draft(item: object) -> Place | None:
    """Return the place in a draft; None if it is invalid. An unknown view is the first one."""
    if not isinstance(item, Mapping):
        return None
    tile_id, rows, columns, is_shown = (item.get(k) for k in ("id", "rows", "columns", "shown"))
    view = item.get("view") or None
    if not isinstance(tile_id, str) or not isinstance(is_shown, bool):
        return None
    if not _is_size(rows, 1, MAX_ROWS, 0) or not _is_size(columns, 1, COLUMNS, 0):
        return None
    return Place(tile_id, rows, columns, None if view is None else str(view), shown=is_shown)


def _is_size(value: object, least: int, most: int, now: int) -> TypeGuard[int]:
    return type(value) is int and (least <= value <= most or value == now)
