"""One request, with the offers on it or the form to make one."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground import limits
from carecollective.ground.refusals import (
    ConversationExists,
    HelpRequestUnavailable,
    OwnHelpRequest,
    RateLimited,
    Refusal,
    ValidationFailed,
)
from carecollective.ground.sentences import interpolated
from carecollective.kept_texts import services as kept_texts
from carecollective.told.mail.preferences import is_written_to
from carecollective.told.notifications import services as notifications
from carecollective.web.answers import draft_done, is_fetched_ahead, kept_text, see_other, show_again, try_again_at
from carecollective.web.whole_page import whole_page
from helprequests import services as help_request_services

from .. import inbox, offering, threads
from ..models import STEPS
from ..services import Same
from ..waiting import awaits_answer
from .forms import OfferForm

LIST_FILTERS = ("q", "category", "urgency", "near", "sort", "page")


@require_safe
@members_only
def read_request(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    with whole_page(request):
        kept = kept_text(request)
        context = _request_page(request, help_request_id, OfferForm(initial=kept))
        if not is_fetched_ahead(request):
            notifications.read_about(request.user.pk, help_request_id=help_request_id)
    if not context["can_offer"]:
        context["written"] = kept.get("initial_message", "")
    return render(request, "messaging/request.html", context)


@members_only
def offer_help(request: MemberRequest, help_request_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        return see_other("messaging:read-request", help_request_id)
    form = OfferForm(request.POST)
    text = form.cleaned_data["initial_message"] if form.is_valid() else form.data.get("initial_message", "")
    try:
        offered = offering.offer_help(help_request_id, by=request.user, text=text)
    except ValidationFailed:  # the form says the same in its own words
        return show_again(request, "messaging/request.html", _request_page(request, help_request_id, form))
    except ConversationExists as refusal:
        return draft_done(_offered_before(request, refusal.extra["conversation_id"], text), f"offer:{help_request_id}")
    except (HelpRequestUnavailable, OwnHelpRequest, RateLimited) as refusal:
        return _not_offered(request, help_request_id, form, text, refusal)
    if not isinstance(offered, Same):
        _say_that_it_was_sent(request, help_request_id)
    return draft_done(see_other("messaging:read-conversation", offered.conversation.pk), f"offer:{help_request_id}")


def _not_offered(
    request: MemberRequest, help_request_id: uuid.UUID, form: OfferForm, text: str, refusal: Refusal
) -> HttpResponse:
    context = _request_page(request, help_request_id, form) | {"refusal": refusal, "written": text}
    if isinstance(refusal, RateLimited):
        context |= {"offers_in_an_hour": limits.OFFERS.most, "try_again_at": try_again_at(refusal)}
    return show_again(request, "messaging/request.html", context, refusal)


def _say_that_it_was_sent(request: MemberRequest, help_request_id: uuid.UUID) -> None:
    name = help_request_services.find(help_request_id, by=request.user).asker
    if is_written_to(request.user, "answer"):
        sentence = _("Your offer was sent. %(name)s has been told. The answer will show here, and we will email you.")
    else:
        sentence = _("Your offer was sent. %(name)s has been told. The answer will show here.")
    messages.success(request, interpolated(sentence, name=name))


def _offered_before(request: MemberRequest, conversation_id: uuid.UUID, text: str) -> HttpResponse:
    """No wrong door: the conversation there is, with what was just written in its box."""
    there = reverse("messaging:read-conversation", args=[conversation_id])
    kept_texts.hand_over(request.user, there, {"content": text})
    sentence = _("You already offered to help. Here is your conversation. What you just wrote is in the box below.")
    messages.info(request, sentence)
    return see_other(there)


def _request_page(request: MemberRequest, help_request_id: uuid.UUID, form: OfferForm) -> dict[str, Any]:
    member = request.user
    help_request = help_request_services.find(help_request_id, by=member)
    is_own = help_request.user_id == member.pk
    conversation = None if is_own else inbox.own_offer(help_request_id, by=member)
    offers = inbox.offers_to(member, help_request_id) if is_own else []
    return {
        "form": form,
        "help_request": help_request,
        "is_own": is_own,
        "offers": offers,
        "waiting_offers": sum(awaits_answer(offer) for offer in offers),
        "v1_is_closed": any(map(threads.is_read_only, {offer.version for offer in offers})),
        "conversation": conversation,
        "is_limited": member.restriction == Member.Restriction.LIMITED,
        "can_offer": not is_own
        and (conversation is None or conversation.answer in STEPS["offer again"].before)
        and help_request.takes_offers
        and member.restriction == Member.Restriction.NONE,
        "can": {act: help_request.can(act, member) for act in ("edit", "complete", "cancel", "reopen", "release")}
        | {"renew": help_request.can("renew", member) and help_request.runs_out_soon},
        "back_query": urlencode({name: request.GET[name] for name in LIST_FILTERS if request.GET.get(name)}),
    }
