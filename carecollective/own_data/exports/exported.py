"""The copies themselves: when one was made, and by an operator why."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as

from .models import Export


def parts(member: Member) -> Iterator[Part]:
    with acting_as(member):
        made = list(Export.objects.filter(member=member).order_by("asked_at", "pk"))
    yield Part("copies", _("Copies of your data"), [_copy(one) for one in made])


def _copy(export: Export) -> Entry:
    by = _("You") if export.made_by == Export.MadeBy.MEMBER else _("The team")
    return Entry(
        [
            Field("id", None, export.pk),
            Field("made_by", _("Asked for by"), export.made_by, by),
            Field("reason", _("Why"), export.reason),
            Field("language", None, export.language),
            Field("asked_at", _("Asked for"), export.asked_at),
            Field("ready_at", _("Ready"), export.ready_at),
            Field("used_at", _("Taken"), export.used_at),
            Field("failed_at", _("Failed"), export.failed_at),
        ]
    )
