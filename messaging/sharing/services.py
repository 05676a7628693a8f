"""Sharing one's phone number or place with the one other person of a conversation, and taking that back (consent).

What is shared is never copied: the other reads it where its owner keeps it, while the database lets them
(docs/decisions/0018-contact-by-consent.md). Whoever shares holds the member, the help request, then the conversation.
"""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.contacts.models import ContactDetail
from carecollective.accounts.models import Member
from carecollective.ground import limits, rows, texts, wake
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import InvalidTransition, NotFound, ValidationFailed
from messaging import answers
from messaging.models import Thread

from .models import SHARED_FOR, ContactShare

End = ContactShare.End
ONE_AT_A_TIME = "(conversation_id, owner_id, kind) WHERE ended_by IS NULL"
OVER_BY_TIME = f"shared_at <= statement_timestamp() - interval '{SHARED_FOR.days} days'"
END_MY_OLD_ONE = f"""
UPDATE contact_shares SET ended_by = 'time'
WHERE conversation_id = %s AND owner_id = %s AND kind = %s AND ended_by IS NULL AND {OVER_BY_TIME}
"""  # noqa: S608  (no value stands in the text)
IS_UNDER_WAY = "SELECT help_is_under_way_in(%s)"
# The triggers end a share with whatever ends the help. This is for time, and for what was written past all of them.
END_WHAT_IS_OVER = f"""
UPDATE contact_shares AS s SET ended_by = CASE WHEN {OVER_BY_TIME} THEN 'time' ELSE 'help_ended' END
WHERE ended_by IS NULL AND ({OVER_BY_TIME} OR NOT EXISTS (
    SELECT FROM help_requests AS hr WHERE hr.id = s.help_request_id AND hr.status = 'in_progress'
        AND hr.helper_id IN (s.owner_id, s.reader_id)))
"""  # noqa: S608  (likewise)


@transaction.atomic
def share(conversation_id: UUID, kind: str, *, by: Member, value: str = "", keep: bool = False) -> bool:
    """From now on the other reads this. Returns whether that is new: twice is the same as once.

    A `value` is for whoever has none among their own details yet; without `keep` it goes when nobody has it any more.
    An act in the thread, so it counts as a message. Raises ValidationFailed, ConversationNotFound, NotApproved,
    UserRestricted, InvalidTransition, ConversationArchived, LegacyReadOnly, RateLimited.
    """
    value = contacts.cleaned(kind, value)
    offer = answers.locked(conversation_id, by=by)
    if offer.closed:
        raise offer.closed
    made = None
    with acting_as(by):
        is_under_way = _one(IS_UNDER_WAY, conversation_id)
        if is_under_way:
            if value:
                contacts.write_here(by, kind, value, is_kept=keep)
            elif not getattr(contacts.own_here(by), kind):
                raise ValidationFailed([texts.as_error(kind, "blank", 1, 0)])
            _run(END_MY_OLD_ONE, conversation_id, by.pk, kind)
            values = {"conversation_id": conversation_id, "owner_id": by.pk, "kind": kind}
            made = rows.insert(ContactShare, values, on_conflict=ONE_AT_A_TIME)
    if not is_under_way:
        raise InvalidTransition
    if made is None:
        return False
    limits.MESSAGES.take(by.pk)
    wake.conversation_changed(offer.pk, offer.version, "shared", members=[offer.requester_id, offer.helper_id])
    return True


@transaction.atomic
def stop(share_id: UUID, *, by: Member) -> ContactShare:
    """The other reads it no more, from the next look on. In any standing: nobody has to be approved to take it back.

    Raises NotFound.
    """
    Member.objects.locked(by)
    with acting_as(by):
        share = ContactShare.objects.filter(pk=share_id, owner=by).first()
        if share:
            ContactShare.objects.filter(pk=share_id, ended_by=None).update(ended_by=End.STOPPED)
            _nobody_has(by).delete()
            version = Thread.objects.filter(pk=share.conversation_id).values_list("version", flat=True).first() or ""
    if share is None:
        raise NotFound
    wake.conversation_changed(share.conversation_id, version, "shared", members=[share.owner_id, share.reader_id])
    return share


def end_what_is_over() -> None:
    """By the clock: what time has ended gets its end, and details that were given for one conversation go.

    It may run twice, and two at once.
    """
    with acting_as_system("end what is shared no more", Purpose.SHARING):
        _run(END_WHAT_IS_OVER)
        left = set(_nobody_has().values_list("member_id", flat=True))
    for member_id in sorted(left):
        _forget(member_id)


@transaction.atomic
def _forget(member_id: UUID) -> None:
    # As whoever shares does: so nobody shares it at this moment.
    for member in Member.objects.select_for_update(no_key=True).filter(pk=member_id):
        with acting_as_system("forget a detail that was given for one conversation", Purpose.SHARING):
            _nobody_has(member).delete()


def _nobody_has(member: Member | None = None) -> QuerySet[ContactDetail]:
    """What was given for one conversation, and is shared in none."""
    shares = ContactShare.objects.filter(owner=OuterRef("member"), kind=OuterRef("kind"), ended_by=None)
    found = ContactDetail.objects.filter(~Exists(shares), is_kept=False)
    return found.filter(member=member) if member else found


def _run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def _one(statement: str, *values: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.fetchone()[0])
