"""What a kind of notification is made of: values, which know no row."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # a lazy sentence is a text to whoever shows it; only the stubs say so
    from django.utils.functional import _StrPromise as Promise
else:
    from django.utils.functional import Promise

READ_IT = _("Read the answer")
LOOK = _("Look at it")
OWN_REQUEST = _("Look at your request")


class What(StrEnum):
    """An event that somebody hears of."""

    OFFERED = "offered"
    OFFERED_AGAIN = "offered_again"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENOUGH_HELP = "enough_help"
    LAPSED = "lapsed"
    RELEASED = "released"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    STEPPED_BACK = "stepped_back"
    HELPER_GONE = "helper_gone"
    WROTE = "wrote"
    UNANSWERED = "unanswered"
    ENDING = "ending"
    RAN_OUT = "ran_out"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    REQUEST_GONE = "request_gone"
    REPORT_DECIDED = "report_decided"
    REPORT_STAYS_OPEN = "report_stays_open"
    NEWS = "news"
    COPY_READY = "copy_ready"
    COPY_MADE = "copy_made"
    REQUEST_GOES = "request_goes"
    CONVERSATION_GOES = "conversation_goes"
    ACT_ASKED = "act_asked"
    ACT_DONE = "act_done"


class Reader(StrEnum):
    REQUESTER = "requester"
    HELPER = "helper"  # whose offer was accepted
    OFFERER = "offerer"  # whose offer waited for an answer
    MEMBER = "member"  # whoever it is: nothing depends on their part


@dataclass(frozen=True, slots=True)
class Group:
    column: str
    name: Promise
    hint: Promise | str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one reader of one event reads. `notice` stands on home and on the page of notifications, and has the
    request's %(title)s, and %(name)s of whoever did it. `subject`, `mail` and `button` make the mail, with neither.
    """

    icon: str
    notice: Promise
    subject: Promise
    mail: Promise
    button: Promise
    without_title: Promise | None = None  # the notice, where it is about no request


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`code` is what programs read, `counted` the line in the mail of the day, `words` what stands everywhere else."""

    code: str
    name: Promise
    group: Group | None  # nobody turns off what has none
    counted: Any  # so many of it, %(n)s: a lazy plural
    words: dict[tuple[str, str], Words]  # by (What, Reader)
    about_account: bool = False  # told and mailed in whatever standing, and leads to one's own data
    leads_to: str = ""  # else to this page, by its name
    leads_to_request: bool = False  # else to the conversation, where there is one
    counts_offers: bool = False  # it goes on: so many others have offered
    shows_elsewhere: bool = False  # home has a line of its own for it
    is_read_with_request: bool = True  # whoever has seen the request's page has read it
    mail_waits: timedelta = timedelta()  # until something else may have made it needless
    mails_words: bool = False  # for members who want to read what was written in their mail

    def count(self, n: int) -> str:
        return str(self.counted % {"n": n})
