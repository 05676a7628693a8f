"""Heads, not only percent (size of a cohort): whom a stage reaches, among members who can start a conversation."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from carecollective.accounts.models import Member

from .decisions import Plan
from .stages import Stage


@dataclass(frozen=True, slots=True)
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
        return len(self.reached(plan))

    def share(self, plan: Plan, stage: Stage) -> float:
        """What part of the members starts in the new messaging at this stage."""
        return self.heads(plan.at(stage)) / len(self) if self.people else 0.0

    def by_rule(self, plan: Plan) -> dict[str, int]:
        counted: dict[str, int] = {}
        for id, is_staff in self.people:
            rule = plan.decide(id, is_staff=is_staff).reason
            counted[rule] = counted.get(rule, 0) + 1
        return counted
