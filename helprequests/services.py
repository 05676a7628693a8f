"""What members can do with help requests: lock, check, write. All of it or none."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from carecollective.accounts.models import Member
from carecollective.ground import clock, languages, limits, paging, rows, texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import (
    HelpRequestNotFound,
    IdempotencyConflict,
    InvalidTransition,
    PermissionDenied,
    ValidationFailed,
)

from .followers import tell_followers
from .models import RUNS_FOR, TRANSITIONS, HelpRequest, HelpRequestQuerySet, Listing, Part

Requests = HelpRequestQuerySet[HelpRequest]
Status = HelpRequest.Status

TEXTS = ("title", "description", "subcategory", "exchange_offer", "location_override", "cancel_reason")
CHOICES = {"category": HelpRequest.Category, "urgency": HelpRequest.Urgency}
EDITABLE = (*CHOICES, "is_ongoing", "language", *(field for field in TEXTS if field != "cancel_reason"))


def find(help_request_id: UUID, *, by: Member) -> HelpRequest:
    """The request with its owner, where this member may see it. Raises HelpRequestNotFound."""
    with acting_as(by):
        help_request = HelpRequest.objects.visible_to(by).with_names().filter(pk=help_request_id).first()
    if help_request is None:
        raise HelpRequestNotFound
    return help_request


def listed(
    board: Requests,
    *,
    asked_for: Q | None = None,
    by: Member,
    cursor: str | None,
    limit: int,
) -> paging.Page[HelpRequest]:
    """One page of the requests of a list that are asked for, newest first. Raises InvalidCursor."""

    def first(rows: Requests, number: int) -> Any:
        return Listing([Part(rows, asked_for)], partial(_turned, like=rows))[:number]

    with acting_as(by):
        return paging.paged(board.newest_first(), cursor=cursor, limit=limit, of=f"help_requests:{by.pk}", first=first)


def _turned(found: Requests, *, like: Requests) -> Requests:
    newest_first = found.newest_first()
    return newest_first if like.query.standard_ordering else newest_first.reverse()


@transaction.atomic
def post(*, by: Member, id: UUID | None = None, **fields: Any) -> tuple[HelpRequest, bool]:
    """Ask for help: (the request, whether it is new). Fields are EDITABLE's; texts are cleaned here.

    Where no language is said it is the one of the page or call. With an id from the client, posting the same twice
    makes one request. Raises UserRestricted, ValidationFailed, IdempotencyConflict, RateLimited.
    """
    fields = checked(fields)
    Member.objects.locked(by)[by.pk].refuse_unless_free_to_start()
    values = {"user_id": by.pk, "language": languages.spoken_here(), **fields}
    if id is not None:
        values["id"] = id

    with acting_as(by):
        help_request = rows.insert(HelpRequest, values, on_conflict="(id)")
        before = None if help_request else HelpRequest.objects.filter(pk=str(id), user=by).first()
    if before and all(getattr(before, name) == value for name, value in fields.items()):
        return before, False
    limits.HELP_REQUESTS.take(by.pk)  # a refusal below gives it back
    if help_request is None:
        raise IdempotencyConflict
    return help_request, True


@transaction.atomic
def edit(help_request_id: UUID, *, by: Member, **changes: Any) -> HelpRequest:
    """Change what was asked, while it is open or in progress. Raises ValidationFailed and what `_locked_for` does."""
    changes = checked(changes)
    help_request = _locked_for("edit", help_request_id, by)
    if changes.get("is_ongoing", help_request.is_ongoing) != help_request.is_ongoing:
        changes["expires_at"] = _runs_out(is_ongoing=changes["is_ongoing"])
    return _changed(help_request, by, **changes) if changes else help_request


@transaction.atomic
def accept(help_request_id: UUID, *, helper: Member, by: Member) -> HelpRequest:
    """The owner takes this helper on."""
    help_request = _locked_for("accept", help_request_id, by)
    return _changed(help_request, by, status=Status.IN_PROGRESS, helper_id=helper.pk)


@transaction.atomic
def complete(help_request_id: UUID, *, by: Member) -> HelpRequest:
    help_request = _locked_for("complete", help_request_id, by)
    return _stepped("complete", help_request, by, status=Status.COMPLETED, completed_at=_from(help_request))


@transaction.atomic
def cancel(help_request_id: UUID, *, by: Member, reason: str = "") -> HelpRequest:
    fields = checked({"cancel_reason": reason})
    help_request = _locked_for("cancel", help_request_id, by)
    return _stepped("cancel", help_request, by, status=Status.CANCELLED, cancelled_at=_from(help_request), **fields)


@transaction.atomic
def release(help_request_id: UUID, *, by: Member) -> HelpRequest:
    """The helper steps back, or the owner releases them: the request is open again."""
    help_request = _locked_for("release", help_request_id, by)
    return _stepped("release", help_request, by, status=Status.OPEN, helper_id=None)


@transaction.atomic
def take_helper_off(help_request_id: UUID, *, by: Member) -> HelpRequest:
    """The same, as a part of an answer to an offer, which says by itself what became of it."""
    help_request = _locked_for("release", help_request_id, by)
    return _changed(help_request, by, status=Status.OPEN, helper_id=None)


@transaction.atomic
def put_helper_back(help_request_id: UUID, *, helper_id: UUID) -> HelpRequest:
    """An undo: whoever stepped back, or was released, is down for it again, unless the request has gone on.

    As the system: a helper who has stepped back may change the request no more. Raises InvalidTransition.
    """
    help_request = HelpRequest.objects.select_for_update(no_key=True).get(pk=help_request_id)
    if help_request.status not in TRANSITIONS["accept"].before:
        raise InvalidTransition
    with acting_as_system("a helper is down for it again", Purpose.HELP_REQUESTS):
        return rows.update(help_request, status=Status.IN_PROGRESS, helper_id=helper_id)


@transaction.atomic
def reopen(help_request_id: UUID, *, by: Member) -> HelpRequest:
    help_request = _locked_for("reopen", help_request_id, by)
    return _stepped(
        "reopen",
        help_request,
        by,
        status=Status.OPEN,
        helper_id=None,
        completed_at=None,
        cancelled_at=None,
        cancel_reason="",
        expires_at=_runs_out(is_ongoing=help_request.is_ongoing),
        urgency=_urgency_from_now_on(help_request),
    )


@transaction.atomic
def renew(help_request_id: UUID, *, by: Member) -> HelpRequest:
    """Keep it for another 30 days from now; an ongoing request never runs out."""
    help_request = _locked_for("renew", help_request_id, by)
    expires_at = _runs_out(is_ongoing=help_request.is_ongoing)
    return _changed(help_request, by, expires_at=expires_at, urgency=_urgency_from_now_on(help_request))


@transaction.atomic
def enough_help(help_request_id: UUID, *, by: Member) -> HelpRequest:
    """The owner needs no more: nothing changes in the request, and whoever still waits for an answer hears of it."""
    help_request = _locked_for("enough_help", help_request_id, by)
    tell_followers(help_request, "enough_help", by)
    return help_request


def checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with their texts cleaned. Raises ValidationFailed with one entry per fault."""
    unknown = set(fields) - set(EDITABLE) - {"cancel_reason"}
    if unknown:
        raise TypeError(f"A help request has no field {', '.join(sorted(unknown))}.")
    cleaned, errors = dict(fields), []
    for name, value in fields.items():
        if name in TEXTS:
            rule = rule_of(HelpRequest, name)
            cleaned[name] = rule.clean(value)
            errors += rule.errors(name, cleaned[name])
        elif name in CHOICES and value not in CHOICES[name].values:
            errors.append(texts.as_error(name, "not_a_choice", 0, 0))
        elif name == "language":
            cleaned[name] = languages.canonical(value)
            if cleaned[name] is None:
                errors.append(texts.as_error(name, "not_a_language", 0, 0))
    if errors:
        raise ValidationFailed(errors)
    return cleaned


