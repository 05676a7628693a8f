"""A database that goes away in the middle is said as 503, wherever it is noticed, and is not waited for without end."""

import psycopg
import pytest
from django.db import InternalError, OperationalError, connection

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground.foreseen import refusal_for
from carecollective.ground.patience import ImpatientConnection
from carecollective.ground.refusals import ServerError, Unavailable


@pytest.fixture
def goes_away_at():
    """From the first statement on that begins like this, there is no database."""

    def context(beginning):
        is_away = False

        def ask(execute, statement, *rest):
            nonlocal is_away
            is_away = is_away or statement.startswith(beginning)
            if is_away:
                raise OperationalError("server closed the connection unexpectedly")
            return execute(statement, *rest)

        return connection.execute_wrapper(ask)

    return context


@pytest.fixture
def browser(client):
    client.raise_request_exception = False
    return client


@pytest.mark.one_of_each
@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("path", "fields", "statement"),
    [
        ("/sign-in/", {"login": "ann@example.org", "password": PASSWORD}, 'UPDATE "django_session"'),
        ("/sign-in/", {"login": "ann@example.org", "password": PASSWORD}, 'INSERT INTO "django_session"'),
        ("/nowhere/", None, 'SELECT "django_session"'),
        ("/home/", None, 'SELECT "django_session"'),
    ],
)
def test_a_page_says_503_whatever_noticed_it(browser, settings, goes_away_at, debug, path, fields, statement):
    settings.DEBUG = debug
    member = MemberFactory(email="ann@example.org", password=PASSWORD)
    if fields is None:
        browser.force_login(member)

    with goes_away_at(statement):
        response = browser.get(path) if fields is None else browser.post(path, fields)

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Traceback" not in response.content.decode()


def of_postgresql(kind, sqlstate):
    error = kind("terminating connection")
    error.__cause__ = psycopg.errors.lookup(sqlstate)("terminating connection")
    return error


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (of_postgresql(OperationalError, "57P01"), Unavailable),  # admin_shutdown
        (of_postgresql(OperationalError, "57P02"), Unavailable),  # crash_shutdown
        (of_postgresql(OperationalError, "57P03"), Unavailable),  # cannot_connect_now
        (of_postgresql(OperationalError, "53300"), Unavailable),  # too_many_connections
        (of_postgresql(InternalError, "25P03"), Unavailable),  # idle_in_transaction_session_timeout
        (of_postgresql(InternalError, "25P02"), ServerError),  # in_failed_sql_transaction: our own fault
    ],
)
def test_each_way_in_which_postgresql_ends_a_connection_is_unavailable(error, refusal):
    assert type(refusal_for(error)) is refusal


@pytest.fixture
def impatient(db):
    known = connection.get_connection_params()
    where = {part: known[part] for part in ("dbname", "user", "password", "host", "port") if known.get(part)}
    with ImpatientConnection.connect(**where, autocommit=True) as impatient:
        number = impatient.info.backend_pid
        yield impatient
    with connection.cursor() as cursor:  # it goes on alone, where nobody waits for it any more
        cursor.execute("SELECT pg_terminate_backend(%s, 60000)", [number])


def test_no_statement_waits_for_ever(impatient):
    impatient.seconds = 0.1

    with pytest.raises(psycopg.OperationalError, match="not answered"):
        impatient.cursor().execute("SELECT pg_sleep(600)")

    assert impatient.closed


def test_the_pools_check_waits_less_than_a_statement(impatient, monkeypatch):
    monkeypatch.setattr("carecollective.ground.patience.SECONDS_FOR_A_CHECK", 0.1)

    with pytest.raises(psycopg.OperationalError, match="not answered"):
        impatient.execute("SELECT pg_sleep(600)")


def test_an_answer_in_time_is_an_answer(impatient):
    assert impatient.execute("SELECT 7").fetchone() == (7,)
    assert impatient.cursor().execute("SELECT 8").fetchone() == (8,)
    assert not impatient.closed
