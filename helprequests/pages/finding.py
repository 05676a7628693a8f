"""The list of requests: narrowed by a form whose field names are the names in the address.

A page that is open asks the same address again, and gets the parts that change.
"""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from carecollective.accounts.standing import members_only
from carecollective.ground.identity import reading_as
from carecollective.ground.texts import isolated
from carecollective.web.whole_page import whole_page

from ..models import HelpRequest
from .forms import FindForm

PER_PAGE = 20


@require_safe
@members_only
def find_requests(request: HttpRequest) -> HttpResponse:
    town = request.user.town
    form = FindForm(request.GET, town=town)
    chosen = form.chosen()
    with reading_as(request.user) if request.htmx else whole_page(request):
        found = HelpRequest.objects.visible_to(request.user).taking_offers().exclude(user=request.user)
        found = found.matching(chosen.get("q", ""))
        found = found.near(town) if "near" in chosen else found
        found = found.filter(category=chosen["category"]) if "category" in chosen else found
        found = found.needed(chosen["urgency"]) if "urgency" in chosen else found
        found = found.written_in(chosen["language"]) if "language" in chosen else found
        found = found.soonest_first() if chosen.get("sort") == "soonest" else found.newest_first()
        page = Paginator(found.with_names(), PER_PAGE).get_page(request.GET.get("page"))
        page.object_list = list(page.object_list)
    form = FindForm(initial=chosen, town=town)
    context = {"form": form, "page": page, "chosen": chosen, "query": _query(chosen, page.number)}
    context["filters"] = _removable(form, chosen)
    context["previous_url"] = f"?{_query(chosen, page.previous_page_number())}" if page.has_previous() else ""
    context["next_url"] = f"?{_query(chosen, page.next_page_number())}" if page.has_next() else ""
    context["more"] = min(PER_PAGE, page.paginator.count - page.end_index())
    return render(request, "helprequests/_found.html" if request.htmx else "helprequests/find.html", context)


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
