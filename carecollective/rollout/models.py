"""The feature flag, every act on it, and every attempt to start a conversation."""

import logging
import time
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from waffle.models import AbstractUserFlag

from carecollective.ground.privacy import FACT, FOR_GOOD, ID, THE_TEAM_ANSWERS, THE_TEAMS, Copied, Erased, Privacy
from carecollective.ground.walls import IS_SYSTEM, IS_TEAM_OR_SYSTEM, Policy, Wall, for_system

from . import findings, stages
from .decisions import Decision, Plan
from .stages import DISABLED, FLAG, NotAStage, Stage

log = logging.getLogger(__name__)
SECONDS_BETWEEN_COMPLAINTS = 60
_complained_at: dict[str, float] = {}


class ThisTransaction(models.Func):
    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class Flag(AbstractUserFlag):
    """One flag of waffle's, with stages. Waffle's own fields stay at rest: a constraint and a trigger see to that."""

    superusers = models.BooleanField(default=False)  # waffle's default would let every superuser in at every stage
    stage = models.CharField(_("stage"), max_length=20, default="disabled", db_default="disabled")
    stage_since = models.DateTimeField(db_default=Now())
    # Kept here and not in tables of their own: one row is the whole plan, read in one query, locked by one lock.
    always_on = ArrayField(models.UUIDField(), default=list, blank=True)
    always_off = ArrayField(models.UUIDField(), default=list, blank=True)
    # Apart from the plan, so that the stage stays as it was meant: "turned_off" by a person, or "guard_rail".
    stopped = models.CharField(max_length=20, default="", db_default="", blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    # What was tried before is no reason to trip again.
    armed_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "rollout_flags"
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        constraints = [
            models.CheckConstraint(
                name="stage_is_known",
                condition=Q(stage__in=["disabled", "internal", "enabled"])
                # As it is printed: no trailing zeros.
                | Q(stage__regex=r"^percentage:(100|[1-9]?[0-9](\.[0-9]?[1-9])?)$"),
            ),
            models.CheckConstraint(
                name="waffles_own_fields_are_at_rest",
                condition=Q(
                    everyone=None,
                    percent=None,
                    testing=False,
                    superusers=False,
                    staff=False,
                    authenticated=False,
                    languages="",
                    rollout=False,
                ),
            ),
            models.CheckConstraint(
                name="stopped_has_a_moment",
                condition=Q(stopped="", stopped_at=None)
                | Q(stopped__in=["turned_off", "guard_rail"], stopped_at__isnull=False),
            ),
        ]

    @cached_property
    def problem(self) -> str:
        """Why the settings cannot be read, in a sentence; "" where they can. With a problem everybody gets V1."""
        if self.pk is None:
            return f"The flag {self.name} is missing from the database: manage.py migrate makes it."
        try:
            if self.name == FLAG and settings.MESSAGING_V2_ROLLOUT:
                stages.parse(settings.MESSAGING_V2_ROLLOUT)
        except NotAStage as reason:
            return f"MESSAGING_V2_ROLLOUT: {reason}"
        try:
            stages.parse(self.stage)
        except NotAStage as reason:
            return f"The flag {self.name}: {reason}"
        return ""

    @property
    def planned(self) -> Stage:
        """What the stage would be if nothing kept it off."""
        if self.problem:
            return DISABLED
        return self.override or stages.parse(self.stage)

    @property
    def override(self) -> Stage | None:
        """What the operator's variable says, where it says something."""
        setting = settings.MESSAGING_V2_ROLLOUT if self.name == FLAG and not self.problem else ""
        return stages.parse(setting) if setting else None

    @property
    def plan(self) -> Plan:
        # Off always wins: neither the variable nor a list passes what a person or a guard rail has turned off.
        stopped = "misconfigured" if self.problem else self.stopped
        return Plan(self.planned, stopped, frozenset(self.always_on), frozenset(self.always_off))

    @property
    def in_effect(self) -> Stage:
        return DISABLED if self.problem or self.stopped else self.planned

    @property
    def is_off(self) -> bool:
        return self.in_effect == DISABLED

    def decide(self, member: Any) -> Decision:
        self.complain()
        return self.plan.decide(member.pk, is_staff=member.is_staff)

    def complain(self) -> None:
        """Once a minute and process: a broken configuration must be seen, and must not fill the disk."""
        now = time.monotonic()
        if self.problem and now - _complained_at.get(self.problem, -1e9) > SECONDS_BETWEEN_COMPLAINTS:
            _complained_at[self.problem] = now
            log.error("The new messaging is off. %s", self.problem)

    # --- What waffle asks, with the one answer there is: its dice, cookies, headers and test mode are never reached

    def is_active_for_user(self, user: Any) -> bool:
        return bool(user.is_authenticated and self.decide(user).is_new)

    def is_active(self, request: HttpRequest, read_only: bool = False) -> bool:
        return self.is_active_for_user(request.user)

    def _is_active_for_percent(self, request: HttpRequest, read_only: bool) -> None:
        return None


class Act(models.Model):
    """One line of the history: who did what to the rollout, when, why, and how things stood. Written once."""

    class Kind(models.TextChoices):
        STAGE = "stage", _("Stage changed")
        OFF = "off", _("Turned off")
        UNDO = "undo", _("Turning off undone")
        RE_ARM = "re_arm", _("Turned on again")
        TRIP = "trip", _("Turned itself off")
        WARNING = "warning", _("Warning")
        ALWAYS = "always", _("Rule for one member")
        LOOKUP = "lookup", _("Member looked up")
        TEST = "test", _("Test offers")
        REHEARSAL = "rehearsal", _("Rollback rehearsed")
        V1 = "v1", _("Old messaging")

    kind = models.CharField(max_length=10, choices=Kind)
    made_at = models.DateTimeField(db_default=Now())
    # No foreign keys: a member who leaves must not change a line of the history.
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=100)
    member_id = models.UUIDField(null=True)
    from_stage = models.CharField(max_length=20)
    to_stage = models.CharField(max_length=20)
    reason = models.TextField(blank=True, default="", db_default="")
    heads = models.PositiveIntegerField()
    members = models.PositiveIntegerField()
    checks = models.JSONField(default=list)
    numbers = models.JSONField(default=dict)
    flag_version = models.PositiveIntegerField()
    # The transaction that wrote it: the flag may change in this one alone.
    made_in = models.BigIntegerField(db_default=ThisTransaction())

    class Meta:
        db_table = "rollout_history"
        verbose_name = _("act")
        verbose_name_plural = _("history")
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="idx_rollout_history_made_at"),
            models.Index(fields=["flag_version"], name="idx_rollout_history_version"),
        ]

    wall = Wall(
        staff="SELECT",
        system="SELECT, INSERT, UPDATE (by_name)",
        policies=[
            Policy("staff read the history", "SELECT", "staff system", IS_TEAM_OR_SYSTEM),
            for_system("the system writes the history", "INSERT"),
            Policy(
                "the system takes the name of whoever left",
                "UPDATE",
                "system",
                IS_SYSTEM,
                check="current_user = 'care_system' AND by_name = 'A former member'",
            ),
        ],
    )
    personal_data = Privacy(
        Copied(
            "",
            "",
            {
                "id kind made_at by_id by_name member_id from_stage to_stage reason heads members checks"
                " numbers flag_version made_in": THE_TEAMS
            },
        ),
        Erased(
            emptied="by_name",
            kept={
                "id by_id member_id": ID,
                "reason checks numbers": THE_TEAM_ANSWERS,
                "kind made_at from_stage to_stage heads members flag_version made_in": FACT,
            },
        ),
        words="by_name reason",
        kept=FOR_GOOD,
    )

    @property
    def why(self) -> str:
        """What a person wrote, or what a rule found, in the reader's language."""
        return findings.in_words(self.checks) if self.kind in (self.Kind.TRIP, self.Kind.WARNING) else self.reason

    @property
    def stages_in_words(self) -> str:
        """From which stage to which, as the team reads it."""
        names = [str(stages.parse(stage).label) for stage in (self.from_stage, self.to_stage) if stage]
        return " → ".join(dict.fromkeys(names))


