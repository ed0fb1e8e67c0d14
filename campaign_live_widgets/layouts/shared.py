"""The layout that everyone starts with, and layout files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TILES, Text, tile
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.io.environment import LAYOUT
from campaign_live_widgets.layouts.document import (
    LIMIT_BYTES,
    ParsedLayout,
    read_report,
    write_report,
)
from campaign_live_widgets.layouts.files import cause
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.layouts.storage import LayoutError

if TYPE_CHECKING:
    from collections.abc import Iterable

    Layout = Mapping[str, tuple[Place, ...]]

_GIVEN: Final = "(layout=…)"


def shared_layout(
    layout: str | os.PathLike[str] | Mapping[str, object] | Iterable[Place] | None,
) -> tuple[Layout, tuple[Text, ...]]:
    """Return the layout that everyone starts with, by tab, and its problems.

    Parameters
    ----------
    layout : path, mapping, places or None
        A layout file, the content of one, or places; default: the file that
        ``CAMPAIGN_LIVE_LAYOUT`` names, else the product's own. Tabs that it does not name are
        as in the product; tiles of a tab that it does not name are not on the page.

    Raises
    ------
    UsageError
        If *layout* cannot be used. An unusable file of ``CAMPAIGN_LIVE_LAYOUT`` is only
        reported in one line, and the product's layout is used.
    """
    product = places(TILES.values())
    named = os.environ.get(LAYOUT)
    try:
        if layout is not None:
            by_tab, notices = _read(layout)
        elif named:
            by_tab, notices = read_layout_file(named)
        else:
            return product, ()
    except LayoutError as error:
        if layout is not None:
            raise UsageError(str(error)) from None
        return product, (error.text,)
    return {**product, **by_tab}, notices


def read_layout_file(path: str | os.PathLike[str]) -> tuple[Layout, tuple[Text, ...]]:
    """Return the layout in a file, by tab, and one line on its unusable parts.

    Raises
    ------
    LayoutError
        If the file does not exist, or nothing of it can be used.
    """
    name = Path(path).name
    try:
        with Path(path).expanduser().open("rb") as file:
            data = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise LayoutError(_useless(name, cause(error))) from None
    return _usable(data, name)


def write_layout_file(path: str | os.PathLike[str], layout: Layout) -> None:
    """Write the layout of a whole report to a file, to share or to import elsewhere.

    Raises
    ------
    LayoutError
        If the file cannot be written.
    """
    try:
        Path(path).expanduser().write_text(write_report(layout), encoding="utf-8")
    except OSError as error:
        name, why = Path(path).name, cause(error)
        raise LayoutError(
            Text(
                f"The layout cannot be written to {name}: {why.en}.",
                f"La disposition ne peut pas être écrite dans {name} : {why.fr}.",
            )
        ) from None


def _read(
    layout: str | os.PathLike[str] | Mapping[str, object] | Iterable[Place],
) -> tuple[Layout, tuple[Text, ...]]:
    if isinstance(layout, str | os.PathLike):
        return read_layout_file(layout)
    if isinstance(layout, Mapping):
        try:
            return _usable(json.dumps(layout).encode(), _GIVEN)
        except (TypeError, ValueError, RecursionError) as error:
            raise LayoutError(_useless(_GIVEN, Text(str(error), str(error)))) from None
    by_tab: dict[str, list[Place]] = {}
    for place in layout:
        by_tab.setdefault(tile(place.tile_id).tab, []).append(place)
    return _usable(write_report(by_tab).encode(), _GIVEN)


def _usable(data: bytes, name: str) -> tuple[Layout, tuple[Text, ...]]:
    by_tab, faults = read_report(data, places(TILES.values()))
    if not faults and not by_tab:
        faults = (Text("it names no tabs", "elle ne nomme aucun onglet"),)
    fault = ParsedLayout(None, faults).fault
    if not by_tab:
        raise LayoutError(_useless(name, fault))
    if not faults:
        return by_tab, ()
    notice = Text(
        f"The layout {name} is shown, except for this: {fault.en}.",
        f"La disposition {name} s'affiche, à ceci près : {fault.fr}.",
    )
    return by_tab, (notice,)


def _useless(name: str, fault: Text) -> Text:
    return Text(
        f"The layout {name} cannot be used: {fault.en}.",
        f"La disposition {name} est inutilisable : {fault.fr}.",
    )
