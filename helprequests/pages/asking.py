"""Asking for help, and changing what was asked."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.refusals import IdempotencyConflict, RateLimited
from carecollective.told.mail.preferences import is_written_to
from carecollective.web.answers import draft_done, kept_text, show_again, try_again_at

from .. import services
from .forms import RequestForm
from .subject import own_request, to_the_request


@members_only
def ask_for_help(request: MemberRequest) -> HttpResponse:
    request.user.refuse_unless_free_to_start()
    if request.method != "POST":
        form = RequestForm(initial=kept_text(request) | {"client_id": uuid.uuid4()})
        return render(request, "helprequests/ask.html", {"form": form})
    form = RequestForm(request.POST)
    if "change" in request.POST:
        return render(request, "helprequests/ask.html", {"form": RequestForm(initial=form.as_written())})
    if not form.is_valid():
        return show_again(
            request, "helprequests/check.html" if form.only_asks else "helprequests/ask.html", {"form": form}
        )
    try:
        help_request, created = services.post(by=request.user, id=form.cleaned_data["client_id"], **form.facts())
    except RateLimited as refusal:
        sentence = _("You have asked many times in an hour. You can ask again at %(time)s. What you wrote is below.")
        context = {"form": form, "refused": sentence % {"time": try_again_at(refusal)}}
        return show_again(request, "helprequests/ask.html", context, refusal)
    except IdempotencyConflict as refusal:
        fresh = request.POST.copy()
        fresh["client_id"] = str(uuid.uuid4())
        sentence = _("You already posted a request from this page. Post this too if you need both.")
        return show_again(request, "helprequests/ask.html", {"form": RequestForm(fresh), "refused": sentence}, refusal)
    if created and is_written_to(request.user, "offer"):
        messages.success(
            request, _("Your request is posted. Members can see it now. We will email you when someone offers.")
        )
    elif created:
        messages.success(
            request, _("Your request is posted. Members can see it now. Offers show on this page and in Messages.")
        )
    return draft_done(to_the_request(help_request.pk), "ask")


@members_only
def edit_request(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    help_request = own_request(help_request_id, request, "edit")
    if request.method != "POST":
        facts = {name: getattr(help_request, name) for name in RequestForm.base_fields if hasattr(help_request, name)}
        form = RequestForm(initial=facts | kept_text(request), stands=help_request)
        return render(request, "helprequests/edit.html", {"form": form, "help_request": help_request})
    form = RequestForm(request.POST, stands=help_request)
    context = {"form": form, "help_request": help_request}
    if "change" in request.POST:
        form = RequestForm(initial=form.as_written(), stands=help_request)
        return render(request, "helprequests/edit.html", context | {"form": form})
    if not form.is_valid():
        return show_again(request, "helprequests/check.html" if form.only_asks else "helprequests/edit.html", context)
    services.edit(help_request_id, by=request.user, **form.facts())
    messages.success(request, _("Your changes are saved."))
    return draft_done(to_the_request(help_request_id), f"edit:{help_request_id}")
