"""A block holds in both directions and everywhere, and nobody is told."""

import json

import pytest
from django.db import connection

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as
from carecollective.ground.refusals import (
    ConversationArchived,
    HelpRequestNotFound,
    NotFound,
    PermissionDenied,
    UserRestricted,
)
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.races import at_once, outcome
from carecollective.tests.sql import column, refused
from carecollective.told.notifications import services as notifications
from helprequests import services as help_requests
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking, inbox, services
from messaging.legacy.tests.factories import offered
from messaging.tests.factories import FIRST_WORDS, ConversationFactory
from messaging.thread import thread

pytestmark = pytest.mark.django_db
DIRECTIONS = ["the owner blocks", "the helper blocks"]


@pytest.fixture
def conversation():
    return ConversationFactory()


def blocked(conversation, direction):
    """Who blocked, and who was."""
    by, other = conversation.requester, conversation.helper
    if direction == "the helper blocks":
        by, other = other, by
    blocking.block(other.pk, by=by)
    return by, other


def sql(statement, *values):
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


# --- What it ends ---------------------------------------------------------------------------------------------------


@pytest.mark.one_of_each
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_there_was_is_archived_for_both_and_neither_writes_or_opens_it(direction, version):
    conversation = ConversationFactory()
    if version == "v1":
        help_request, helper = HelpRequestFactory(), MemberFactory()
        conversation = offered(help_request, helper)
        conversation.requester, conversation.helper = help_request.user, helper

    people = blocked(conversation, direction)

    for person in people:
        assert thread(conversation.pk, by=person).conversation.status == "archived"
        assert [entry.id for entry in inbox.inbox(person, status="archived").results] == [conversation.pk]
        for act in (
            lambda person=person: services.send_message(conversation.pk, by=person, text="Hello?"),
            lambda person=person: services.reopen(conversation.pk, by=person),
        ):
            with pytest.raises(ConversationArchived):
                act()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_requests_of_the_one_are_not_there_for_the_other(conversation, direction):
    by, other = blocked(conversation, direction)

    for owner, reader in ((by, other), (other, by)):
        asked = HelpRequestFactory(user=owner)
        with pytest.raises(HelpRequestNotFound):
            help_requests.find(asked.pk, by=reader)
        with pytest.raises(HelpRequestNotFound):
            services.offer_help(asked.pk, by=reader, text=FIRST_WORDS)
        with pytest.raises(HelpRequestNotFound):
            services.offer_help(asked.pk, by=reader, text=FIRST_WORDS, version="v1")
        board = HelpRequest.objects.on_the_board(reader)
        assert asked.pk not in {row.pk for row in help_requests.listed(board, by=reader, cursor=None, limit=50).results}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_offering_once_more_is_no_way_around(conversation, direction):
    answers.withdraw(conversation.pk, by=conversation.helper)
    blocked(conversation, direction)

    with pytest.raises(HelpRequestNotFound):
        services.offer_help(conversation.help_request_id, by=conversation.helper, text="I would still like to help.")


def test_who_was_going_to_help_is_no_longer_down_for_it(conversation):
    answers.accept(conversation.pk, by=conversation.requester)

    blocking.block(conversation.helper.pk, by=conversation.requester)

    asked = help_requests.find(conversation.help_request_id, by=conversation.requester)
    assert (asked.status, asked.helper_id) == ("open", None)


def test_others_are_not_touched(conversation):
    other = ConversationFactory(help_request=conversation.help_request)
    blocking.block(conversation.helper.pk, by=conversation.requester)

    assert services.send_message(other.pk, by=other.helper, text="Hello").created


def test_between_others_who_helps_goes_on_helping(conversation):
    owner, helper = conversation.requester, conversation.helper
    third = MemberFactory()
    pairs = [(owner, third), (helper, third), (third, owner), (third, helper)]
    others = [ConversationFactory(help_request__user=asks, helper=helps) for asks, helps in pairs]
    for other in others:
        answers.accept(other.pk, by=other.requester)

    blocking.block(helper.pk, by=owner)

    kept = [help_requests.find(other.help_request_id, by=other.requester) for other in others]
    assert [(asked.status, asked.helper_id) for asked in kept] == [("in_progress", helps.pk) for _, helps in pairs]


def test_help_that_was_given_stays_said(conversation):
    answers.accept(conversation.pk, by=conversation.requester)
    help_requests.complete(conversation.help_request_id, by=conversation.requester)

    blocking.block(conversation.helper.pk, by=conversation.requester)

    asked = help_requests.find(conversation.help_request_id, by=conversation.requester)
    assert (asked.status, asked.helper_id) == ("completed", conversation.helper.pk)


def test_what_both_have_open_shows_that_it_is_archived(conversation):
    blocking.block(conversation.helper.pk, by=conversation.requester)

    told = [json.loads(payload) for payload in column("SELECT payload FROM wake_outbox ORDER BY id")]
    people = [str(conversation.requester_id), str(conversation.helper_id)]
    assert told[-1] | {"members": sorted(told[-1]["members"])} == {
        "type": "conversation",
        "id": str(conversation.pk),
        "version": "v2",
        "what": "status",
        "members": sorted(people),
    }


def test_nobody_is_told(conversation):
    before = notifications.unread_count(by=conversation.helper)

    blocking.block(conversation.helper.pk, by=conversation.requester)

    assert notifications.unread_count(by=conversation.helper) == before
    assert blocking.blocked_by(conversation.helper) == []


