"""How an offer stands, in the words of whoever reads it."""

from django import template
from django.utils.safestring import SafeString

from carecollective.accounts.models import Member
from carecollective.ground.refusals import RateLimited
from carecollective.templatetags.fields import one_control
from carecollective.templatetags.kept_texts import keeps_text_at
from carecollective.templatetags.page_parts import limit_left, state
from carecollective.web.moulds import address, filled
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


@register.simple_tag(takes_context=True)
def offer_form(context: template.Context) -> SafeString:
    """What one writes to whoever asks, with words to begin with; and how many more offers there may be."""
    help_request, query = context["help_request"], context.get("back_query")
    here, action = (address(f"messaging:{name}", help_request.pk) for name in ("read-request", "offer-help"))
    is_at_the_limit = getattr(context.get("refusal"), "code", "") == RateLimited.code
    return filled(
        "messaging/_offer_form.html",
        {"category": help_request.category},
        id=help_request.pk,
        action=f"{action}?{query}" if query else action,
        csrf_token=context.get("csrf_token", ""),
        kept=keeps_text_at(context, here),
        message=one_control(context["form"]["initial_message"]),
        left="" if is_at_the_limit else limit_left(context, "offers"),
    )
