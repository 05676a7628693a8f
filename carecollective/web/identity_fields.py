"""Callers never say who they are: a body that names somebody else (impersonation) is refused and recorded."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from carecollective.ground.identity import Person
from carecollective.ground.refusals import PermissionDenied
from carecollective.ground.registry import One

IDENTITY_FIELDS = ("helper_id", "sender_id", "requester_id", "user_id")
# Writes down who claimed what, in which field, at which address: at once, in no transaction that a refusal could undo.
recorder: One[Callable[[Any, str, str, str], None]] = One("recorder of impersonation attempts")


def claims_another(body: Mapping[str, Any], *, by: Person) -> tuple[str, Any] | None:
    """The first identity field that holds anything but nothing or the caller's own id."""
    for field in IDENTITY_FIELDS:
        # A form may say a field more than once.
        for claimed in body.getlist(field) if isinstance(body, QueryDict) else [body.get(field)]:
            if claimed is not None and (not isinstance(claimed, str) or claimed.lower() != str(by.pk)):
                return field, claimed
    return None


def refuse_impersonation(body: Mapping[str, Any], *, by: Person, path: str) -> None:
    """Raises PermissionDenied, after the attempt was recorded."""
    claim = claims_another(body, by=by)
    if claim is None:
        return
    field, claimed = claim
    printable = str(claimed).encode("ascii", "backslashreplace").decode().replace("\0", "\\0")
    recorder()(by, field, printable, path)
    raise PermissionDenied(_("You can only act as yourself."))
