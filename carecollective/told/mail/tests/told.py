"""Members who are told something, and what comes of it."""

import uuid

from django.db import transaction

from carecollective.ground.identity import acting_as_system
from carecollective.told.kinds import KINDS
from carecollective.told.mail import outbox, preferences, sending
from carecollective.told.mail.models import Mail
from carecollective.told.notifications import services as notifications
from carecollective.told.notifications.models import Notification


def tell(member, kind="offer", **where):
    """As a verb does it."""
    where = where or {"conversation_id": uuid.uuid4()}
    what, reader = next(iter(KINDS[kind].words))
    with transaction.atomic():
        notifications.tell(what, member.pk, reader=reader, **where)
    with acting_as_system("a test"):
        return Notification.objects.filter(member=member, kind=kind).latest("created_at")


def read(notification):
    notifications.read(notification.pk, by=notification.member)


def its_time_comes(*told):
    """What the jobs of these notifications do when they are due."""
    for notification in told:
        outbox.consider(notification.pk)
    sending.send_what_is_due()


def tell_and_wait(member, kind="offer", **where):
    notification = tell(member, kind, **where)
    its_time_comes(notification)
    return notification


def wants(member, **wanted):
    known = preferences.preferences_of(member)
    preferences.save(member, **{column: getattr(known, column) for column in preferences.COLUMNS} | wanted)


def mails(**which):
    with acting_as_system("a test"):
        return list(Mail.objects.filter(**which).order_by("created_at", "pk"))


def became(**which):
    """What became of each mail, in a word or two."""
    return [
        "sent" if mail.sent_at else mail.not_needed or (f"set aside: {mail.error}" if mail.set_aside_at else "waiting")
        for mail in mails(**which)
    ]


def change(mail, **values):
    """Past every service."""
    with acting_as_system("a test"):
        Mail.objects.filter(pk=mail.pk).update(**values)
