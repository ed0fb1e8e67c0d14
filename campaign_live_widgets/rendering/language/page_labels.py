"""Words that are on the page alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.rendering.language.labels import PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final[Mapping[str, Text]] = {
    "tabs": Text("Parts of the report", "Parties du rapport"),
    "made": Text("Snapshot made", "Instantané créé"),
    "window": Text("Window", "Période"),
    "zone": Text("Time zone", "Fuseau horaire"),
    "counted": Text("Counted", "Compté"),
    "all": Text("the whole campaign, test sends excluded", "toute la campagne, hors tests"),
    "also": Text("Also as", "Aussi en"),
    "files": Text("Other files of this snapshot", "Autres fichiers de cet instantané"),
    "theme": Text("Light or dark", "Clair ou sombre"),
    "print": Text("Print", "Imprimer"),
    "csv": PAGE["csv"],
    "meanings": PAGE["meanings"],
    "no_script": Text(
        "Charts, sorting and tabs need scripts, which are off here; every number is in the tables.",
        "Les graphiques, le tri et les onglets exigent des scripts, désactivés ici ; tous les "
        "chiffres sont dans les tableaux.",
    ),
}

SCRIPT: Final[Mapping[str, Text]] = {
    "sort": Text("Sort by {}", "Trier par {}"),
    "wrong": PAGE["error"],
}
"""Words that the page's own scripts put in."""
