"""What a member wrote after their sign-in had ended, and has not fetched yet, for their copy."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import Person, acting_as

from .models import KeptText


def parts(member: Person) -> Iterator[Part]:
    with acting_as(member):
        kept = list(KeptText.objects.filter(member=member.pk).order_by("kept_at"))
    yield Part("kept_texts", _("Texts we keep until you sign in again"), [_text(one) for one in kept])


def _text(one: KeptText) -> Entry:
    words = "\n".join(str(value) for value in one.fields.values())
    return Entry(
        [
            Field("path", _("Page"), one.path),
            Field("fields", _("Text"), one.fields, words),
            Field("kept_at", _("Written"), one.kept_at),
        ]
    )
