from typing import Any

from rest_framework import serializers

from carecollective.web.api.fields import MomentField, StrictChoiceField, TextField
from messaging.reports.acts import KIND_CODES, REASON_CODES, ROLES
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
    created_at = MomentField(help_text="When it was made.")


class ActSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=list(ROLES), help_text="The role of whoever did it; never who it was.")
    kind = serializers.ChoiceField(choices=KIND_CODES, help_text="What was done.")
    day = serializers.DateField(help_text="On which day, in the community's time zone.")
    reason = serializers.ChoiceField(choices=REASON_CODES, help_text="Why, as a code.")


class ActsSerializer(serializers.Serializer[Any]):
    results = ActSerializer(many=True, help_text="The last one first.")
    next = serializers.CharField(allow_null=True, help_text="Always null: this is all there is.")
    previous = serializers.CharField(allow_null=True, help_text="Always null.")
