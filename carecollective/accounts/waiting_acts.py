"""Grave acts that wait or have ended, as those read them who decide, and the member whom they are about."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from carecollective.audit.models import Kind
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.purposes import Purpose

from .four_eyes import Status, may_second
from .models import GraveAct, Member

OWN = ("id", "at", "kind", "status", "due_at", "disputed_at", "ended_at")


def waiting(*, by: Member) -> list[Any]:
    """What waits, the first to run out first; with its people by name, and whether it is this person's to decide.

    Why, and the new address, are for whoever asked or could agree.
    """
    with acting_as_system("what waits for a second person", Purpose.GRAVE_ACTS):
        acts: list[Any] = list(GraveAct.objects.filter(status=Status.WAITING).order_by("due_at"))
    ids = {id for act in acts for id in (act.subject_id, act.asked_by_id, act.agreed_by_id)}
    people = Member.objects.in_bulk(ids - {None})
    for act in acts:
        act.member, act.asker, act.agreed = (
            people.get(id) for id in (act.subject_id, act.asked_by_id, act.agreed_by_id)
        )
        act.may_agree = act.member is not None and may_second(act, act.member, by=by)
        act.is_theirs = act.may_agree or act.asked_by_id == by.pk
    return acts


class OwnAct(NamedTuple):
    """A grave act as its member reads it: no word of the team's, and nobody's name."""

    id: UUID
    at: datetime
    kind: str
    what: Any
    status_code: str
    status: Any
    is_waiting: bool
    due_at: datetime | None
    disputed_at: datetime | None
    ended_at: datetime | None


def about(member: Member) -> list[OwnAct]:
    """The last one first."""
    with acting_as(member):
        acts = list(GraveAct.objects.filter(subject=member, needs_second=True).only(*OWN).order_by("-at"))
    return [
        OwnAct(
            act.pk,
            act.at,
            act.kind,
            Kind(act.kind).label,
            act.status,
            act.get_status_display(),
            act.is_waiting,
            act.due_at,
            act.disputed_at,
            act.ended_at,
        )
        for act in acts
    ]
