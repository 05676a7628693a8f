"""The two texts of a conversation: the first message, and every one after it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from carecollective.web.forms import PageForm, SentOnceForm, TextField

from ..models import NOTE, Conversation, Message

# A short message needs no count; from here on a member wants to know.
COUNT_FROM = 800

MESSAGES = {
    "blank": _("Write a message before you send it"),
    "too_short": ngettext_lazy(
        "Your message needs at least %(n)s character", "Your message needs at least %(n)s characters", "n"
    ),
    "too_long": _("Your message must be 1,000 characters or fewer"),
    "not_allowed": _("Your message has a character that we cannot send. Delete it and try again"),
}


class OfferForm(PageForm):
    """No id of its own: an offer's key is its request and its text."""

    initial_message = TextField.of(
        Conversation,
        "initial_message",
        lines=5,
        count_from=0,
        label=_("Your message"),
        help_text=_("Say what you can do and when you are free"),
        messages=MESSAGES,
    )


class MessageForm(SentOnceForm):
    content = TextField.of(
        Message, "content", lines=3, count_from=COUNT_FROM, label=_("Write a message"), messages=MESSAGES
    )


class NoThanksForm(PageForm):
    note = TextField(
        length=NOTE.length,
        lines=3,
        count_from=0,
        label=_("A kind word"),
        help_text=_("It shows in your conversation and stays there."),
        messages={"too_long": _("Your note must be %(n)s characters or fewer"), "not_allowed": MESSAGES["not_allowed"]},
    )
