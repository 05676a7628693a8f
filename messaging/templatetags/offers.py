"""How an offer stands, in the words of whoever reads it."""

from django import template
from django.utils.safestring import SafeString

from carecollective.accounts.models import Member
from carecollective.templatetags.page_parts import state
from messaging.inbox import Entry
from messaging.waiting import awaits_answer

register = template.Library()


register.filter(awaits_answer)


@register.simple_tag
def offer_state(conversation: Entry, reader: Member) -> SafeString:
    """What became of an offer; one that waits says so to each of the two in their own words."""
    if awaits_answer(conversation):
        return state("offer", "waiting" if conversation.helper_id == reader.pk else "to_answer")
    return state("offer", conversation.answer or "")
