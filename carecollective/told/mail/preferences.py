"""What a member wants to be written to about, as they said it on their page or by the link in a mail (unsubscribe)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.ground.compiled import compiled
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.told.kinds import GROUPS

from .models import Choice, MailPreferences

SALT = "mail.stop"
COLUMNS = [*GROUPS, "quiet_from", "quiet_until", "show_words"]


def preferences_of(member: Member) -> MailPreferences:
    with acting_as(member):
        return known_or_usual(member.pk)


def is_written_to(member: Member, kind: str) -> bool:
    """Does this member get mail about this kind of thing, at once or once a day?"""
    return preferences_of(member).choice_of(kind) != Choice.NEVER


def known_or_usual(member_id: UUID) -> MailPreferences:
    """Runs inside a scope that sees this member's row."""
    return next(iter(_known(member=member_id)), None) or MailPreferences(member_id=member_id)


@compiled
def _known(*, member: UUID) -> QuerySet[MailPreferences]:
    return MailPreferences.objects.filter(pk=member)


def save(member: Member, **wanted: Any) -> None:
    with acting_as(member):
        _write(member.pk, {column: wanted[column] for column in COLUMNS})


def quiet_until(wishes: MailPreferences, now: datetime) -> datetime | None:
    """When this member's quiet hours end, where it is quiet now: by the clock on the community's wall."""
    if wishes.quiet_from is None or wishes.quiet_until is None:
        return None
    here = timezone.localtime(now)
    if (here.hour - wishes.quiet_from) % 24 >= (wishes.quiet_until - wishes.quiet_from) % 24:
        return None
    end = next_time_of_day(wishes.quiet_until, now)
    # The hour that a clock repeats in autumn can still be quiet when its end was counted from the first time round.
    return end if end > now else now + timedelta(hours=1)


def next_time_of_day(hour: int, now: datetime) -> datetime:
    """The next time that the clock on the wall says so: an hour that summer time skips is the one after it."""
    here = timezone.localtime(now)
    at = here.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    if at <= here:
        at = (here + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    return at


# --- The link in a mail ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """What the link in a mail turns off, and how it comes again where that was not meant."""

    member_id: UUID
    groups: list[str]
    again: Choice

    @property
    def token(self) -> str:
        """It never runs out: whoever finds a mail of last year can still stop the next one."""
        return signing.dumps([str(self.member_id), self.groups, self.again], salt=SALT)

    def set(self, choice: Choice) -> bool:
        """Without a sign-in: the link was made for this member. False where there is no such member any more."""
        if not Member.objects.filter(pk=self.member_id, left_at=None).exists():
            return False
        with acting_as_system("turn a kind of mail off or on by its link", Purpose.MAIL):
            _write(self.member_id, dict.fromkeys(self.groups, choice))
        return True


def read_stop(token: str) -> Stop | None:
    try:
        member_id, groups, again = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return Stop(UUID(member_id), groups, Choice(again))


def _write(member_id: UUID, values: dict[str, Any]) -> None:
    # Column by column: of what is not said here, nobody may write a word. Names come from our own code alone.
    columns = ", ".join(values)
    marks = ", ".join(["%s"] * len(values))
    changes = ", ".join(f"{column} = excluded.{column}" for column in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO mail_preferences (member_id, {columns}) VALUES (%s, {marks}) "  # noqa: S608
            f"ON CONFLICT (member_id) DO UPDATE SET {changes}",
            [member_id, *values.values()],
        )
