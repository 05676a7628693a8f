"""The team closes a request (content moderation): whoever ranks above its owner, has not blocked them, and has not
reported what was written about it (`objections`). Between administrators a second one agrees first.

The system writes it: the row is not the team member's own.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from carecollective.accounts import four_eyes, grave, own_matters, ranks
from carecollective.accounts.models import GraveAct, Member
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.ground import rows
from carecollective.ground.identity import acting_as_system, as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import HelpRequestNotFound, PermissionDenied

from .followers import objections, tell_followers
from .models import HelpRequest
from .services import refuse_unless

Status = HelpRequest.Status


@transaction.atomic
def close(help_request_id: UUID, *, by: Member, reason: str) -> HelpRequest | GraveAct:
    """Closed, whatever its status; or what waits for a second administrator.

    Raises ValidationFailed, HelpRequestNotFound, PermissionDenied, InvalidTransition, WaitsAlready.
    """
    reason = grave.checked(reason)
    help_request = _locked(help_request_id, by)
    act: dict[str, Any] = {"by": by, "reason": reason, "codes": _codes(help_request)}
    if ranks.are_equal(help_request.user, by):
        return four_eyes.ask(Kind.REQUEST_CLOSED, help_request.user, about_id=help_request.pk, **act)
    closed = _closed(help_request, by)
    grave.keep(Kind.REQUEST_CLOSED, subject=closed.user_id, about=closed.pk, **act)
    return closed


def close_as_agreed(act: GraveAct, by: Member) -> None:
    """What an administrator asked for, once a second one has agreed (`four_eyes`); neither has reported its owner.

    Raises HelpRequestNotFound, PermissionDenied, InvalidTransition.
    """
    help_request = _locked(UUID(str(act.about_id)), by)
    for second in _seconds(act):
        _refuse_where_objected(help_request, second)
    _closed(help_request, by)


def _seconds(act: GraveAct) -> list[Member]:
    with acting_as_system("who agreed to close a request", Purpose.GRAVE_ACTS):
        ids = GraveAct.objects.filter(pk=act.pk).values_list("agreed_by", "confirmed_by")[0]
    return list(Member.objects.filter(pk__in=[id for id in ids if id]))


def _locked(help_request_id: UUID, by: Member) -> HelpRequest:
    """Its owner and the caller first, then the request, where the caller may close it."""
    owners = HelpRequest.objects.filter(pk=help_request_id).values_list("user_id", flat=True)
    Member.objects.locked(by, *owners)
    help_request = HelpRequest.objects.select_for_update(no_key=True).filter(pk=help_request_id).first()
    if help_request is None:
        raise HelpRequestNotFound
    refuse_unless("close", help_request, by)
    ranks.refuse_unless_above(help_request.user, by=by)
    _refuse_where_objected(help_request, by)
    return help_request


def why_not_theirs(help_request: HelpRequest, by: Member) -> Any:
    """The sentence that says why this person leaves closing it to somebody else, or nothing."""
    try:
        _refuse_where_objected(help_request, by)
    except PermissionDenied as refusal:
        return refusal.message
    return ""


def _refuse_where_objected(help_request: HelpRequest, by: Member) -> None:
    if own_matters.has_blocked(help_request.user, by):
        raise own_matters.OwnMatter(own_matters.why_not(help_request.user, "close_helprequest", by=by))
    for refuse in objections:
        refuse(help_request, by)


def _closed(help_request: HelpRequest, by: Member) -> HelpRequest:
    with as_the_system_meanwhile(Purpose.HELP_REQUESTS):
        closed = rows.update(help_request, status=Status.CLOSED)
    audit.record(Kind.REQUEST_CLOSED, by=by, subject=closed.user_id, about=closed.pk, codes=_codes(help_request))
    tell_followers(help_request, "close", by)
    return closed


def _codes(help_request: HelpRequest) -> str:
    return f"{help_request.status} > closed"
