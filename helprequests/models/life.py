"""The life of a help request: what may follow what, and by whom (its state machine)."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    OPEN = "open", _("Open")
    IN_PROGRESS = "in_progress", _("Someone is helping")
    COMPLETED = "completed", _("Done")
    CANCELLED = "cancelled", _("Closed")
    CLOSED = "closed", _("Closed by the team")


class Transition:
    """One row of the life of a help request: from which statuses, to which, by whom."""

    def __init__(self, before: Iterable[str], after: str | None, *who: str) -> None:
        self.before, self.after, self.who = tuple(before), after, who


TAKES_OFFERS = (Status.OPEN, Status.IN_PROGRESS)

# The whole life of a help request. docs/states.md is drawn from this table.
TRANSITIONS = {
    "accept": Transition([Status.OPEN], Status.IN_PROGRESS, "owner"),
    "complete": Transition([Status.OPEN, Status.IN_PROGRESS], Status.COMPLETED, "owner", "helper"),
    "cancel": Transition([Status.OPEN, Status.IN_PROGRESS], Status.CANCELLED, "owner"),
    "release": Transition([Status.IN_PROGRESS], Status.OPEN, "owner", "helper"),
    "reopen": Transition([Status.COMPLETED, Status.CANCELLED], Status.OPEN, "owner"),
    "edit": Transition([Status.OPEN, Status.IN_PROGRESS], None, "owner"),
    "renew": Transition([Status.OPEN, Status.IN_PROGRESS], None, "owner"),
    "enough_help": Transition([Status.OPEN, Status.IN_PROGRESS], None, "owner"),
    "close": Transition([Status.OPEN, Status.IN_PROGRESS, Status.COMPLETED, Status.CANCELLED], Status.CLOSED, "staff"),
}
