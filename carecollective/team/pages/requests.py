"""Requests that somebody should look at: one list, asked for in two ways."""

from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from carecollective.accounts.standing import MemberRequest
from carecollective.ground.identity import acting_as_staff
from carecollective.team import unmet
from carecollective.web.admin import team_answer, team_page
from helprequests.models import HelpRequest, HelpRequestQuerySet

PERMISSION = "helprequests.view_helprequest"
PER_PAGE = 20


@team_page(PERMISSION)
def without_offer(request: MemberRequest) -> HttpResponse:
    return _list(
        request,
        unmet.without_offer(),
        _("Requests without an offer for 48 hours"),
        intro=_("Nobody has offered, or every offer came to nothing. Perhaps you know someone who could help."),
        empty=_("Every request of the past days has an offer."),
        moment=_("Without an offer since"),
        field="silent_since",
    )


@team_page(PERMISSION)
def running_out(request: MemberRequest) -> HttpResponse:
    return _list(
        request,
        unmet.running_out(),
        _("Requests that run out within 7 days"),
        intro=_("Their owners were told, and can keep them for 30 more days. If one needs help with that, call them."),
        empty=_("No request runs out in the next 7 days."),
        moment=_("Runs out"),
        field="expires_at",
    )


def _list(request: MemberRequest, found: HelpRequestQuerySet[Any], title: str, **words: Any) -> HttpResponse:
    with transaction.atomic(), acting_as_staff(request.user, "team pages: requests to look at"):
        # Found once, and not for their number and then again: that is what takes time.
        page = Paginator(list(found.values_list("pk", words["field"])), PER_PAGE).get_page(request.GET.get("page"))
        page.object_list = _shown(dict(page.object_list))
    return team_answer(request, "admin/team/requests.html", title, page=page, **words)


def _shown(moments: dict[Any, Any]) -> list[HelpRequest]:
    """These, in this order, each with its moment."""
    there: dict[Any, Any] = HelpRequest.objects.filter(pk__in=moments).with_names().in_bulk()
    for pk, help_request in there.items():
        help_request.moment = moments[pk]
    return [there[pk] for pk in moments if pk in there]
