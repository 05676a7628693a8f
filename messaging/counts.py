"""What every page of a member counts beside its own, in one question: unread conversations, unread notices."""

from carecollective.accounts.models import Member
from carecollective.told.notifications.services import UNREAD_SHOWN
from carecollective.web.whole_page import Counts

from . import inbox


def counts(member: Member) -> Counts:
    return Counts(*inbox.totals(member, "unread", beside=[UNREAD_SHOWN]))


def counts_and_archived(member: Member) -> tuple[Counts, int]:
    """With how many conversations are archived, for a page that lists them."""
    unread, archived, notices = inbox.totals(member, "unread", "archived", beside=[UNREAD_SHOWN])
    return Counts(unread, notices), archived
