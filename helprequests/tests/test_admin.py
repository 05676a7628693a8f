"""The team's door to help requests: everything is read there, and closing is the one thing to do."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team, superuser, with_a_reason
from carecollective.tests.pages import words
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

LIST = "/admin/helprequests/helprequest/"
GROUPS = ["coordinators", "moderators", "administrators"]


def page_of(help_request):
    return f"{LIST}{help_request.pk}/change/"


def close(client, *help_requests):
    chosen = [str(help_request.pk) for help_request in help_requests]
    sent = {"action": "close", "index": "0", "_selected_action": chosen}
    return with_a_reason(client, client.post(LIST, sent, follow=True))


def listed(client, query=""):
    return [row.title for row in client.get(LIST + query).context["cl"].result_list]


def queries(client, path):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("group", GROUPS)
def test_the_team_reads_a_request_and_finds_its_owner(group):
    owner = MemberFactory(name="Nora Nelson")
    help_request = HelpRequestFactory(user=owner, title="A ride to the clinic", description="Two steps.")
    client = browser_of(on_the_team(group))

    # Django draws the link of a row's page itself, and there it is all of its line.
    for path, name in ((LIST, "<bdi>Nora Nelson</bdi>"), (page_of(help_request), "Nora Nelson")):
        answer = client.get(path)
        assert "A ride to the clinic" in words(answer)
        assert f'<a href="/admin/accounts/member/{owner.pk}/change/">{name}</a>' in answer.content.decode()
    assert "Two steps." in words(client.get(page_of(help_request)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status__exact=completed", ["Bread and milk"]),
        ("?urgency__exact=critical", ["A ride to the clinic"]),
        ("?category__exact=groceries-meals", ["Bread and milk"]),
        ("?is_ongoing__exact=1", ["A ride to the clinic"]),
        ("?q=bread", ["Bread and milk"]),
        ("?q=secret", []),
    ],
)
def test_requests_are_found_by_how_they_stand_and_by_their_title(query, found):
    HelpRequestFactory(title="A ride to the clinic", urgency="critical", is_ongoing=True, description="secret")
    HelpRequestFactory(title="Bread and milk", category="groceries-meals", status="completed")

    assert listed(browser_of(on_the_team("coordinators")), query) == found


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("status", ["open", "in_progress", "completed", "cancelled"])
def test_the_team_closes_a_request(group, status):
    help_request = HelpRequestFactory(status=status)

    answer = close(browser_of(on_the_team(group)), help_request)

    help_request.refresh_from_db()
    assert help_request.status == "closed"
    assert "1 request is closed." in words(answer)


def test_a_closing_is_written_down_with_who_did_it():
    help_request, coordinator = HelpRequestFactory(), on_the_team("coordinators")

    close(browser_of(coordinator), help_request)

    written = LogEntry.objects.get()
    assert (written.user, written.object_id) == (coordinator, str(help_request.pk))
    assert written.get_change_message() == "Status: Open → Closed by the team"


def test_a_request_that_is_closed_already_is_said_and_not_written_down():
    closed, still_open = HelpRequestFactory(status="closed", title="Bread and milk"), HelpRequestFactory()

    answer = close(browser_of(on_the_team("coordinators")), closed, still_open)

    assert "Bread and milk: This cannot be done with the request as it is now." in words(answer)
    assert "1 request is closed." in words(answer)
    assert LogEntry.objects.count() == 1


def test_closing_is_offered_while_there_is_something_to_close():
    client = browser_of(on_the_team("coordinators"))

    offered = {
        status: [
            label for _address, label in client.get(page_of(HelpRequestFactory(status=status))).context["grave_acts"]
        ]
        for status in ("open", "closed")
    }

    assert offered == {"open": ["Close the request"], "closed": []}


def test_a_member_of_the_team_without_a_group_closes_nothing():
    help_request = HelpRequestFactory()

    answer = close(browser_of(on_the_team()), help_request)

    help_request.refresh_from_db()
    assert (answer.status_code, help_request.status) == (403, "open")


def test_nobody_writes_a_request_for_somebody_else():
    help_request, client = HelpRequestFactory(title="Bread and milk"), browser_of(superuser())
    sent = {"title": "Somebody else wrote this", "status": "completed", "post": "yes", "_save": "Save"}

    for path in (page_of(help_request), f"{LIST}{help_request.pk}/delete/", f"{LIST}add/"):
        assert client.post(path, sent).status_code == 403

    assert [each.title for each in HelpRequest.objects.all()] == ["Bread and milk"]


def test_a_title_is_text_and_never_markup():
    help_request = HelpRequestFactory(title="<script>alert(1)</script>", description="<img src=x onerror=alert(1)>")
    client = browser_of(on_the_team("coordinators"))

    pages = [client.get(LIST), client.get(page_of(help_request)), close(client, help_request), client.get("/admin/")]

    assert not any(b"<script>alert" in page.content or b"<img src=x" in page.content for page in pages)


def test_the_list_asks_as_often_for_three_as_for_one():
    client = browser_of(on_the_team("coordinators"))
    HelpRequestFactory()
    client.get(LIST)  # what a process remembers, such as content types
    with_one = queries(client, LIST)
    HelpRequestFactory.create_batch(2, status="in_progress", helper=MemberFactory())

    assert queries(client, LIST) == with_one
