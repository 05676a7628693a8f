"""What time does to an offer. Each run looks at what is due, so one that was missed is made up for by the next."""

from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app

from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications

from . import answers, lapsing


@app.periodic(cron="33 * * * *")
@app.task(name="messaging.mind_unanswered_offers", queueing_lock="mind_unanswered_offers")
def mind_unanswered_offers(timestamp: int) -> None:
    """After 14 days without an answer an offer lapses; before that, after 7, whoever should answer is told, once."""
    lapsing.lapse_unanswered()
    for offer in lapsing.unanswered_for_7_days():
        _tell_who_should_answer(offer)


@transaction.atomic
def _tell_who_should_answer(offer: answers.Offer) -> None:
    about: dict[str, Any] = {"conversation_id": offer.pk, "help_request_id": offer.help_request_id}
    notifications.tell(What.UNANSWERED, offer.requester_id, by=offer.helper_id, **about)
