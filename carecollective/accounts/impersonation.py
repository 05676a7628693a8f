"""Whoever sent another member's id as their own is recorded (impersonation attempts)."""

from uuid import UUID

from django.db import transaction

from carecollective.accounts.models import ImpersonationAttempt, Member
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose


def record_attempt(caller: Member, field: str, claimed: str, path: str) -> None:
    """Both in the table of attempts and in the audit. Stands on its own: whoever calls refuses afterwards."""
    with transaction.atomic():
        with acting_as_system("record an impersonation attempt", Purpose.AUDIT):
            ImpersonationAttempt.objects.create(caller=caller, claimed=claimed[:100], field=field, path=path[:200])
        audit.record(Kind.IMPERSONATION, by=caller, about=_as_id(claimed), codes=field)


def _as_id(claimed: str) -> UUID | None:
    try:
        return UUID(claimed)
    except ValueError:
        return None
