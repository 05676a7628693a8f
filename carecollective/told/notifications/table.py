"""Who reads what when something happens: one row for each event and each of its readers, with their words everywhere.

`notice` stands on home and on the page of notifications; `subject`, `mail` and `button` make the mail; programs read
`kind`. Whoever tells names the event and the reader, so nobody reads words that were meant for somebody else. The line
in the thread itself is messaging's (`SENTENCES` in its pages). What has no row here is news for nobody: an undo takes
back what was told, a block is told to no one, what is shared is seen in its thread, and whoever keeps a request open
did that themselves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from carecollective.accounts.models import Member
from carecollective.ground.languages import marked
from carecollective.ground.names import short_name, through_the_team
from carecollective.ground.registry import One
from carecollective.ground.sentences import bdi, said
from carecollective.told.kinds import ABOUT_ACCOUNT, Kind

from .models import News, Notification, Reader, What

# How many offers wait for an answer on each of these requests of one member; requests without any are left out.
waiting_offers: One[Callable[[Member, Iterable[UUID]], dict[UUID, int]]] = One("counter of waiting offers")


@dataclass(frozen=True, slots=True)
class Cell:
    """`notice` has the request's %(title)s, and %(name)s of whoever did it. A mail has neither."""

    kind: Kind
    icon: str
    notice: Promise
    subject: Promise
    mail: Promise
    button: Promise
    without_title: Promise | None = None  # the notice, where it is about no request
    counts_offers: bool = False  # it goes on: so many others have offered
    leads_to_request: bool = False  # and not to the conversation


READ_IT = _("Read the answer")
LOOK = _("Look at it")
OWN_REQUEST = _("Look at your request")

