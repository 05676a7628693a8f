"""A request's state and its kinds of help, in words."""

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from carecollective.templatetags.page_parts import state
from helprequests import kinds
from helprequests.models import HelpRequest

register = template.Library()


@register.simple_tag
def request_state(help_request: HelpRequest) -> SafeString:
    ran_out = help_request.takes_offers is False and help_request.status in ("open", "in_progress")
    return state("request", "expired" if ran_out else str(help_request.status))


@register.filter
def more_exactly(subcategory: str) -> str | Promise:
    return kinds.WORDS.get(subcategory, subcategory)


@register.filter
def starter(category: str) -> str | Promise:
    """A sentence with which an offer of this kind may begin."""
    return kinds.STARTERS[category]
