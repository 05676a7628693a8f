"""What templates of every app say in more than one place: states, icons, moments, counts of characters."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from carecollective.ground import languages
from carecollective.ground.names import first_name
from carecollective.ground.sentences import bdi
from carecollective.ground.texts import isolated
from carecollective.web import moments
from carecollective.web.answers import try_again_at
from carecollective.web.community import Community, community
from carecollective.web.limits_in_words import left_in_words
from carecollective.web.moulds import filled

register = template.Library()
register.filter(try_again_at)
for tag in (moments.moment, moments.time_of_day, moments.asked):
    register.simple_tag(tag)
for words in ("clock_time", "day_and_time", "short_day", "day_words", "whole_day", "local_day"):
    register.filter(words, getattr(moments, words))

# --- States: one dictionary, so that a state never has two words or two colours -------------------------------------

STATES = {
    "request": {
        "open": (_("Open"), "circle", "ok"),
        "in_progress": (_("Someone is helping"), "hands", "info"),
        "completed": (_("Done"), "check", "neutral"),
        "cancelled": (_("Closed"), "minus", "neutral"),
        "closed": (_("Closed by the team"), "minus", "neutral"),
        "expired": (_("Ran out after 30 days"), "clock", "neutral"),
    },
    "urgency": {
        "normal": (_("In the next few days"), "calendar", "neutral"),
        "urgent": (_("Within 24 hours"), "clock", "warn"),
        "critical": (_("Today"), "alert", "danger"),
    },
    "offer": {
        "waiting": (_("Waiting for an answer"), "clock", "warn"),
        "to_answer": (_("Please answer"), "hands", "warn"),
        "accepted": (_("Accepted"), "check", "ok"),
        "declined": (_("No thanks"), "minus", "neutral"),
        "withdrawn": (_("Withdrawn"), "back", "neutral"),
        "released": (_("No longer helping"), "minus", "neutral"),
        "lapsed": (_("Ran out"), "clock", "neutral"),
    },
    "conversation": {
        "archived": (_("Archived"), "archive", "neutral"),
        "legacy": (_("Legacy conversation"), "clock", "info"),
        "opened": (_("Opened by the team"), "info", "info"),
    },
}


@register.simple_tag
def state(kind: str, key: str) -> SafeString:
    """The tag of a state that has one; a state that needs no words has none."""
    return _state(kind, key, get_language()) if key in STATES[kind] else SafeString()


@cache
def _state(kind: str, key: str, _language: str | None) -> SafeString:
    label, icon_name, tone = STATES[kind][key]
    return format_html('<span class="tag tag-{}">{}{}</span>', tone, icon(icon_name), label)


# --- Icons, drawn here: 24 by 24, always beside a word --------------------------------------------------------------

ICONS = {
    "alert": '<path d="M12 4 2.8 20h18.4z"/><path d="M12 10v4.5M12 17.3v.1"/>',
    "archive": '<path d="M4 9v10.5h16V9M2.5 4.5h19V9h-19zM9.5 13h5"/>',
    "back": '<path d="M20 12H4.5M11 5l-7 7 7 7"/>',
    "calendar": '<path d="M4 6h16v14.5H4zM4 10.5h16M8.5 3v4M15.5 3v4"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "circle": '<circle cx="12" cy="12" r="7.5"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.3l3.5 2.2"/>',
    "cross": '<path d="m6 6 12 12M18 6 6 18"/>',
    "hands": '<path d="M12 20S3.5 15 3.5 9.2A4.6 4.6 0 0 1 12 6.8a4.6 4.6 0 0 1 8.5 2.4C20.5 15 12 20 12 20z"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 7.7v.1"/>',
    "letter": '<path d="M3 6h18v12.5H3zM3.5 6.5 12 13l8.5-6.5"/>',
    "lock": '<path d="M5.5 11h13v9.5h-13zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11"/>',
    "minus": '<path d="M5.5 12h13"/>',
    "next": '<path d="M4 12h15.5M13 5l7 7-7 7"/>',
    "phone": '<path d="M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v3.5A1.5 1.5 0 0 1 18.5 20 15 15 0 0 1 3.5 5.5z"/>',
    "place": '<path d="M12 21s7-6.3 7-11.5a7 7 0 0 0-14 0C5 14.7 12 21 12 21z"/><circle cx="12" cy="9.5" r="2.5"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5.5 5.5"/>',
}


@register.simple_tag
def icon(name: str) -> SafeString:
    return mark_safe(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>')  # noqa: S308


@register.simple_tag(takes_context=True)
def limit_left(context: template.Context, name: str) -> SafeString:
    """Beside a button: how many more there may be, where there are few."""
    words = left_in_words(name, context["user"])
    return format_html('<p class="hint">{}</p>', words) if words else SafeString()


@register.filter
def in_two_lines(text: str) -> str:
    """The first words, whole, of what somebody wrote: as many as two lines of a phone hold."""
    words = " ".join(text.split())
    if len(words) <= 60:
        return words
    end = words.rfind(" ", 0, 60)
    return f"{words[:end]}…" if end > 0 else f"{words[:59]}…"


# --- Around the page ------------------------------------------------------------------------------------------------


@register.simple_tag
def fixed(template_name: str) -> SafeString:
    """A part in which nothing differs between two readers of one language."""
    return filled(template_name, {})


@register.simple_tag
def waiting_row(thing: Mapping[str, Any]) -> SafeString:
    """What waits for a member: `url`, `icon` and `words`, perhaps what it is `about` and how much is `unread` there."""
    about, n = thing.get("about"), thing.get("unread")
    return filled(
        "site/_waiting_row.html",
        {"icon_name": thing["icon"], "about_is_said": bool(about)},
        url=thing["url"],
        words=thing["words"],
        unread=filled("_unread.html", {}, n=n) if n else "",
        about=bdi(about or ""),
    )


@register.simple_tag
def the_community() -> Community:
    """For the pages that are drawn without a request."""
    return community()


@register.simple_tag
def own_language(code: str) -> str:
    return {"en": "English", "es": "Español"}[code]


register.filter(first_name)
register.filter(bdi)
register.filter(isolated)
register.filter("written_in", languages.marked)
