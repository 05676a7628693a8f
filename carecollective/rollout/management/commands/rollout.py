"""manage.py rollout: the same acts as on the admin's page, with the same history."""

import getpass
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.ground import texts
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import Refusal
from carecollective.rollout import attempts, days, guard_rails, services, trips
from carecollective.rollout.heads import Roster
from carecollective.rollout.models import Act, Flag
from carecollective.rollout.stages import FLAG, NotAStage, parse

SHORTEST_REASON = 10


class Command(BaseCommand):
    help = "Shows and changes which members start conversations in the new messaging."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act")
        acts.add_parser("show", help="how things stand (also without any word)")
        change = acts.add_parser("set", help="disabled, internal, percentage:N or enabled")
        change.add_argument("stage")
        change.add_argument("--reason", default="", help="why; needed upwards, 10 characters or more")
        why = acts.add_parser("why", help="which version a member gets, and by which rule")
        why.add_argument("email")
        past = acts.add_parser("history", help="who changed what, when and why")
        past.add_argument("--limit", type=int, default=50)
        acts.add_parser("check", help="let the guard rails look, and delete attempts older than 90 days")

    def handle(self, *args: Any, act: str | None, **options: Any) -> None:
        try:
            getattr(self, f"do_{act or 'show'}")(**options)
        except (Refusal, NotAStage) as refusal:
            raise CommandError(str(getattr(refusal, "message", "") or refusal)) from None

    def do_show(self, **options: Any) -> None:
        flag, roster = Flag.get(FLAG), Roster.read()
        self.stdout.write(
            f"{flag.in_effect}: {roster.heads(flag.plan)} of {len(roster)} members start in the new messaging."
        )
        if flag.problem:
            self.stderr.write(f"Error: {flag.problem}")
        if flag.override:
            self.stdout.write(f"MESSAGING_V2_ROLLOUT says {flag.override}; the database says {flag.stage}.")
        if flag.stopped:
            how = "turned itself off" if flag.stopped == "guard_rail" else "was turned off"
            self.stdout.write(f"It {how} at {_at(flag.stopped_at)}; the plan stays {flag.planned}.")
        if flag.pk:
            for finding in chain(*guard_rails.judged(flag)):
                self.stdout.write(f"Warning: {finding.sentence}")

    def do_set(self, stage: str, reason: str, **options: Any) -> None:
        to = parse(stage)
        reason = reason.strip()
        if len(reason) < SHORTEST_REASON and (reason or to > Flag.get(FLAG).in_effect):
            raise CommandError(f'Say why, in {SHORTEST_REASON} characters or more: --reason "…"')
        act = services.change_stage(to, by=_operator(), reason=reason, despite=bool(reason))
        self.stdout.write(f"{act.from_stage} → {act.to_stage}: {act.heads} of {act.members} members.")
        for check in act.checks:
            if check["state"] != "met":
                self.stdout.write(f"Not met: {check['sentence']}")
        if act.numbers.get("v1_opened"):
            self.stdout.write("The old messaging can be written again.")
        flag = Flag.get(FLAG)
        if flag.in_effect != to:
            self.stdout.write(f"In effect: {flag.in_effect}. {flag.problem or 'MESSAGING_V2_ROLLOUT says so.'}")

    def do_why(self, email: str, **options: Any) -> None:
        member = Member.objects.filter(email__iexact=texts.formed(email)).first()
        if member is None:
            raise CommandError(f"There is no member with the address {email}.")
        decision = Flag.get(FLAG).decide(member)
        if Flag.get(FLAG).pk:
            services.look_up(member, by=_operator())
        self.stdout.write(f"{decision.version} {decision.reason} bucket {decision.bucket} (stage {decision.stage})")

    def do_history(self, limit: int, **options: Any) -> None:
        with acting_as_system("manage.py rollout history", Purpose.ROLLOUT):
            acts = list(Act.objects.order_by("-made_at", "-id")[: max(limit, 0)])
        for act in acts:
            self.stdout.write(
                f"{_at(act.made_at)}  {act.kind:9}  {act.from_stage} → {act.to_stage}  "
                f"{act.heads}/{act.members}  {act.by_name}  {act.reason}".rstrip()
            )
            for check in act.checks:
                if check.get("state") != "met":
                    self.stdout.write(f"    not met: {check.get('sentence')}")
            for code, count in act.numbers.get("outcomes", {}).items():
                self.stdout.write(f"    test offers: {code} {count}")

    def do_check(self, **options: Any) -> None:
        act = trips.watch()
        self.stdout.write(f"{act.get_kind_display()}: {act.reason}" if act else "Nothing to turn off for.")
        self.stdout.write(f"{attempts.forget_old()} old attempts deleted.")
        days.roll_up()


def _operator() -> str:
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError):  # a container without a name for its user
        return "command line"


def _at(moment: Any) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
