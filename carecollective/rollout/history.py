"""The one way to write a line of history, and with it the change that it tells of (the flag's change log)."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_staff, acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import InvalidTransition

from .heads import Roster
from .models import Act, Flag
from .stages import FLAG

Kind = Act.Kind
# The lines that changed the flag, as against those that only tell that somebody looked or tried.
CHANGES = (Kind.STAGE, Kind.OFF, Kind.UNDO, Kind.RE_ARM, Kind.TRIP, Kind.ALWAYS)
ROLLOUT_PAGE = "rollout page"
MOST_CHANGES, NEWEST = 50, 10


class Who(NamedTuple):
    """A member of the team, or what acts in nobody's name: the command line, a guard rail."""

    member: Member | None
    name: str

    @property
    def id(self) -> UUID | None:
        return self.member.pk if self.member else None


def who(by: Member | str) -> Who:
    return Who(None, by) if isinstance(by, str) else Who(by, by.name)


class FlagMissing(InvalidTransition):
    message = _("The flag messaging_v2 is missing from the database. manage.py migrate makes it.")


def locked_flag() -> Flag:
    """The flag as it is now, and as it stays until this transaction ends. Raises FlagMissing."""
    flag: Flag | None = Flag.objects.select_for_update().filter(name=FLAG).first()
    if flag is None:
        raise FlagMissing
    return flag


def write(
    kind: str,
    flag: Flag,
    *,
    by: Member | str,
    reason: str = "",
    changes: dict[str, Any] | None = None,
    checks: Sequence[dict[str, object]] = (),
    numbers: dict[str, Any] | None = None,
    member_id: UUID | None = None,
    to: str | None = None,
) -> Act:
    """A line of history, and in the same breath the `changes` to the flag, which the caller has locked.

    First the line, then the flag: the database refuses a change that has no line.
    """
    actor, before = who(by), str(flag.in_effect)
    for column, value in (changes or {}).items():
        setattr(flag, column, value)
    roster = Roster.read()
    heads = roster.heads(flag.plan)  # before the scope, whose hands do not reach who may start conversations
    with acting_as_system(reason or f"rollout: {kind}", Purpose.ROLLOUT):
        act = Act.objects.create(
            kind=kind,
            by_id=actor.id,
            by_name=actor.name,
            member_id=member_id,
            from_stage=before,
            to_stage=to or str(flag.in_effect),
            reason=reason,
            heads=heads,
            members=len(roster),
            checks=list(checks),
            numbers=numbers or {},
            flag_version=flag.version + bool(changes),
        )
        if changes:
            flag.version += 1
            Flag.objects.filter(pk=flag.pk).update(version=flag.version, modified=clock.now(), **changes)
    if actor.member:
        _log_for_the_admin(act, flag, actor.member)
    return act


class Reader:
    """The history for somebody on the team, under the database's own wall for staff."""

    def __init__(self, staff: Member) -> None:
        self.staff = staff

    def newest(self, count: int = 20, kind: str = "") -> list[Act]:
        return self._read(Act.objects.filter(kind=kind) if kind else Act.objects.all(), count)

    def of_the_page(self, *kinds: str) -> "Past":
        """What the rollout's page shows of it, in one scope, with the last act of each of these kinds."""
        last = Act.objects.filter(kind__in=kinds).order_by("kind", "-made_at", "-id").distinct("kind")
        with acting_as_staff(self.staff, ROLLOUT_PAGE):
            return Past(
                list(_newest_first(Act.objects.filter(kind__in=CHANGES))[:MOST_CHANGES]),
                list(_newest_first(Act.objects.all())[:NEWEST]),
                {act.kind: act for act in last},
            )

    def _read(self, acts: QuerySet[Act], count: int) -> list[Act]:
        with acting_as_staff(self.staff, ROLLOUT_PAGE):
            return list(_newest_first(acts)[:count])


class Past(NamedTuple):
    """The newest changes, the newest of all acts, and the last one of some kinds."""

    changes: list[Act]
    newest: list[Act]
    last: dict[str, Act]


def _newest_first(acts: QuerySet[Act]) -> QuerySet[Act]:
    return acts.order_by("-made_at", "-id")


def last(*kinds: str) -> Act | None:
    """For the acts themselves, which run in nobody's name."""
    with acting_as_system("rollout: what was done before", Purpose.ROLLOUT):
        return Act.objects.filter(kind__in=kinds).order_by("-made_at", "-id").first()


def _log_for_the_admin(act: Act, flag: Flag, member: Member) -> None:
    message = gettext("%(what)s: %(before)s → %(after)s. %(reason)s") % {
        "what": act.get_kind_display(),
        "before": act.from_stage,
        "after": act.to_stage,
        "reason": act.reason,
    }
    LogEntry.objects.create(
        user=member,
        content_type=ContentType.objects.get_for_model(Flag),
        object_id=str(flag.pk),
        object_repr=flag.name,
        action_flag=CHANGE,
        change_message=message.strip(),
    )
