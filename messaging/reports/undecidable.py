"""Reports that wait and that nobody may decide: about the only one of their rank, by the only one below them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from carecollective.accounts import own_matters, ranks
from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

from .models import Report


def may_be_decided(writer: Member | None, concerned: Collection[UUID]) -> bool:
    """Is there anybody on the team who may act on its writer, and is not concerned?"""
    judges = ranks.holders("decide_report").exclude(pk__in=[*concerned, *([writer.pk] if writer else [])])
    return any(writer is None or ranks.may_act_on(writer, by=judge) for judge in judges)


def undecidable() -> list[datetime]:
    """When each of those was made, the oldest first."""
    with acting_as_system("which reports nobody may decide", Purpose.REPORTS):
        waiting = list(
            Report.objects.filter(status=Report.Status.PENDING)
            .order_by("created_at")
            .values_list("created_at", "sender_id", "reported_by_id")
        )
    writers = {writer for _at, writer, _by in waiting if writer}
    reporters = {by for _at, _writer, by in waiting if by}
    concerned = own_matters.concerned(*writers)
    team = Member.objects.filter(is_staff=True).in_bulk(writers.union(reporters, *concerned.values()))
    # Whoever is not on the team is below everybody who is, and judges nothing: one case for all of them.
    cases = [
        (at, (writer if writer in team else None, frozenset({by, *concerned[writer]} & team.keys())))
        for at, writer, by in waiting
    ]
    may = {case: may_be_decided(team.get(case[0]), case[1]) for case in {case for _at, case in cases}}
    return [at for at, case in cases if not may[case]]


def fault() -> str | None:
    """What an operator has to do about them (doctor)."""
    if not (stuck := undecidable()):
        return None
    return _(
        "Reports that nobody on the team may decide: %(n)s, the oldest for %(days)s days. Each is about somebody of "
        "the highest rank, or was made by the only one who could. Give somebody a higher rank, or speak with those "
        "concerned."
    ) % {"n": len(stuck), "days": (clock.now() - stuck[0]).days}
