"""What follows for offers from time (expiry), and from what becomes of the help request."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.told.kinds import Reader, What
from carecollective.told.notifications import services as notifications
from helprequests.models import HelpRequest
from messaging import notify, threads
from messaging.answers import (
    ACCEPTED,
    CONCERNED,
    UNANSWERED,
    WAITING,
    Offer,
    Said,
    say_in_all,
)
from messaging.models import LAPSES_AFTER

NUDGED_AFTER = timedelta(days=7)
ALL_UNANSWERED = f"""
SELECT id, version, help_request_id, requester_id, helper_id FROM offers
WHERE is_offer AND answer IS NULL AND {UNANSWERED} ORDER BY begun_at, id
"""  # noqa: S608  (no value stands in the text)
# Act -> what is said of it in the conversations that it concerns, in which of them, and what the other one hears.
CONSEQUENCES: dict[str, list[tuple[str, str, What | None]]] = {
    "release": [(Said.RELEASED, ACCEPTED, What.RELEASED)],
    "complete": [(Said.COMPLETED, CONCERNED, What.COMPLETED)],
    "cancel": [(Said.CANCELLED, CONCERNED, What.CANCELLED)],
    "close": [(Said.CLOSED, CONCERNED, What.CLOSED)],
    "reopen": [(Said.RELEASED, ACCEPTED, What.REOPENED), (Said.REOPENED, CONCERNED, None)],
    "enough_help": [(Said.ENOUGH_HELP, WAITING, What.ENOUGH_HELP)],
}


def follow(help_request: HelpRequest, act: str, by: Member) -> None:
    """What became of a help request (`helprequests.followers`), said where it concerns somebody.

    As the system: the other helpers' conversations are not the doer's.
    """
    with acting_as_system(f"tell what became of a help request: {act}", Purpose.OFFERS):
        told = [
            (offer, what)
            for kind, where, what in CONSEQUENCES[act]
            for offer in say_in_all(kind, where, help_request, by=by)
        ]
    for offer, what in told:
        # The owner hears of what the accepted helper did, in the conversation with them and there alone.
        if by.pk == offer.helper_id:
            what, reader = What.STEPPED_BACK if what == What.RELEASED else what, Reader.REQUESTER
        else:
            reader = Reader.HELPER if offer.helper_id == help_request.helper_id else Reader.OFFERER
        # Whose doing it was only one of the two may know of the other: not the other helpers, nor of the team.
        notify.happened(
            offer, what, reader=reader, by=by.pk if by.pk in (offer.requester_id, offer.helper_id) else None
        )
    if act == "close":
        notifications.tell(What.CLOSED, help_request.user_id, reader=Reader.REQUESTER, help_request_id=help_request.pk)


def lapse_unanswered() -> int:
    """Offers that had no answer and no word for two weeks lapse, and their helpers are told. How many did?

    One help request at a time, each under its lock and looked at anew: it may run twice, and two at once.
    """
    waiting = {offer.help_request_id for offer in _unanswered_for(LAPSES_AFTER)}
    return sum(_lapse_on(help_request_id) for help_request_id in sorted(waiting))


def unanswered_for_7_days() -> list[Offer]:
    """The offers whose requester should hear once more that somebody waits."""
    return _unanswered_for(NUDGED_AFTER)


@transaction.atomic
def _lapse_on(help_request_id: UUID) -> int:
    help_request = HelpRequest.objects.select_for_update(no_key=True).filter(pk=help_request_id).first()
    if help_request is None:
        return 0
    with acting_as_system("offers without an answer lapse", Purpose.OFFERS):
        # What the requester is writing at this moment is an answer too: it is waited for.
        for hand in threads.hands:
            hand.lock_all_on(help_request_id)
        lapsed = say_in_all(Said.LAPSED, f"{WAITING} AND {UNANSWERED}", help_request, by=None, age=LAPSES_AFTER)
    for offer in lapsed:
        notify.happened(offer, What.LAPSED)
    return len(lapsed)


def _unanswered_for(age: timedelta) -> list[Offer]:
    with acting_as_system("look for offers without an answer", Purpose.OFFERS), connection.cursor() as cursor:
        values: dict[str, Any] = {"age": age}
        cursor.execute(ALL_UNANSWERED, values)
        return [Offer(*row) for row in cursor.fetchall()]
