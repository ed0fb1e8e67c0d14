"""Where events come from: files of any known format, as SQL over rows and what is new."""

from campaign_live_widgets.sources.files.file_schema import (
    fold,
    folded_line,
    holds,
    layout,
    layout_of,
    spells_otherwise,
)
from campaign_live_widgets.sources.files.json_documents import lines_of
from campaign_live_widgets.sources.files.location import DataFile, Location
from campaign_live_widgets.sources.files.scan_sql import (
    FILE_BITS,
    NOT_JSON,
    REJECT_SCANS,
    REJECTS,
    Layout,
    lines,
)
from campaign_live_widgets.sources.files.tail import EXAMPLES, FileState, Fragment, Tail, Tally
from campaign_live_widgets.sources.formats import (  # noqa: F401 - they register themselves, in order
    ajo,
    canonical,
    mailgun,
    postmark,
    sendgrid,
    ses,
    sparkpost,
)
from campaign_live_widgets.sources.formats.base import CHANNELS, EVENT_TYPES, FORMATS, Format
from campaign_live_widgets.sources.formats.sql import quoted

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
