from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from carecollective.ground.names import FORMER_MEMBER
from carecollective.web.api.fields import CursorField, MomentField, StrictChoiceField, StrictUUIDField, TextField
from messaging.inbox import PAGE_MOST, Person
from messaging.models import NOTE, Answer, Conversation, Message
from messaging.thread import PAGE_MOST as MESSAGES_MOST

OLDER = "Send it as `before` for older messages; null where there are none."
NEWER = "Send it as `after`, now or later, for newer ones. Never null."


class OfferBody(serializers.Serializer[Any]):
    initial_message = TextField.of(Conversation, "initial_message", help_text="What the one who asked reads first.")


class MessageBody(serializers.Serializer[Any]):
    content = TextField.of(Message, "content", help_text="What you want to say.")
    id = StrictUUIDField(required=False, help_text="Made by you: the same id is written once.")


class StatusBody(serializers.Serializer[Any]):
    # Its one field is what a PATCH is about, so it never comes in part.
    partial = property(lambda self: False, lambda self, value: None)

    status = StrictChoiceField(choices=Conversation.Status.choices, help_text="What it is to be, for both of you.")


class NoteBody(serializers.Serializer[Any]):
    note = TextField(
        **NOTE._asdict(),
        required=False,
        help_text="A message of your own that goes with the no.",
    )


class ReadBody(serializers.Serializer[Any]):
    up_to = StrictUUIDField(help_text="A message; the conversation's own id names its first message.")


class InboxQuery(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        choices=["active", "archived", "all"], required=False, help_text="Which ones; active where nothing is said."
    )
    cursor = CursorField(required=False, help_text="`next` or `previous` of a page of this list.")
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=PAGE_MOST, help_text="How many on a page; 20 where nothing is said."
    )


class MessagesQuery(serializers.Serializer[Any]):
    before = CursorField(required=False, help_text="`before` of an earlier answer: what is older than that.")
    after = CursorField(required=False, help_text="`after` of an earlier answer: what is newer than that.")
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MESSAGES_MOST, help_text="How many; 50 where nothing is said."
    )

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "before" in asked and "after" in asked:
            raise serializers.ValidationError({"before": _("Ask for what is before or after, not for both.")})
        return asked


class OfferSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField(help_text="True.")
    conversation_id = serializers.UUIDField(help_text="The conversation that the two of you have about it.")
    help_request_id = serializers.UUIDField(help_text="The help request.")
    version = serializers.ChoiceField(choices=["v1", "v2"], help_text="Where the conversation is.")
    created = serializers.BooleanField(help_text="Whether this call began it.")
    message = serializers.CharField(help_text="What happened, as a sentence for a person, in their language.")


class AboutSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The help request.")
    title = serializers.CharField(help_text="What is needed, in one line.")
    status = serializers.CharField(help_text="How it stands.")
    category = serializers.CharField(help_text="What kind of help it is.")


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The member.")
    name = serializers.SerializerMethodField(
        help_text="First name and initial until an offer is accepted; `A former member` once they have left."
    )

    def get_name(self, person: Person) -> str:
        """A program knows a former member by these words, so they are the same in every language."""
        return FORMER_MEMBER if person.has_left else person.name


class LastMessageSerializer(serializers.Serializer[Any]):
    content = serializers.CharField(help_text="What was written.")
    sender_id = serializers.UUIDField(help_text="Who wrote it.")
    created_at = MomentField(help_text="When.")


class EntrySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The conversation.")
    version = serializers.ChoiceField(choices=["v1", "v2"], help_text="Where it is.")
    legacy = serializers.BooleanField(help_text="Whether it is in V1.")
    status = serializers.ChoiceField(choices=Conversation.Status.choices, help_text="Whether it can be written in.")
    help_request = AboutSerializer(allow_null=True, help_text="What it is about; null where a V1 thread is about none.")
    other = PersonSerializer(allow_null=True, help_text="With whom; null where nobody is left.")
    last_message = LastMessageSerializer(
        allow_null=True, help_text="The newest message; the first one while there is no other."
    )
    unread_count = serializers.IntegerField(help_text="How many of the other's messages you have not read.")
    answer = serializers.ChoiceField(
        choices=Answer.values, allow_null=True, help_text="What became of the offer; null while it waits."
    )
    created_at = MomentField(help_text="When it began.")
    updated_at = MomentField(help_text="When something happened in it last.")


class InboxSerializer(serializers.Serializer[Any]):
    results = EntrySerializer(many=True, help_text="The conversations of this page, newest activity first.")
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the page after this one.")
    previous = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the page before this one.")


class ConversationSerializer(EntrySerializer):
    initial_message = serializers.CharField(
        allow_null=True, help_text="Its first message, with which help was offered; null in V1."
    )
    requester_id = serializers.UUIDField(
        allow_null=True, help_text="Who asked for help; null where a V1 thread knows nobody else."
    )
    helper_id = serializers.UUIDField(help_text="Who offered it.")


class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The message.")
    conversation_id = serializers.UUIDField(help_text="The conversation that it is in.")
    sender_id = serializers.UUIDField(help_text="Who wrote it.")
    content = serializers.CharField(help_text="What was written.")
    created_at = MomentField(help_text="When.")


class SentSerializer(MessageSerializer):
    cursor = serializers.CharField(help_text="Send it as `after` for what comes after this message.")


class MessagesSerializer(serializers.Serializer[Any]):
    results = MessageSerializer(many=True, help_text="The messages, oldest first.")
    before = serializers.CharField(allow_null=True, help_text=OLDER)
    after = serializers.CharField(help_text=NEWER)


class ThreadSerializer(serializers.Serializer[Any]):
    conversation = ConversationSerializer(help_text="The conversation itself, with its first message.")
    messages = MessageSerializer(many=True, help_text="Its newest 50 messages, oldest first.")
    before = serializers.CharField(allow_null=True, help_text=OLDER)
    after = serializers.CharField(help_text=NEWER)
