"""Reports that wait and that nobody may decide: about the only one of their rank, by the only one below them."""

from datetime import datetime
from uuid import UUID

from carecollective.accounts import ranks
from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.doctor import Finding
from carecollective.ground.identity import acting_as_system

from .models import Report


def may_be_decided(writer: Member | None, reporter_id: UUID | None) -> bool:
    """Is there anybody on the team who may act on its writer, and did not report it?"""
    concerned = [reporter_id, writer.pk if writer else None]
    judges = ranks.holders("decide_report").exclude(pk__in=[id for id in concerned if id])
    return any(writer is None or ranks.may_act_on(writer, by=judge) for judge in judges)


def undecidable() -> list[datetime]:
    """When each of those was made, the oldest first."""
    with acting_as_system("which reports nobody may decide"):
        waiting = list(
            Report.objects.filter(status=Report.Status.PENDING)
            .order_by("created_at")
            .values_list("created_at", "sender_id", "reported_by_id")
        )
    people = {id for _at, *ids in waiting for id in ids if id}
    team = Member.objects.filter(is_staff=True).in_bulk(people)
    # Whoever is not on the team is below everybody who is, and judges nothing: one case for all of them.
    cases = [(at, (writer if writer in team else None, by if by in team else None)) for at, writer, by in waiting]
    may = {case: may_be_decided(team.get(case[0]), case[1]) for case in {case for _at, case in cases}}
    return [at for at, case in cases if not may[case]]


def diagnosis() -> Finding:
    """For `manage.py doctor`."""
    stuck = undecidable()
    if not stuck:
        return Finding("reports", True, "somebody may decide each that waits.")
    days = (clock.now() - stuck[0]).days
    return Finding(
        "reports",
        False,
        f"{len(stuck)} that nobody may decide, the oldest for {days} days: each is about somebody of the highest rank, "
        "or was made by the only one who could. Give somebody a higher rank, or speak with those concerned.",
    )