TABLE: dict[tuple[What, Reader], Cell] = {
    (What.OFFERED, Reader.REQUESTER): Cell(
        Kind.OFFER,
        "hands",
        _("%(name)s offers to help with “%(title)s”"),
        _("someone offers to help"),
        _("Someone offers to help with your request."),
        _("Read the offer"),
    ),
    (What.OFFERED_AGAIN, Reader.REQUESTER): Cell(
        Kind.OFFER,
        "hands",
        _("%(name)s offers again to help with “%(title)s”"),
        _("someone offers again to help"),
        _("Someone offers again to help with your request."),
        _("Read the offer"),
    ),
    (What.ACCEPTED, Reader.HELPER): Cell(
        Kind.ANSWER,
        "check",
        _("%(name)s said yes: you are helping with “%(title)s”"),
        _("your offer was accepted"),
        _("Someone said yes to your offer of help. Now the two of you can agree on the details."),
        READ_IT,
    ),
    (What.DECLINED, Reader.OFFERER): Cell(
        Kind.ANSWER,
        "minus",
        _("%(name)s said no thanks to your offer on “%(title)s”"),
        _("there is an answer to your offer"),
        _("Someone said no thanks to your offer this time. Thank you for offering."),
        READ_IT,
    ),
    (What.ENOUGH_HELP, Reader.OFFERER): Cell(
        Kind.ANSWER,
        "hands",
        _("%(name)s has enough help with “%(title)s” now. Thank you for offering"),
        _("there is an answer to your offer"),
        _("Someone you offered to help has enough help now. Thank you for offering."),
        READ_IT,
    ),
    (What.LAPSED, Reader.OFFERER): Cell(
        Kind.ANSWER,
        "clock",
        _("Your offer on “%(title)s” had no answer for 14 days, so it ended. You can offer again"),
        _("your offer had no answer"),
        _("Your offer of help had no answer for 14 days, so it ended. If you still want to help, you can offer again."),
        _("Go to your offer"),
    ),
    (What.RELEASED, Reader.HELPER): Cell(
        Kind.ANSWER,
        "minus",
        _("%(name)s opened “%(title)s” for other helpers, so you do not need to help. Thank you"),
        _("you do not need to help any more"),
        _("Someone you were going to help opened the request for other helpers. You do not need to help. Thank you."),
        READ_IT,
    ),
    (What.REOPENED, Reader.HELPER): Cell(
        Kind.ANSWER,
        "circle",
        _("%(name)s opened “%(title)s” again. If you can help once more, offer again"),
        _("a request is open again"),
        _("A request that you helped with is open again. If you can help once more, offer again."),
        LOOK,
    ),
    (What.WITHDRAWN, Reader.REQUESTER): Cell(
        Kind.WITHDRAWN,
        "back",
        _("%(name)s can't help with “%(title)s” after all"),
        _("an offer was withdrawn"),
        _("Someone who offered to help can't help after all."),
        OWN_REQUEST,
        counts_offers=True,
        leads_to_request=True,
    ),
    (What.STEPPED_BACK, Reader.REQUESTER): Cell(
        Kind.WITHDRAWN,
        "back",
        _("%(name)s can't help with “%(title)s” after all. Your request is open again"),
        _("your helper can't help after all"),
        _("The person who was going to help you can't help after all. Your request is open again."),
        OWN_REQUEST,
        counts_offers=True,
        leads_to_request=True,
    ),
    # Their account was deleted: by the trigger of migration leaving 0003, which names what is here.
    (What.HELPER_GONE, Reader.REQUESTER): Cell(
        Kind.WITHDRAWN,
        "back",
        _("“%(title)s” is open again: the person who was helping is no longer a member"),
        _("your request is open again"),
        _("The person who was helping you is no longer a member, so your request is open again."),
        OWN_REQUEST,
        counts_offers=True,
        leads_to_request=True,
    ),
    (What.WROTE, Reader.MEMBER): Cell(
        Kind.MESSAGE,
        "letter",
        _("%(name)s wrote to you about “%(title)s”"),
        _("you have a new message"),
        _("Someone wrote to you."),
        _("Read the message"),
        without_title=_("%(name)s wrote to you"),
    ),
    (What.UNANSWERED, Reader.REQUESTER): Cell(
        Kind.UNANSWERED,
        "hands",
        _("%(name)s has waited a week for your answer on “%(title)s”"),
        _("an offer waits for your answer"),
        _("Someone offered to help you, and waits for your answer."),
        _("Answer the offer"),
    ),
    (What.ENDING, Reader.REQUESTER): Cell(
        Kind.ENDING,
        "clock",
        _("“%(title)s” runs out soon. You can keep it open"),
        _("your request runs out soon"),
        _("Your request leaves the list soon. You can keep it open with one tap."),
        OWN_REQUEST,
    ),
    # Never told: what ENDING says once that moment has passed.
    (What.RAN_OUT, Reader.REQUESTER): Cell(
        Kind.ENDING,
        "clock",
        _("“%(title)s” has run out. You can still keep it open"),
        _("your request has run out"),
        _("Your request has left the list. You can put it back with one tap."),
        OWN_REQUEST,
    ),
    (What.COMPLETED, Reader.REQUESTER): Cell(
        Kind.COMPLETED,
        "check",
        _("%(name)s marked “%(title)s” as done. If it is not, you can open it again"),
        _("your request is marked as done"),
        _("The person who helped you marked your request as done. If it is not, you can open it again."),
        OWN_REQUEST,
    ),
    (What.COMPLETED, Reader.HELPER): Cell(
        Kind.COMPLETED,
        "check",
        _("%(name)s marked “%(title)s” as done. Thank you for helping"),
        _("a request that you helped with is done"),
        _("A request that you helped with is done. Thank you for helping."),
        LOOK,
    ),
    (What.COMPLETED, Reader.OFFERER): Cell(
        Kind.COMPLETED,
        "check",
        _("“%(title)s” is done, so you do not need to help. Thank you for offering"),
        _("a request is done"),
        _("A request that you offered to help with is done. Thank you for offering."),
        LOOK,
    ),
    (What.CANCELLED, Reader.HELPER): Cell(
        Kind.CANCELLED,
        "minus",
        _("%(name)s closed “%(title)s”, so you do not need to help. Thank you"),
        _("a request that you help with was closed"),
        _("Someone you were going to help closed the request. You do not need to help. Thank you."),
        LOOK,
    ),
    (What.CANCELLED, Reader.OFFERER): Cell(
        Kind.CANCELLED,
        "minus",
        _("%(name)s closed “%(title)s”. Thank you for offering"),
        _("a request was closed"),
        _("A request that you offered to help with was closed. Thank you for offering."),
        LOOK,
    ),
    (What.CLOSED, Reader.REQUESTER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The team closed your request “%(title)s”"),
        _("the team closed your request"),
        _("The team closed your request. If you want to know why, write to us."),
        OWN_REQUEST,
    ),
    (What.CLOSED, Reader.HELPER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The team closed “%(title)s”, so you do not need to help. Thank you"),
        _("the team closed a request that you help with"),
        _("The team closed a request that you were going to help with. You do not need to help. Thank you."),
        LOOK,
    ),
    (What.CLOSED, Reader.OFFERER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The team closed “%(title)s”. Thank you for offering"),
        _("the team closed a request"),
        _("The team closed a request that you offered to help with. Thank you for offering."),
        LOOK,
    ),
    # Likewise. The request is gone with its owner, so nothing here has a title or a name.
    (What.REQUEST_GONE, Reader.HELPER): Cell(
        Kind.CANCELLED,
        "minus",
        _("The person you were helping is no longer a member, so their request is gone. Thank you for helping"),
        _("a request that you help with is gone"),
        _("The person you were helping is no longer a member, so their request is gone. You do not need to help."),
        _("See your notifications"),
    ),
    (What.REQUEST_GONE, Reader.OFFERER): Cell(
        Kind.CANCELLED,
        "minus",
        _("A request that you offered to help with is gone: its owner is no longer a member. Thank you for offering"),
        _("a request is gone"),
        _("A request that you offered to help with is gone: its owner is no longer a member. Thank you for offering."),
        _("See your notifications"),
    ),
    (What.REPORT_DECIDED, Reader.MEMBER): Cell(
        Kind.REPORT,
        "info",
        _("The team has looked at what you reported. Thank you"),
        _("an answer from the team"),
        _("The team has looked at what you reported. Thank you."),
        _("Go there"),
    ),
    (What.NEWS, Reader.MEMBER): Cell(
        Kind.NEWS,
        "info",
        _("News from the team"),
        _("news from the team"),
        _("The team has news for you."),
        _("Read the news"),
    ),
    (What.COPY_READY, Reader.MEMBER): Cell(
        Kind.COPY,
        "check",
        _("Your copy of your data is ready"),
        _("your copy of your data is ready"),
        _("The copy of your data that you asked for is ready. You can download it once, within 7 days."),
        _("Go to your copy"),
    ),
    (What.COPY_MADE, Reader.MEMBER): Cell(
        Kind.COPIED,
        "info",
        _("The team made a copy of your data"),
        _("a copy of your data was made"),
        _("The team made a copy of your data. The page says when and why. If this surprises you, write to us."),
        _("See when and why"),
    ),
    (What.REQUEST_GOES, Reader.REQUESTER): Cell(
        Kind.GOING,
        "clock",
        _("Your request “%(title)s” is old, and is removed in 30 days"),
        _("an old request of yours is removed in 30 days"),
        _("A closed request of yours is old. We remove it, with its conversations, in 30 days."),
        OWN_REQUEST,
    ),
    (What.CONVERSATION_GOES, Reader.MEMBER): Cell(
        Kind.GOING,
        "clock",
        _("Your conversation about “%(title)s” is old, and is removed in 30 days"),
        _("an old conversation is removed in 30 days"),
        _("A conversation of yours is old. We remove it in 30 days. You can save a copy before that."),
        LOOK,
        without_title=_("An old conversation of yours is removed in 30 days"),
    ),
}


