"""Export of a report's layout to a file, and import into a tab of another page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TABS, Text
from campaign_live_widgets.layouts.document import ParsedLayout, read_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign_live_widgets.layouts.places import Place

FILE_NAME: Final = "campaign-live-layout.json"

_SHOWN: Final = Text(
    "The file's layout is shown. Save to keep it.",
    "La disposition du fichier est affichée. Enregistrez-la pour la conserver.",
)


def import_layout(
    data: bytes, tab: str, standard: Mapping[str, Sequence[Place]]
) -> tuple[tuple[Place, ...] | None, Text]:
    """Read the layout of one tab from the contents of a file; never raises.

    Returns its places (``None`` if the file has none that can be used), and a line for the
    reader.
    """
    layout, faults = read_report(data, standard)
    fault = ParsedLayout(None, faults).fault
    if layout is None or (not layout and faults):
        return None, Text(
            f"Invalid layout file: {fault.en}.",
            f"Fichier de disposition inutilisable : {fault.fr}.",
        )
    also = _also(other for other in layout if other != tab and layout[other] != standard[other])
    if tab not in layout:
        return None, Text(
            f"This file has no layout for this tab.{also.en}",
            f"Ce fichier n'a pas de disposition pour cet onglet.{also.fr}",
        )
    ignored_en = f" Ignored: {fault.en}." if faults else ""
    ignored_fr = f" Ignoré : {fault.fr}." if faults else ""
    message = Text(f"{_SHOWN.en}{ignored_en}{also.en}", f"{_SHOWN.fr}{ignored_fr}{also.fr}")
    return layout[tab], message


def _also(tabs: Iterable[str]) -> Text:
    titles = [TABS.get(tab, Text(tab, tab)) for tab in tabs]
    if not titles:
        return Text("", "")
    en, fr = ", ".join(t.en for t in titles), ", ".join(t.fr for t in titles)
    return Text(
        f" It also has layouts of other tabs ({en}): import it there.",
        f" Il contient aussi les dispositions d'autres onglets ({fr}) : importez-le dans ceux-ci.",
    )
