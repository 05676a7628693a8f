"""What a mail says: that there is something, and where. Never a title, and no name in the subject.

A mailbox may be shared, and the first place where somebody looks who should know nothing. Words and a first name come
only to those who asked for them.
"""

import hashlib
from email.utils import formatdate, parseaddr
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.texts import isolated
from carecollective.told.kinds import KINDS, group_of
from carecollective.told.notifications import notices
from carecollective.told.notifications.models import Notification

from .models import DIGEST, TEST, Choice, Mail, MailPreferences
from .preferences import Stop
from .words import Words, unread_words


class Saying(NamedTuple):
    subject: str
    sentence: str
    button: str


def letter(mail: Mail, told: list[Notification], recipient: Member, wishes: MailPreferences) -> EmailMultiAlternatives:
    """Raises ValidationError for an address that is not one single address."""
    validate_email(recipient.email)
    words = _words(mail, told, recipient) if wishes.show_words else None
    with translation.override(recipient.language or settings.LANGUAGE_CODE):
        saying = _saying(mail, told, recipient)
        stop = _stop_link(mail, told, recipient)
        context = {
            "language": translation.get_language(),
            "community": settings.COMMUNITY_NAME,
            "subject": saying.subject,
            "sentence": saying.sentence if not words else _("%(name)s wrote to you:") % {"name": isolated(words.name)},
            "words": words.texts if words else [],
            "counts": _counts(told) if mail.kind == DIGEST else [],
            "button": saying.button,
            "link": settings.PUBLIC_URL + _place(told),
            "stop": stop,
            "stop_words": _("No more emails like this"),
            "preferences": settings.PUBLIC_URL + reverse("mail:preferences"),
            "preferences_words": _("Choose which emails you get"),
        }
        message = EmailMultiAlternatives(
            f"{settings.COMMUNITY_NAME}: {saying.subject}",
            _as_text(context),
            to=[recipient.email],
            headers=_headers(mail, stop),
        )
        message.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    return message


def message_id(mail: Mail) -> str:
    """Made of what the mail is about: whoever gets it twice has a program that can tell."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    if "." not in domain:  # care@localhost
        domain = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:32]}@{domain}>"


def _headers(mail: Mail, stop: str | None) -> dict[str, str]:
    headers = {
        "Message-ID": message_id(mail),
        "Date": formatdate(mail.created_at.timestamp()),  # of what it tells, however long a mail server was away
        "Auto-Submitted": "auto-generated",
    }
    if stop:
        headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def _stop_link(mail: Mail, told: list[Notification], recipient: Member) -> str | None:
    groups = list(dict.fromkeys(group.column for one in told if (group := group_of(one.kind))))
    if not groups:
        return None  # who asks for a test wants it, and about one's own account nobody turns mail off
    stop = Stop(recipient.pk, groups, again=Choice.DAILY if mail.kind == DIGEST else Choice.AT_ONCE)
    return settings.PUBLIC_URL + reverse("mail:stop", args=[stop.token])


def _place(told: list[Notification]) -> str:
    """The page that it is about, which asks for a sign-in where there is none; for several, the list of them."""
    if len(told) == 1:
        return notices.place(told[0])
    return reverse("notifications:list") if told else reverse("mail:preferences")


def _words(mail: Mail, told: list[Notification], recipient: Member) -> Words | None:
    if mail.kind in KINDS and KINDS[mail.kind].mails_words and told[0].conversation_id:
        return unread_words()(told[0].conversation_id, recipient)
    return None


def _saying(mail: Mail, told: list[Notification], recipient: Member) -> Saying:
    """What it says to this reader. A title or a name is in none of them."""
    if mail.kind == DIGEST:
        return Saying(_("what is new for you"), _("This is new for you:"), _("See what is new"))
    if mail.kind == TEST:
        return Saying(
            _("a test"),
            _("You asked us for a test email. It has arrived, so our other emails can reach you too."),
            _("Choose which emails you get"),
        )
    (one,) = told
    own = notices.words_of(one)
    others = notices.others_offered(one, notices.offers_on(told, recipient))
    return Saying(str(own.subject), " ".join(filter(None, [str(own.mail), others])), str(own.button))


def _counts(told: list[Notification]) -> list[str]:
    """How many of each, in the order of the kinds."""
    found = [notification.kind for notification in told]
    return [kind.count(number) for kind in KINDS.values() if (number := found.count(kind.code))]


def _as_text(context: dict[str, Any]) -> str:
    """By hand: a template would escape a name for HTML."""
    parts = [context["sentence"]]
    parts += [f"> {line}" for text in context["words"] for line in text.split("\n")]
    parts += [f"- {count}" for count in context["counts"]]
    parts += ["", f"{context['button']}:", context["link"], "", "-- ", context["community"]]
    if context["stop"]:
        parts += [f"{context['stop_words']}:", context["stop"]]
    parts += [f"{context['preferences_words']}:", context["preferences"]]
    return "\n".join(parts) + "\n"
