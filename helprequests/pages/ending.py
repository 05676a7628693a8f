"""What becomes of a request: done, closed, open again, kept for longer. What ends something asks first."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from carecollective.accounts.standing import members_only
from carecollective.pages.answers import UNPROCESSABLE

from .. import services
from .forms import CloseForm
from .subject import own_request, to_the_request


@members_only
def complete_request(request: HttpRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.complete(help_request_id, by=request.user)
        messages.success(request, _("Marked as done. Thank you for telling us."))
        return to_the_request(help_request_id)
    return _confirm(
        request,
        help_request_id,
        "complete",
        title=_("Mark this request as done?"),
        sentences=[
            _("It leaves the list and takes no more offers. Your conversations stay open."),
            _("Everyone who helps or waits for an answer is told."),
            _("You can open it again later."),
        ],
        button=_("Mark as done"),
    )


@members_only
def cancel_request(request: HttpRequest, help_request_id: uuid.UUID) -> HttpResponse:
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.cancel(help_request_id, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Your request is closed. You can open it again at any time."))
        return to_the_request(help_request_id)
    return _confirm(
        request,
        help_request_id,
        "cancel",
        title=_("Close this request?"),
        sentences=[
            _("It leaves the list and takes no more offers. Your conversations stay open."),
            _("Everyone who helps or waits for an answer is told."),
        ],
        button=_("Close request"),
        form=form,
        stops=True,
    )


@members_only
def reopen_request(request: HttpRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.reopen(help_request_id, by=request.user)
        messages.success(request, _("Your request is open again. Members can see it now."))
    return to_the_request(help_request_id)


@members_only
def release_request(request: HttpRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.release(help_request_id, by=request.user)
        messages.success(request, _("The request is open again for other helpers."))
        return to_the_request(help_request_id)
    return _confirm(
        request,
        help_request_id,
        "release",
        title=_("Open this request again for others?"),
        sentences=[_("The member who was going to help is told. Your conversation stays open.")],
        button=_("Open it for others"),
    )


@members_only
def renew_request(request: HttpRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method == "POST":
        services.renew(help_request_id, by=request.user)
        messages.success(request, _("Your request stays open for 30 more days."))
    return to_the_request(help_request_id)


def _confirm(request: HttpRequest, help_request_id: uuid.UUID, act: str, **words) -> HttpResponse:
    help_request = own_request(help_request_id, request, act)
    if not help_request.can(act, request.user):  # done meanwhile, in another tab or by the back button
        return to_the_request(help_request_id)
    words |= {"back_url": reverse("messaging:read-request", args=[help_request_id]), "back_text": help_request.title}
    refused = bool(words.get("form") and words["form"].errors)
    return render(request, "confirm.html", words, status=UNPROCESSABLE if refused else 200)
