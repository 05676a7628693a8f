"""Which version a member gets, and why (feature flag): the first rule that matches decides. Nothing is read here."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from .stages import Stage, bucket


@dataclass(frozen=True, slots=True)
class Decision:
    version: str
    stage: str
    reason: str
    bucket: int

    @property
    def is_new(self) -> bool:
        return self.version == "v2"


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds at this moment. `stopped` names what keeps everybody out, whatever the stage says."""

    stage: Stage
    stopped: str = ""
    always_on: Collection[UUID] = ()
    always_off: Collection[UUID] = ()

    def at(self, stage: Stage) -> "Plan":
        """The same lists at another stage, with nothing in its way."""
        return Plan(stage, "", self.always_on, self.always_off)

    def decide(self, member_id: UUID, *, is_staff: bool) -> Decision:
        number = bucket(member_id)
        version, reason = self.rule(member_id, is_staff, number)
        return Decision(version, "disabled" if self.stopped else str(self.stage), reason, number)

    def rule(self, member_id: UUID, is_staff: bool, number: int) -> tuple[str, str]:
        if self.stopped and not (self.stopped == "turned_off" and self.stage.name == "disabled"):
            return "v1", self.stopped
        if self.stage.name == "disabled":
            return "v1", "disabled"
        if member_id in self.always_off:
            return "v1", "always_off"
        if member_id in self.always_on:
            return "v2", "always_on"
        if self.stage.name == "enabled":
            return "v2", "everyone"
        if is_staff:
            return "v2", "staff"
        if self.stage.name == "percentage" and number < self.stage.parts:
            return "v2", "percentage"
        return "v1", "not_yet"


# What the team reads for each rule.
RULES = {
    "turned_off": _("it is turned off for everyone"),
    "guard_rail": _("it turned itself off"),
    "misconfigured": _("its settings cannot be read, so it is off"),
    "disabled": _("it is off"),
    "always_off": _("they are on the list “always old”"),
    "always_on": _("they are on the list “always new”"),
    "everyone": _("everyone has it"),
    "staff": _("they work on the team"),
    "percentage": _("their number is within the percentage"),
    "not_yet": _("their turn has not come"),
}
