from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from carecollective.accounts.models import Member, short_name
from carecollective.api.fields import CursorField, StrictBooleanField, StrictChoiceField, StrictUUIDField, TextField
from helprequests.models import HelpRequest
from helprequests.services import TEXT_RULES


def text(name: str, **kwargs: Any) -> TextField:
    fewest, most, one_line = TEXT_RULES[name]
    return TextField(fewest=fewest, most=most, one_line=one_line, **kwargs)


class EditBody(serializers.Serializer):
    title = text("title")
    category = StrictChoiceField(choices=HelpRequest.Category.choices)
    urgency = StrictChoiceField(choices=HelpRequest.Urgency.choices)
    description = text("description", required=False)
    subcategory = text("subcategory", required=False)
    exchange_offer = text("exchange_offer", required=False)
    is_ongoing = StrictBooleanField(required=False)
    location_override = text("location_override", required=False)


class PostBody(EditBody):
    id = StrictUUIDField(required=False, help_text="Made by the client: the same id posts once.")


class CancelBody(serializers.Serializer):
    reason = text("cancel_reason", required=False)


class BoardQuery(serializers.Serializer):
    status = serializers.ChoiceField(choices=HelpRequest.Status.choices, required=False)
    category = serializers.ChoiceField(choices=HelpRequest.Category.choices, required=False)
    urgency = serializers.ChoiceField(choices=HelpRequest.Urgency.choices, required=False)
    q = TextField(fewest=0, most=100, one_line=True, required=False, help_text="Words, or their beginnings.")
    mine = serializers.BooleanField(required=False, help_text="One's own, in every status.")
    cursor = CursorField(required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=50)


class RequesterSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(help_text="First name and initial, until an offer is accepted.")
    town = serializers.CharField()


class HelpRequestSerializer(serializers.ModelSerializer):
    requester = serializers.SerializerMethodField()
    helper_id = serializers.SerializerMethodField(help_text="Seen by the owner and the helper, else null.")

    class Meta:
        model = HelpRequest
        fields = [
            "id",
            "title",
            "description",
            "category",
            "subcategory",
            "urgency",
            "status",
            "exchange_offer",
            "is_ongoing",
            "requester",
            "helper_id",
            "created_at",
            "updated_at",
            "expires_at",
            "completed_at",
            "cancelled_at",
        ]
        read_only_fields = fields

    @property
    def reader(self) -> Member:
        return self.context["reader"]

    @extend_schema_field(RequesterSerializer)
    def get_requester(self, help_request: HelpRequest) -> Any:
        knows = self.reader.pk in (help_request.user_id, help_request.helper_id)
        # A former member has the same name in every language here: a program knows them by it.
        name = help_request.user.name if knows or help_request.user.has_left else short_name(help_request.user.name)
        town = help_request.location_override or help_request.user.town
        return RequesterSerializer({"id": help_request.user_id, "name": name, "town": town}).data

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_helper_id(self, help_request: HelpRequest) -> UUID | None:
        knows = self.reader.pk in (help_request.user_id, help_request.helper_id)
        return help_request.helper_id if knows else None


class HelpRequestPageSerializer(serializers.Serializer):
    results = HelpRequestSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
