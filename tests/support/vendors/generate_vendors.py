"""Seeded events in mail vendors' formats, each with its canonical events.

Shapes are written by hand from the vendors' documentation. Both sides of a row are written from the
same facts, without the package: the mapping is an independent second definition.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.support.channels import generate as channels
from tests.support.channels.words import WORDS
from tests.support.events.generate import END, WINDOWS
from tests.support.vendors.mail.brevo import brevo, brevo_faults
from tests.support.vendors.mail.mailersend import mailersend, mailersend_faults
from tests.support.vendors.mail.mailjet import mailjet, mailjet_faults
from tests.support.vendors.mail.mailtrap import mailtrap, mailtrap_faults
from tests.support.vendors.mail.mandrill import mandrill, mandrill_faults
from tests.support.vendors.mail.postal import postal, postal_faults
from tests.support.vendors.mail.resend import resend, resend_faults
from tests.support.vendors.vendor_facts import Facts, Made, facts
from tests.support.vendors.vendor_mailgun import mailgun, mailgun_faults
from tests.support.vendors.vendor_postmark import postmark, postmark_faults
from tests.support.vendors.vendor_sendgrid import sendgrid, sendgrid_faults
from tests.support.vendors.vendor_ses import ses, ses_faults
from tests.support.vendors.vendor_sparkpost import sparkpost, sparkpost_faults

if TYPE_CHECKING:
    from collections.abc import Callable

VENDORS: Final[dict[str, Callable[[random.Random, Facts], Made]]] = {
    "sendgrid": sendgrid,
    "ses": ses,
    "mailgun": mailgun,
    "postmark": postmark,
    "sparkpost": sparkpost,
    **{name: channels.generator(name) for name in WORDS},
    "brevo": brevo,
    "mailjet": mailjet,
    "mandrill": mandrill,
    "resend": resend,
    "mailersend": mailersend,
    "postal": postal,
    "mailtrap": mailtrap,
}
FAULTS: Final[dict[str, Callable[[random.Random, int], list[Any]]]] = {
    "sendgrid": sendgrid_faults,
    "ses": ses_faults,
    "mailgun": mailgun_faults,
    "postmark": postmark_faults,
    "sparkpost": sparkpost_faults,
    **{name: channels.faults(name) for name in WORDS},
    "brevo": brevo_faults,
    "mailjet": mailjet_faults,
    "mandrill": mandrill_faults,
    "resend": resend_faults,
    "mailersend": mailersend_faults,
    "postal": postal_faults,
    "mailtrap": mailtrap_faults,
}


def rows(vendor: str, seed: int, size: int = 500) -> list[Made]:
    """Return about *size* sound rows, some of them repeated, and those to be rejected."""
    rng = random.Random(seed)  # noqa: S311 - test data
    edges = [END - window for window in WINDOWS.values()]
    edges += [END, END - timedelta(seconds=1)]
    times: list[datetime | None] = [*edges, *(None for _ in range(size))]
    made = [VENDORS[vendor](rng, facts(rng, i, at)) for i, at in enumerate(times)]
    made += rng.sample([m for m in made if m.events], size // 10)
    made += [Made(raw, None) for raw in FAULTS[vendor](rng, 2 * size)]
    rng.shuffle(made)
    return made
