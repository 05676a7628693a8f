"""What a hard delete takes along is followed by what stays, whatever hand it is."""

import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import wake
from carecollective.ground.identity import acting_as
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import words
from carecollective.tests.waiting import PATIENCE
from carecollective.told.notifications.models import Notification
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, services
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db


def by_queryset(member):
    Member.objects.filter(pk=member.pk).delete()


def by_hand(member):
    run_as_owner("DELETE FROM members WHERE id = %s", member.pk)


HANDS = [Member.delete, by_queryset, by_hand]
any_hand = pytest.mark.parametrize("delete", HANDS, ids=["admin", "queryset", "statement"])


@pytest.fixture
def owner():
    return MemberFactory(name="Nora Nelson")


@pytest.fixture
def helper():
    return MemberFactory(name="Hal Hill")


@pytest.fixture
def conversation(owner, helper):
    made = ConversationFactory(help_request=HelpRequestFactory(user=owner, title="A ride to the clinic"), helper=helper)
    answers.accept(made.pk, by=owner)
    return made


def told(member):
    with acting_as(member):
        return sorted(Notification.objects.filter(member=member).values_list("kind", "conversation_id", "help_request"))


@any_hand
def test_the_request_of_a_deleted_helper_is_open_again_and_its_owner_is_told(conversation, owner, helper, delete):
    delete(helper)

    help_request = conversation.help_request
    help_request.refresh_from_db()
    assert (help_request.status, help_request.helper_id, help_request.takes_offers) == ("open", None, True)
    assert told(owner) == [("withdrawn", None, help_request.pk)]


@any_hand
def test_the_helper_of_a_deleted_owner_is_told(conversation, owner, helper, delete):
    delete(owner)

    assert told(helper) == [("cancelled", None, None)]


@any_hand
def test_who_waited_for_an_answer_of_a_deleted_owner_is_told(owner, helper, delete):
    ConversationFactory(help_request=HelpRequestFactory(user=owner), helper=helper)

    delete(owner)

    assert told(helper) == [("cancelled", None, None)]


def test_who_was_declined_or_is_done_is_told_nothing(owner, helper, conversation):
    other = ConversationFactory(help_request=HelpRequestFactory(user=owner), helper=helper)
    answers.decline(other.pk, by=owner)
    answers.withdraw(conversation.pk, by=helper)

    owner.delete()

    assert told(helper) == []


def test_no_notice_leads_to_nothing(conversation, owner, helper):
    services.send_message(conversation.pk, by=helper, text="At nine?")
    before = told(owner)

    helper.delete()

    assert [kind for kind, *_ in before] == ["message", "offer"]
    client = Client()
    client.force_login(owner)
    (notice,) = told(owner)
    assert notice[0] == "withdrawn"
    page = client.get("/notifications/")
    assert "“A ride to the clinic” is open again: the person who was helping is no longer a member" in words(page)
    with acting_as(owner):
        (id,) = Notification.objects.values_list("pk", flat=True)
    assert client.get(f"/notifications/{id}/", follow=True).status_code == 200


def test_a_notice_without_a_place_leads_to_the_list(conversation, owner, helper):
    owner.delete()

    client = Client()
    client.force_login(helper)
    assert "The person you were helping is no longer a member" in words(client.get("/notifications/"))
    with acting_as(helper):
        (id,) = Notification.objects.values_list("pk", flat=True)
    response = client.get(f"/notifications/{id}/", follow=True)
    assert (response.status_code, response.request["PATH_INFO"]) == (200, "/notifications/")


@pytest.mark.parametrize("who", ["owner", "helper"])
def test_a_deleted_persons_older_conversation_takes_its_notices_along_where_it_goes(owner, helper, who):
    help_request = HelpRequestFactory(user=owner)
    services.offer_help(help_request.pk, by=helper, text="I can drive you.", version="v1")
    gone, stays = (owner, helper) if who == "owner" else (helper, owner)

    gone.delete()

    # What the helper began goes with the helper, and stays with them when the owner goes.
    assert told(stays) == ([("cancelled", None, None)] if who == "owner" else [])


@pytest.mark.django_db(transaction=True)
def test_open_pages_hear_of_it(conversation, owner, helper):
    with connection.cursor() as cursor:
        cursor.execute("LISTEN care_events")
        helper.delete()
        cursor.execute(wake.SAY_WHAT_IS_LEFT)  # as whoever listens does every few seconds
        heard = [json.loads(one.payload) for one in connection.connection.notifies(timeout=PATIENCE, stop_after=3)]
        cursor.execute("UNLISTEN care_events")

    frame = {"type": "conversation", "id": str(conversation.pk), "version": "v2", "what": "status"}
    assert frame | {"members": [str(owner.pk)]} in heard
    assert {"type": "notification", "members": [str(owner.pk)]} in heard


def test_a_delete_that_is_undone_tells_nobody(conversation, owner, helper):
    before = told(owner)

    with transaction.atomic():
        helper.delete()
        transaction.set_rollback(True)

    conversation.help_request.refresh_from_db()
    assert (conversation.help_request.status, told(owner)) == ("in_progress", before)


@takes_long
@pytest.mark.django_db(transaction=True)
def test_the_trigger_comes_down_and_up_again(conversation, owner, helper):
    call_command("migrate", "leaving", "0002", verbosity=0)
    call_command("migrate", verbosity=0)

    helper.delete()

    assert told(owner) == [("withdrawn", None, conversation.help_request.pk)]
