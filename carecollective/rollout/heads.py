"""Heads, not only percent (size of a cohort): whom a stage reaches, among members who can start a conversation."""

from collections import Counter
from functools import cached_property
from typing import Self
from uuid import UUID

from django.db.models import QuerySet

from carecollective.accounts.models import Member

from . import counts
from .decisions import Plan
from .stages import BUCKETS, Stage, bucket

NOBODY = UUID(int=0)  # on neither list


class Roster:
    """How many they are, the staff apart. Whoever is on a list is looked up, and everybody only to be named."""

    def __init__(self, members: int, staff: int) -> None:
        self.members, self.staff = members, staff
        self._within = {0: 0, BUCKETS: members}
        self._is_staff: dict[UUID, bool | None] = {}

    @classmethod
    def read(cls) -> Self:
        return cls(counts.number("members"), counts.number("staff"))

    def __len__(self) -> int:
        return self.members + self.staff

    @cached_property
    def people(self) -> list[tuple[UUID, bool]]:
        """Everybody, and whether they are on the staff."""
        return list(_able().values_list("pk", "is_staff"))

    def reached(self, plan: Plan) -> list[UUID]:
        return [id for id, is_staff in self.people if plan.decide(id, is_staff=is_staff).is_new]

    def heads(self, plan: Plan) -> int:
        return sum(count for (version, _rule), count in self._decided(plan).items() if version == "v2")

    def share(self, plan: Plan, stage: Stage) -> float:
        """What part of the members starts in the new messaging at this stage."""
        return self.heads(plan.at(stage)) / len(self) if len(self) else 0.0

    def by_rule(self, plan: Plan) -> dict[str, int]:
        counted: dict[str, int] = {}
        for (_version, rule), count in self._decided(plan).items():
            counted[rule] = counted.get(rule, 0) + count
        return counted

    def _decided(self, plan: Plan) -> Counter[tuple[str, str]]:
        """How many get which version by which rule. Whoever is on no list is told apart by no more than this."""
        listed = self._listed(plan)
        numbers = [bucket(id) for id, is_staff in listed if not is_staff]
        parts = plan.stage.parts
        within = self._below(parts) - sum(number < parts for number in numbers)
        others = self.members - len(numbers) - within
        staff = self.staff - (len(listed) - len(numbers))
        decided = Counter(plan.rule(id, is_staff, bucket(id)) for id, is_staff in listed)
        for count, is_staff, number in ((staff, True, 0), (within, False, -1), (others, False, BUCKETS)):
            decided[plan.rule(NOBODY, is_staff, number)] += count
        return +decided

    def _listed(self, plan: Plan) -> list[tuple[UUID, bool]]:
        """Who is on one of the plan's lists, and on the staff; those alone who can start a conversation."""
        ids = {*plan.always_on, *plan.always_off}
        if unknown := ids - self._is_staff.keys():
            able = dict(_able().filter(pk__in=unknown).values_list("pk", "is_staff"))
            self._is_staff |= {id: able.get(id) for id in unknown}
        return [(id, is_staff) for id in ids if (is_staff := self._is_staff[id]) is not None]

    def _below(self, parts: int) -> int:
        """How many members have a number below this."""
        if parts not in self._within:
            self._within[parts] = counts.number("members by number", below=parts)
        return self._within[parts]


def _able() -> QuerySet[Member]:
    return Member.objects.filter(verification_status=Member.Verification.APPROVED, restriction=Member.Restriction.NONE)
