"""Grave acts (destructive actions) hurt a member. None without a reason in words, which is kept and never changed.

A verb asks `checked` first and calls `keep` in its own transaction: the act and its reason stand or fall together.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models.functions import Now

from carecollective.audit.models import Kind
from carecollective.ground import rows
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as_staff, acting_as_system
from carecollective.ground.purposes import Purpose

from .models import GraveAct, Member


def checked(reason: str) -> str:
    """The reason as it is kept. Raises ValidationFailed for one that says nothing."""
    return rule_of(GraveAct, "reason").checked("reason", reason)


def keep(
    kind: Kind,
    reason: str,
    *,
    by: Member,
    subject: UUID | None = None,
    about: UUID | None = None,
    codes: str = "",
) -> None:
    """Write down why, outside of every scope: `subject` is the member whom it hurts, `about` a request or a report."""
    values = {"kind": kind.value, "asked_by_id": by.pk, "subject_id": subject, "about_id": about}
    with acting_as_system("write down why something was done", Purpose.GRAVE_ACTS):
        rows.insert(GraveAct, values | {"codes": codes, "reason": reason})


def has_suspended_lately(member_id: UUID, *, by: Member) -> bool:
    """Has this person suspended them at once within 30 days?"""
    with acting_as_system("whether somebody was suspended at once before", Purpose.GRAVE_ACTS):
        acts = GraveAct.objects.filter(kind=Kind.SUSPENDED_AT_ONCE, subject=member_id, asked_by=by)
        return acts.filter(at__gt=Now() - timedelta(days=30)).exists()


class Shown(NamedTuple):
    """A grave act as the team reads it."""

    at: datetime
    what: Any
    in_detail: str
    reason: str
    asked_by: Member | None
    agreed_by: Member | None
    status: Any  # but "done", which says nothing


def acts(*, by: Member, subject: UUID | None = None, about: UUID | None = None) -> list[Shown]:
    """What was done to a member, or about a request, and why: for the team, the last one first."""
    which = {"subject": subject} if subject else {"about_id": about}
    with acting_as_staff(by, "why something was done"):
        return [
            _shown(act)
            for act in GraveAct.objects.filter(**which)
            .select_related("asked_by", "agreed_by")
            .only(*COLUMNS)
            .order_by("-at")
        ]


COLUMNS: Iterable[str] = ("at", "kind", "codes", "reason", "status", "asked_by__name", "agreed_by__name")


def _shown(act: GraveAct) -> Shown:
    status = "" if act.status == GraveAct.Status.DONE else act.get_status_display()
    what, in_detail = Kind(act.kind).label, act.codes.replace(">", "→")
    return Shown(act.at, what, in_detail, act.reason, act.asked_by, act.agreed_by, status)
