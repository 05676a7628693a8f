from rest_framework import serializers

from carecollective.api.fields import CursorField
from carecollective.notifications.models import Notification


class NotificationsQuery(serializers.Serializer):
    cursor = CursorField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=50)


class NotificationSerializer(serializers.ModelSerializer):
    conversation_id = serializers.UUIDField(allow_null=True)
    help_request_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "conversation_id", "help_request_id", "created_at", "read_at"]
        read_only_fields = fields


class NotificationPageSerializer(serializers.Serializer):
    results = NotificationSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class UnreadCountSerializer(serializers.Serializer):
    unread_count = serializers.IntegerField()
