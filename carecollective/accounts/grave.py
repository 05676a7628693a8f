"""Grave acts (destructive actions) hurt a member. None without a reason in words, which is kept and never changed.

A verb asks `checked` first and calls `keep` in its own transaction: the act and its reason stand or fall together.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from carecollective.audit.models import Kind
from carecollective.ground import rows
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as_staff, acting_as_system

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
    with acting_as_system("write down why something was done"):
        rows.insert(GraveAct, values | {"codes": codes, "reason": reason})


class Shown(NamedTuple):
    """A grave act as the team reads it."""

    at: datetime
    what: Any
    in_detail: str
    reason: str
    asked_by: Member | None


def acts(*, by: Member, subject: UUID | None = None, about: UUID | None = None) -> list[Shown]:
    """What was done to a member, or about a request, and why: for the team, the last one first."""
    which = {"subject": subject} if subject else {"about_id": about}
    with acting_as_staff(by, "why something was done"):
        return [
            _shown(act)
            for act in GraveAct.objects.filter(**which).select_related("asked_by").only(*COLUMNS).order_by("-at")
        ]


COLUMNS: Iterable[str] = ("at", "kind", "codes", "reason", "asked_by__name")


def _shown(act: GraveAct) -> Shown:
    return Shown(act.at, Kind(act.kind).label, act.codes.replace(">", "→"), act.reason, act.asked_by)
