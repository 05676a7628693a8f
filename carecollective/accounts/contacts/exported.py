"""A member's own phone number and place, for their copy."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import Person, acting_as

from .models import ContactDetail


def parts(member: Person) -> Iterator[Part]:
    with acting_as(member):
        own = list(ContactDetail.objects.filter(member=member.pk).order_by("kind"))
    yield Part("contact_details", _("How you can be reached"), [_detail(one) for one in own])


def _detail(detail: ContactDetail) -> Entry:
    return Entry(
        [
            Field("kind", None, detail.kind),
            Field("value", detail.get_kind_display(), detail.value),
            Field("is_kept", None, detail.is_kept),
        ]
    )
