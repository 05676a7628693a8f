"""A request's state and its kinds of help, in words."""

from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from carecollective.ground import languages
from carecollective.ground.sentences import bdi
from carecollective.ground.texts import isolated
from carecollective.templatetags.page_parts import state
from carecollective.web import moments
from carecollective.web.moulds import address, filled
from helprequests import kinds
from helprequests.models import HelpRequest
from helprequests.pages.forms import FindForm

register = template.Library()


@register.simple_tag
def request_state(help_request: HelpRequest) -> SafeString:
    ran_out = help_request.takes_offers is False and help_request.status in ("open", "in_progress")
    return state("request", "expired" if ran_out else str(help_request.status))


@register.simple_tag
def request_card(help_request: Any, *, level: str, own: bool = False, query: str = "") -> SafeString:
    """A request in a list. `query` is what the list was asked for, so that one comes back to the same place."""
    place = "" if own else help_request.location_override or help_request.user.town
    description = "" if own else help_request.description
    urgency, posted_for = help_request.still_urgent, getattr(help_request, "posted_for", None)
    shape = {
        "own": own,
        "level": level,
        "posted_for": bool(posted_for),
        "place": bool(place),
        "description": bool(description),
        "offers_waiting": getattr(help_request, "offers_waiting", 0) if own else 0,
        "state": own or help_request.status == "in_progress",
        "urgency": bool(urgency),
    }
    url = address("messaging:read-request", help_request.pk)
    return filled(
        "helprequests/_card.html",
        shape,
        id=help_request.pk,
        url=f"{url}?{query}" if query else url,
        title=languages.marked(help_request.title, help_request.lang),
        for_name=bdi(posted_for or ""),
        name="" if own or posted_for else bdi(help_request.user.short_name),
        where=bdi(place),
        asked=moments.asked(help_request.created_at),
        lang=help_request.lang,
        words=description,
        request_state=request_state(help_request),
        urgency_tag=state("urgency", urgency) if urgency else "",
        category=HelpRequest.Category(help_request.category).label,
    )


@register.simple_tag
def filters(chosen: dict[str, str], town: str) -> SafeString:
    """What the list can be narrowed by, as it is: drawn once for each choice from lists of ours."""
    names = ("category", "urgency", "near", "language", "sort")
    shape: dict[str, Any] = {name: chosen.get(name, "") for name in names}
    shape |= {"has_words": "q" in chosen, "has_town": bool(town)}
    return filled("helprequests/_filters.html", shape, q=chosen.get("q", ""), town=isolated(town))


@register.simple_tag
def find_form(*, has_words: bool, has_town: bool, q: str, town: str, **chosen: str) -> FindForm:
    return FindForm(initial=chosen | ({"q": q} if has_words else {}), town=town if has_town else "")


@register.filter
def more_exactly(subcategory: str) -> str | Promise:
    return kinds.WORDS.get(subcategory, subcategory)


@register.filter
def starter(category: str) -> str | Promise:
    """A sentence with which an offer of this kind may begin."""
    return kinds.STARTERS[category]
