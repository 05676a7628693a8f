"""Blocking somebody: no offers, no words, no requests seen, in both directions, and nobody is told.

What there was between the two is archived in the same transaction, so nothing else has to know of blocks to keep them:
who writes meets an archived conversation, and the database lets neither open it again.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Block, Member
from carecollective.ground import rows, wake
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import NotFound, PermissionDenied
from helprequests import services as help_request_services
from helprequests.models import HelpRequest

from . import threads


@transaction.atomic
def block(member_id: UUID, *, by: Member) -> None:
    """Twice is the same as once. Raises NotApproved, UserRestricted, NotFound, PermissionDenied (oneself)."""
    if member_id == by.pk:
        raise PermissionDenied(_("This is your own account."))
    other = _lock_both(member_id, by)
    for help_request in _helping_each_other(by, other):
        help_request_services.take_helper_off(help_request.pk, by=by)
    archived: list[tuple[str, UUID]] = []
    with acting_as(by):
        values: dict[str, Any] = {"blocker_id": by.pk, "blocked_id": member_id}
        rows.insert(Block, values, on_conflict="(blocker_id, blocked_id)")
        for hand in threads.hands:  # in the order of locks of every verb
            archived += [(hand.version, id) for id in hand.archive_between(by, member_id)]
    for version, id in archived:
        wake.conversation_changed(id, version, "status", members=[by.pk, member_id])


@transaction.atomic
def unblock(member_id: UUID, *, by: Member) -> None:
    """What is archived stays so until one of the two opens it again. Raises NotFound where there is no such member."""
    _lock_both(member_id, by)
    with acting_as(by):
        Block.objects.filter(blocker=by, blocked=member_id).delete()


def blocked_by(member: Member) -> list[Block]:
    """Whom this member has blocked, newest first, with their names."""
    with acting_as(member):
        found = Block.objects.filter(blocker=member).select_related("blocked").order_by("-created_at")
        return list(found.only("blocker", "created_at", "blocked__name"))


def _lock_both(member_id: UUID, by: Member) -> Member:
    locked = Member.objects.locked(by, member_id)
    locked[by.pk].refuse_unless_approved()
    if member_id not in locked:
        raise NotFound
    return locked[member_id]


def _helping_each_other(by: Member, other: Member) -> list[HelpRequest]:
    in_progress = HelpRequest.objects.filter(status=HelpRequest.Status.IN_PROGRESS)
    with acting_as(by):
        return list(
            in_progress.filter(user=by, helper=other).order_by("pk")
            | in_progress.filter(user=other, helper=by).order_by("pk")
        )
