"""What one reader of one event reads, on a page and in a mail: a cell of the table (a notification template)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carecollective.told.kinds import Kind

READ_IT = _("Read the answer")
LOOK = _("Look at it")
OWN_REQUEST = _("Look at your request")


@dataclass(frozen=True, slots=True)
class Cell:
    """`notice` has the request's %(title)s, and %(name)s of whoever did it. A mail has neither."""

    kind: Kind
    icon: str
    notice: Promise
    subject: Promise
    mail: Promise
    button: Promise
    without_title: Promise | None = None  # the notice, where it is about no request
    counts_offers: bool = False  # it goes on: so many others have offered
    leads_to_request: bool = False  # and not to the conversation
