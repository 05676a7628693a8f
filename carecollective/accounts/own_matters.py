"""Nobody of the team decides about somebody with whom they have a matter of their own (conflict of interest): whom they
blocked, or whose words they reported while that report is not over. `has_a_matter_with` in the database says it again.

Whom somebody reported or blocked is not asked the other way round: a refusal would tell the team who it was, and
whoever does not want to be judged would block everybody who could.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from uuid import UUID

from django.utils.translation import gettext as _

from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import PermissionDenied
from carecollective.ground.registry import One

from . import ranks
from .models import Block, Member

# Whose words were reported by whom, of these members, in a matter that is not over: what knows of reports stands above.
reported: One[Callable[[Collection[UUID]], Collection[tuple[UUID, UUID]]]] = One("list of reporters")


class OwnMatter(PermissionDenied):
    """Its message says who else can."""


def concerned(*member_ids: UUID) -> dict[UUID, set[UUID]]:
    """For each of these members, outside of every scope, who has a matter of their own with them."""
    with acting_as_system("who has a matter of their own with a member", Purpose.REPORTS):
        pairs = [*Block.objects.filter(blocked__in=member_ids).values_list("blocked_id", "blocker_id")]
        pairs += reported()(member_ids)
    found = defaultdict(set)
    for member_id, who in pairs:
        found[member_id].add(who)
    return found


def is_concerned(member: Member, by: Member) -> bool:
    return by.pk in concerned(member.pk)[member.pk]


def has_blocked(member: Member, by: Member) -> bool:
    with acting_as_system("whether somebody of the team blocked a member", Purpose.REPORTS):
        return Block.objects.filter(blocked=member, blocker=by).exists()


def refuse_if_concerned(member: Member, permission: str, *, by: Member) -> None:
    """With who else may, by this permission's codename. Raises OwnMatter."""
    if why := why_not(member, permission, by=by):
        raise OwnMatter(why)


def why_not(member: Member, permission: str, *, by: Member) -> str:
    """What says so, and whom to ask instead; or nothing, where it is no matter of theirs."""
    if not is_concerned(member, by):
        return ""
    why = _("You reported or blocked this member, so someone else on the team has to decide about them.")
    return f"{why} {who_else(member, permission, by=by)}"


def who_else(member: Member | None, permission: str, *, by: Member) -> str:
    """A sentence: whom to ask instead."""
    barred = {by.pk} | (concerned(member.pk)[member.pk] if member else set())
    team = ranks.holders(permission).exclude(pk__in=barred).order_by("name")
    names = [each.name for each in team if member is None or ranks.may_act_on(member, by=each)]
    if not names:
        return _("Nobody else on the team can at present. Ask whoever runs this site.")
    return _("Ask %(names)s.") % {"names": ", ".join(names)}
