"""What an offer meets on its request: the new conversation that it begins, or the one that there is."""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

from carecollective.accounts.models import Block, Member
from carecollective.ground import rows
from carecollective.ground.refusals import HelpRequestNotFound
from carecollective.ground.round_trips import ask
from carecollective.ground.standing import Standing
from carecollective.told.notifications.telling import Telling
from helprequests.models import HelpRequest

from . import threads
from .hand import Begun, Hand
from .models import Offer, OfferAnswer, ThreadMessage

LOCK_MEMBER_AND_HELP_REQUEST = """
SELECT verification_status, restriction, warned_at, leaving_at,
       help_requests.id, user_id, status, category, title, expires_at
FROM members CROSS JOIN help_requests WHERE members.id = %s AND help_requests.id = %s
FOR NO KEY UPDATE
"""
OF_THE_HELP_REQUEST = "id user_id status category title expires_at"


def lock_asked(by: Member, help_request_id: UUID) -> Callable[[], tuple[Standing, HelpRequest] | None]:
    """Both rows as they are now, so that neither a restriction nor a closing can slip in between check and write.

    One statement, members first: the order in which every verb takes them. None where one of the two is not there.
    """
    asked = ask(LOCK_MEMBER_AND_HELP_REQUEST, [by.pk, help_request_id])

    def answer() -> tuple[Standing, HelpRequest] | None:
        row = asked()
        return row and (Standing(*row[:4]), rows.partly(HelpRequest, OF_THE_HELP_REQUEST, row[4:]))

    return answer


class Before(NamedTuple):
    """The conversation that there is, how its offer stands, and whether it was begun or gone on with by this text."""

    conversation: Begun
    answer: str | None
    is_the_same: bool


def begun_or_before(
    help_request: HelpRequest, begin: Hand, *, by: Member, text: str, older: Iterable[Begun], telling: Telling
) -> tuple[Begun | None, Before | None]:
    """A new conversation, or the one that there is on this request, or neither; inside `acting_as(by)`.

    What an older version has stands in the way of a new one; that there is one in the newest, its begin finds out.
    Raises HelpRequestNotFound.
    """
    in_older = next(iter(older), None)
    if in_older is None and help_request.takes_offers:
        begun = begin.begin(help_request, helper=by, text=text, telling=telling)
        if begun:
            return begun, None
    if Block.objects.between(by.pk, help_request.user_id).exists():
        raise HelpRequestNotFound  # the request of somebody with whom there is a block is not there
    in_newest = next(iter(threads.hands)).offered_before(help_request, helper=by, text=text)
    is_older = in_older and (in_newest is None or in_older.initial_message == text)
    return None, _before(in_older if is_older else in_newest, by, text)


def _before(conversation: Begun | None, by: Member, text: str) -> Before | None:
    if conversation is None:
        return None
    answer = Offer.objects.get(pk=conversation.pk).answer
    is_the_same = conversation.initial_message == text or _was_offered_again_with(text, conversation, by)
    return Before(conversation, answer, is_the_same)


def _was_offered_again_with(text: str, conversation: Begun, by: Member) -> bool:
    again = OfferAnswer.objects.filter(conversation_id=conversation.pk, kind=OfferAnswer.Kind.OFFERED)
    since = again.order_by("-at").values_list("at", flat=True).first()
    if since is None:
        return False
    said = ThreadMessage.objects.filter(conversation=conversation.pk, sender=by, content=text, created_at__gte=since)
    return said.exists()
