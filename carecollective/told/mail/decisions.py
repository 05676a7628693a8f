"""Is this mail still wanted (unsubscribed, quiet hours), and when? Asked last of all, and of what is true then."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.told.kinds import about_account
from carecollective.told.notifications.models import Notification

from .models import DIGEST, TEST, Choice, Mail, MailPreferences
from .preferences import next_time_of_day, quiet_until

DIGEST_HOUR = 8  # in the morning, in the community's time zone


@dataclass(frozen=True)
class NotNeeded:
    because: str


@dataclass(frozen=True)
class Wait:
    until: datetime


@dataclass(frozen=True)
class IntoDigest:
    key: str
    at: datetime


@dataclass(frozen=True)
class Send:
    """`told` is what it is about: nothing for a test, and all of the day for a digest."""

    told: list[Notification]


def decide(
    mail: Mail, told: list[Notification], recipient: Member, wishes: MailPreferences, now: datetime
) -> NotNeeded | Wait | IntoDigest | Send:
    """`told` is what there is of it by now: what was taken back is not among it, what was read is."""
    if mail.kind == TEST:
        return Send([])
    if not _may_be_written_to(recipient, mail.kind):
        return NotNeeded("standing")
    unread = [notification for notification in told if notification.read_at is None]
    if not unread:
        return NotNeeded("read" if told else "withdrawn")
    wanted = [notification for notification in unread if wishes.choice_of(notification.kind) != Choice.NEVER]
    if not wanted:
        return NotNeeded("unwanted")
    if mail.kind != DIGEST and wishes.choice_of(mail.kind) == Choice.DAILY:
        at = next_time_of_day(DIGEST_HOUR, now)
        return IntoDigest(f"{DIGEST}:{recipient.pk}:{timezone.localtime(at):%Y-%m-%d}", at)
    if until := quiet_until(wishes, now):
        return Wait(until)
    return Send(wanted)


def _may_be_written_to(member: Member, kind: str) -> bool:
    if kind in about_account():
        return member.is_active
    return member.verification_status == Member.Verification.APPROVED and member.restriction in (
        Member.Restriction.NONE,
        Member.Restriction.LIMITED,
    )
