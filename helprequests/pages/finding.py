"""The list of requests: narrowed by a form whose field names are the names in the address (search and filters).

A page that is open asks the same address again, and gets the parts that change.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.identity import reading_as
from carecollective.ground.texts import isolated
from carecollective.web.replica import may_be_a_moment_old
from carecollective.web.whole_page import whole_page

from .forms import choices
from .forms import chosen as chosen_in
from .turning import turned_to


@require_safe
@members_only
@may_be_a_moment_old
def find_requests(request: MemberRequest) -> HttpResponse:
    town = request.user.town
    chosen = chosen_in(request.GET, town=town)
    with reading_as(request.user) if request.htmx else whole_page(request):
        turned = turned_to(request.GET, chosen, by=request.user)
    context: dict[str, Any] = {"page": turned.page, "chosen": chosen, "query": urlencode(chosen | turned.here)}
    context |= {"found": turned.listing.count(), "is_counted": turned.listing.is_counted, "more": turned.more}
    context["filters"] = _removable(chosen, town)
    context["previous_url"] = "" if turned.previous is None else f"?{urlencode(chosen | turned.previous)}"
    context["next_url"] = "" if turned.next is None else f"?{urlencode(chosen | turned.next)}"
    return render(request, "helprequests/_found.html" if request.htmx else "helprequests/find.html", context)


def _removable(chosen: dict[str, str], town: str) -> list[dict[str, str]]:
    """Each filter in words, with the address of the list without it."""
    url, used = reverse("helprequests:find-requests"), {name: chosen[name] for name in chosen if name != "sort"}
    labels = choices(town) if used else {}
    return [
        {
            "words": labels[name][value]
            if name in labels
            else pgettext("what was searched for", "“%s”") % isolated(value),
            "url": f"{url}?{urlencode({k: v for k, v in chosen.items() if k != name})}",
        }
        for name, value in used.items()
    ]