def _locked_for(act: str, help_request_id: UUID, by: Member) -> HelpRequest:
    """The request, locked, where this member may see it and do this.

    Locked as the login: the member's role locks its own rows only, and whoever can see the request must still learn
    that it is not theirs to change. The member first, as every verb: whoever has left meanwhile opens nothing again.
    Raises Unauthorized, HelpRequestNotFound, PermissionDenied, InvalidTransition.
    """
    Member.objects.locked(by)
    HelpRequest.objects.select_for_update(no_key=True).filter(pk=help_request_id).first()
    with acting_as(by):
        help_request = HelpRequest.objects.visible_to(by).filter(pk=help_request_id).first()
    if help_request is None:
        raise HelpRequestNotFound
    refuse_unless(act, help_request, by)
    return help_request


def refuse_unless(act: str, help_request: HelpRequest, by: Member) -> None:
    """Raises PermissionDenied, InvalidTransition."""
    if not help_request.is_up_to(by, act):
        raise PermissionDenied
    if help_request.status not in TRANSITIONS[act].before:
        raise InvalidTransition


def _changed(help_request: HelpRequest, by: Member, **values: Any) -> HelpRequest:
    with acting_as(by):
        return rows.update(help_request, **values)


def _stepped(act: str, help_request: HelpRequest, by: Member, **values: Any) -> HelpRequest:
    changed = _changed(help_request, by, **values)
    tell_followers(help_request, act, by)
    return changed


def _urgency_from_now_on(help_request: HelpRequest) -> str:
    """What was needed by a day that has passed is not needed within a day from now: its owner has not said so."""
    return help_request.still_urgent or HelpRequest.Urgency.NORMAL


def _from(help_request: HelpRequest) -> datetime:
    """Now: never before it began, though a clock is put right in between."""
    return max(clock.now(), help_request.created_at)


def _runs_out(*, is_ongoing: bool) -> Any:
    return None if is_ongoing else clock.now() + RUNS_FOR
