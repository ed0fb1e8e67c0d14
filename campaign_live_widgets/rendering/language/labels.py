"""Words inside the views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import Text, column_label
from campaign_live_widgets.rendering.language.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Mapping

VIEW_NAMES: Final[Mapping[str, Text]] = {
    "kpi": Text("Figures", "Chiffres"),
    "donut": Text("Donut", "Anneau"),
    "bars": Text("Bars", "Barres"),
    "lines": Text("Lines", "Courbes"),
    "intervals": Text("Intervals", "Intervalles"),
    "table": Text("Table", "Tableau"),
}

SHARE_OF: Final[Mapping[str, Text]] = {
    "targeted": Text("of targeted", "des ciblés"),
    "sent": Text("of sent", "des envoyés"),
    "delivered": Text("of delivered", "des délivrés"),
    "decided": Text("of delivered + bounces", "des délivrés + bounces"),
    "bounces": Text("of bounces", "des bounces"),
    "errors": Text("of errors", "des erreurs"),
    "excluded": Text("of excluded", "des exclus"),
    "opens": Text("of opens", "des ouvertures"),
    "clicks": Text("of clicks", "des clics"),
}

NOTHING: Final[Mapping[str, Text]] = {
    "sent": Text("Nothing sent in this window", "Aucun envoi sur cette période"),
    "delivered": Text("Nothing delivered in this window", "Aucune remise sur cette période"),
    "bounces": Text("No bounces in this window", "Aucun bounce sur cette période"),
    "hard_bounces": Text("No bounces in this window", "Aucun bounce sur cette période"),
    "errors": Text("No errors in this window", "Aucune erreur sur cette période"),
    "excluded": Text("No exclusions in this window", "Aucune exclusion sur cette période"),
    "opens": Text("No opens in this window", "Aucune ouverture sur cette période"),
    "clicks": Text("No clicks in this window", "Aucun clic sur cette période"),
    "actions": Text("No actions in this window", "Aucune action sur cette période"),
}

PAGE: Final[Mapping[str, Text]] = {
    **{f"view_{kind}": name for kind, name in VIEW_NAMES.items()},
    "error": Text("This part could not be shown", "Cette partie n'a pas pu être affichée"),
    "showAs": Text("Show as", "Afficher en"),
    "showAsOf": Text("Show as: {}", "Afficher en\N{NO-BREAK SPACE}: {}"),
    "menu": Text("Menu", "Menu"),
    "menuOf": Text("Menu: {}", "Menu\N{NO-BREAK SPACE}: {}"),
    "meanings": Text("What the numbers mean", "Que signifient ces chiffres"),
    "formula": Text("Counted: {}", "Calcul\N{NO-BREAK SPACE}: {}"),
    "dividesBy": Text("The rate divides by: {}", "Le taux divise par\N{NO-BREAK SPACE}: {}"),
    "noRate": Text("No rate", "Pas de taux"),
    "once": Text(
        "Each event counts once, however often it is reported, at the time when it happened.",
        "Chaque événement compte une seule fois, même signalé plusieurs fois, à l'heure où il "
        "s'est produit.",
    ),
    "csv": Text("Download CSV", "Télécharger en CSV"),
    "png": Text("Save picture as PNG", "Enregistrer l'image en PNG"),
    "svg": Text("Save picture as SVG", "Enregistrer l'image en SVG"),
    "close": Text("Close", "Fermer"),
    "saved": Text("Saved: {}", "Enregistré\N{NO-BREAK SPACE}: {}"),
    "unsaved": Text("Not saved: {}", "Non enregistré\N{NO-BREAK SPACE}: {}"),
    "noAnswer": Text("the report does not answer", "le rapport ne répond pas"),
    "rowsShown": Text("rows {} to {} of {}", "lignes {} à {} sur {}"),
}
"""Words in the page's own scripts, by the name that the scripts use."""

OF_TOTAL: Final = Text("of total", "du total")
NO_DATA: Final = Text("No data in this window", "Aucune donnée sur cette période")
TOO_MANY: Final = Text("more than {}", "au-delà des {}")
_MORE: Final = Text("and {} more", "et {} autres")
NEGATIVE: Final = Text("negative", "négatif")
"""Why a count has no rate."""
UNFINISHED: Final = Text("not over yet", "pas encore terminé")
"""Of the time of a bucket whose end is still to come."""
NO_VALUE: Final = Text("Not known", "Non connu")
INTERVAL: Final = Text("95% interval", "Intervalle à 95\N{NO-BREAK SPACE}%")
"""Of the two ends between which a rate lies."""
SORT: Final = Text("Sort by", "Trier par")
SHOW_HIDE: Final = Text("Show or hide", "Afficher ou masquer")


def share_of(metric_id: str | None) -> Text:
    """Return "of sent" and its like; "of total" where the whole has no name."""
    return SHARE_OF.get(metric_id or "", OF_TOTAL)


def why_no_rate(count: float, of: str | None, locale: str) -> str:
    """Return why a count that is not zero has no rate of the metric *of*, in two or three words."""
    if count < 0:
        return NEGATIVE(locale)
    return TOO_MANY(locale).format(column_label(of or "", locale).lower())


def others(count: int, locale: str) -> str:
    """Return the name of the row that sums up *count* further rows."""
    return _MORE(locale).format(format_number(count, locale))


def nothing(metric_id: str) -> Text:
    """Return the text for a tile of this metric that has no rows."""
    return NOTHING.get(metric_id, NO_DATA)


def bucket_label(time: str, locale: str, *, is_unfinished: bool) -> str:
    """Return the time of a bucket, with a remark where the bucket is not over yet."""
    return f"{time} ({UNFINISHED(locale)})" if is_unfinished else time
