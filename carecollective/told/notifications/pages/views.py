"""What one was told, and the way to each place."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground import writing
from carecollective.told.notifications import services
from carecollective.told.notifications.notices import in_the_readers_language, place
from carecollective.web.answers import is_fetched_ahead, see_other

from . import words


@require_safe
@members_only
def notices(request: MemberRequest) -> HttpResponse:
    page = services.listed(request.user, cursor=request.GET.get("cursor"))
    context = {
        "notices": words.shown(page.results, request.user),
        "previous_url": _url(page.previous),
        "next_url": _url(page.next),
    }
    return render(request, "notifications/list.html", context)


@members_only
def read_all(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        services.read_all(by=request.user)
    return see_other("notifications:list")


@require_safe
@members_only
def follow(request: MemberRequest, notification_id: UUID) -> HttpResponse:
    """On to the place, whatever has become of it: the notice has done its work."""
    is_left_unread = is_fetched_ahead(request) or writing.is_reading_only()
    look = services.find if is_left_unread else services.read
    notification = look(notification_id, by=request.user)
    if notification.news:
        news = in_the_readers_language(notification.news) | {"told_at": notification.created_at}
        return render(request, "notifications/news.html", {"news": news})
    return redirect(place(notification))


def _url(cursor: str | None) -> str:
    return f"{reverse('notifications:list')}?{urlencode({'cursor': cursor})}" if cursor else ""
