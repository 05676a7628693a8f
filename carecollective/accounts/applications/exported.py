"""What the team wrote to a member in its own words about their application, for their copy."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as

from .models import PersonalLine


def parts(member: Member) -> Iterator[Part]:
    with acting_as(member):
        lines = list(PersonalLine.objects.filter(member=member).order_by("written_at"))
    yield Part("application_lines", _("What the team wrote about your application"), [_line(one) for one in lines])


def _line(one: PersonalLine) -> Entry:
    outcome = dict(Member.Verification.choices)[one.outcome]
    return Entry(
        [
            Field("outcome", _("Membership"), one.outcome, outcome),
            Field("line", _("Text"), one.line),
            Field("written_at", _("Written"), one.written_at),
        ]
    )
