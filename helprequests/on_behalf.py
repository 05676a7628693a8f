"""Asking for somebody who has no account: a coordinator posts, offers come to them, and who agreed to what is kept."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground import clock, rows, texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.refusals import PermissionDenied, ValidationFailed

from . import services
from .models import HelpRequest, OnBehalf

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
    cleaned, errors = {}, []
    for field, text in (("shown_name", shown_name), ("note", note)):
        rule = rule_of(OnBehalf, field)
        cleaned[field] = rule.clean(text)
        errors += rule.errors(field, cleaned[field])
    if consent_how not in OnBehalf.Consent.values:
        errors.append(texts.as_error("consent_how", "not_a_choice", 0, 0))
    if consent_on > clock.today():
        errors.append({"field": "consent_on", "code": "not_a_choice", "detail": NOT_YET})
    if errors:
        raise ValidationFailed(errors)
    return {"consent_how": consent_how, "consent_on": consent_on, **cleaned}
