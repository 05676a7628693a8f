"""A member's own phone number and place: theirs to write, and nobody else's to read until they share them.

That another member reads what was shared with them, `messaging.sharing` adds, and the database says when.
"""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import Person, acting_as, acting_as_staff
from carecollective.ground.refusals import ValidationFailed

from . import phones
from .models import ContactDetail

Kind = ContactDetail.Kind

# What is kept stays so, also where it is given once more for one conversation alone.
WRITE = """
INSERT INTO contact_details AS before (member_id, kind, value, is_kept) VALUES (%s, %s, %s, %s)
ON CONFLICT (member_id, kind) DO UPDATE SET value = excluded.value, is_kept = before.is_kept OR excluded.is_kept
"""


class Own(NamedTuple):
    phone: str = ""
    place: str = ""


def own(member: Person) -> Own:
    """What this member wrote of themselves."""
    with acting_as(member):
        return own_here(member)


def own_here(member: Person) -> Own:
    """The same, inside `acting_as(member)`."""
    mine = ContactDetail.objects.filter(member=member.pk)
    return Own(**dict(mine.values_list("kind", "value")))


def change(member: Person, *, phone: str, place: str) -> None:
    """Both as they are from now on; an empty one is taken away, and with it from whoever had it.

    Raises ValidationFailed.
    """
    wanted = {kind: cleaned(kind, value) for kind, value in ((Kind.PHONE, phone), (Kind.PLACE, place))}
    with acting_as(member):
        for kind, value in wanted.items():
            if value:
                write_here(member, kind, value, is_kept=True)
            else:
                ContactDetail.objects.filter(member=member.pk, kind=kind).delete()


def write_here(member: Person, kind: str, value: str, *, is_kept: bool) -> None:
    """One that was cleaned before, inside `acting_as(member)`."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [member.pk, kind, value, is_kept])


def cleaned(kind: str, value: str) -> str:
    """The value as it is kept, or "". Raises ValidationFailed with the fault of the field that is named as the kind."""
    if kind == Kind.PHONE:
        value = phones.clean(value)
        if problem := phones.problem_with(value):
            raise ValidationFailed([{"field": kind, "code": problem, "detail": phones.SENTENCES[problem]}])
        return value
    return rule_of(ContactDetail, "value").optional().checked(kind, value)


# --- Applications ----------------------------------------------------------------------------------------------------


def phones_of_applicants(member_ids: Iterable[UUID], *, by: Person) -> dict[UUID, str]:
    """For whoever decides on them, in one look for a whole list. The database shows the team no number but of those who
    wait.
    """
    with acting_as_staff(by, "read applications"):
        found = ContactDetail.objects.filter(member__in=list(member_ids), kind=Kind.PHONE)
        return dict(found.values_list("member", "value"))
