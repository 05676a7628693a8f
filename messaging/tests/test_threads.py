"""A conversation of either version as the views show it: no way around a wall, and the same as the tables say."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column, member_role, one, refused, run
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, services
from messaging.legacy.tests.factories import left_behind, offered
from messaging.models import Offer, Part, Thread, ThreadMessage
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db
VIEWS = (Thread, Offer, ThreadMessage, Part)
SECRET = "The key lies under the third stone."


@pytest.fixture(params=["v2", "v1"])
def conversation(request):
    """As the test knows it: with its two people, and two messages in it."""
    help_request, helper = HelpRequestFactory(), MemberFactory()
    if request.param == "v2":
        made = ConversationFactory(help_request=help_request, helper=helper, text=SECRET)
    else:
        made = offered(help_request, helper, text=SECRET)
    services.send_message(made.pk, by=help_request.user, text=SECRET)
    return made.pk, help_request.user, helper


def counts():
    return [view.objects.count() for view in VIEWS]


def test_both_people_see_their_conversation_and_every_word(conversation):
    id, owner, helper = conversation
    for member, other in ((owner, helper), (helper, owner)):
        with acting_as(member):
            thread = Thread.objects.get(pk=id)
            assert (thread.requester_id, thread.helper_id, thread.other_id) == (owner.pk, helper.pk, other.pk)
            assert (thread.is_open, thread.is_offer, thread.takes_the_place) == (True, True, True)
            assert list(ThreadMessage.objects.values_list("content", flat=True)) == [SECRET, SECRET]


def test_a_stranger_nobody_and_the_login_see_nothing(conversation):
    with acting_as(MemberFactory()):
        assert counts() == [0, 0, 0, 0]
    with unguarded(), refused():
        counts()
    with unguarded(), member_role(""):
        assert counts() == [0, 0, 0, 0]


def test_staff_see_that_there_is_a_conversation_and_no_word_of_it(conversation):
    id, owner, helper = conversation
    with acting_as_staff(MemberFactory(is_staff=True), "a look at the numbers"):
        assert [view.objects.filter(pk=id).count() for view in (Thread, Offer)] == [1, 1]
        assert set(column("SELECT member_id FROM thread_people WHERE id = %s", id)) == {owner.pk, helper.pk}
        assert Thread.objects.get(pk=id).is_open is True
        with refused():
            run("SELECT id FROM thread_messages")


def test_the_system_sees_all_of_it(conversation):
    with acting_as_system("a test looks"):
        assert counts() == [1, 1, 2, 2]


def test_nobody_has_a_hand_to_write_through_a_view():
    """Over one version alone PostgreSQL would carry it through to the table."""
    given = column(
        "SELECT DISTINCT concat_ws(' ', role, view, may) FROM unnest(%s::text[]) AS role, unnest(%s::text[]) AS view,"
        " unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS may WHERE has_table_privilege(role, view, may) ORDER BY 1",
        ["authenticated", "care_staff", "care_system"],
        [view._meta.db_table for view in VIEWS],
    )

    words = ["authenticated thread_messages SELECT", "care_system thread_messages SELECT"]
    bare = [
        f"{role} {view} SELECT"
        for role in ("authenticated", "care_staff", "care_system")
        for view in ("offers", "thread_people", "threads")
    ]
    assert sorted(given) == sorted(words + bare)


def test_what_was_copied_is_there_once(conversation):
    _id, owner, _helper = conversation
    from_v1 = left_behind(HelpRequestFactory(user=owner), MemberFactory(), "I can do that for you", "Thank you")
    with acting_as_system("a test plays the copying"):
        run("UPDATE conversations SET migrated_to_v2 = true WHERE id = %s", from_v1.pk)

        seen = [
            one(f"SELECT count(*) FROM {table} WHERE {key} = %s", from_v1.pk)
            for table, key in (("threads", "id"), ("thread_people", "id"), ("thread_messages", "conversation_id"))
        ]

    assert seen == [0, 0, 0]


def test_members_see_no_deleted_or_hidden_message_and_the_system_does():
    help_request, helper = HelpRequestFactory(), MemberFactory()
    left_behind(help_request, helper, "I can do that", {"content": "Hidden", "moderation_status": "hidden"})

    with acting_as(helper):
        seen = list(ThreadMessage.objects.values_list("content", flat=True))
    with acting_as_system("a report is looked at"):
        known = ThreadMessage.objects.count()

    assert (seen, known) == (["I can do that"], 2)


def test_how_an_offer_stands_is_what_its_request_says_and_else_what_was_said_last(conversation):
    id, owner, helper = conversation
    answers.accept(id, by=owner)
    with acting_as(helper):
        accepted = Offer.objects.get(pk=id)
    run_as_owner("UPDATE help_requests SET status = 'open', helper_id = NULL WHERE id = %s", accepted.help_request_id)
    with acting_as(owner):
        forgotten = Offer.objects.get(pk=id)

    assert (accepted.answer, accepted.said, accepted.can_undo) == ("accepted", "accepted", False)
    assert (forgotten.answer, forgotten.said) == ("released", "accepted")


def test_whoever_said_no_may_take_it_back_for_ten_minutes(conversation):
    id, owner, helper = conversation
    answers.decline(id, by=owner)

    for member, can_undo in ((owner, True), (helper, False)):
        with acting_as(member):
            offer = Offer.objects.get(pk=id)
            assert (offer.answer, offer.can_undo, offer.answer_at == offer.since) == ("declined", can_undo, True)


def test_the_words_of_a_conversation_are_in_the_order_of_its_life():
    message = MessageFactory(conversation__text=SECRET)

    with acting_as(message.sender):
        found = ThreadMessage.objects.order_by("created_at").values_list("id", "is_first")

        assert list(found) == [(message.conversation_id, True), (message.pk, False)]
