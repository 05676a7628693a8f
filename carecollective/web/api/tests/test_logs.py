"""The log: one line of JSON per event, and nothing in it that a member wrote or kept secret."""

import io
import json
import logging

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from rest_framework.test import APIClient

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.web.request_id import JsonFormatter, request_id
from helprequests.models import HelpRequest
from messaging import services

from .neighborhood import ABSENT, Program, outcome_of, signed_in

CANARY = "canary-7f3a"


@pytest.fixture
def log():
    """All that is logged, by whatever logger, as the settings format it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("django", "django.server"))]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


def events(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


def formatted(error):
    try:
        raise error
    except Exception as raised:
        record = logging.LogRecord("care", logging.ERROR, __file__, 1, "failed", (), (type(raised), raised, None))
        record.exc_info = (type(raised), raised, raised.__traceback__)
        return JsonFormatter().format(record)


@pytest.mark.parametrize(
    "path", ["/a%0d%0aINFO%20forged", "/%1b%5b31mred", '/"}{"event":"forged"', "/%e2%80%a8", "/%85"]
)
def test_an_address_begins_no_line_of_its_own(db, log, path):
    APIClient().get(path)

    (event,) = events(log)
    assert set(event) == {"timestamp", "level", "event", "service", "request_id"}
    assert event["event"].startswith("Not Found: /")
    assert log.getvalue().isascii()
    assert "\x1b" not in log.getvalue()


def test_each_line_carries_the_id_of_its_response(db, log):
    response = APIClient().get("/api/nothing")

    assert [event["request_id"] for event in events(log)] == [response["X-Request-ID"]]


@pytest.mark.django_db
def test_nothing_that_a_member_wrote_or_keeps_secret_is_in_the_log(log, monkeypatch):
    email, password, words = f"{CANARY}@example.org", f"{CANARY} secret", f"{CANARY} these are private words"
    member = MemberFactory(email=email, password=password, name=f"{CANARY} Name")
    asked = HelpRequest.objects.get(pk=MemberFactory().help_requests.create(
        title="A ride to the clinic", category="other", expires_at="2999-01-01T00:00:00Z").pk)  # fmt: skip
    client = Program(raise_request_exception=False)

    def post(path, body):
        return client.post(path, body, format="json")

    for tried in ("wrong " + CANARY, password):
        answer = post("/api/auth/login", {"email": email, "password": tried})
    token = answer.json()["token"]
    for _ in range(7):
        post("/api/auth/login", {"email": f"other-{CANARY}@example.org", "password": CANARY})
    client.get("/api/me", headers={"Authorization": f"Token {CANARY}{token}"})
    client.post("/sign-in/", {"login": email, "password": f"not {CANARY}"})
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    offer = f"/api/messaging/help-requests/{asked.pk}/start-conversation"
    for body in ({"initial_message": words}, {"initial_message": f"{words}, others"}, {"initial_message": CANARY[:9]},
                 {"initial_message": words, "helper_id": CANARY}, {"initial_message": [words]}):  # fmt: skip
        post(offer, body)
    client.get(f"/api/help-requests?q={CANARY}&cursor={CANARY}")
    client.generic("POST", offer, f'{{"initial_message": "{words}"', "application/json")
    client.generic("POST", offer, words, "text/plain")

    def fail(*args, **kwargs):
        held = (words, token, email, password)
        raise RuntimeError(f"could not keep {held}")

    monkeypatch.setattr(services, "offer_help", fail)
    assert outcome_of(post(offer, {"initial_message": words})) == "500 server_error"

    def break_a_rule(*args, **kwargs):
        with transaction.atomic(), as_the_system_meanwhile(Purpose.ACCOUNT), connection.cursor() as cursor:
            cursor.execute("UPDATE members SET name = '', town = %s WHERE id = %s", [words, member.pk])

    monkeypatch.setattr(services, "offer_help", break_a_rule)
    assert outcome_of(post(offer, {"initial_message": words})) == "500 server_error"

    logged = events(log)
    assert [event["service"] for event in logged if event["level"] == "error"] == ["django.request"] * 2
    assert CANARY not in log.getvalue()
    assert token not in log.getvalue()


def test_an_error_says_where_and_what_and_which_rule_and_not_about_whom(db):
    member = MemberFactory(email="a@example.org")
    here = as_the_system_meanwhile(Purpose.ACCOUNT)
    with pytest.raises(IntegrityError) as raised, here, connection.cursor() as cursor:
        cursor.execute("UPDATE members SET name = '', town = %s WHERE id = %s", [CANARY, member.pk])

    event = json.loads(formatted(raised.value))

    assert event["error"] == "IntegrityError"
    assert "member_name_is_clean_and_1_to_100" in event["trace"]
    assert "test_logs.py" in event["trace"]
    assert CANARY not in event["trace"]
    assert "example.org" not in event["trace"]


def test_what_led_to_an_error_is_told_as_silently():
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as inner:
            raise ValueError(f"because of {CANARY}") from inner
    except ValueError as error:
        trace = json.loads(formatted(error))["trace"]

    assert "builtins.KeyError" in trace
    assert "builtins.ValueError" in trace
    assert CANARY not in trace


def test_why_the_database_is_away_is_said():
    trace = json.loads(formatted(OperationalError("connection refused")))["trace"]

    assert trace.endswith("django.db.utils.OperationalError: connection refused")


def test_a_developer_reads_all_of_it(settings):
    settings.DEBUG = True

    assert CANARY in json.loads(formatted(ValueError(CANARY)))["trace"]


def test_a_refusal_is_no_error(here, log):
    signed_in(here.owner).get(f"/api/help-requests/{ABSENT}")

    assert [event["level"] for event in events(log)] == ["warning"]


def test_a_line_outside_of_any_request_has_no_id():
    request_id.set("")

    assert json.loads(formatted(ValueError()))["request_id"] == ""


def test_a_password_that_is_right_is_in_no_line_either(db, log):
    member = MemberFactory(password=PASSWORD)

    APIClient().post("/api/auth/login", {"email": member.email, "password": PASSWORD}, format="json")

    assert log.getvalue() == ""
