"""A notification as its reader reads it: in one line, with the page that it leads to (rendering)."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from carecollective.accounts.models import Member
from carecollective.ground.languages import marked
from carecollective.ground.names import short_name, through_the_team
from carecollective.ground.registry import One
from carecollective.ground.sentences import bdi, interpolated
from carecollective.told.kinds import KINDS, What, Words, kind_told

from .models import News, Notification

# How many offers wait for an answer on each of these requests of one member; requests without any are left out.
waiting_offers: One[Callable[[Member, Iterable[UUID]], dict[UUID, int]]] = One("counter of waiting offers")


def words_of(told: Notification) -> Words:
    """What holds now: a request that was about to run out may have done so."""
    is_over = told.what == What.ENDING and told.help_request and told.help_request.has_run_out
    heard = (What.RAN_OUT if is_over else told.what, told.reader)
    return kind_told(*heard).words[heard]


def offers_on(told: Iterable[Notification], reader: Member) -> dict[UUID, int]:
    """How many others have offered, for those of these that say so: one question at most."""
    asked = {one.help_request_id for one in told if one.help_request_id and KINDS[one.kind].counts_offers}
    return waiting_offers()(reader, asked) if asked else {}


def notice(notification: Notification, offers: dict[UUID, int]) -> SafeString:
    """In one line of HTML, for its reader. `offers` comes from `offers_on`."""
    if notification.news:
        return bdi(in_the_readers_language(notification.news)["title"])
    own, about = words_of(notification), notification.help_request
    words = {"name": _name(notification), "title": marked(about.shown_title, about.lang) if about else ""}
    told = [interpolated(own.notice if about else own.without_title or own.notice, **words)]
    if others := others_offered(notification, offers):
        told.append(escape(others.removesuffix(".")))
    return mark_safe(". ".join(told))  # noqa: S308  (each part is escaped)


def others_offered(notification: Notification, offers: dict[UUID, int]) -> str:
    """The sentence about those who still wait, or nothing."""
    about = notification.help_request_id
    count = offers.get(about, 0) if about and KINDS[notification.kind].counts_offers else 0
    return (
        ngettext("%(n)s other person has offered.", "%(n)s others have offered.", count) % {"n": count} if count else ""
    )


def place(notification: Notification) -> str:
    """The page that it is about; the team's news has none but its own."""
    kind = KINDS[notification.kind]
    if kind.leads_to:
        return reverse(kind.leads_to)
    if kind.about_account:
        return reverse("exports:data")
    if notification.help_request_id and (kind.leads_to_request or not notification.conversation_id):
        return reverse("messaging:read-request", args=[notification.help_request_id])
    if notification.conversation_id:
        return reverse("messaging:read-conversation", args=[notification.conversation_id])
    return reverse("notifications:list")


def in_the_readers_language(news: News) -> dict[str, str]:
    spanish = get_language() == "es"
    return {
        "title": news.title_es if spanish else news.title_en,
        "body": news.body_es if spanish else news.body_en,
    }


def _name(notification: Any) -> str:
    if notification.posted_for:
        return through_the_team(notification.posted_for)
    return short_name(notification.by_name) if notification.by_name else gettext("Someone")
