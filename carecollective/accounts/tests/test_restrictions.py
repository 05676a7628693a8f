"""Whoever is restricted hears it in kind words: until when, why, and whom to ask; and no failing check lets them in."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import OperationalError
from django.utils import timezone

from carecollective.accounts import services
from carecollective.accounts.language import speaks
from carecollective.accounts.mail import tell_of_a_restriction
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.tests.pages import heading, words
from carecollective.tests.sql import run
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db
JOBS = "SELECT args ->> 'restriction' FROM procrastinate_jobs WHERE task_name LIKE %s ORDER BY id"


@pytest.fixture
def moderator():
    return on_the_team("moderators")


def told(member):
    """What the mail says that a restriction of theirs leads to, now."""
    tell_of_a_restriction(str(member.pk), Member.objects.get(pk=member.pk).restriction)
    (letter,) = mail.outbox
    mail.outbox.clear()
    return f"{letter.subject}\n{letter.body}"


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        ("limited", "Your conversations go on as before."),
        ("suspended", "You can still sign in"),
        ("banned", "You cannot sign in any more."),
        ("none", "You can ask for help and offer help again"),
    ],
)
def test_each_restriction_has_its_letter(moderator, restriction, expected):
    member = MemberFactory(suspended=restriction == "none")
    speaks(member, "en")

    services.restrict(member.pk, by=moderator, restriction=restriction, reason="because a test wants it")

    letter = told(member)
    assert expected in letter
    assert ("to keep people safe" in letter) == (restriction != "none")
    assert ("talk to the team" in letter) == (restriction != "none")


def test_a_letter_says_until_when(moderator):
    member = MemberFactory()
    speaks(member, "en")
    until = timezone.now().replace(year=timezone.now().year + 1, month=3, day=5, hour=18, minute=30)
    services.restrict(member.pk, by=moderator, restriction="suspended", until=until, reason="because a test wants it")

    assert "Mar 5, 12:30 PM" in told(member)
    services.restrict(member.pk, by=moderator, restriction="suspended", reason="because a test wants it")
    assert "until the team says otherwise" in told(member)


def test_one_decision_is_one_letter_and_the_end_of_it_another(moderator):
    member = MemberFactory()
    for _ in range(2):
        services.restrict(member.pk, by=moderator, restriction="limited", reason="because a test wants it")
    Member.objects.filter(pk=member.pk).update(restricted_until=timezone.now() - timedelta(seconds=1))
    services.lift_ended_restrictions()

    assert [kind for (kind,) in run(JOBS, "%tell_of_a_restriction")] == ["limited", "none"]


def test_what_is_not_so_any_more_is_not_told(moderator):
    member = MemberFactory()
    services.restrict(member.pk, by=moderator, restriction="banned", reason="because a test wants it")
    services.restrict(member.pk, by=moderator, restriction="none")

    tell_of_a_restriction(str(member.pk), "banned")

    assert mail.outbox == []


@pytest.mark.parametrize("path", ["/requests/", "/you/"])
def test_a_paused_members_pages_say_until_when_why_and_whom_to_ask(path):
    until = timezone.now() + timedelta(days=3)
    member = MemberFactory(suspended=True, restricted_until=until)

    text = words(browser_of(member).get(path))

    assert "The team has paused your account." in text
    assert "It ends by itself: " in text
    assert "does not fit our community standards" in text
    assert "The team is happy to help you by" in text


def test_a_limited_members_pages_say_what_goes_on():
    client = browser_of(MemberFactory(limited=True))
    help_request = HelpRequestFactory()

    refused = client.get("/requests/new/")

    assert (refused.status_code, heading(refused)) == (403, "Not possible right now")
    for page in (refused, client.get("/you/"), client.get(f"/requests/{help_request.pk}/")):
        assert "Your conversations go on as before." in words(page)
        assert "It lasts until the team says otherwise." in words(page)


# --- A check that fails is no "yes" ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/home/", "/requests/", "/messages/", "/notifications/"])
def test_a_page_whose_check_fails_is_503_and_shows_nothing(path):
    HelpRequestFactory(title="Somebody to read to me")
    client = browser_of(MemberFactory())
    client.raise_request_exception = False
    assert client.get(path).status_code == 200

    with patch.object(Member, "refuse_unless_approved", side_effect=OperationalError("away")):
        answer = client.get(path)

    assert answer.status_code == 503
    assert "Somebody to read to me" not in answer.content.decode()


@pytest.mark.parametrize("path", ["help-requests", "messaging/conversations", "notifications"])
def test_an_api_call_whose_check_fails_is_503_and_shows_nothing(api_as, path):
    HelpRequestFactory(title="Somebody to read to me")
    client = api_as(MemberFactory())
    assert client.get(f"/api/{path}").status_code == 200

    with patch.object(Member, "refuse_unless_approved", side_effect=OperationalError("away")):
        answer = client.get(f"/api/{path}")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_a_check_with_a_fault_of_ours_is_500_and_shows_nothing(api_as):
    HelpRequestFactory(title="Somebody to read to me")

    with patch.object(Member, "refuse_unless_approved", side_effect=RuntimeError("a fault")):
        answer = api_as(MemberFactory()).get("/api/help-requests")

    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
