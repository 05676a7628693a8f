from typing import Any

from rest_framework import serializers

from carecollective.web.api.fields import StrictChoiceField, TextField
from messaging.reports.models import Report


class ReportBody(serializers.Serializer[Any]):
    reason = StrictChoiceField(choices=Report.Reason.choices, help_text="What is wrong with it.")
    description = TextField.of(
        Report, "description", required=False, default="", help_text="More about it, for the team."
    )


class ReportSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The report.")
    message_id = serializers.UUIDField(help_text="The message that was reported.")
    conversation_id = serializers.UUIDField(help_text="The conversation that it is in.")
    reason = serializers.ChoiceField(choices=Report.Reason.choices, help_text="What is wrong with it.")
    description = serializers.CharField(help_text="More about it, in the words of whoever reported it.")
    status = serializers.ChoiceField(choices=Report.Status.choices, help_text="What the team has done with it.")
    created_at = serializers.DateTimeField(help_text="When it was made.")
