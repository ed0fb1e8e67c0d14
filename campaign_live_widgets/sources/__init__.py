"""Where events come from: files of any known format, as SQL over rows and what is new."""

from campaign_live_widgets.sources.files.file_schema import (
    detect_schema,
    holds,
    lowercased_schema,
    schema_of_values,
    spelled_differently,
)
from campaign_live_widgets.sources.files.file_state import EXAMPLES, FileSlice, FileState, Tally
from campaign_live_widgets.sources.files.json_documents import lines_of
from campaign_live_widgets.sources.files.location import DataFile, Location
from campaign_live_widgets.sources.files.plain_json import DECODER, plain_json
from campaign_live_widgets.sources.files.scan_sql import (
    FILE_BITS,
    NOT_JSON,
    REJECT_SCANS,
    REJECTS,
    FileSchema,
    lines,
)
from campaign_live_widgets.sources.files.spelling import spelled_line
from campaign_live_widgets.sources.files.tail import Tail
from campaign_live_widgets.sources.formats import (  # noqa: F401 - they register themselves, in order
    ajo,
    canonical,
)
from campaign_live_widgets.sources.formats.base import CHANNELS, EVENT_TYPES, FORMATS, Format
from campaign_live_widgets.sources.formats.channels import (  # noqa: F401 - as above
    airship,
    braze,
    customerio,
    fcm,
    iterable,
    klaviyo,
    onesignal,
)
from campaign_live_widgets.sources.formats.mail import (  # noqa: F401 - as above
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    ses,
    sparkpost,
)
from campaign_live_widgets.sources.formats.sql import quoted

__all__ = [
    "CHANNELS",
    "DECODER",
    "EVENT_TYPES",
    "EXAMPLES",
    "FILE_BITS",
    "FORMATS",
    "NOT_JSON",
    "REJECTS",
    "REJECT_SCANS",
    "DataFile",
    "FileSchema",
    "FileSlice",
    "FileState",
    "Format",
    "Location",
    "Tail",
    "Tally",
    "detect_schema",
    "holds",
    "lines",
    "lines_of",
    "lowercased_schema",
    "plain_json",
    "quoted",
    "schema_of_values",
    "spelled_differently",
    "spelled_line",
]
