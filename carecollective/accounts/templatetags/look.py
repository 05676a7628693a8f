"""How somebody's pages look, and how their phone number is dialled."""

from typing import Literal

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from carecollective.accounts.contacts import phones
from carecollective.accounts.look import USUAL, Look, look_of_device

register = template.Library()


@register.simple_tag(takes_context=True)
def the_devices_look(context: template.Context) -> Look:
    """For the pages that ask nothing of anybody."""
    request = context.get("request")
    return look_of_device(request) if request else USUAL


@register.simple_tag
def look_attributes(look: Look | Literal[""]) -> SafeString:
    """On the root element, where the stylesheet looks for what was chosen; what is usual needs no word."""
    text_size, theme = look or USUAL
    chosen = [("data-text", text_size, USUAL.text_size), ("data-theme", theme, USUAL.theme)]
    return format_html_join("", ' {}="{}"', ((name, value) for name, value, usual in chosen if value != usual))


register.filter("phone_link", phones.link)
