"""What every page of a member counts beside its own, in one question: unread conversations, unread notices."""

from typing import Any

from django.db import connection

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as
from carecollective.told.notifications.services import UNREAD
from carecollective.web.whole_page import Counts

from . import inbox


def counts(member: Member) -> Counts:
    return Counts(*_asked(member, inbox.unread(), UNREAD))


def counts_and_archived(member: Member) -> tuple[Counts, int]:
    """With how many conversations are archived, for a page that lists them."""
    *unread, archived = _asked(member, inbox.unread(), UNREAD, inbox.archived())
    return Counts(*unread), archived


def _asked(member: Member, *questions: str) -> list[Any]:
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'({question})' for question in questions)}", {"me": member.pk})
        return list(cursor.fetchone())
