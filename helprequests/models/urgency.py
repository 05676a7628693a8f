"""How soon something is needed, how long that holds, and when a request runs out (urgency and expiry)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Case, Func, Q, Value, When
from django.utils import timezone

from carecollective.ground import clock

Since = Callable[[str], datetime]  # for an urgency the moment since which it holds

RUNS_FOR = timedelta(days=30)
RUNS_OUT_SOON = timedelta(days=7)  # its owner hears of it, may renew it, and the team sees it


class RunsFor(Func):
    """In the database: when a request made now runs out."""

    template = "statement_timestamp() + interval '30 days'"
    output_field = models.DateTimeField()


def how_soon(since: Since | None = None) -> Case:
    """In the order of need; what was urgent once comes with all others."""
    ranked = enumerate(["critical", "urgent"])
    return Case(
        *(When(said_since(urgency, since), urgency=urgency, then=Value(rank)) for rank, urgency in ranked),
        default=Value(2),
        output_field=models.SmallIntegerField(),
    )


def holds_since(urgency: str) -> datetime:
    """Said before this, it does not hold any more."""
    now = timezone.localtime(clock.now())
    return {
        "critical": now.replace(hour=0, minute=0, second=0, microsecond=0),
        "urgent": now - timedelta(days=1),
        "normal": now - timedelta(days=7),
    }[urgency]


def said_since(urgency: str, since: Since | None = None) -> Q:
    """Its owner said it when they asked, renewed it or opened it again; an ongoing one says when it was asked alone."""
    moment = (since or holds_since)(urgency)
    return Q(created_at__gte=moment) | Q(expires_at__gte=moment + RUNS_FOR)
