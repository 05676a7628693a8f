"""What everybody here agrees to (terms of service). A new version asks each member again at their next sign-in."""

from .models import Acceptance, Member

# The day from which the page's words hold: change it when what they mean changes.
STANDARDS = "2026-11-21"
PRIVACY = "2026-11-21"


def accept(member: Member) -> None:
    """Written at the moment at which somebody said so, and with what was shown to them."""
    if not are_accepted(member):
        Acceptance.objects.create(member=member, standards=STANDARDS, privacy=PRIVACY)


def are_accepted(member: Member) -> bool:
    return Acceptance.objects.filter(member=member, standards=STANDARDS, privacy=PRIVACY).exists()
