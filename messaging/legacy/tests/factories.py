"""Conversations of version 1: as the services make them, and as the old system left them behind."""

from datetime import UTC, datetime, timedelta

from carecollective.ground import rows
from carecollective.ground.identity import acting_as_system
from messaging import services
from messaging.legacy.models import LegacyConversation, LegacyMessage, LegacyParticipant

FIRST_WORDS = "I can drive you on Thursday."
LONG_AGO = datetime(2025, 3, 4, 9, 30, tzinfo=UTC)


def offered(help_request, helper, text=FIRST_WORDS):
    return services.offer_help(help_request.pk, by=helper, text=text, version="v1").conversation


def left(conversation, member, at):
    """This member takes part, and left then."""
    values = {"conversation_id": conversation.pk, "user_id": member.pk, "left_at": at}
    with acting_as_system("a test plays the old system"):
        rows.insert(LegacyParticipant, values)


def left_behind(help_request, helper, *written, participants=None, at=LONG_AGO, **fields):
    """A row of the old system, with whatever it let through. `written` are texts by turns, the helper's first, or
    dicts of columns; a minute lies between two messages.
    """
    if participants is None:
        participants = [helper, help_request.user] if help_request else [helper]
    values = {"help_request_id": help_request and help_request.pk, "created_by": helper.pk, "created_at": at}
    values |= {"last_message_at": at + timedelta(minutes=max(len(written) - 1, 0))} | fields
    with acting_as_system("a test plays the old system"):
        conversation = rows.insert(LegacyConversation, values)
        for member in participants:
            rows.insert(LegacyParticipant, {"conversation_id": conversation.pk, "user_id": member.pk, "joined_at": at})
        for number, said in enumerate(written):
            said = said if isinstance(said, dict) else {"content": said}
            people = participants if len(participants) > 1 else [helper, None]
            columns = {
                "conversation_id": conversation.pk,
                "sender_id": people[number % 2].pk,
                "recipient_id": people[1 - number % 2] and people[1 - number % 2].pk,
                "help_request_id": help_request and help_request.pk,
                "created_at": at + timedelta(minutes=number),
            }
            rows.insert(LegacyMessage, columns | said)
    return conversation
