from django.utils.translation import gettext as _
from rest_framework import serializers

from carecollective.accounts.models import FORMER_MEMBER
from carecollective.api.fields import CursorField, StrictChoiceField, StrictUUIDField, TextField
from messaging.inbox import PAGE_MOST, Person
from messaging.models import FIRST_MESSAGE_LENGTH, MESSAGE_LENGTH, NOTE_LENGTH, Answer, Conversation
from messaging.thread import PAGE_MOST as MESSAGES_MOST


class OfferBody(serializers.Serializer):
    initial_message = TextField(fewest=FIRST_MESSAGE_LENGTH[0], most=FIRST_MESSAGE_LENGTH[1])


class MessageBody(serializers.Serializer):
    content = TextField(fewest=MESSAGE_LENGTH[0], most=MESSAGE_LENGTH[1])
    id = StrictUUIDField(required=False, help_text="Made by the client: the same id is written once.")


class StatusBody(serializers.Serializer):
    # Its one field is what a PATCH is about, so it never comes in part.
    partial = property(lambda self: False, lambda self, value: None)

    status = StrictChoiceField(choices=Conversation.Status.choices)


class NoteBody(serializers.Serializer):
    note = TextField(fewest=NOTE_LENGTH[0], most=NOTE_LENGTH[1], required=False, help_text="A message of your own.")


class ReadBody(serializers.Serializer):
    up_to = StrictUUIDField(help_text="A message; the conversation's own id names its first message.")


class InboxQuery(serializers.Serializer):
    status = serializers.ChoiceField(choices=["active", "archived", "all"], required=False)
    cursor = CursorField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=PAGE_MOST)


class MessagesQuery(serializers.Serializer):
    before = CursorField(required=False)
    after = CursorField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MESSAGES_MOST)

    def validate(self, asked: dict) -> dict:
        if "before" in asked and "after" in asked:
            raise serializers.ValidationError({"before": _("Ask for what is before or after, not for both.")})
        return asked


class OfferSerializer(serializers.Serializer):
    success = serializers.BooleanField()
    conversation_id = serializers.UUIDField()
    help_request_id = serializers.UUIDField()
    version = serializers.ChoiceField(choices=["v1", "v2"])
    created = serializers.BooleanField()
    message = serializers.CharField()


class AboutSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.CharField()
    category = serializers.CharField()


class PersonSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.SerializerMethodField()

    def get_name(self, person: Person) -> str:
        """A program knows a former member by these words, so they are the same in every language."""
        return FORMER_MEMBER if person.has_left else person.name


class LastMessageSerializer(serializers.Serializer):
    content = serializers.CharField()
    sender_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()


class EntrySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.ChoiceField(choices=["v1", "v2"])
    legacy = serializers.BooleanField()
    status = serializers.ChoiceField(choices=Conversation.Status.choices)
    help_request = AboutSerializer(allow_null=True)
    other = PersonSerializer(allow_null=True)
    last_message = LastMessageSerializer(allow_null=True)
    unread_count = serializers.IntegerField()
    answer = serializers.ChoiceField(choices=Answer.values, allow_null=True, help_text="Null while the offer waits.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class InboxSerializer(serializers.Serializer):
    results = EntrySerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ConversationSerializer(EntrySerializer):
    initial_message = serializers.CharField(allow_null=True)
    requester_id = serializers.UUIDField(allow_null=True, help_text="Null where a V1 thread knows nobody else.")
    helper_id = serializers.UUIDField()


class MessageSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    conversation_id = serializers.UUIDField()
    sender_id = serializers.UUIDField()
    content = serializers.CharField()
    created_at = serializers.DateTimeField()


class SentSerializer(MessageSerializer):
    cursor = serializers.CharField(help_text="Ask for what comes after with this.")


class MessagesSerializer(serializers.Serializer):
    results = MessageSerializer(many=True)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField()


class ThreadSerializer(serializers.Serializer):
    conversation = ConversationSerializer()
    messages = MessageSerializer(many=True)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField()
