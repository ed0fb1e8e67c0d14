"""One tile: its title, menu, switch between views, and current view."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

import traitlets as t
from ipywidgets import VBox

from campaign_live_widgets.catalog import METRICS, notes
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.rendering.html.notebook import tile_html
from campaign_live_widgets.rendering.text import tile_text
from campaign_live_widgets.report import TileTable, frame_csv, table_of
from campaign_live_widgets.widgets.base.assets import Front
from campaign_live_widgets.widgets.base.downloads import Context, File, csv_file, offer_files
from campaign_live_widgets.widgets.base.view import VIEWS, View, family

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from ipywidgets import Widget

    from campaign_live_widgets.catalog import Tile


class TileHead(Front, script="tile"):
    """Title, menu, switch between views, and the card that covers the view after an error."""

    title = t.Unicode().tag(sync=True)
    views = t.List(t.Unicode()).tag(sync=True)
    view = t.Unicode().tag(sync=True)
    error = t.Unicode().tag(sync=True)
    options = t.Dict().tag(sync=True)


class TileWidget(VBox):
    """One tile of the report, on a dashboard or alone in any layout.

    Parameters
    ----------
    tile : Tile
        What is shown.
    frame : TileTable or DataFrame
        Its rows, with the columns ``tile.columns``.
    locale : str
        ``"en"`` or ``"fr"``.
    names : mapping, optional
        What :func:`~campaign_live_widgets.report.names_of` returns for the tile.
    view : str, optional
        The kind of view shown first; by default the tile's first one.
    time_zone : str
        IANA name of the zone in which times are labelled.
    context : Context, optional
        What the numbers belong to, for files that the page saves, and for the bucket that is
        not over yet.

    Raises
    ------
    UnknownNameError
        If the tile has no such view.
    UsageError
        If the frame has other columns than the tile.
    """

    children: tuple[Widget, ...]
    is_static = True
    """Whether the numbers never change; then forms that need no kernel are saved, too."""
    view = t.Unicode(help="Which kind of view is shown.")

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        tile: Tile,
        frame: TileTable | pd.DataFrame,
        *,
        locale: str = "en",
        names: Mapping[str, str] | None = None,
        view: str | None = None,
        time_zone: str = "UTC",
        context: Context | None = None,
    ) -> None:
        self.tile = tile
        self.locale = locale
        self.time_zone = time_zone
        self._lock = RLock()
        self._table = table_of(tile, frame)
        self._names = {} if names is None else names
        self._context = context or Context()
        self._openers: list[Callable[[str], object]] = []
        self._views: dict[str, View] = {}
        kinds = tile.kinds
        first_kind = kinds[0] if view is None else view
        if first_kind not in kinds:
            raise UnknownNameError(kind="view", name=first_kind, known=kinds)
        first = self._view(first_kind)
        self._head = self._make_head(kinds, first_kind)
        super().__init__([self._head, first.widget], view=first_kind)
        self.add_class("clw-tile").add_class(tile.css_class)
        self._head.observe(self._on_switch, "view")
        offer_files(self._head, self.file)

    @property
    def context(self) -> Context:
        """Return what the numbers belong to."""
        return self._context

    @property
    def current_view(self) -> View:
        """Return the view that is shown."""
        return self._view(self.view)

    @property
    def error(self) -> str:
        """Return the error that covers the view; empty if there is none."""
        return self._head.error

    def update(
        self,
        frame: TileTable | pd.DataFrame,
        names: Mapping[str, str] | None = None,
        context: Context | None = None,
    ) -> bool:
        """Show other rows in the same widgets; equal ones send nothing.

        Hidden views are updated when they are shown again. A *context* is sent only when a
        file is saved.

        Returns
        -------
        bool
            Whether the current view changed.
        """
        with self._lock:
            context = context or self._context
            unfinished = context.unfinished
            same_time = unfinished == self._context.unfinished or self.tile.by != "bucket"
            names = self._names if names is None else names
            table = table_of(self.tile, frame)
            same_names = names is self._names or names == self._names
            if same_names and same_time and table.equals(self._table):
                self._context = context
                return False
            # Another thread may have switched to a view that is not built yet.
            changed = self._view(self.view).update(table, names, unfinished)
            # Not before: files of a tile whose update fails are of the numbers that it shows.
            self._table, self._names, self._context = table, names, context
            return changed

    def on_open(self, callback: Callable[[str], object]) -> None:
        """Call *callback* with the message id when a message's name in a table is clicked.

        Names are buttons from then on; without a callback they are plain text.
        """
        self._openers.append(callback)
        for view in self._views.values():
            view.on_open(self._open)

    def file(self, what: str) -> File:
        """Return a file that the page saves of this tile.

        Parameters
        ----------
        what : str
            ``csv``: the current frame, with the names of its rows. ``png`` or ``svg``: name
            and caption of the picture, which the page draws itself.

        Raises
        ------
        UnknownNameError
            If there is no such file.
        """
        kinds = ("csv", "png", "svg")
        if what not in kinds:
            raise UnknownNameError(kind="file", name=what, known=kinds)
        with self._lock:
            name = self._context.file_name(self.tile.id, what)
            if what != "csv":
                return File(name, self._context.caption)
            rows = frame_csv(self._table, self.locale, self._names, labels=True, tile=self.tile)
            return csv_file(name, rows)

    def show_error(self, message: str | None) -> None:
        """Cover the view with an error card; ``None`` removes it, and shows the last valid data."""
        self._head.error = message or ""

    def close(self) -> None:
        """Close the tile with all its views, in the page and in the kernel."""
        if self.comm is not None:
            for widget in family(self)[1:]:
                widget.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, object]:
        """Return the widget and, if it is static, forms that need no kernel."""
        bundle: dict[str, object] = super()._repr_mimebundle_(**kwargs)
        with self._lock:
            rows, names, note = self._table, self._names, self._context.caption
            unfinished = self._context.unfinished
        bundle["text/plain"] = tile_text(self.tile, rows, names, self.locale)
        if self.is_static:
            bundle["text/html"] = tile_html(
                self.tile,
                rows,
                locale=self.locale,
                names=names,
                time_zone=self.time_zone,
                view=self.view,
                note=note,
                unfinished=unfinished,
            )
        return bundle

    @t.validate("view")
    def _validate_view(self, proposal: dict[str, Any]) -> str:
        kinds = self.tile.kinds
        if proposal["value"] not in kinds:
            raise UnknownNameError(kind="view", name=proposal["value"], known=kinds)
        return str(proposal["value"])

    @t.observe("view")
    def _on_view(self, change: dict[str, Any]) -> None:
        if not change["old"]:
            return  # the first view is visible from the start
        with self._lock:
            self._views[change["old"]].widget.layout.display = "none"
            view = self._view(change["new"])
            view.update(self._table, self._names, self._context.unfinished)
            view.widget.layout.display = None
            if view.widget not in self.children:
                self.children = (*self.children, view.widget)
            self._head.view = change["new"]

    def _on_switch(self, change: dict[str, Any]) -> None:
        self.view = change["new"]

    def _view(self, kind: str) -> View:
        """Return the view of a kind; it is built by the first call."""
        if kind not in self._views:
            self._views[kind] = VIEWS[kind](
                self.tile,
                self._table,
                locale=self.locale,
                names=self._names,
                time_zone=self.time_zone,
                unfinished=self._context.unfinished,
            )
            if self._openers:
                self._views[kind].on_open(self._open)
        return self._views[kind]

    def _open(self, message_id: str) -> None:
        for callback in self._openers:
            callback(message_id)

    def _make_head(self, kinds: tuple[str, ...], kind: str) -> TileHead:
        locale = self.locale
        head = TileHead(
            title=self.tile.title(locale),
            views=list(kinds),
            view=kind,
            options={
                "locale": locale,
                "metrics": list(self.tile.metrics),
                "notes": list(notes(self.tile, locale)),
                "of": METRICS[of].label(locale) if (of := self.tile.share_of) else "",
            },
        )
        head.add_class("clw-tile-head")
        return head
