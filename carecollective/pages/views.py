"""The pages that belong to no app: the front door, home, one's own details, and what is good to read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from carecollective.accounts.models import Member
from carecollective.accounts.standing import members_only, own_account
from carecollective.identity import acting_as
from carecollective.mail.preferences import speaks
from carecollective.notifications import services as notifications
from carecollective.notifications.pages.words import shown
from carecollective.refusals import CATALOGUE
from helprequests.models import HelpRequest
from messaging import seen
from messaging.inbox import inbox

SOON = timedelta(days=7)
FEW = 3


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("site:home")
    return render(request, "site/front.html")


@require_safe
@members_only
def home(request: HttpRequest) -> HttpResponse:
    with acting_as(request.user):
        own = list(_own_open_requests(request.user))
        others = HelpRequest.objects.visible_to(request.user).taking_offers().exclude(user=request.user)
        new = list(others.newest_first().with_names()[:FEW])
    conversations = inbox(request.user).results
    context = {
        "own_requests": own,
        "new_requests": new,
        "waiting": [*_unread(conversations), *_told(request.user), *_running_out(own)],
        "is_new": not own and not conversations,
    }
    return render(request, "site/home.html", context)


@require_safe
@own_account
def waiting(request: HttpRequest) -> HttpResponse:
    if request.user.verification_status == Member.Verification.APPROVED:
        return redirect("site:home")
    return render(request, "waiting.html")


@require_safe
@own_account
def you(request: HttpRequest) -> HttpResponse:
    member = request.user
    restricted = member.restriction != Member.Restriction.NONE
    standing = member.get_restriction_display() if restricted else member.get_verification_status_display()
    return render(request, "site/you.html", {"standing": standing, "shows_seen": seen.is_shown_by(member)})


def choose_language(request: HttpRequest) -> HttpResponse:
    """Django's own page, and for a member the language of our mail from now on."""
    response = set_language(request)
    if request.method == "POST" and request.user.is_authenticated:
        speaks(request.user, request.POST.get("language", ""), chosen=True)
    return response


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """What each error code of the API means: `type` in every error body points here."""
    # As plain facts: a template would call a class and make a refusal of it.
    known = sorted((refusal.status, refusal.code, str(refusal.message)) for refusal in CATALOGUE.values())
    return render(request, "site/problems.html", {"problems": known})


def plain_page(template: str) -> Callable[[HttpRequest], HttpResponse]:
    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, template)

    return page


def _own_open_requests(member: Member) -> Any:
    own = HelpRequest.objects.filter(user=member, status__in=("open", "in_progress")).newest_first()
    older = Count("legacy_conversations", filter=Q(legacy_conversations__migrated_to_v2=False), distinct=True)
    return own.annotate(offers_received=Count("conversations", distinct=True) + older)


def _unread(conversations: list) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("messaging:read-conversation", args=[entry.id]) + "#newest",
            "icon": "letter",
            "words": ngettext("%(n)s new message from %(name)s", "%(n)s new messages from %(name)s", entry.unread_count)
            % {"n": entry.unread_count, "name": entry.other.name if entry.other else _("A former member")},
            "about": entry.help_request.title if entry.help_request else "",
        }
        for entry in conversations
        if entry.unread_count
    ]


def _told(member: Member) -> list[dict[str, Any]]:
    return [shown(notification) for notification in notifications.waiting(member)]


def _running_out(own_requests: list[HelpRequest]) -> list[dict[str, Any]]:
    soon = timezone.now() + SOON
    return [
        {
            "url": reverse("messaging:read-request", args=[help_request.pk]),
            "icon": "clock",
            "words": _("A request has run out") if help_request.has_run_out else _("A request runs out soon"),
            "about": help_request.title,
        }
        for help_request in own_requests
        if help_request.expires_at and help_request.expires_at < soon
    ]
