"""What was done to a member's account (audit log), for their copy: of the kinds that they are shown by the database."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import Person, acting_as

from .models import Entry as Written

SHOWN = ("id", "at", "kind", "codes")


def parts(member: Person) -> Iterator[Part]:
    with acting_as(member):
        done = list(Written.objects.filter(subject=member.pk).only(*SHOWN).order_by("at", "id"))
    yield Part("account_history", _("What was done to your account"), [_entry(one) for one in done])


def _entry(one: Written) -> Entry:
    fields = [Field("kind", None, one.kind), Field("codes", _("In detail"), one.codes), Field("at", _("When"), one.at)]
    return Entry(fields, title=str(one.get_kind_display()))
