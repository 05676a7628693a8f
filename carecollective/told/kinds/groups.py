"""What a member chooses mail by: each a column of `mail_preferences`, in the order of their page."""

from django.utils.translation import gettext_lazy as _

from .kind import Group

OFFERS = Group("offers", _("Offers of help"), _("Someone offers to help you, or waits for your answer."))
ANSWERS = Group("answers", _("Answers to your offers"), _("Someone accepts your offer, or says no thanks."))
MESSAGES = Group(
    "messages",
    _("Messages"),
    _("One email for each conversation until you read it, five minutes after the message."),
)
REQUESTS = Group(
    "requests",
    _("Requests that run out, are done or were closed"),
    _("Yours, before they leave the list, and those you offered to help with."),
)
NEWS = Group("news", _("News from the team"))

GROUPS: dict[str, Group] = {group.column: group for group in (OFFERS, ANSWERS, MESSAGES, REQUESTS, NEWS)}
