"""What members hear of, each kind one object: its code, the choice of theirs that its mail follows, and its name.

Its words for each reader, on each channel, are its rows in `notifications/table.py`.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

# What has no choice: nobody turns it off. About one's own account it is told and mailed in whatever standing.
ALWAYS, ABOUT_ONES_ACCOUNT = "", "account"


class Kind(models.TextChoices):
    """`group` is the column of `mail_preferences` by which its member chooses, or one of the two above."""

    group: str

    def __new__(cls, value: str, group: str = ALWAYS) -> Any:
        kind = str.__new__(cls, value)
        kind._value_, kind.group = value, group
        return kind

    OFFER = "offer", "offers", _("A new offer")
    ANSWER = "answer", "answers", _("An answer to your offer")
    WITHDRAWN = "withdrawn", "offers", _("An offer was withdrawn")
    MESSAGE = "message", "messages", _("A message")
    UNANSWERED = "unanswered", "offers", _("An offer waits for your answer")
    ENDING = "ending", "requests", _("Your request is about to run out")
    COMPLETED = "completed", "requests", _("A request is done")
    CANCELLED = "cancelled", "requests", _("A request was closed")
    REPORT = "report", "news", _("An answer to your report")
    NEWS = "news", "news", _("News from the team")
    COPY = "copy", ABOUT_ONES_ACCOUNT, _("Your copy of your data is ready")
    COPIED = "copied", ABOUT_ONES_ACCOUNT, _("The team made a copy of your data")
    GOING = "going", ALWAYS, _("Something old is removed in 30 days")


# About one's own account: told and mailed in whatever standing, and nobody can turn them off.
ABOUT_ACCOUNT = tuple(kind for kind in Kind if kind.group == ABOUT_ONES_ACCOUNT)
GROUP_OF = {kind.value: kind.group for kind in Kind if kind.group not in (ALWAYS, ABOUT_ONES_ACCOUNT)}
# What members choose by, and the kinds that follow each choice.
GROUPS = {group: tuple(kind for kind in GROUP_OF if GROUP_OF[kind] == group) for group in GROUP_OF.values()}
