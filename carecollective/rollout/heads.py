"""Heads, not only percent (size of a cohort): whom a stage reaches, among members who can start a conversation."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from uuid import UUID

from carecollective.accounts.models import Member

from .decisions import Plan
from .stages import BUCKETS, Stage, bucket

NOBODY = UUID(int=0)  # on neither list


@dataclass(frozen=True)
class Roster:
    people: list[tuple[UUID, bool]]

    @classmethod
    def read(cls) -> Self:
        able = Member.objects.filter(
            verification_status=Member.Verification.APPROVED, restriction=Member.Restriction.NONE
        )
        return cls(list(able.values_list("pk", "is_staff")))

    def __len__(self) -> int:
        return len(self.people)

    def reached(self, plan: Plan) -> list[UUID]:
        return [id for id, is_staff in self.people if plan.decide(id, is_staff=is_staff).is_new]

    def heads(self, plan: Plan) -> int:
        return sum(count for (version, _rule), count in self._decided(plan).items() if version == "v2")

    def share(self, plan: Plan, stage: Stage) -> float:
        """What part of the members starts in the new messaging at this stage."""
        return self.heads(plan.at(stage)) / len(self) if self.people else 0.0

    def by_rule(self, plan: Plan) -> dict[str, int]:
        counted: dict[str, int] = {}
        for (_version, rule), count in self._decided(plan).items():
            counted[rule] = counted.get(rule, 0) + count
        return counted

    def _decided(self, plan: Plan) -> Counter[tuple[str, str]]:
        """How many get which version by which rule. Whoever is on no list is told apart by no more than this."""
        listed = [(id, self._is_staff[id]) for id in {*plan.always_on, *plan.always_off} & self._is_staff.keys()]
        numbers = sorted(bucket(id) for id, is_staff in listed if not is_staff)
        within = bisect_left(self._numbers, plan.stage.parts) - bisect_left(numbers, plan.stage.parts)
        others = len(self._numbers) - len(numbers) - within
        staff = len(self) - len(self._numbers) - (len(listed) - len(numbers))
        decided = Counter(plan.rule(id, is_staff, bucket(id)) for id, is_staff in listed)
        for count, is_staff, number in ((staff, True, 0), (within, False, -1), (others, False, BUCKETS)):
            decided[plan.rule(NOBODY, is_staff, number)] += count
        return +decided

    @cached_property
    def _is_staff(self) -> dict[UUID, bool]:
        return dict(self.people)

    @cached_property
    def _numbers(self) -> list[int]:
        """Of everybody but the staff, in their order."""
        return sorted(bucket(id) for id, is_staff in self.people if not is_staff)
