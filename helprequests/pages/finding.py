"""The list of requests: narrowed by a form whose field names are the names in the address (search and filters).

A page that is open asks the same address again, and gets the parts that change.
"""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.identity import acting_as
from carecollective.ground.texts import isolated

from ..models import HelpRequest, HelpRequestQuerySet, Listing, Part, asked_for, near
from .forms import FindForm

PER_PAGE = 20


@require_safe
@members_only
def find_requests(request: MemberRequest) -> HttpResponse:
    town = request.user.town
    form = FindForm(request.GET, town=town)
    chosen = form.chosen()
    with acting_as(request.user):
        listing: Any = _listing(request.user, chosen)
        page: Any = Paginator(listing, PER_PAGE).get_page(request.GET.get("page"))
        page.object_list = list(page.object_list)
    form = FindForm(initial=chosen, town=town)
    context = {"form": form, "page": page, "chosen": chosen, "query": _query(chosen, page.number)}
    context |= {"found": listing.count(), "is_counted": listing.is_counted}
    context["filters"] = _removable(form, chosen)
    context["previous_url"] = f"?{_query(chosen, page.previous_page_number())}" if page.has_previous() else ""
    context["next_url"] = f"?{_query(chosen, page.next_page_number())}" if page.has_next() else ""
    context["more"] = min(PER_PAGE, page.paginator.count - page.end_index())
    return render(request, "helprequests/_found.html" if request.htmx else "helprequests/find.html", context)


def _listing(member: Member, chosen: dict[str, str]) -> Listing:
    board = HelpRequest.objects.on_the_board(member).exclude(user=member)
    conditions = [asked_for(chosen) & way for way in (near(member.town) if "near" in chosen else [Q()])]
    if chosen.get("sort") == "soonest":
        order, boards = HelpRequestQuerySet.soonest_first, board.by_how_soon()
    else:
        order, boards = HelpRequestQuerySet.newest_first, [board]
    return Listing([Part(each.newest_first(), condition) for each in boards for condition in conditions], order)


def _query(chosen: dict[str, str], page: int = 1) -> str:
    return urlencode(chosen | ({"page": page} if page > 1 else {}))


def _removable(form: FindForm, chosen: dict[str, str]) -> list[dict[str, str]]:
    """Each filter in words, with the address of the list without it."""
    labels = {name: dict(field.choices) for name, field in form.fields.items() if hasattr(field, "choices")}
    return [
        {
            "words": labels[name][value]
            if name in labels
            else pgettext("what was searched for", "“%s”") % isolated(value),
            "url": f"{reverse('helprequests:find-requests')}?{_query({k: v for k, v in chosen.items() if k != name})}",
        }
        for name, value in chosen.items()
        if name != "sort"
    ]