# --- Making and unmaking it -----------------------------------------------------------------------------------------


def test_twice_is_the_same_as_once_and_taking_it_back_lets_either_open_it_again(conversation):
    for _ in range(2):
        blocking.block(conversation.helper.pk, by=conversation.requester)
    assert [block.blocked.name for block in blocking.blocked_by(conversation.requester)] == [conversation.helper.name]

    for _ in range(2):
        blocking.unblock(conversation.helper.pk, by=conversation.requester)

    assert thread(conversation.pk, by=conversation.helper).conversation.status == "archived"
    services.reopen(conversation.pk, by=conversation.helper)
    assert services.send_message(conversation.pk, by=conversation.helper, text="Hello").created


def test_who_is_blocked_cannot_take_it_back(conversation):
    blocking.block(conversation.helper.pk, by=conversation.requester)

    blocking.unblock(conversation.requester.pk, by=conversation.helper)

    with pytest.raises(ConversationArchived):
        services.reopen(conversation.pk, by=conversation.helper)


def test_both_may_block_each_other_and_one_taking_it_back_is_not_enough(conversation):
    blocking.block(conversation.helper.pk, by=conversation.requester)
    blocking.block(conversation.requester.pk, by=conversation.helper)
    blocking.unblock(conversation.helper.pk, by=conversation.requester)

    with pytest.raises(ConversationArchived):
        services.reopen(conversation.pk, by=conversation.requester)


def test_nobody_blocks_themselves_or_nobody(conversation):
    with pytest.raises(PermissionDenied):
        blocking.block(conversation.helper.pk, by=conversation.helper)
    for act in (blocking.block, blocking.unblock):
        with pytest.raises(NotFound):
            act(conversation.pk, by=conversation.helper)


def test_one_block_taken_back_is_not_all_of_them(conversation):
    another = MemberFactory()
    for member in (conversation.helper, another):
        blocking.block(member.pk, by=conversation.requester)

    blocking.unblock(conversation.helper.pk, by=conversation.requester)

    assert [block.blocked_id for block in blocking.blocked_by(conversation.requester)] == [another.pk]


@pytest.mark.parametrize("act", [blocking.block, blocking.unblock])
def test_a_suspended_member_blocks_nobody(conversation, act):
    Member.objects.filter(pk=conversation.helper.pk).update(restriction="suspended")

    with pytest.raises(UserRestricted):
        act(conversation.requester.pk, by=conversation.helper)


# --- The wall by itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_database_refuses_what_the_code_would_forget(conversation, direction):
    by, other = blocked(conversation, direction)

    for owner, helper in ((by, other), (other, by)):
        asked = HelpRequestFactory(user=owner)
        with acting_as(helper), refused():
            sql("INSERT INTO conversations_v2 (help_request_id, requester_id, helper_id, initial_message) "
                "VALUES (%s, %s, %s, %s)", asked.pk, owner.pk, helper.pk, FIRST_WORDS)  # fmt: skip
        with acting_as(helper), refused():
            sql(
                "INSERT INTO conversations (help_request_id, created_by, title) VALUES (%s, %s, '')",
                asked.pk,
                helper.pk,
            )
        with acting_as(owner), refused():
            sql("UPDATE conversations_v2 SET status = 'active' WHERE id = %s", conversation.pk)


def test_a_block_is_made_and_taken_back_in_ones_own_name_alone(conversation):
    by, other = blocked(conversation, "the owner blocks")
    stranger = MemberFactory()

    with acting_as(stranger), refused():
        sql("INSERT INTO member_blocks (blocker_id, blocked_id) VALUES (%s, %s)", other.pk, stranger.pk)
    with acting_as(stranger):
        assert sql("SELECT * FROM member_blocks") == []
    with acting_as(other):
        assert sql("DELETE FROM member_blocks") == 0
    with refused():
        sql("SELECT * FROM member_blocks")
    with acting_as(by):
        assert sql("DELETE FROM member_blocks") == 1


# --- At the same moment ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_message_and_a_block_at_once_leave_nothing_written_after_it():
    conversation = ConversationFactory()

    came = at_once(
        lambda: blocking.block(conversation.helper.pk, by=conversation.requester),
        lambda: services.send_message(conversation.pk, by=conversation.helper, text="Hello?"),
        lambda: blocking.block(conversation.requester.pk, by=conversation.helper),
        lambda: services.offer_help(conversation.help_request_id, by=conversation.helper, text="Another text of mine."),
    )

    assert outcome(came[0]) == outcome(came[2]) == "done"
    assert outcome(came[1]) in ("done", "conversation_archived")
    assert outcome(came[3]) in ("conversation_exists", "help_request_not_found")
    assert thread(conversation.pk, by=conversation.helper).conversation.status == "archived"


# --- The API --------------------------------------------------------------------------------------------------------


def test_by_api_it_is_204_and_204_again(api_as, conversation):
    address = f"/api/members/{conversation.helper.pk}/block"

    codes = [api_as(conversation.requester).post(address).status_code for _ in range(2)]
    met = api_as(conversation.helper).patch(
        f"/api/messaging/conversations/{conversation.pk}", {"status": "active"}, format="json"
    )
    codes += [api_as(conversation.requester).delete(address).status_code for _ in range(2)]

    assert codes == [204] * 4
    assert (met.status_code, met.json()["code"]) == (409, "conversation_archived")
