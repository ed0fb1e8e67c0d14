"""What is kept of a report's layouts: the place they are kept in, and how a page goes by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.errors import CampaignLiveError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.layouts.places import Place

NOT_KEPT: Final = Text("This page keeps no layouts.", "Cette page ne conserve aucune disposition.")


class LayoutError(CampaignLiveError):
    """A layout cannot be kept or used; ``said`` is the one line for the reader.

    Parameters
    ----------
    said : Text
    """

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


class LayoutConflictError(LayoutError):
    """Another page has changed the layout since it was loaded; nothing has been saved.

    Attributes
    ----------
    revision : str
        Of what is kept now: a save that names it replaces that.
    """

    def __init__(self, revision: str) -> None:
        super().__init__(
            Text(
                "Another page has changed this layout since it was opened here. Save again to "
                "replace it, or reload the page to take it.",
                "Une autre page a modifié cette disposition depuis son ouverture ici. Enregistrez "
                "de nouveau pour la remplacer, ou rechargez la page pour la reprendre.",
            )
        )
        self.revision = revision


@dataclass(frozen=True, slots=True)
class Kept:
    """What one person has kept of one tab."""

    places: tuple[Place, ...] | None = None
    """Every tile of the tab; ``None`` where nothing is kept, or nothing of it can be used."""
    notices: tuple[Text, ...] = ()
    """What the reader should know, one line each."""
    revision: str = ""
    """Which state of the shelf this is; empty where nothing is kept."""


class Shelf(Protocol):
    """Keeps the layouts of one person for one report, by tab."""

    def load(self, tab: str) -> Kept:
        """Return what is kept of a tab; trouble is a notice, never an error."""

    def save(self, tab: str, places: Sequence[Place] | None, revision: str) -> str:
        """Keep *places*, or nothing more where they are ``None``; return the new revision.

        Raises
        ------
        LayoutConflictError
            Where what is kept is no longer of *revision*, and not of these places either.
        LayoutError
            Where it cannot be kept. What was kept before still is.
        """


class Arrangements:
    """Where the tiles stand: what everybody starts with, and over it what one person has kept.

    Parameters
    ----------
    standard : mapping of tab to places
        The report's own layout, which a reset goes back to. A person who saves just that
        keeps no layout of their own, so that they see it change when the report's changes.
    shelf : Shelf, optional
        Without one nothing is kept; :meth:`use` may bring it later.
    """

    def __init__(
        self, standard: Mapping[str, tuple[Place, ...]], shelf: Shelf | None = None
    ) -> None:
        self.standard = dict(standard)
        """The report's own layout, by tab."""
        self._shelf = shelf
        self._refusal = NOT_KEPT
        self._kept: dict[str, tuple[Place, ...]] = {}
        self._revisions: dict[str, str] = {}

    def use(self, shelf: Shelf | None, refusal: Text | None = None) -> None:
        """Keep layouts on another shelf from now on; :meth:`start` tells what stands there.

        Without one, a save is answered *refusal*.
        """
        self._shelf, self._refusal = shelf, refusal or NOT_KEPT
        self._kept.clear()
        self._revisions.clear()

    def start(self, tab: str) -> tuple[tuple[Place, ...], tuple[Text, ...]]:
        """Return the places a tab opens with, and what the reader should know about them."""
        kept = Kept() if self._shelf is None else self._shelf.load(tab)
        self._revisions[tab] = kept.revision
        self._kept[tab] = self.standard[tab] if kept.places is None else kept.places
        return self._kept[tab], kept.notices

    def save(self, tab: str, places: Sequence[Place]) -> Text | None:
        """Keep the places of a tab; return why they could not be kept, or ``None``.

        Tiles that *places* does not name, such as those that a page does not show, keep what
        they had. After a conflict, another save replaces what the other page has kept.
        """
        if self._shelf is None:
            return self._refusal
        named = {place.tile_id for place in places}
        absent = (place for place in self._kept.get(tab, ()) if place.tile_id not in named)
        row = (*places, *absent)
        own = None if row == self.standard.get(tab) else row
        try:
            self._revisions[tab] = self._shelf.save(tab, own, self._revisions.get(tab, ""))
        except LayoutConflictError as conflict:
            self._revisions[tab] = conflict.revision
            return conflict.said
        except LayoutError as error:
            return error.said
        self._kept[tab] = row
        return None
