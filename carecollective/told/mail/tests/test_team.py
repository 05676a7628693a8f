"""What the team and monitors see of mail."""

import pytest
from django.utils import timezone

from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground.identity import acting_as_system
from carecollective.tests.pages import words
from carecollective.tests.sql import run
from carecollective.told.mail import health, outbox
from carecollective.told.mail.models import Mail

from .told import became, change, mails, tell

pytestmark = pytest.mark.django_db

LIST = "/admin/mail/mail/"


@pytest.fixture
def set_aside(member):
    outbox.consider(tell(member).pk)
    (mail,) = mails()
    change(mail, set_aside_at=timezone.now(), attempts=3, error="SMTPRecipientsRefused")
    return mail


@pytest.fixture
def team():
    return browser_of(on_the_team("coordinators"))


def test_the_team_sees_what_was_set_aside_and_why(team, set_aside, member):
    page = team.get(LIST, {"state": "set_aside"})

    assert page.status_code == 200
    for fact in ("offer", "SMTPRecipientsRefused", "3", member.name):
        assert fact in words(page)
    assert member.email not in page.content.decode()


@pytest.mark.parametrize(("state", "count"), [("set_aside", 1), ("waiting", 0), ("sent", 0)])
def test_the_list_can_be_narrowed(team, set_aside, state, count):
    page = team.get(LIST, {"state": state})

    assert page.content.decode().count("SMTPRecipientsRefused") == count


def test_try_again_puts_it_back_in_the_queue(team, set_aside):
    page = team.get(f"{LIST}{set_aside.pk}/change/")
    assert "Try again" in words(page)

    answer = team.post(LIST, {"action": "try_again", "_selected_action": [set_aside.pk], "index": 0}, follow=True)

    assert "1 email is on its way again." in words(answer)
    assert became() == ["waiting"]
    assert run("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%%deliver' AND status = 'todo'") == [(1,)]


@pytest.mark.parametrize("chosen", ["nonsense", "123e4567-e89b-42d3-a456-426614174000"])
def test_what_is_not_set_aside_is_left_alone(team, set_aside, chosen):
    team.post(LIST, {"action": "try_again", "_selected_action": [chosen], "index": 0})

    assert became() == ["set aside: SMTPRecipientsRefused"]


def test_moderators_have_nothing_to_do_with_mail(set_aside):
    moderator = browser_of(on_the_team("moderators"))

    seen = moderator.get(LIST)
    tried = moderator.post(LIST, {"action": "try_again", "_selected_action": [set_aside.pk], "index": 0})

    assert (seen.status_code, tried.status_code) == (403, 403)
    assert became() == ["set aside: SMTPRecipientsRefused"]


def test_nobody_writes_or_deletes_a_mail_by_hand(team, set_aside):
    for path in ("add/", f"{set_aside.pk}/delete/"):
        assert team.get(LIST + path).status_code == 403


# --- /api/health ----------------------------------------------------------------------------------------------------


def asked(client):
    return client.get("/api/health").json()["mail"]


@pytest.fixture(autouse=True)
def _no_other_jobs():
    run("DELETE FROM procrastinate_jobs")


def test_nothing_waits(client):
    assert asked(client) == {"status": "ok", "oldest_unsent_seconds": None, "set_aside": 0}


def test_the_oldest_that_is_due_counts(client, member):
    with acting_as_system("a test"):
        for number, seconds in enumerate((30, 1000, -9000)):
            due = timezone.now() - timezone.timedelta(seconds=seconds)
            Mail.objects.create(key=str(number), recipient=member, kind="offer", due_at=due)

    health = asked(client)

    assert (health["status"], 1000 <= health["oldest_unsent_seconds"] < 1100, health["set_aside"]) == ("late", True, 0)


def test_what_was_set_aside_is_counted_and_does_not_wait(client, set_aside):
    assert asked(client) == {"status": "set_aside", "oldest_unsent_seconds": None, "set_aside": 1}


def test_mail_is_late_too_while_no_worker_runs(client, member):
    tell(member)
    run("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 hour'")

    health = asked(client)

    assert (health["status"], 3600 <= health["oldest_unsent_seconds"] < 3700) == ("late", True)


def test_numbers_are_all_it_says(client, set_aside):
    assert set(asked(client)) == {"status", "oldest_unsent_seconds", "set_aside"}


def test_it_uses_an_index_however_many_were_sent(member):
    with acting_as_system("a test"):
        run(
            "INSERT INTO mails (key, recipient_id, kind, sent_at)"
            " SELECT n::text, %s, 'offer', now() FROM generate_series(1, 5000) AS n",
            member.pk,
        )
        run("SET LOCAL enable_seqscan = off")
        plan = " ".join(line for (line,) in run(f"EXPLAIN {health.MAILS}"))

    assert "idx_mails_open" in plan
