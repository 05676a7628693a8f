"""manage.py take_second_step_away: for somebody who lost their phone and their recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carecollective.accounts import second_factor
from carecollective.accounts.models import Member
from carecollective.audit.models import Hand
from carecollective.ground import texts

SHORTEST_REASON = 10


class Command(BaseCommand):
    help = "Lets a member sign in with their password alone. They are told by mail, and the reason is written down."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--reason", required=True, help="how you made sure who asks; 10 characters or more")

    def handle(self, *args: Any, email: str, reason: str, **options: Any) -> None:
        member = Member.objects.filter(email__iexact=texts.formed(email)).first()
        if member is None or not second_factor.is_set_up(member):
            raise CommandError("Nobody with this address has a second step.")
        if len(reason.strip()) < SHORTEST_REASON:
            raise CommandError(f"Say in {SHORTEST_REASON} characters or more how you made sure who asks.")
        second_factor.take_away(member, by=Hand.OPERATOR, reason=reason.strip())
        self.stdout.write(f"{member.email} signs in with the password alone now.")
