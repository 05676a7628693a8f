"""Who on the team made an account for somebody: whoever did does not approve it (separation of duties).

Where nobody else may approve, the account is approved once its owner has opened the link and a day has passed.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Hand, Kind
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

from . import mail, ranks
from .models import Member

A_DAY = timedelta(hours=24)


def makers(member_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who made these accounts, by the id of the account; who joined by themselves is left out."""
    with acting_as_system("who made an account", Purpose.JOIN):
        made = Entry.objects.filter(kind=Kind.ACCOUNT_MADE, subject__in=member_ids, actor__isnull=False)
        return dict(made.values_list("subject_id", "actor_id"))


def maker_of(member_id: UUID) -> UUID | None:
    return makers([member_id]).get(member_id)


@transaction.atomic
def approve_what_only_one_could() -> int:
    """What whoever made it alone could approve, a day after its owner has opened the link; how many that were."""
    waiting = list(_waiting_for_a_day().select_for_update(no_key=True).order_by("pk"))
    made_by = makers([member.pk for member in waiting])
    alone = [member for member in waiting if member.pk in made_by and not _others(made_by[member.pk]).exists()]
    for member in alone:
        _approve_by_the_clock(member)
    return len(alone)


def _waiting_for_a_day() -> QuerySet[Member]:
    """By the clock of the database."""
    pending = Member.objects.filter(verification_status="pending", restriction="none", left_at=None, leaving_at=None)
    return pending.filter(email_confirmed_at__lte=Now() - A_DAY)


def _others(maker_id: UUID) -> QuerySet[Member]:
    return ranks.holders("approve_member").exclude(pk=maker_id)


def _approve_by_the_clock(member: Member) -> None:
    member.verification_status = Member.Verification.APPROVED
    member.save(update_fields=["verification_status"])
    audit.record(Kind.APPROVED, by=Hand.CLOCK, subject=member.pk, codes="pending > approved")
    mail.tell_the_decision.defer(member_id=str(member.pk))
