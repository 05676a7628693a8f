import pytest

from carecollective.accounts.tests.factories import MemberFactory
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox
from messaging.legacy import copying
from messaging.legacy.examples import LONG_TALK, add_legacy_conversations
from messaging.thread import thread

pytestmark = pytest.mark.django_db


def test_the_demo_has_conversations_with_no_message_one_and_many():
    requester, helper = MemberFactory(), MemberFactory()
    HelpRequestFactory.create_batch(3, user=requester)

    ids = add_legacy_conversations(requester, helper)
    again = add_legacy_conversations(requester, helper)

    entries = inbox.inbox(requester).results
    assert ids == again
    assert {entry.id for entry in entries} == set(ids)
    assert [entry.unread_count for entry in sorted(entries, key=lambda e: ids.index(e.id))] == [0, 1, 0]
    assert [len(thread(id, by=helper, limit=100).messages) for id in ids] == [0, 1, len(LONG_TALK)]
    assert copying.migrate(dry_run=True).copied == 2
