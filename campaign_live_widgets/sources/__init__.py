"""Where events come from: files of any known format, as SQL over rows and what is new."""

from campaign_live_widgets.sources import (  # noqa: F401 - they register themselves, in order
    ajo,
    canonical,
    mailgun,
    postmark,
    sendgrid,
    ses,
    sparkpost,
)
from campaign_live_widgets.sources._format import CHANNELS, EVENT_TYPES, FORMATS, Format, quoted
from campaign_live_widgets.sources.documents import lines_of
from campaign_live_widgets.sources.layouts import (
    fold,
    folded_line,
    holds,
    layout,
    layout_of,
    spells_otherwise,
)
from campaign_live_widgets.sources.location import DataFile, Location
from campaign_live_widgets.sources.scan import (
    FILE_BITS,
    NOT_JSON,
    REJECT_SCANS,
    REJECTS,
    Layout,
    lines,
)
from campaign_live_widgets.sources.tail import EXAMPLES, FileState, Fragment, Tail, Tally

__all__ = [
    "CHANNELS",
    "EVENT_TYPES",
    "EXAMPLES",
    "FILE_BITS",
    "FORMATS",
    "NOT_JSON",
    "REJECTS",
    "REJECT_SCANS",
    "DataFile",
    "FileState",
    "Format",
    "Fragment",
    "Layout",
    "Location",
    "Tail",
    "Tally",
    "fold",
    "folded_line",
    "holds",
    "layout",
    "layout_of",
    "lines",
    "lines_of",
    "quoted",
    "spells_otherwise",
]
