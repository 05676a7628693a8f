"""What a notice says, in one sentence, and where it leads."""

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from carecollective.notifications.models import ABOUT_ACCOUNT, Kind, News, Notification

ABOUT_A_REQUEST = {
    Kind.OFFER: _("Someone offers to help with “%(title)s”"),
    Kind.ANSWER: _("There is an answer to your offer on “%(title)s”"),
    Kind.MESSAGE: _("There is something new to read about “%(title)s”"),
    Kind.UNANSWERED: _("An offer on “%(title)s” has waited a week for your answer"),
    Kind.ENDING: _("“%(title)s” runs out soon. You can keep it open"),
    Kind.COMPLETED: _("“%(title)s” is done"),
    Kind.CANCELLED: _("“%(title)s” was closed"),
    Kind.GOING: _("“%(title)s” is old, and is removed in 30 days"),
}
ICONS = {
    Kind.OFFER: "hands",
    Kind.ANSWER: "check",
    Kind.MESSAGE: "letter",
    Kind.UNANSWERED: "hands",
    Kind.ENDING: "clock",
    Kind.COMPLETED: "check",
    Kind.CANCELLED: "minus",
    Kind.REPORT: "info",
    Kind.NEWS: "info",
    Kind.COPY: "check",
    Kind.COPIED: "info",
    Kind.GOING: "clock",
}


def sentence(notification: Notification) -> str:
    if notification.news:
        return in_the_readers_language(notification.news)["title"]
    if notification.help_request:
        title = notification.help_request.shown_title
        if notification.kind == Kind.ENDING and notification.help_request.has_run_out:
            return _("“%(title)s” has run out. You can still keep it open") % {"title": title}
        return ABOUT_A_REQUEST[Kind(notification.kind)] % {"title": title}
    return notification.get_kind_display()


def in_the_readers_language(news: News) -> dict[str, str]:
    spanish = get_language() == "es"
    return {
        "title": news.title_es if spanish else news.title_en,
        "body": news.body_es if spanish else news.body_en,
    }


def shown(notification: Notification) -> dict:
    return {
        "id": notification.pk,
        "url": reverse("notifications:follow", args=[notification.pk]),
        "icon": ICONS[Kind(notification.kind)],
        "words": sentence(notification),
        "at": notification.created_at,
        "is_unread": notification.read_at is None,
    }


def place(notification: Notification) -> str:
    """The page that it is about; the team's news has none but its own."""
    if notification.kind in ABOUT_ACCOUNT:
        return reverse("exports:data")
    if notification.conversation_id:
        return reverse("messaging:read-conversation", args=[notification.conversation_id])
    return reverse("messaging:read-request", args=[notification.help_request_id])
