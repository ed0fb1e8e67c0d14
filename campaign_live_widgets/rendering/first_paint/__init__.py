"""The first paint of a served page: the live report as HTML, from the states of its widgets.

It looks as the live page does, at any width and without a script: shapes and texts are placed in
percent, and what depends on the width is chosen by container queries. Where a view's script
computes with pixels, this package computes the same from the same table,
``rendering/html/geometry.json``.
"""

from campaign_live_widgets.rendering.first_paint.page import FirstPaint, paint
from campaign_live_widgets.rendering.first_paint.parts import PagePart, TilePart, ViewPart

__all__ = ["FirstPaint", "PagePart", "TilePart", "ViewPart", "paint"]
