"""Requests that somebody should look at: nobody has offered for two days, or they leave the list soon."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground.identity import acting_as_staff
from carecollective.team import queues, unmet
from carecollective.tests.owner import lay_open, run_as_owner, shut
from carecollective.tests.pages import words
from carecollective.tests.plans import most_looked_at
from carecollective.tests.sql import run
from helprequests.models import HelpRequest
from helprequests.tests.boards import fill
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.legacy.tests.factories import left_behind, offered
from messaging.tests.factories import ConversationFactory

from .asking import statements
from .story import posted_for

pytestmark = pytest.mark.django_db

WITHOUT_OFFER, RUNNING_OUT = "/admin/requests/without-offer/", "/admin/requests/running-out/"


@pytest.fixture
def coordinator(db):
    return on_the_team("coordinators")


def asked(hours=72, **fields):
    help_request = HelpRequestFactory(**fields)
    HelpRequest.objects.filter(pk=help_request.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    return help_request


def silent(coordinator):
    with acting_as_staff(coordinator, "look"):
        return [help_request.title for help_request in unmet.without_offer()]


def answered_long_ago(hours=72):
    """Whatever was answered, it was then. Only a test may move a clock back."""
    lay_open("offer_answers")
    run_as_owner("ALTER TABLE offer_answers DISABLE TRIGGER USER")
    run("UPDATE offer_answers SET at = at - make_interval(hours => %s)", hours)
    run_as_owner("ALTER TABLE offer_answers ENABLE TRIGGER USER")
    shut("offer_answers")


def test_who_has_waited_for_two_days_is_listed_the_longest_first(coordinator):
    asked(49, title="Two days")
    asked(96, title="Four days")
    asked(47, title="Not yet")

    assert silent(coordinator) == ["Four days", "Two days"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "completed"},
        {"status": "cancelled"},
        {"status": "closed"},
        {"expires_at": timezone.now() - timedelta(hours=1)},
    ],
    ids=["completed", "cancelled", "closed", "ran out"],
)
def test_what_takes_no_offers_waits_for_none(coordinator, fields):
    asked(**fields)

    assert silent(coordinator) == []


def test_whom_somebody_helps_does_not_wait(coordinator):
    asked(status="in_progress", helper=MemberFactory())

    assert silent(coordinator) == []


def test_an_offer_that_waits_for_its_answer_is_an_offer(coordinator):
    ConversationFactory(help_request=asked(title="Offered in the new messaging"))
    offered(asked(title="Offered in the old messaging"), MemberFactory())

    assert silent(coordinator) == []


def test_a_conversation_of_version_1_without_a_word_is_none(coordinator):
    left_behind(asked(title="Nothing was said"), MemberFactory())

    assert silent(coordinator) == ["Nothing was said"]


@pytest.mark.parametrize("ending", ["declined", "withdrawn"])
def test_an_offer_that_came_to_nothing_counts_from_then_on(coordinator, ending):
    conversation = ConversationFactory(help_request=asked(title="It came to nothing"))
    if ending == "declined":
        answers.decline(conversation.pk, by=conversation.requester)
    else:
        answers.withdraw(conversation.pk, by=conversation.helper)

    assert silent(coordinator) == []

    answered_long_ago(49)

    assert silent(coordinator) == ["It came to nothing"]


def test_one_offer_that_stands_is_enough(coordinator):
    help_request = asked()
    gone, _stands = ConversationFactory.create_batch(2, help_request=help_request)
    answers.decline(gone.pk, by=help_request.user)
    answered_long_ago()

    assert silent(coordinator) == []


def test_what_runs_out_within_a_week_is_listed_the_next_one_first(coordinator):
    now = timezone.now()
    for days in (6, 2, 8):
        HelpRequestFactory(title=f"In {days} days", expires_at=now + timedelta(days=days))
    HelpRequestFactory(title="Ran out", expires_at=now - timedelta(days=1))
    HelpRequestFactory(title="Regularly", is_ongoing=True)
    HelpRequestFactory(title="It is done", status="completed", expires_at=now + timedelta(days=2))

    with acting_as_staff(coordinator, "look"):
        assert [each.title for each in unmet.running_out()] == ["In 2 days", "In 6 days"]


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [WITHOUT_OFFER, RUNNING_OUT])
def test_a_request_is_shown_with_its_owner_and_leads_to_both(coordinator, path):
    owner = MemberFactory(name="Nora Nelson")
    help_request = asked(
        user=owner, title="Bread and milk", category="groceries-meals", urgency="urgent",
        expires_at=timezone.now() + timedelta(days=3),
    )  # fmt: skip

    page = browser_of(coordinator).get(path)

    text = words(page)
    for fact in ("Bread and milk", "Nora Nelson", "Groceries and meals", "Within 24 hours"):
        assert fact in text
    for link in (f"/admin/helprequests/helprequest/{help_request.pk}/change/", f"/admin/accounts/member/{owner.pk}/"):
        assert link in page.content.decode()


def test_for_whom_the_team_asks_stands_beside_who_asked(coordinator):
    posted_for("Rosa M.", asked(user=coordinator))

    assert f"{coordinator.name} , for Rosa M." in words(browser_of(coordinator).get(WITHOUT_OFFER))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (WITHOUT_OFFER, "Every request of the past days has an offer."),
        (RUNNING_OUT, "No request runs out in the next 7 days."),
    ],
)
def test_an_empty_list_says_so(coordinator, path, sentence):
    assert sentence in words(browser_of(coordinator).get(path))


def test_a_long_list_has_a_second_page(coordinator):
    owner, client = MemberFactory(), browser_of(coordinator)
    for number in range(21):
        asked(user=owner, title=f"Request {number}")

    first, second = client.get(WITHOUT_OFFER), client.get(f"{WITHOUT_OFFER}?page=2")

    assert "Page 1 of 2" in words(first)
    assert [page.content.count(b'<th scope="row">') for page in (first, second)] == [20, 1]


@pytest.mark.parametrize("path", [WITHOUT_OFFER, RUNNING_OUT])
def test_a_list_asks_as_often_for_three_as_for_one(coordinator, path):
    client, soon = browser_of(coordinator), timezone.now() + timedelta(days=3)
    asked(expires_at=soon)
    client.get(path)
    with_one = statements(client, path)
    for _ in range(2):
        posted_for("Rosa M.", asked(user=coordinator, expires_at=soon))

    assert statements(client, path) == with_one


def test_of_very_many_those_that_waited_longest_are_listed_and_nobody_counts_on(coordinator, monkeypatch):
    monkeypatch.setattr(unmet, "FEW", 2)
    monkeypatch.setattr(queues, "FEW", 2)
    for days in (3, 6, 4, 5):
        asked(24 * days, title=f"{days} days")

    assert silent(coordinator) == ["6 days", "5 days", "4 days"]
    front = words(browser_of(coordinator).get("/admin/"))
    assert "Requests without an offer for 48 hours More than 2 The oldest has waited 6 days." in front


@pytest.mark.one_of_each
@pytest.mark.parametrize("path", ["/admin/", WITHOUT_OFFER, RUNNING_OUT])
def test_what_the_team_looks_at_is_little_of_the_board(coordinator, monkeypatch, path):
    monkeypatch.setattr(unmet, "FEW", 50)
    fill(4_000)
    HelpRequest.objects.update(created_at=F("created_at") - timedelta(days=3), expires_at=Now() + timedelta(days=6))
    run_as_owner("ANALYZE help_requests")
    browser = browser_of(coordinator)

    assert most_looked_at(lambda: browser.get(path), "help_requests") <= 500


def test_the_list_is_found_once_for_its_number_and_its_page(coordinator):
    for _ in range(25):
        asked()

    with CaptureQueriesContext(connection) as taken:
        page = browser_of(coordinator).get(f"{WITHOUT_OFFER}?page=2").content.decode()

    assert sum('FROM "offer_answers"' in query["sql"] for query in taken) == 1
    assert page.count("A ride to the clinic") == 5
