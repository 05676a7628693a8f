from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from carecollective.accounts.models import Member
from carecollective.ground.names import short_name, through_the_team
from carecollective.web.api.fields import (
    CursorField,
    LanguageField,
    ModelAnswer,
    StrictBooleanField,
    StrictChoiceField,
    StrictUUIDField,
    TextField,
)
from helprequests.models import HelpRequest
from helprequests.public_words import LOOKS_PRIVATE, private_facts

EVERYBODY = "Read by every approved member while the request is open or in progress."


class EditBody(serializers.Serializer[Any]):
    title = TextField.of(
        HelpRequest, "title", help_text=f"What is needed, in one line. {EVERYBODY} It stands in lists and mails."
    )
    category = StrictChoiceField(
        choices=HelpRequest.Category.choices, help_text=f"What kind of help it is. {EVERYBODY}"
    )
    urgency = StrictChoiceField(choices=HelpRequest.Urgency.choices, help_text=f"How soon it is needed. {EVERYBODY}")
    description = TextField.of(HelpRequest, "description", required=False, help_text=f"More about it. {EVERYBODY}")
    subcategory = TextField.of(
        HelpRequest,
        "subcategory",
        required=False,
        help_text=f"What it is more exactly: a key of ours, or words of your own. {EVERYBODY}",
    )
    exchange_offer = TextField.of(
        HelpRequest, "exchange_offer", required=False, help_text=f"What is offered in return. {EVERYBODY}"
    )
    is_ongoing = StrictBooleanField(
        required=False, help_text=f"True: it is needed regularly and never runs out. {EVERYBODY}"
    )
    location_override = TextField.of(
        HelpRequest,
        "location_override",
        required=False,
        help_text=f"A town or part of town, shown as `requester.town` in place of your own. {EVERYBODY} A street "
        "address belongs into the conversation with whoever helps.",
    )
    language = LanguageField(
        required=False,
        help_text="The language of these words, as a BCP 47 tag; where a new request says none, the one of "
        "`Accept-Language`.",
    )
    post_anyway = StrictBooleanField(
        required=False,
        help_text="A text that everybody reads and that looks like a phone number, an email address or a street "
        "address is refused once, as `validation_error` with the code `looks_private`. True says: it is meant so.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.pop("post_anyway", False) and (found := private_facts(attrs)):
            faults: dict[str, list[ErrorDetail]] = {}
            for field, sentence in found:
                faults.setdefault(field, []).append(ErrorDetail(sentence, code=LOOKS_PRIVATE))
            raise serializers.ValidationError(faults)
        return attrs


class PostBody(EditBody):
    id = StrictUUIDField(required=False, help_text="Made by you: the same id is posted once.")


class CancelBody(serializers.Serializer[Any]):
    reason = TextField.of(
        HelpRequest, "cancel_reason", required=False, help_text="Why, for yourself and the team alone."
    )


class BoardQuery(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        choices=HelpRequest.Status.choices,
        required=False,
        help_text="Only those in this status; open and in progress where nothing is said. What has ended is listed for "
        "whoever had part in it.",
    )
    category = serializers.ChoiceField(
        choices=HelpRequest.Category.choices, required=False, help_text="Only this kind of help."
    )
    urgency = serializers.ChoiceField(
        choices=HelpRequest.Urgency.choices, required=False, help_text="Only what is needed this soon."
    )
    q = TextField(
        fewest=0,
        most=100,
        one_line=True,
        required=False,
        help_text="Words, or their beginnings, that stand in title or description.",
    )
    language = LanguageField(
        required=False, help_text="Only what is written in this language, as a BCP 47 tag: `es` finds `es-MX` too."
    )
    mine = serializers.BooleanField(required=False, help_text="True: your own, in every status.")
    cursor = CursorField(required=False, help_text="`next` or `previous` of a page of this list.")
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=50, help_text="How many on a page; 20 where nothing is said."
    )


class RequesterSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The member.")
    name = serializers.CharField(help_text="First name and initial, until an offer is accepted.")
    town = serializers.CharField(
        help_text="`location_override` where the request has one, else the owner's own town. Read by every approved "
        "member."
    )


class HelpRequestSerializer(ModelAnswer[HelpRequest]):
    # Of a request that knows its reader: `seen_by`. (A docstring would stand in the schema.)
    requester = serializers.SerializerMethodField(help_text="Who asks.")
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
            "language",
            "requester",
            "helper_id",
            "created_at",
            "updated_at",
            "expires_at",
            "completed_at",
            "cancelled_at",
        ]
        read_only_fields = fields
        extra_kwargs: ClassVar = {
            "id": {"help_text": "The help request."},
            "title": {"help_text": "What is needed, in one line."},
            "description": {"help_text": "More about it, or empty."},
            "category": {"help_text": "What kind of help it is."},
            "subcategory": {
                "help_text": "What it is more exactly: a key of ours, or words of whoever asks; may be empty."
            },
            "urgency": {"help_text": "How soon it is needed."},
            "status": {"help_text": "How it stands."},
            "exchange_offer": {"help_text": "What is offered in return, or empty."},
            "is_ongoing": {"help_text": "Whether it is needed regularly; then it never runs out."},
            "language": {
                "help_text": "The language of title, description and exchange_offer, as a BCP 47 tag: `en`, `es` or "
                "any other. A program accepts those that it does not know."
            },
            "created_at": {"help_text": "When it was posted."},
            "updated_at": {"help_text": "When it changed last."},
            "expires_at": {"help_text": "When it runs out and takes no more offers; null: never."},
            "completed_at": {"help_text": "When it was done, or null."},
            "cancelled_at": {"help_text": "When whoever asked closed it, or null."},
        }

    @extend_schema_field(RequesterSerializer)
    def get_requester(self, help_request: Any) -> Any:
        reader: Member = help_request.reader
        knows = reader.pk in (help_request.user_id, help_request.helper_id)
        # A former member has the same name in every language here: a program knows them by it.
        name = help_request.user.name if knows or help_request.user.has_left else short_name(help_request.user.name)
        posted_for = getattr(help_request, "posted_for", None)
        if posted_for and reader.pk != help_request.user_id:
            name = through_the_team(posted_for)
        town = help_request.location_override or help_request.user.town
        return {"id": str(help_request.user_id), "name": name, "town": town}

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_helper_id(self, help_request: Any) -> UUID | None:
        knows = help_request.reader.pk in (help_request.user_id, help_request.helper_id)
        return help_request.helper_id if knows else None


def seen_by(reader: Member, help_request: Any) -> Any:
    """The same request, as it is shown to this member."""
    help_request.reader = reader
    return help_request


class HelpRequestPageSerializer(serializers.Serializer[Any]):
    results = HelpRequestSerializer(many=True, help_text="The help requests of this page, newest first.")
    next = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the page after this one.")
    previous = serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the page before this one.")
