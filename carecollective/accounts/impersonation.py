"""Callers never say who they are: a body that names somebody else in an identity field is refused and recorded."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import QueryDict

from carecollective.accounts.models import ImpersonationAttempt, Member
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.identity import acting_as_system
from carecollective.refusals import PermissionDenied

IDENTITY_FIELDS = ("helper_id", "sender_id", "requester_id", "user_id")


def claims_another(body: Mapping[str, Any], *, by: Member) -> tuple[str, Any] | None:
    """The first identity field that holds anything but nothing or the caller's own id."""
    for field in IDENTITY_FIELDS:
        # A form may say a field more than once.
        for claimed in body.getlist(field) if isinstance(body, QueryDict) else [body.get(field)]:
            if claimed is not None and (not isinstance(claimed, str) or claimed.lower() != str(by.pk)):
                return field, claimed
    return None


def refuse_impersonation(body: Mapping[str, Any], *, by: Member, path: str) -> None:
    """Raises PermissionDenied. The record is written at once, in no transaction that a refusal could take back."""
    claim = claims_another(body, by=by)
    if claim is None:
        return
    field, claimed = claim
    printable = str(claimed).encode("ascii", "backslashreplace").decode().replace("\0", "\\0")
    with transaction.atomic():
        with acting_as_system("record an impersonation attempt"):
            ImpersonationAttempt.objects.create(caller=by, claimed=printable[:100], field=field, path=path[:200])
        audit.record(Kind.IMPERSONATION, by=by, about=_as_id(printable), codes=field)
    raise PermissionDenied


def _as_id(claimed: str) -> UUID | None:
    try:
        return UUID(claimed)
    except ValueError:
        return None
