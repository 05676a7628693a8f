"""What happens by the clock. Each job looks at what is due, so a run that was missed is made up for by the next."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from carecollective.ground import clock
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications

from .models import RUNS_OUT_SOON, TAKES_OFFERS, HelpRequest, HelpRequestQuerySet

# No server is away for longer, and what has run out long ago is no news.
TOLD_AFTER = timedelta(days=7)


@app.periodic(cron="23 * * * *")
@app.task(name="helprequests.tell_what_runs_out", queueing_lock="tell_what_runs_out")
def tell_what_runs_out(timestamp: int) -> None:
    for help_request_id in _running_out().values_list("pk", flat=True):
        _tell_its_owner(help_request_id)


@transaction.atomic
def _tell_its_owner(help_request_id: UUID) -> None:
    """Under its lock, so that nobody who has just kept a request is told that it runs out. Once for each expiry."""
    help_request = _running_out().select_for_update(no_key=True).filter(pk=help_request_id).first()
    if help_request:
        about = f"{help_request.pk} {help_request.expires_at:%Y-%m-%dT%H:%M:%S.%f}"
        notifications.tell(What.ENDING, help_request.user_id, help_request_id=help_request.pk, about=about)


def _running_out() -> HelpRequestQuerySet[HelpRequest]:
    now = clock.now()
    return HelpRequest.objects.filter(
        status__in=TAKES_OFFERS, expires_at__range=(now - TOLD_AFTER, now + RUNS_OUT_SOON)
    ).order_by("expires_at")
