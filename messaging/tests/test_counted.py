"""How many conversations and reports there are is counted as they come and go, and looked at by no page."""

import threading

import pytest
from django.db import transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.rollout import counts
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.plans import most_looked_at
from carecollective.tests.races import at_once, hold_up
from carecollective.tests.waiting import PATIENCE
from messaging.models import Conversation
from messaging.rollout_probe import Probe

from .factories import ConversationFactory

pytestmark = pytest.mark.django_db


def there():
    with acting_as_system("count in a test"):
        return Conversation.objects.count()


def counted():
    return Probe().conversations()["v2"]


def test_what_comes_and_goes_is_counted():
    before = counted()
    gone, *_ = ConversationFactory.create_batch(3)
    assert counted() == there() == before + 3

    run_as_owner("DELETE FROM help_requests WHERE id = %s", gone.help_request_id)  # and its conversation with it
    assert counted() == there() == before + 2

    counts.sum_up()
    assert counted() == there() == before + 2


def test_what_is_undone_is_not_counted():
    before = counted()
    with transaction.atomic():
        ConversationFactory()
        transaction.set_rollback(True)

    assert counted() == there() == before


@takes_long
@pytest.mark.django_db(transaction=True)
def test_what_comes_while_it_is_summed_up_is_counted():
    def late():
        with transaction.atomic():
            ConversationFactory()
            written.set()
            hold_up(summed)

    def summing():
        written.wait(PATIENCE)
        at_once(counts.sum_up, counts.sum_up)
        summed.set()

    ConversationFactory()
    written, summed = threading.Event(), threading.Event()

    at_once(late, summing)

    assert counted() == there() == 2


def test_the_page_of_the_rollout_looks_at_no_conversation(client):
    ConversationFactory()
    client.force_login(MemberFactory(is_staff=True, is_superuser=True))

    def looked_at(table):
        return most_looked_at(lambda: client.get("/admin/rollout/messaging-v2/"), table)

    assert looked_at("rollout_counts") > 0
    assert [looked_at(table) for table in ("conversations_v2", "conversations", "message_reports")] == [0, 0, 0]
