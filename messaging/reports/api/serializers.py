from rest_framework import serializers

from carecollective.api.fields import StrictChoiceField, TextField
from messaging.reports.models import DESCRIPTION_MAX, Report


class ReportBody(serializers.Serializer):
    reason = StrictChoiceField(choices=Report.Reason.choices)
    description = TextField(fewest=0, most=DESCRIPTION_MAX, required=False, default="")


class ReportSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    message_id = serializers.UUIDField()
    conversation_id = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=Report.Reason.choices)
    description = serializers.CharField()
    status = serializers.ChoiceField(choices=Report.Status.choices)
    created_at = serializers.DateTimeField()
