"""The pages that belong to no app: the front door, home, one's own details, and what is good to read."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from carecollective.accounts import language
from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, members_only, own_account
from carecollective.ground.compiled import compiled
from carecollective.ground.languages import marked
from carecollective.ground.refusals import CATALOGUE
from carecollective.ground.sentences import interpolated
from carecollective.told.notifications import services as notifications
from carecollective.told.notifications.models import Notification
from carecollective.told.notifications.pages.words import shown
from carecollective.web.moulds import address
from carecollective.web.whole_page import whole_page
from helprequests.models import TAKES_OFFERS, HelpRequest, newest_near
from messaging.inbox import Entry, inbox
from messaging.waiting import WaitingOffer, to_accept, waiting_on

FEW = 3


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("site:home")
    return render(request, "site/front.html")


@require_safe
@members_only
def home(request: MemberRequest) -> HttpResponse:
    """Is anything waiting for me? An open page asks for that part again, each time that something changes."""
    with whole_page(request):
        own: list[Any] = _own_open_requests(member=request.user.pk)
        new: list[Any] = [] if request.htmx else newest_near(request.user, FEW)
        conversations = inbox(request.user).results
        offers = waiting_on(request.user)
        told = notifications.waiting(request.user)
    on_each = Counter(offer.help_request_id for offer in offers)
    for help_request in own:
        help_request.offers_waiting = on_each[help_request.pk]
    context = {
        "own_requests": own,
        "new_requests": new,
        "are_near": bool(new) and new[0].is_near,
        "waiting": [*_in_messages(to_accept(offers), conversations), *_told(told, request.user), *_running_out(own)],
        "is_new": not own and not conversations,
        "news_url": request.path,
    }
    return render(request, "site/_home_news.html" if request.htmx else "site/home.html", context)


@require_safe
@own_account
def waiting(request: MemberRequest) -> HttpResponse:
    if request.user.verification_status == Member.Verification.APPROVED:
        return redirect("site:home")
    return render(request, "waiting.html")


@require_safe
@own_account
def you(request: MemberRequest) -> HttpResponse:
    member = request.user
    restricted = member.restriction != Member.Restriction.NONE
    standing = member.get_restriction_display() if restricted else member.get_verification_status_display()
    return render(request, "site/you.html", {"standing": standing})


def choose_language(request: HttpRequest) -> HttpResponse:
    """Django's own page; for a member it holds on every device, and for our mail."""
    response = set_language(request)
    if request.method == "POST":
        language.choose(request, response, request.POST.get("language", ""))
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


@compiled
def _own_open_requests(*, member: UUID) -> QuerySet[HelpRequest]:
    return HelpRequest.objects.filter(user=member, status__in=TAKES_OFFERS).newest_first()


def _in_messages(to_answer: list[WaitingOffer], conversations: list[Entry]) -> list[dict[str, Any]]:
    """Offers to answer, then what else is unread. A conversation stands here once, whatever waits in it."""
    unread = {entry.id: entry for entry in conversations if entry.unread_count}
    offers = [
        _conversation(
            offer.id,
            "hands",
            interpolated(_("%(name)s offers to help"), name=offer.name),
            marked(offer.title, offer.lang),
        )
        | {"unread": unread.pop(offer.id).unread_count if offer.id in unread else 0}
        for offer in to_answer
    ]
    return offers + [_new_messages(entry) for entry in unread.values()]


def _new_messages(entry: Entry) -> dict[str, Any]:
    name = entry.other.name if entry.other else _("A former member")
    sentence = ngettext("%(n)s new message from %(name)s", "%(n)s new messages from %(name)s", entry.unread_count)
    about = marked(entry.help_request.title, entry.help_request.lang) if entry.help_request else ""
    return _conversation(entry.id, "letter", interpolated(sentence, n=entry.unread_count, name=name), about)


def _conversation(conversation_id: UUID, icon: str, words: str, about: str) -> dict[str, Any]:
    url = address("messaging:read-conversation", conversation_id) + "#newest"
    return {"url": url, "icon": icon, "words": words, "about": about}


def _told(told: list[Notification], member: Member) -> list[dict[str, Any]]:
    return shown(notifications.with_news(told), member)


def _running_out(own_requests: list[HelpRequest]) -> list[dict[str, Any]]:
    return [
        {
            "url": address("messaging:read-request", help_request.pk),
            "icon": "clock",
            "words": _("A request has run out") if help_request.has_run_out else _("A request runs out soon"),
            "about": marked(help_request.title, help_request.lang),
        }
        for help_request in own_requests
        if help_request.runs_out_soon
    ]
