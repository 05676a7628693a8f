"""The team's own words in a letter: written with the decision, read when the letter is."""

from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.ground import rows
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose

from .models import PersonalLine


def write(member_id: UUID, outcome: str, line: str) -> None:
    with acting_as_system("a line to an applicant", Purpose.JOIN):
        rows.insert(PersonalLine, {"member_id": member_id, "outcome": outcome, "line": line})


def about_the_decision(member: Member) -> str:
    """What goes with how the application stands now, or nothing."""
    with acting_as_system("the letter to an applicant", Purpose.JOIN):
        written = PersonalLine.objects.filter(member=member, outcome=member.verification_status)
        latest = written.order_by("-written_at").first()
    return latest.line if latest else ""
