"""A database that reads and does not write: health says so, pages can be read, and what was written is kept."""

import shutil
from collections import namedtuple
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings as configured
from django.db import InternalError, OperationalError, connection, transaction

from carecollective.ground import refusals, writing
from carecollective.ground.foreseen import refusal_for
from messaging.tests.factories import ConversationFactory


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """As in a process that has just begun."""
    monkeypatch.setattr(writing, "_known", writing._Known())
    return writing._known


@pytest.fixture
def only_reads(db):
    """Each call in a transaction of its own that writes nothing, as on a standby."""

    def called(act, *args, **options):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL transaction_read_only = on")
            answer = act(*args, **options)
            transaction.set_rollback(True)
        return answer

    return called


def of_postgresql(kind, sqlstate):
    error = kind("no")
    error.__cause__ = psycopg.errors.lookup(sqlstate)("no")
    return error


@pytest.mark.parametrize(("kind", "sqlstate"), [(InternalError, "25006"), (OperationalError, "53100")])
def test_a_full_disk_and_a_standby_are_reading_only(known, kind, sqlstate):
    assert isinstance(refusal_for(of_postgresql(kind, sqlstate)), refusals.ReadingOnly)
    assert refusals.ReadingOnly().code == "unavailable"
    assert not known.can_write


# --- Health


def test_while_all_is_well_health_says_so_and_leaves_nothing_behind(api, db):
    health = api.get("/api/health").json()

    assert (health["status"], health["can_write"]) == ("ok", True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_health_says_that_writing_fails(api, only_reads):
    answer = only_reads(api.get, "/api/health")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["can_write"]) == ("degraded", False)


def test_ready_stays_as_it_is_and_says_no_to_who_would_write(api, only_reads):
    assert only_reads(api.get, "/api/health/ready").json() == {"status": "ok"}
    answer = only_reads(api.get, "/api/health/ready?for=writes")
    assert (answer.status_code, answer.json()) == (503, {"status": "writing fails"})


def test_ready_for_writes_while_all_is_well(api, db):
    assert api.get("/api/health/ready?for=writes").status_code == 200


def test_the_database_is_asked_every_ten_seconds_at_most(api, only_reads, known):
    api.get("/api/health")
    assert only_reads(api.get, "/api/health").json()["can_write"]

    known.asked_at -= writing.SECONDS_BETWEEN

    assert not only_reads(api.get, "/api/health").json()["can_write"]


@pytest.mark.parametrize(("free", "said"), [(writing.LITTLE_ROOM, "ok"), (writing.LITTLE_ROOM - 1, "low")])
def test_room_is_counted_where_the_data_lies_here(monkeypatch, db, free, said):
    asked = []
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "carecollective.ground.embedded_postgresql")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(path) or namedtuple("Usage", "free")(free))

    assert writing.room() == said
    assert asked == [configured.EMBEDDED_POSTGRES_DIR]


def test_the_disk_of_another_machine_is_unknown(monkeypatch, db):
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "carecollective.ground.named_postgresql")

    assert writing.room() == "unknown"


# --- Pages


@pytest.fixture
def conversation(db):
    return ConversationFactory()


@pytest.fixture
def browser(client, conversation):
    client.force_login(conversation.help_request.user)
    client.raise_request_exception = False
    return client


PAGES = """
/home/ /requests/ /requests/{request}/ /requests/new/ /messages/ /messages/{thread}/ /messages/{thread}/copy/
/notifications/ /you/ /you/notifications/ /you/privacy/ /you/data/ /you/leave/ /help/ /safety/
"""


@pytest.mark.one_of_each
@pytest.mark.parametrize("page", PAGES.split())
def test_every_page_can_be_read_and_says_that_it_is_reading_only(browser, conversation, only_reads, page):
    known_already = writing._known
    known_already.learn(can_write=False)
    answer = only_reads(browser.get, page.format(request=conversation.help_request_id, thread=conversation.pk))

    assert answer.status_code == 200
    assert "Reading only for now" in answer.content.decode()


@contextmanager
def a_full_disk(writing):
    """Statements that write this find no room."""

    def not_now(execute, statement, *rest):
        if writing in statement:
            raise of_postgresql(OperationalError, "53100")
        return execute(statement, *rest)

    with connection.execute_wrapper(not_now):
        yield


def test_whoever_reads_first_notices_and_reads_on(browser, conversation, known):
    """Nobody knows it yet, and the page would take back what was kept for it."""
    with a_full_disk("DELETE"):
        answer = browser.get(f"/requests/{conversation.help_request_id}/")

    assert (answer.status_code, known.can_write) == (200, False)


def test_programs_read_on(api_as, conversation, only_reads, known):
    known.learn(can_write=False)
    api = api_as(conversation.help_request.user)
    paths = ("/api/me", "/api/help-requests", "/api/messaging/conversations", "/api/notifications")

    assert [only_reads(api.get, path).status_code for path in paths] == [200] * 4


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Reading only for now"), ("es", "Por ahora solo se puede leer")]
)
def test_what_was_written_stands_on_the_page_that_says_so(browser, conversation, language, words):
    conversation.help_request.user.language = language
    conversation.help_request.user.save()
    with a_full_disk("INSERT INTO messages_v2"):
        answer = browser.post(f"/messages/{conversation.pk}/send/", {"content": "See you at ten"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    page = answer.content.decode()
    assert words in page
    assert "See you at ten" in page


def test_when_it_writes_again_nothing_is_said(browser, known):
    known.learn(can_write=False)
    known.asked_at -= writing.SECONDS_BETWEEN
    writing.can_write()

    assert "Reading only for now" not in browser.get("/home/").content.decode()


def test_a_page_that_is_drawn_as_its_member_does_not_ask_in_their_name(known, db):
    known.learn(can_write=False)
    known.asked_at -= writing.SECONDS_BETWEEN

    assert writing.is_reading_only()  # inside a transaction: as it was known
    assert not known.can_write
