"""What one was told, over the API."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.told.kinds import What
from carecollective.told.notifications import services
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return MemberFactory()


def tell(member, times=1):
    for _ in range(times):
        help_request = HelpRequestFactory(user=member)
        services.tell(What.ENDING, member.pk, help_request_id=help_request.pk)
    return help_request


def test_a_notification_has_the_shape_of_the_contract(api_as, member):
    help_request = tell(member)

    answer = api_as(member).get("/api/notifications").json()

    assert set(answer) == {"results", "next", "previous"}
    (notification,) = answer["results"]
    assert set(notification) == {"id", "kind", "conversation_id", "help_request_id", "created_at", "read_at"}
    assert (notification["kind"], notification["help_request_id"]) == ("ending", str(help_request.pk))
    assert (notification["conversation_id"], notification["read_at"]) == (None, None)
    assert notification["created_at"].endswith("Z")


def test_all_of_them_come_page_by_page_and_back(api_as, member):
    tell(member, times=5)
    client, seen, cursor = api_as(member), [], ""
    while cursor is not None:
        page = client.get(f"/api/notifications?limit=2&cursor={cursor}").json()
        seen += [each["id"] for each in page["results"]]
        cursor, back = page["next"], page["previous"]

    assert len(seen) == len(set(seen)) == 5
    before = client.get(f"/api/notifications?limit=2&cursor={back}").json()
    assert [each["id"] for each in before["results"]] == seen[2:4]


def test_what_is_unread_comes_first(api_as, member):
    tell(member, times=3)
    client = api_as(member)
    newest = client.get("/api/notifications").json()["results"][0]

    assert client.post(f"/api/notifications/{newest['id']}/read").status_code == 204

    after = client.get("/api/notifications").json()["results"]
    assert [each["read_at"] is None for each in after] == [True, True, False]
    assert after[-1]["id"] == newest["id"]


def test_reading_twice_keeps_the_first_time(api_as, member):
    tell(member)
    client = api_as(member)
    (told,) = client.get("/api/notifications").json()["results"]

    client.post(f"/api/notifications/{told['id']}/read")
    (once,) = client.get("/api/notifications").json()["results"]
    client.post(f"/api/notifications/{told['id']}/read")

    assert client.get("/api/notifications").json()["results"] == [once]


def test_all_are_read_at_once_and_only_ones_own(api_as, member):
    other = MemberFactory()
    tell(member, times=2)
    tell(other)
    client = api_as(member)
    assert client.get("/api/notifications/unread-count").json() == {"unread_count": 2}

    assert client.post("/api/notifications/read-all").status_code == 204

    assert client.get("/api/notifications/unread-count").json() == {"unread_count": 0}
    assert api_as(other).get("/api/notifications/unread-count").json() == {"unread_count": 1}


def test_somebody_elses_answers_as_one_that_never_was(api_as, member):
    tell(member)
    (told,) = services.listed(member).results
    stranger = api_as(MemberFactory())

    foreign = stranger.post(f"/api/notifications/{told.pk}/read")
    unknown = stranger.post(f"/api/notifications/{uuid.uuid4()}/read")

    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    assert foreign.content == unknown.content
    assert services.unread_count(by=member) == 1


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "a" * 2000])
def test_a_marker_of_nobodys_making_is_refused(api_as, member, cursor):
    answer = api_as(member).get(f"/api/notifications?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_marker_of_another_member_is_refused(api_as, member):
    tell(member, times=2)
    cursor = api_as(member).get("/api/notifications?limit=1").json()["next"]

    assert api_as(MemberFactory()).get(f"/api/notifications?cursor={cursor}").json()["code"] == "invalid_cursor"


def test_one_and_many_take_as_many_questions(api_as, member, django_assert_num_queries):
    client = api_as(member)
    tell(member)
    client.get("/api/notifications")
    with CaptureQueriesContext(connection) as one:
        client.get("/api/notifications")
    tell(member, times=4)
    with django_assert_num_queries(len(one)):
        client.get("/api/notifications")