def only_reader(what: What) -> Reader:
    """Who reads of an event that has one reader. Raises ValueError where there are several to choose from."""
    (reader,) = (reader for event, reader in TABLE if event == what)
    return reader


def cell_of(notification: Notification) -> Cell:
    """What holds now: a request that was about to run out may have done so."""
    what = What(notification.what)
    if what == What.ENDING and notification.help_request and notification.help_request.has_run_out:
        what = What.RAN_OUT
    return TABLE[what, Reader(notification.reader)]


def offers_on(told: Iterable[Notification], reader: Member) -> dict[UUID, int]:
    """How many others have offered, for those of these that say so: one question at most."""
    asked = {one.help_request_id for one in told if one.help_request_id and cell_of(one).counts_offers}
    return waiting_offers()(reader, asked) if asked else {}


def notice(notification: Notification, offers: dict[UUID, int]) -> SafeString:
    """In one line of HTML, for its reader. `offers` comes from `offers_on`."""
    if notification.news:
        return bdi(in_the_readers_language(notification.news)["title"])
    cell, about = cell_of(notification), notification.help_request
    words = {"name": _name(notification), "title": marked(about.shown_title, about.lang) if about else ""}
    told = [said(cell.notice if about else cell.without_title or cell.notice, **words)]
    if others := others_offered(cell, notification, offers):
        told.append(escape(others.removesuffix(".")))
    return mark_safe(". ".join(told))  # noqa: S308  (each part is escaped)


def others_offered(cell: Cell, notification: Notification, offers: dict[UUID, int]) -> str:
    """The sentence about those who still wait, or nothing."""
    count = offers.get(notification.help_request_id, 0) if cell.counts_offers else 0
    return (
        ngettext("%(n)s other person has offered.", "%(n)s others have offered.", count) % {"n": count} if count else ""
    )


def place(notification: Notification) -> str:
    """The page that it is about; the team's news has none but its own."""
    if notification.kind in ABOUT_ACCOUNT:
        return reverse("exports:data")
    to_request = notification.help_request_id and (
        cell_of(notification).leads_to_request or not notification.conversation_id
    )
    if to_request:
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
