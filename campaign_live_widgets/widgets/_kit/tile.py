"""One tile: a title, a switch between its views, the view that is shown."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

import traitlets as t
from ipywidgets import VBox

from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.widgets._kit.front import Front
from campaign_live_widgets.widgets._kit.view import VIEWS, View, family
from campaign_live_widgets.widgets._kit.words import ERROR, SHOWN_AS, VIEW_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from ipywidgets import Widget

    from campaign_live_widgets.catalog import Tile


class TileHead(Front, script="tile"):
    """The title, the switch, and the card that covers the body after an error."""

    title = t.Unicode().tag(sync=True)
    views: t.List[Any] = t.List().tag(sync=True)
    view = t.Unicode().tag(sync=True)
    error = t.Unicode().tag(sync=True)
    options = t.Dict().tag(sync=True)


def kinds_of(tile: Tile) -> tuple[str, ...]:
    """Return the kinds of view a tile offers: every chart can be read as a table."""
    return tile.views if "table" in tile.views else (*tile.views, "table")


class TileWidget(VBox):
    """One tile of the report, on a dashboard or alone in any layout.

    Parameters
    ----------
    tile : Tile
        What is shown.
    frame : DataFrame
        Its rows, with the columns ``tile.columns``.
    locale : str
        ``"en"`` or ``"fr"``.
    names : mapping, optional
        ``message_id`` → display name.
    view : str, optional
        The kind shown first; by default the tile's own first.
    time_zone : str
        IANA name of the zone in which times are labelled.

    Raises
    ------
    UnknownNameError
        If the tile has no such view.
    UsageError
        If the frame has other columns than the tile.
    """

    children: tuple[Widget, ...]
    view = t.Unicode(help="Which kind of view is shown.")

    def __init__(  # noqa: PLR0913 (one call makes one tile)
        self,
        tile: Tile,
        frame: pd.DataFrame,
        *,
        locale: str = "en",
        names: Mapping[str, str] | None = None,
        view: str | None = None,
        time_zone: str = "UTC",
    ) -> None:
        self.tile = tile
        self.locale = locale
        self.time_zone = time_zone
        self._lock = RLock()
        self._frame = frame.copy()
        self._names = dict(names or {})
        self._views: dict[str, View] = {}
        kinds = kinds_of(tile)
        shown = kinds[0] if view is None else view
        if shown not in kinds:
            raise UnknownNameError(kind="view", name=shown, known=kinds)
        first = self._view(shown)
        self._head = self._make_head(kinds, shown)
        super().__init__([self._head, first.widget], view=shown)
        self.add_class("clw-tile").add_class(tile.css_class)
        self._head.observe(self._on_switch, "view")

    def update(self, frame: pd.DataFrame, names: Mapping[str, str] | None = None) -> bool:
        """Show another frame in place; an equal one sends nothing.

        Views that are hidden now catch up when they are shown again.

        Returns
        -------
        bool
            Whether the view that is shown changed.
        """
        with self._lock:
            if frame.equals(self._frame) and (names is None or names == self._names):
                return False
            if names is not None:
                self._names = dict(names)
            # A switch in another thread may not have built its view yet.
            changed = self._view(self.view).update(frame, self._names)
            self._frame = frame.copy()
            return changed

    def show_error(self, message: str | None) -> None:
        """Cover the body with an error card; ``None`` uncovers the last good data."""
        self._head.error = message or ""

    def close(self) -> None:
        """Close the tile with all its views, in the page and in the kernel."""
        if self.comm is not None:
            for widget in family(self)[1:]:
                widget.close()
        super().close()

    @t.validate("view")
    def _validate_view(self, proposal: dict[str, Any]) -> str:
        kinds = kinds_of(self.tile)
        if proposal["value"] not in kinds:
            raise UnknownNameError(kind="view", name=proposal["value"], known=kinds)
        return str(proposal["value"])

    @t.observe("view")
    def _on_view(self, change: dict[str, Any]) -> None:
        if not change["old"]:
            return  # the first view is shown as it is made
        with self._lock:
            self._views[change["old"]].widget.layout.display = "none"
            view = self._view(change["new"])
            view.update(self._frame, self._names)
            view.widget.layout.display = None
            if view.widget not in self.children:
                self.children = (*self.children, view.widget)
            self._head.view = change["new"]

    def _on_switch(self, change: dict[str, Any]) -> None:
        self.view = change["new"]

    def _view(self, kind: str) -> View:
        """Return the view of this kind, built when first asked for."""
        if kind not in self._views:
            self._views[kind] = VIEWS[kind](
                self.tile,
                self._frame,
                locale=self.locale,
                names=self._names,
                time_zone=self.time_zone,
            )
        return self._views[kind]

    def _make_head(self, kinds: tuple[str, ...], shown: str) -> TileHead:
        locale = self.locale
        head = TileHead(
            title=self.tile.title(locale),
            views=[[kind, VIEW_NAMES[kind](locale)] for kind in kinds],
            view=shown,
            options={"error": ERROR(locale), "showAs": SHOWN_AS(locale)},
        )
        head.add_class("clw-tile-head")
        return head
