"""Names that members changed after they were let in: somebody else on the team looks at each (post-moderation).

A name that plays the team is refused before (`ground.names`). What is left is that one name looks like somebody
else's, which is nobody's fault where two are called the same: so a person looks, and a page says whom it looks like.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Kind
from carecollective.ground.folding import fold
from carecollective.ground.identity import acting_as_staff, acting_as_system
from carecollective.ground.names import FORMER_MEMBER, skeleton
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied
from carecollective.ground.text_lookups import Folded

from . import deciding
from .models import Member

PERMISSION = "accounts.view_member"
MOST_SHOWN = 50
BECAME = " → "


class Renamed(NamedTuple):
    id: UUID
    at: datetime
    member: Member
    changed: str  # from what to what
    looks_like: list[Member]  # the team's first


def note(member: Member, *, before: str) -> None:
    """In the transaction of the change. Whoever still waits to be let in is looked at anyway."""
    if member.name == before or member.verification_status != Member.Verification.APPROVED:
        return
    LogEntry.objects.log_actions(member.pk, [member], CHANGE, f"{before}{BECAME}{member.name}", single_object=True)
    audit.record(Kind.RENAMED, by=member, subject=member.pk)


def waiting() -> QuerySet[Entry]:
    """The last change of each member that nobody has looked at since; not of whoever has left. In a scope."""
    since: dict[str, Any] = {"subject": OuterRef("subject"), "at__gt": OuterRef("at")}
    done = Entry.objects.filter(kind__in=[Kind.RENAMED, Kind.RENAME_SEEN], **since)
    here = Member.objects.exclude(name=FORMER_MEMBER)
    return Entry.objects.filter(~Exists(done), kind=Kind.RENAMED, subject__in=here.values("pk"))


def listed(*, by: Member) -> list[Renamed]:
    """Those that wait longest first."""
    with acting_as_staff(by, "names that members changed"):
        found = list(waiting().order_by("at", "pk").values_list("id", "at", "subject_id")[:MOST_SHOWN])
    members = Member.objects.in_bulk([subject_id for *_, subject_id in found])
    changed, alike = _changed(members), _alike(list(members.values()))
    return [
        Renamed(id, at, members[subject_id], changed.get(str(subject_id), ""), alike[subject_id])
        for id, at, subject_id in found
        if subject_id in members
    ]


@transaction.atomic
def look_at(entry_id: UUID, *, by: Member) -> None:
    """It is fine, or has been spoken about: it waits no more. Raises NotFound, PermissionDenied, InvalidTransition."""
    with acting_as_system("find a changed name", Purpose.AUDIT):
        subject_id = Entry.objects.filter(pk=entry_id, kind=Kind.RENAMED).values_list("subject_id", flat=True).first()
    if subject_id is None:
        raise NotFound
    found = deciding.locked(subject_id, by.pk)
    deciding.refuse_unless_permitted(PERMISSION, found.get(by.pk))
    if subject_id == by.pk:
        raise PermissionDenied
    with acting_as_system("whether a changed name waits", Purpose.AUDIT):
        is_waiting = waiting().filter(pk=entry_id).exists()
    if not is_waiting:
        raise InvalidTransition
    audit.record(Kind.RENAME_SEEN, by=by, subject=subject_id, about=entry_id)


def _changed(member_ids: Iterable[UUID]) -> dict[str, str]:
    """The last change of each: what they themselves made of their name."""
    kept = LogEntry.objects.filter(user__in=member_ids, change_message__contains=BECAME).order_by("action_time", "pk")
    return {
        id: change for id, user, change in kept.values_list("object_id", "user_id", "change_message") if id == str(user)
    }


def _alike(renamed: Sequence[Member]) -> dict[UUID, list[Member]]:
    """Whose name looks the same: of the team in whatever letters, and by the name that others see; of everybody else as
    it is written, or would be in Latin letters. One statement for each.
    """
    looks = {member.pk: {*_looks(member), fold(member.name)} for member in renamed}
    team = list(Member.objects.filter(is_staff=True, left_at=None).exclude(name=FORMER_MEMBER))
    every = Member.objects.filter(left_at=None, is_staff=False).annotate(folded=Folded("name"))
    others = list(every.filter(folded__in=set[str]().union(*looks.values()))) if renamed else []
    return {
        member.pk: [
            other for other in [*team, *others] if other.pk != member.pk
            and looks[member.pk] & ({*_looks(other)} if other.is_staff else {fold(other.name), _looks(other)[0]})
        ]
        for member in renamed
    }  # fmt: skip


def _looks(member: Member) -> list[str]:
    """The whole name, and the one that others see."""
    return [" ".join(skeleton(member.name)), " ".join(skeleton(member.short_name))]
