"""What a member asked for, for their copy. What they offered stands in their conversations."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground import languages
from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as
from carecollective.ground.names import full_name

from .models import HelpRequest, OnBehalf

CHOSEN = ("category", "urgency", "status")
# In the member's own words.
WRITTEN = ("description", "exchange_offer", "cancel_reason")
COLUMNS = (
    "status",
    "category",
    "subcategory",
    "urgency",
    "description",
    "exchange_offer",
    "location_override",
    "is_ongoing",
    "language",
    "created_at",
    "updated_at",
    "expires_at",
    "completed_at",
    "cancelled_at",
    "cancel_reason",
)


def parts(member: Member) -> Iterator[Part]:
    with acting_as(member):
        own = HelpRequest.objects.filter(user=member).with_names().order_by("created_at", "pk")
        requests = list(own)
        shown = OnBehalf.objects.filter(help_request__user=member)
        names = dict(shown.values_list("help_request_id", "shown_name"))
    yield Part("help_requests", _("Your requests"), [_request(one, names.get(one.pk, "")) for one in requests])


def _request(help_request: HelpRequest, asked_for: str) -> Entry:
    helper = help_request.helper
    return Entry(
        [
            Field("id", None, help_request.pk),
            Field("title", None, help_request.title),
            *(_field(help_request, column) for column in COLUMNS),
            Field("helper", _("Helped by"), full_name(helper.name) if helper else None),
            Field("shown_name", _("Asked for"), asked_for),
        ],
        title=help_request.title,
        lang=help_request.lang,
    )


def _field(help_request: HelpRequest, column: str) -> Field:
    label = HelpRequest._meta.get_field(column).verbose_name  # type: ignore[union-attr]
    words = getattr(help_request, f"get_{column}_display")() if column in CHOSEN else None
    words = languages.named(help_request.language) if column == "language" else words
    lang = help_request.lang if column in WRITTEN else ""
    return Field(column, str(label).capitalize(), getattr(help_request, column), words, lang)
