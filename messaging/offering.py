"""Offering help as every door calls it: in the version in which the member starts, and written down as an attempt."""

from uuid import UUID

from carecollective.accounts.models import Member
from carecollective.rollout import attempts

from . import services


def offer_help(help_request_id: UUID, *, by: Member, text: str) -> services.Offered:
    """Begun, Again or Same. Raises what `services.offer_help` raises; every outcome leaves one attempt."""
    with attempts.recorded(by) as attempt:
        offered = services.offer_help(help_request_id, by=by, text=text, version=attempt.version)
        attempt.created = offered.created
    return offered
