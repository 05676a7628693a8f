"""What becomes of a request: done, closed, open again, kept for longer. What ends something asks first."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.languages import marked
from carecollective.ground.refusals import InvalidTransition
from carecollective.web.answers import UNPROCESSABLE, draft_done, kept_text, nothing_done, say_what_was_written

from .. import services
from ..models import TRANSITIONS
from .forms import CloseForm
from .subject import own_request, to_the_request


@members_only
def complete_request(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        return _done(request, help_request_id, services.complete, _("Marked as done. Thank you for telling us."))
    return _confirm(
        request,
        help_request_id,
        "complete",
        title=_("Mark this request as done?"),
        sentences=[
            _("It leaves the list and takes no more offers. Your conversations stay open."),
            _("We tell everyone who is helping or waiting for an answer."),
            _("You can open it again later."),
        ],
        button=_("Mark as done"),
    )


@members_only
def cancel_request(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    place = f"cancel:{help_request_id}"
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        sentence = _("Your request is closed. You can open it again at any time.")
        reason = form.cleaned_data["reason"]
        return draft_done(_done(request, help_request_id, services.cancel, sentence, reason=reason), place)
    return _confirm(
        request,
        help_request_id,
        "cancel",
        title=_("Close this request?"),
        sentences=[
            _("It leaves the list and takes no more offers. Your conversations stay open."),
            _("We tell everyone who is helping or waiting for an answer."),
        ],
        button=_("Close request"),
        form=form,
        place=place,
        stops=True,
    )


@members_only
def reopen_request(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        sentence = _("Your request is open again. Members can see it now.")
        return _done(request, help_request_id, services.reopen, sentence)
    return to_the_request(help_request_id)


@members_only
def release_request(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        return _done(request, help_request_id, services.release, _("The request is open again for other helpers."))
    return _confirm(
        request,
        help_request_id,
        "release",
        title=_("Open this request again for others?"),
        sentences=[_("We tell the member who was going to help. Your conversation stays open.")],
        button=_("Open it for others"),
    )


@members_only
def renew_request(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        return _done(request, help_request_id, services.renew, _("Your request stays open for 30 more days."))
    return to_the_request(help_request_id)


def _done(
    request: MemberRequest, help_request_id: uuid.UUID, verb: Callable[..., Any], sentence: str, **more: Any
) -> HttpResponse:
    """The request as it is now, with the sentence about it. The second of two taps finds it done, and says nothing."""
    try:
        verb(help_request_id, by=request.user, **more)
    except InvalidTransition:
        found = services.find(help_request_id, by=request.user)
        if found.status != TRANSITIONS[verb.__name__].after:
            nothing_done(request)
        elif more.get("reason", found.cancel_reason) != found.cancel_reason:
            say_what_was_written(request)
    else:
        messages.success(request, sentence)
    return to_the_request(help_request_id)


def _confirm(request: MemberRequest, help_request_id: uuid.UUID, act: str, **words: Any) -> HttpResponse:
    help_request = own_request(help_request_id, request, act)
    if not help_request.can(act, request.user):  # done meanwhile, in another tab or by the back button
        say_what_was_written(request)
        return to_the_request(help_request_id)
    if "form" in words:
        words["form"].initial = kept_text(request)
    words |= {
        "back_url": reverse("messaging:read-request", args=[help_request_id]),
        "back_text": marked(help_request.title, help_request.lang),
    }
    refused = bool(words.get("form") and words["form"].errors)
    return render(request, "confirm.html", words, status=UNPROCESSABLE if refused else 200)
