"""Asking for somebody who has no account: a coordinator posts, offers come to them, and who agreed to what is kept."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground import rows, texts
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.refusals import PermissionDenied, ValidationFailed

from . import services
from .models import CONSENT_NOTE_MAX, SHOWN_NAME_LENGTH, HelpRequest, OnBehalf

PERMISSION = "helprequests.post_on_behalf"
NOT_YET = _("This day has not come yet.")


@transaction.atomic
def post(
    *,
    by: Member,
    shown_name: str,
    consent_how: str,
    consent_on: date,
    note: str = "",
    id: UUID | None = None,
    **fields: Any,
) -> tuple[HelpRequest, bool]:
    """Ask for somebody who agreed to it: (the request, whether it is new). The request is the poster's own, with the
    limits of everybody's, and the record of the consent is written with it.

    Raises PermissionDenied, ValidationFailed, and what `services.post` does.
    """
    if not (by.is_staff and by.has_perm(PERMISSION)):
        raise PermissionDenied
    consent = _checked(shown_name, consent_how, consent_on, note)
    help_request, is_new = services.post(by=by, id=id, **fields)
    if is_new:
        with acting_as_staff(by, "post for somebody without an account"):
            rows.insert(
                OnBehalf,
                {"help_request_id": help_request.pk, "posted_by_id": by.pk, **consent},
            )
    return help_request, is_new


def record_of(help_request: HelpRequest, *, by: Member) -> OnBehalf | None:
    """Who agreed, how and when; None where the owner asks for themselves."""
    with acting_as_staff(by, "for whom the team asks"):
        return OnBehalf.objects.filter(help_request=help_request).first()


def _checked(shown_name: str, consent_how: str, consent_on: date, note: str) -> dict[str, Any]:
    """By column, cleaned. Raises ValidationFailed with one entry per fault."""
    shown_name, note = texts.clean(shown_name, one_line=True), texts.clean(note)
    marks = texts.MARKS_IN_A_NAME
    found = {
        "shown_name": (
            texts.problem_with(shown_name, *SHOWN_NAME_LENGTH, one_line=True, marks=marks),
            *SHOWN_NAME_LENGTH,
        ),
        "note": (texts.problem_with(note, 0, CONSENT_NOTE_MAX), 0, CONSENT_NOTE_MAX),
        "consent_how": (None if consent_how in OnBehalf.Consent.values else "not_a_choice", 0, 0),
    }
    errors = [texts.as_error(field, problem, *length) for field, (problem, *length) in found.items() if problem]
    if consent_on > timezone.localdate():
        errors.append({"field": "consent_on", "code": "not_a_choice", "detail": NOT_YET})
    if errors:
        raise ValidationFailed(errors)
    return {"shown_name": shown_name, "consent_how": consent_how, "consent_on": consent_on, "note": note}
