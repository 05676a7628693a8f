"""What is drawn of conversations many times on one page: what was said in them, and their lines in a list."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from carecollective.ground.languages import marked
from carecollective.ground.sentences import bdi
from carecollective.templatetags.fields import one_control
from carecollective.templatetags.kept_texts import keeps_text_at
from carecollective.templatetags.page_parts import icon, in_two_lines
from carecollective.web import moments
from carecollective.web.moulds import address, filled

from .offers import offer_state

register = template.Library()

WHAT_ONE_MAY = ("can_write", "is_closed", "sees_request", "may_talk", "last_word_is_said")
WAYS = {
    "send": "send-message",
    "here": "read-conversation",
    "archive": "archive-conversation",
    "reopen": "reopen-conversation",
    "copy": "copy-conversation",
    "block": "block-other",
}


@register.simple_tag(takes_context=True)
def said_in_thread(context: Any, last: Any = None) -> SafeString:
    """The messages and what happened between them, with a line for each day. `last` says that this is its end."""
    around = _Around(context)
    things, parts, day, here = list(context["said"]), [], None, timezone.get_current_timezone()
    for thing in things:
        local = thing.created_at.astimezone(here)
        if local.date() != day:
            day = local.date()
            parts.append(_day_line(day))
        is_newest = bool(last) and thing is things[-1]
        draw = _happened if hasattr(thing, "words") else around.message
        parts.append(draw(thing, local, is_newest))
    return mark_safe("\n".join(parts))  # noqa: S308  (each was drawn by a template)


@register.simple_tag
def happened(event: Any) -> SafeString:
    """A change of state, on paper as in a thread."""
    return _happened(event, timezone.localtime(event.created_at), is_newest=False)


@register.simple_tag(takes_context=True)
def conversation_row(context: Any, row: Any) -> SafeString:
    """One line of the list: with whom, about what, what was said last, and what became of the offer."""
    reader, about, last = context["user"], row.help_request, row.last_message
    tag = offer_state(row, reader)
    shape = {
        "is_open": context.get("open_id") == row.id,
        "unread": bool(row.unread_count),
        "other": row.other is not None,
        "help_request": about is not None,
        "last_message": last is not None,
        "is_mine": last is not None and last.sender_id == reader.pk,
        "legacy": row.legacy,
        "was_opened": row.was_opened,
        "has_tag": bool(tag),
    }
    return filled(
        "messaging/_conversation_row.html",
        shape,
        id=row.id,
        url=address("messaging:read-conversation", row.id),
        n=row.unread_count,
        name=bdi(row.other.name) if row.other else "",
        time=moments.moment(row.updated_at),
        about=marked(about.title, about.lang) if about else "",
        words=bdi(in_two_lines(last.content)) if last else "",
        tag=tag,
    )


@register.simple_tag(takes_context=True)
def composer(context: Any) -> SafeString:
    """Where one writes; or why nobody can, and what else can be done with this conversation."""
    conversation, about = context["conversation"], context["conversation"].help_request
    shape = {name: context[name] for name in WHAT_ONE_MAY}
    shape["has_left"] = not conversation.other or conversation.other.has_left
    return filled(
        "messaging/_composer.html",
        shape | {"is_active": conversation.status == "active"},
        id=conversation.id,
        csrf_token=context.get("csrf_token", ""),
        request_url=address("messaging:read-request", about.id) if about else "",
        name=bdi(conversation.other.name) if conversation.other else "",
        **{f"{name}_url": address(f"messaging:{url}", conversation.id) for name, url in WAYS.items()},
        **(_box(context, conversation.id) if context["can_write"] else {}),
    )


def _box(context: Any, conversation_id: UUID) -> dict[str, SafeString]:
    form, here = context["form"], address("messaging:read-conversation", conversation_id)
    return {
        "kept": keeps_text_at(context, here),
        "client_id": form["client_id"].as_widget(),
        "content": one_control(form["content"]),
    }


class _Around:
    """What a message looks like by who reads it, and where."""

    def __init__(self, context: Any) -> None:
        self.reader_id = context["user"].pk
        self.conversation = context.get("conversation")
        self.seen_up_to = context.get("seen_up_to")
        self.reported = context.get("reported") or ()
        self.author = getattr(self.conversation, "other_name", "")
        other = getattr(self.conversation, "other", None)
        self.name = other and bdi(other.name)
        self.is_the_teams = bool(other and other.posted_for)
        self.language = get_language()

    def message(self, message: Any, local: datetime, is_newest: bool) -> SafeString:
        is_mine = message.sender_id == self.reader_id
        is_reported = not is_mine and message.id in self.reported
        can_report = not is_mine and not is_reported and self.name is not None
        shape = {
            "is_mine": is_mine,
            "is_seen": is_mine and bool(self.seen_up_to) and message.created_at <= self.seen_up_to,
            "is_reported": is_reported,
            "can_report": can_report,
            "is_newest": is_newest,
            "is_the_teams": not is_mine and self.is_the_teams,
        }
        return filled(
            "messaging/_message.html",
            shape,
            language=self.language,
            id=message.id,
            at=_at(local),
            author=self.author,
            content=message.content,
            time=moments.local_time(local, self.language),
            report_url=address("reports:report-message", self.conversation.id, message.id) if can_report else "",
            name=self.name or "",
        )


def _happened(event: Any, local: datetime, is_newest: bool) -> SafeString:
    return filled(
        "messaging/_event.html",
        {"is_newest": is_newest},
        id=event.id,
        at=_at(local),
        icon=icon(event.icon),
        words=event.words,
        time=moments.local_time(local),
    )


def _day_line(day: date) -> SafeString:
    at, words = day.isoformat(), moments.day_words(day)
    return format_html('<li class="day-line" data-key="{}" data-at="{}"><h2>{}</h2></li>', at, at, words)


def _at(local: datetime) -> str:
    """By which a page puts it in its place: the day, and the moment in the order of which messages stand."""
    return f"{local.date()} {int(local.timestamp())}.{local.microsecond:06}"
