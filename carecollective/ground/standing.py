"""How somebody stands here (account status), and what that closes to them. A value: it neither reads nor writes."""

from dataclasses import dataclass
from datetime import datetime

from carecollective.ground.refusals import Leaving, NotAccepted, NotApproved, UserRestricted, Warned


@dataclass(frozen=True, slots=True)
class Standing:
    """`verification_status` and `restriction` as the members' table has them."""

    verification_status: str
    restriction: str
    warned_at: datetime | None = None
    leaving_at: datetime | None = None

    def refuse_unless_approved(self) -> None:
        """Raises Leaving, NotApproved, UserRestricted or Warned for everything but one's own account."""
        if self.leaving_at:
            raise Leaving
        if self.restriction in ("suspended", "banned"):
            raise UserRestricted
        if self.warned_at:
            raise Warned
        if self.verification_status != "approved":
            raise NotAccepted if self.verification_status == "rejected" else NotApproved

    def refuse_unless_free_to_start(self) -> None:
        """Raises also for a limited member: no new requests or offers, while existing conversations go on."""
        self.refuse_unless_approved()
        if self.restriction == "limited":
            raise UserRestricted
