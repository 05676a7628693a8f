from typing import Any, ClassVar

from rest_framework import serializers

from carecollective.told.notifications.models import Notification
from carecollective.web.api.fields import CursorField, ModelAnswer


class NotificationsQuery(serializers.Serializer[Any]):
    cursor = CursorField(required=False, help_text="`next` or `previous` of a page of this list.")
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=50, help_text="How many on a page; 20 where nothing is said."
    )


class NotificationSerializer(ModelAnswer[Notification]):
    conversation_id = serializers.UUIDField(allow_null=True, help_text="The conversation that it is about, if any.")
    help_request_id = serializers.UUIDField(allow_null=True, help_text="The help request that it is about, if any.")

    class Meta:
        model = Notification
        fields = ["id", "kind", "conversation_id", "help_request_id", "created_at", "read_at"]
        read_only_fields = fields
        extra_kwargs: ClassVar = {
            "id": {"help_text": "The notification."},
            "kind": {"help_text": "What happened."},
            "created_at": {"help_text": "When; of new messages, when the newest came."},
            "read_at": {"help_text": "When it was read, or null."},
        }


class NotificationPageSerializer(serializers.Serializer[Any]):
    results = NotificationSerializer(many=True, help_text="The notifications of this page.")
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the page after this one.")
    previous = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the page before this one.")


class UnreadCountSerializer(serializers.Serializer[Any]):
    unread_count = serializers.IntegerField(help_text="How many notifications are unread.")
