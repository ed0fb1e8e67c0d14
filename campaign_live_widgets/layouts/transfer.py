"""A layout as a file that goes from page to page: out of one, into the tab of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TABS, Text
from campaign_live_widgets.layouts.document import Reading, read_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign_live_widgets.layouts.places import Place

FILE_NAME: Final = "campaign-live-layout.json"

_SHOWN: Final = Text(
    "The file's layout is shown. Save to keep it.",
    "La disposition du fichier est affichée. Enregistrez-la pour la conserver.",
)


def take_in(
    data: bytes, tab: str, standard: Mapping[str, Sequence[Place]]
) -> tuple[tuple[Place, ...] | None, Text]:
    """Read the layout of one tab from what a reader's file holds; never raises.

    Returns its places (``None`` where there are none to use), and a line for the reader.
    """
    layout, faults = read_report(data, standard)
    fault = Reading(None, faults).fault
    if layout is None or (not layout and faults):
        return None, Text(
            f"This file cannot be used as a layout: {fault.en}.",
            f"Ce fichier est inutilisable comme disposition : {fault.fr}.",
        )
    also = _also(other for other in layout if other != tab and layout[other] != standard[other])
    if tab not in layout:
        return None, Text(
            f"This file has no layout of this tab.{also.en}",
            f"Ce fichier n'a pas de disposition pour cet onglet.{also.fr}",
        )
    left_en = f" Except for this: {fault.en}." if faults else ""
    left_fr = f" À ceci près : {fault.fr}." if faults else ""
    said = Text(f"{_SHOWN.en}{left_en}{also.en}", f"{_SHOWN.fr}{left_fr}{also.fr}")
    return layout[tab], said


def _also(tabs: Iterable[str]) -> Text:
    titles = [TABS.get(tab, Text(tab, tab)) for tab in tabs]
    if not titles:
        return Text("", "")
    en, fr = ", ".join(t.en for t in titles), ", ".join(t.fr for t in titles)
    return Text(
        f" It rearranges other tabs too ({en}): import it there.",
        f" Il réorganise aussi d'autres onglets ({fr}) : importez-le dans ceux-ci.",
    )