class Attempt(models.Model):
    """Somebody tried to start a conversation. No text, no address, no member."""

    attempted_at = models.DateTimeField(db_default=Now())
    version = models.CharField(max_length=2)
    outcome = models.CharField(max_length=40)
    milliseconds = models.PositiveIntegerField()
    stage = models.CharField(max_length=20)
    is_synthetic = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "rollout_attempts"
        indexes = [
            models.Index(fields=["-attempted_at", "-id"], name="idx_rollout_attempts_at"),
            # Offers that were made or failed: what a look at the newest of them needs.
            models.Index(
                fields=["-attempted_at", "-id"],
                include=["milliseconds", "is_synthetic"],
                name="idx_rollout_attempts_timed",
                condition=Q(version="v2", outcome__in=("created", "server_error", "unavailable", "timeout")),
            ),
            # When the database was away: what was tried near to that is no sample.
            models.Index(fields=["attempted_at"], name="idx_rollout_attempts_away", condition=Q(outcome="unavailable")),
        ]
        constraints = [
            models.CheckConstraint(name="attempt_version_is_known", condition=Q(version__in=["v1", "v2"])),
        ]


class DayOfAttempts(models.Model):
    """How many attempts of one kind there were in a day that is over (a roll-up): `rollout/days.py` makes and reads it.

    A day is there whole or not at all: whatever changes its attempts later takes it away, in the database.
    """

    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    version = models.CharField(max_length=2)
    outcome = models.CharField(max_length=40)
    stage = models.CharField(max_length=20)
    is_synthetic = models.BooleanField()
    attempts = models.PositiveIntegerField()

    class Meta:
        db_table = "rollout_days"
        constraints = [
            models.UniqueConstraint(
                name="a_day_counts_each_kind_once",
                fields=["begins_at", "ends_at", "version", "outcome", "stage", "is_synthetic"],
            ),
        ]


class Count(models.Model):
    """A journal: how many more or fewer there are of something. `rollout/counts.py` sums it up and reads it."""

    counted = models.CharField(max_length=20)
    part = models.PositiveSmallIntegerField(db_default=0)
    number = models.BigIntegerField()

    class Meta:
        db_table = "rollout_counts"
        indexes = [models.Index(fields=["counted", "part"], include=["number"], name="idx_rollout_counts")]
