"""Requests that somebody of the team should look at: nobody has offered, or they are about to run out.

In the staff's scope: an offer is seen by who made it and when, and never by its words.
"""

from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import IsNull

from carecollective.ground import clock
from helprequests.models import FEW, RUNS_OUT_SOON, HelpRequest, HelpRequestQuerySet, no_more_than
from helprequests.models.arrays import RowByRow
from messaging.models import Offer, OfferAnswer

SILENT_FOR = timedelta(hours=48)


def without_offer() -> HelpRequestQuerySet[Any]:
    """Open requests with no offer that stands, whoever has been silent for longest first. `silent_since` is when it
    was asked, or when the last offer came to nothing. Of more than FEW, those that were asked first.
    """
    offers = OfferAnswer.objects.filter(help_request=OuterRef("pk"))
    last_step = offers.order_by().values("help_request").annotate(last=Max("at")).values("last")
    silent_since = Greatest("created_at", Coalesce(Subquery(last_step), F("created_at")), output_field=DateTimeField())
    until = clock.now() - SILENT_FOR
    # What was asked later is no silence either, and that an index tells.
    old = HelpRequest.objects.taking_offers().filter(status=HelpRequest.Status.OPEN, created_at__lte=until)
    # Whether any step was later, and not when the last one was: that is asked of what is found alone. One request
    # after the other, since any other plan goes through all offers or all steps that there are.
    later = offers.order_by().filter(at__gt=until).values("pk")
    silent = old.filter(RowByRow(Q(IsNull(Coalesce(Subquery(_standing()[:1]), Subquery(later[:1])), True))))
    first: HelpRequestQuerySet[Any] = no_more_than(FEW + 1, silent.order_by("created_at", "pk"))
    return first.annotate(silent_since=silent_since).order_by("silent_since", "pk")


def running_out() -> HelpRequestQuerySet[Any]:
    """What leaves the list soon unless its owner keeps it, the next one first. No more than FEW and one."""
    until = clock.now() + RUNS_OUT_SOON
    soon = HelpRequest.objects.taking_offers().filter(expires_at__lte=until).order_by("expires_at", "pk")
    first: HelpRequestQuerySet[Any] = no_more_than(FEW + 1, soon)
    return first.order_by("expires_at", "pk")


def _standing() -> QuerySet[Offer, Any]:
    """On a request that is open nobody is helping, so whatever was said last of an offer, it is over."""
    return Offer.objects.filter(help_request=OuterRef("pk"), is_offer=True, is_open=True, said=None).values("pk")
