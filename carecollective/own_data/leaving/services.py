"""Leaving (erasure): 14 days in which one tap takes it back, then an account with nothing in it. All of it or none."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from carecollective.accounts import administrators, mail, sign_ins
from carecollective.accounts.models import TIME_TO_STAY, Member
from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.ground import clock, wake
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import InvalidTransition
from helprequests import services as help_requests
from helprequests.models import TAKES_OFFERS, HelpRequest
from messaging import answers, threads

from . import erasure, ledger
from .models import Erasure

log = logging.getLogger(__name__)

ANSWERS_TO_NOTHING = """
DELETE FROM offer_answers AS a WHERE %(me)s IN (requester_id, helper_id)
    AND NOT EXISTS (SELECT FROM threads WHERE threads.id = a.conversation_id)
"""


class AskedAlready(InvalidTransition):
    message = _("You have already asked to leave.")


class NotLeaving(InvalidTransition):
    message = _("You have not asked to leave, so there is nothing to undo.")


class OnlyAdministrator(InvalidTransition):
    message = _("You are the only administrator. Make someone else one first, then you can leave.")


@transaction.atomic
def ask_to_leave(*, by: Member) -> datetime:
    """Begin the 14 days: open requests close, offers are taken back, every session and token ends.

    Returns when the account is emptied. In whatever standing. Raises AskedAlready, OnlyAdministrator.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=by.pk)
    if member.leaving_at or member.left_at:
        raise AskedAlready
    was_administrator = administrators.is_administrator(member)
    member.leaving_at = clock.now()
    member.save(update_fields=["leaving_at"])
    if was_administrator:
        _refuse_without_another()
    _end_what_others_wait_for(member)
    sign_ins.end_all(member)
    audit.record(Kind.LEAVING_ASKED, by=member, subject=member.pk)
    mail.tell_of_leaving.defer(member_id=str(member.pk))
    return member.leaving_at + TIME_TO_STAY


@transaction.atomic
def stay(*, by: Member) -> None:
    """Everything works again; what ended when they asked to leave stays ended. Raises NotLeaving."""
    member = Member.objects.select_for_update(no_key=True).get(pk=by.pk)
    if not member.leaving_at:
        raise NotLeaving
    member.leaving_at = None
    member.save(update_fields=["leaving_at"])
    audit.record(Kind.LEAVING_STAYED, by=member, subject=member.pk)
    mail.tell_of_leaving.defer(member_id=str(member.pk))


def erase_due() -> int:
    """Empty the account of everybody whose 14 days are over; how many were.

    Each in a transaction of its own: a fault with one is logged, and takes nobody else's turn.
    """
    due = Member.objects.filter(leaving_at__lte=clock.now() - TIME_TO_STAY)
    erased = 0
    for member_id in due.order_by("leaving_at").values_list("pk", flat=True):
        try:
            erased += erase(member_id, if_due=True)
        except Exception:
            log.exception("An account could not be emptied, and stays as it is until the next try.")
    return erased


@transaction.atomic
def erase(member_id: UUID, *, if_due: bool = False) -> bool:
    """Empty one account, all of it or nothing. False where it is empty already, or its member has decided to stay.

    What they said in other people's conversations stays there, without a name. The ledger makes sure that no older
    backup brings them back.
    """
    member = Member.objects.select_for_update(no_key=True).filter(pk=member_id, left_at=None).first()
    if member is None or (if_due and not _is_due(member)):
        return False
    _end_what_others_wait_for(member)  # once more: something may have begun with them meanwhile
    _archive_conversations(member)
    member.left_at = clock.now()
    with audit.done_by(Hand.CLOCK):
        erasure.forget(member)
    with acting_as_system("write a former member into the ledger", Purpose.LEAVING):
        Erasure.objects.bulk_create(
            [Erasure(member_id=member.pk, how=Erasure.How.LEFT, erased_at=member.left_at)], ignore_conflicts=True
        )
        # Where the other is gone too, nobody is left to read it.
        for hand in threads.hands:
            hand.remove_of_nobody(member.pk, FORMER_MEMBER)
        with connection.cursor() as cursor:
            cursor.execute(ANSWERS_TO_NOTHING, {"me": member.pk})
    audit.record(Kind.LEFT, by=Hand.CLOCK, subject=member.pk)
    transaction.on_commit(ledger.write_out)
    return True


def _is_due(member: Member) -> bool:
    return member.leaves_at is not None and member.leaves_at <= clock.now()


def _refuse_without_another() -> None:
    try:
        administrators.refuse_without_administrator()
    except administrators.LastAdministrator:
        raise OnlyAdministrator from None


def _end_what_others_wait_for(member: Member) -> None:
    """By the ordinary verbs, which tell whoever it concerns. The caller holds the member's row."""
    for help_request in HelpRequest.objects.filter(user=member, status__in=TAKES_OFFERS).order_by("pk"):
        help_requests.cancel(help_request.pk, by=member)
    answers.withdraw_all(by=member)


def _archive_conversations(member: Member) -> None:
    archived: list[tuple[str, UUID, UUID | None]] = []
    with acting_as(member):  # who may archive what is theirs, and nobody opens it again
        for hand in threads.hands:
            archived += [(hand.version, *row) for row in hand.archive_all(member)]
    for version, conversation_id, other_id in archived:
        wake.conversation_changed(conversation_id, version, "status", members=[other_id])


# --- The ledger, after a restore ------------------------------------------------------------------------------------


def apply_ledger(entries: list[ledger.Entry] | None = None) -> int:
    """Erase again whoever came back with an older backup; how many had. Without entries: whoever the file names.

    Raises ImproperlyConfigured where the file is no ledger.
    """
    entries = ledger.read(ledger.file()) if entries is None else entries
    returned = ledger.back_again(entries)
    for entry in returned:
        if entry.how == Erasure.How.DELETED:
            with audit.done_by(Hand.CLOCK):
                Member.objects.filter(pk=entry.member_id).delete()
        else:
            erase(entry.member_id)
    if returned:
        erasure.sweep()
        log.warning("The database was older than the erasure ledger: %s members were erased again.", len(returned))
    _note(entries)
    return len(returned)


def _note(entries: list[ledger.Entry]) -> None:
    """What the file knows the database knows too, from then on."""
    known = {(entry.member_id, entry.how) for entry in ledger.in_the_database()}
    new = [Erasure(**entry._asdict()) for entry in entries if (entry.member_id, entry.how) not in known]
    if new:
        with acting_as_system("bring the erasure ledger back into the database", Purpose.LEAVING):
            Erasure.objects.bulk_create(new, ignore_conflicts=True)
