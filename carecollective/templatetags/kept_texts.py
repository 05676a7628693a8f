"""How what somebody wrote outlives the end of their sign-in, and comes back to them."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carecollective.kept_texts import services as kept_texts
from carecollective.web.answers import given_back

register = template.Library()


@register.simple_tag(takes_context=True)
def keeps_text_at(context: template.Context, path: str) -> SafeString:
    """The hidden field by which a text survives the end of its writer's sign-in."""
    member = context["request"].user
    if not member.is_authenticated:
        return SafeString()
    return format_html('<input type="hidden" name="{}" value="{}">', kept_texts.FIELD, kept_texts.mark(member, path))


@register.simple_tag(takes_context=True)
def what_was_written(context: template.Context) -> list[str]:
    """For a page that stands in for the form's own: nothing that a member wrote is thrown away.

    Also what they wrote here before their sign-in ended, where the form is not to be had any more.
    """
    request = context.get("request")
    if not request:
        return []
    # A page that is drawn without its reader asks nothing of anybody.
    return given_back(request) if "user" in context else kept_texts.written(request)


@register.simple_tag(takes_context=True)
def what_was_sent(context: template.Context) -> list[tuple[str, str]]:
    """A form with somebody's words in it, to be sent once more as it was; its id makes the two one. Never a secret."""
    if not what_was_written(context) or any("password" in name for name in context["request"].POST):
        return []
    return [(name, value) for name, values in context["request"].POST.lists() for value in values]
