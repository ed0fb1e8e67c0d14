"""Saved layouts: the interface of their storage, and the layouts that a page works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.errors import CampaignLiveError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.layouts.places import Place

NOT_STORED: Final = Text(
    "This page does not save layouts.", "Cette page n'enregistre pas de disposition."
)


class LayoutError(CampaignLiveError):
    """A layout cannot be saved or used.

    Parameters
    ----------
    text : Text
        One line for the reader.
    """

    def __init__(self, text: Text) -> None:
        super().__init__(text.en[:1].lower() + text.en[1:])  # as all errors; on a page a sentence
        self.text = text


class LayoutConflictError(LayoutError):
    """Another page has changed the layout since it was loaded; nothing has been saved.

    Attributes
    ----------
    revision : str
        The revision stored now; a save that names it replaces the stored layout.
    """

    def __init__(self, revision: str) -> None:
        super().__init__(
            Text(
                "Another page has changed this layout since it was opened here. Save again to "
                "replace it, or cancel and reload the page to take it.",
                "Une autre page a modifié cette disposition depuis son ouverture ici. Enregistrez "
                "de nouveau pour la remplacer, ou annulez et rechargez la page pour la reprendre.",
            )
        )
        self.revision = revision


@dataclass(frozen=True, slots=True)
class SavedLayout:
    """The layout that one person has saved for one tab."""

    places: tuple[Place, ...] | None = None
    """Every tile of the tab; ``None`` if nothing is saved, or nothing of it can be used."""
    notices: tuple[Text, ...] = ()
    """Messages for the reader, one line each."""
    revision: str = ""
    """Revision of the stored layout; empty if there is none."""


class LayoutStorage(Protocol):
    """Stores the layouts of one person for one report, by tab."""

    def load(self, tab: str) -> SavedLayout:
        """Return the saved layout of a tab; a problem becomes a notice, never an error."""

    def save(self, tab: str, places: Sequence[Place] | None, revision: str) -> str:
        """Store *places*, or delete the stored layout if ``None``; return the new revision.

        Raises
        ------
        LayoutConflictError
            If the stored layout has another revision than *revision*, and other places.
        LayoutError
            If it cannot be stored. The previous layout is unchanged.
        """


class TabLayouts:
    """The layout of every tab: the report's standard layout, or the one a person has saved.

    Parameters
    ----------
    standard : mapping of tab to places
        The report's own layout, which *Reset* restores. Saving exactly this layout deletes
        the person's own, so that they get later changes of the report's layout.
    storage : LayoutStorage, optional
        Without it nothing can be saved; :meth:`use_storage` may set it later.
    """

    def __init__(
        self, standard: Mapping[str, tuple[Place, ...]], storage: LayoutStorage | None = None
    ) -> None:
        self.standard = dict(standard)
        """The report's own layout, by tab."""
        self._storage = storage
        self._refusal = NOT_STORED
        self._current: dict[str, tuple[Place, ...]] = {}
        self._revisions: dict[str, str] = {}

    def use_storage(self, storage: LayoutStorage | None, refusal: Text | None = None) -> None:
        """Load and save layouts in another storage from now on.

        Parameters
        ----------
        storage : LayoutStorage or None
        refusal : Text, optional
            Why nothing can be saved without a storage.
        """
        self._storage, self._refusal = storage, refusal or NOT_STORED
        self._current.clear()
        self._revisions.clear()

    def load(self, tab: str) -> tuple[tuple[Place, ...], tuple[Text, ...]]:
        """Return the places that a tab opens with, and messages for the reader."""
        saved = SavedLayout() if self._storage is None else self._storage.load(tab)
        self._revisions[tab] = saved.revision
        self._current[tab] = self.standard[tab] if saved.places is None else saved.places
        return self._current[tab], saved.notices

    def save(self, tab: str, places: Sequence[Place]) -> Text | None:
        """Save the places of a tab; return why they could not be saved, or ``None``.

        Tiles that *places* does not name, such as those that this page does not show, keep
        their places. After a conflict, another save replaces the other page's layout.
        """
        if self._storage is None:
            return self._refusal
        named = {place.tile_id for place in places}
        absent = (place for place in self._current.get(tab, ()) if place.tile_id not in named)
        row = (*places, *absent)
        own = None if row == self.standard.get(tab) else row
        try:
            self._revisions[tab] = self._storage.save(tab, own, self._revisions.get(tab, ""))
        except LayoutConflictError as conflict:
            self._revisions[tab] = conflict.revision
            return conflict.text
        except LayoutError as error:
            return error.text
        self._current[tab] = row
        return None
