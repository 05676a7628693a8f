"""The page of notices, the way from each to its place, and the counts."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.tests.owner import lay_open, run_as_owner, shut
from carecollective.tests.pages import heading, words
from carecollective.tests.plans import most_looked_at
from carecollective.tests.sql import run
from carecollective.told.kinds import Reader, What
from carecollective.told.notifications import services
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import services as messaging
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db
NOTICES = "/notifications/"


@pytest.fixture
def member(client):
    made = MemberFactory()
    client.force_login(made)
    return made


def tell(member, what=What.ENDING, title="A ride to the clinic", **about):
    help_request = HelpRequestFactory(user=member, title=title)
    services.tell(what, member.pk, help_request_id=help_request.pk, **about)
    return help_request


def newest(member):
    return max(services.listed(member).results, key=lambda told: told.created_at)


def unread(member):
    return services.unread_count(by=member)


def test_without_anything_to_tell_the_page_says_so(client, member):
    page = client.get(NOTICES)

    assert heading(page) == "Notifications"
    assert "Nothing new." in words(page)
    assert "Mark all as read" not in words(page)


def test_a_request_that_has_run_out_meanwhile_says_so(client, member):
    help_request = tell(member)
    HelpRequest.objects.filter(pk=help_request.pk).update(expires_at="2020-01-01T00:00Z")

    assert "“A ride to the clinic” has run out. You can still keep it open" in words(client.get(NOTICES))


def test_a_message_about_no_request_has_a_sentence_too(client, member):
    services.tell(What.WROTE, member.pk, conversation_id=uuid.uuid4())

    assert "New Someone wrote to you" in words(client.get(NOTICES))


def test_looking_at_the_list_marks_nothing(client, member):
    tell(member)

    client.get(NOTICES)

    assert unread(member) == 1


def test_following_one_leads_to_its_place_and_marks_it_alone(client, member):
    tell(member)
    help_request = tell(member, title="Mending the fence")

    came_to = client.get(f"{NOTICES}{newest(member).pk}/")

    assert (came_to.status_code, came_to["Location"]) == (302, f"/requests/{help_request.pk}/")
    assert unread(member) == 1


def test_a_browser_that_fetches_ahead_marks_nothing(client, member):
    tell(member)

    client.get(f"{NOTICES}{newest(member).pk}/", headers={"Sec-Purpose": "prefetch"})

    assert unread(member) == 1


def test_somebody_elses_cannot_be_followed(client, member):
    other = MemberFactory()
    tell(other)

    assert client.get(f"{NOTICES}{newest(other).pk}/").status_code == 404
    assert client.get(f"{NOTICES}{uuid.uuid4()}/").status_code == 404
    assert unread(other) == 1


def test_all_are_marked_by_a_button_and_by_nothing_less(client, member):
    tell(member)

    client.get(f"{NOTICES}read-all/")
    assert unread(member) == 1

    back = client.post(f"{NOTICES}read-all/")
    assert (back.status_code, back["Location"]) == (303, NOTICES)
    assert unread(member) == 0
    assert "New" not in words(client.get(NOTICES)).split()


def test_opening_the_thread_marks_what_was_told_of_it(client):
    conversation = ConversationFactory()
    messaging.send_message(conversation.pk, by=conversation.helper, text="At nine?")
    assert {told.kind for told in services.listed(conversation.requester).results} == {"offer", "message"}
    client.force_login(conversation.requester)

    client.get(f"/messages/{conversation.pk}/")

    assert unread(conversation.requester) == 0


def test_an_answer_is_read_in_the_thread_where_no_message_is_unread(client):
    conversation = ConversationFactory()
    services.tell(What.ACCEPTED, conversation.helper.pk, conversation_id=conversation.pk, about=uuid.uuid4())
    client.force_login(conversation.helper)

    client.get(f"/messages/{conversation.pk}/")

    assert unread(conversation.helper) == 0


def test_opening_the_request_marks_all_but_its_messages(client):
    conversation = ConversationFactory()
    requester = conversation.requester
    messaging.send_message(conversation.pk, by=conversation.helper, text="At nine?")
    services.tell(What.ENDING, requester.pk, help_request_id=conversation.help_request.pk)
    client.force_login(requester)

    client.get(f"/requests/{conversation.help_request.pk}/")

    assert [told.kind for told in services.listed(requester).results if not told.read_at] == ["message"]


def test_the_count_is_one_and_the_same_everywhere(client, api_as, member):
    tell(member, What.COMPLETED, reader=Reader.HELPER)
    tell(member, What.CANCELLED, reader=Reader.HELPER)

    for path in ("/home/", "/you/", NOTICES):
        assert "You 2 (2 unread)" in words(client.get(path)), path
    assert "Notifications (2 unread)" in words(client.get("/you/"))
    assert api_as(member).get("/api/notifications/unread-count").json() == {"unread_count": 2}


def test_home_has_a_line_for_what_shows_nowhere_else(client, member):
    tell(member, What.CANCELLED, reader=Reader.HELPER, title="Mending the fence")
    told = newest(member)

    page = client.get("/home/")

    assert "Someone closed “Mending the fence”" in words(page)
    assert f"{NOTICES}{told.pk}/" in page.content.decode()


def test_the_next_page_shows_the_others(client, member):
    for number in range(21):
        tell(member, title=f"Request number {number}")

    first = client.get(NOTICES)
    rest = client.get(first.context["next_url"])

    assert "Request number 0”" not in words(first)
    assert "Request number 0”" in words(rest)


@pytest.mark.parametrize("standing", [{"verification_status": "pending"}, {"restriction": "suspended"}])
def test_who_takes_no_part_is_shown_no_notices(client, standing):
    client.force_login(MemberFactory(**standing))

    assert client.get(NOTICES).status_code in (302, 403)
    assert f'"{NOTICES}"' not in client.get("/you/").content.decode()


def test_one_and_many_take_as_many_questions(client, member, django_assert_num_queries):
    tell(member)
    with CaptureQueriesContext(connection) as one:
        client.get(NOTICES)
    for _ in range(3):
        tell(member)
    with django_assert_num_queries(len(one)):
        client.get(NOTICES)


MANY = """
INSERT INTO notifications (member_id, kind, what, reader, about, created_at, read_at)
SELECT member_id, kind, what, reader, 'old ' || n, created_at - n * interval '1 hour',
       CASE WHEN n > 5 THEN created_at END
FROM notifications CROSS JOIN generate_series(1, 3000) AS n WHERE member_id = %s
"""


@pytest.mark.one_of_each
@pytest.mark.parametrize("place", [NOTICES, "/home/", "/api/notifications"])
def test_a_page_looks_at_no_more_notices_than_it_shows(client, member, place):
    tell(member)
    lay_open("notifications")
    run(MANY, member.pk)
    shut("notifications")
    run_as_owner("ANALYZE notifications")

    assert 0 < most_looked_at(lambda: client.get(place), "notifications") <= 30
