"""What is asked together goes together, in its order; what went wrong is said as ever."""

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from carecollective.ground.round_trips import OneTrip, ask
from carecollective.tests.round_trips import round_trips

pytestmark = pytest.mark.django_db(transaction=True)
PUT = "SELECT set_config('app.reason', %s, true)"
LOOK = "SELECT current_setting('app.reason')"


def said():
    asked = ask(PUT, ["first"]), ask(LOOK, None), ask(PUT, ["then"]), ask(LOOK, None)
    return lambda: [answer() for answer in asked]


def together(asking=said):
    with transaction.atomic(), OneTrip() as trip:
        answers = asking()
        trip.end()
        return answers()


def test_each_is_done_when_the_one_before_it_is_over():
    assert together() == [("first",), ("first",), ("then",), ("then",)]


def test_begin_and_all_of_them_are_one_round_trip():
    assert round_trips(together) == len(["all of it", "COMMIT"])


def test_outside_of_a_trip_each_is_answered_at_once():
    with transaction.atomic():
        assert said()() == [("first",), ("first",), ("then",), ("then",)]


def test_an_answer_can_be_asked_for_twice_and_none_is_none():
    answer, nothing = ask("SELECT 1", None), ask("SELECT 1 WHERE false", None)

    assert [answer(), answer(), nothing()] == [(1,), (1,), None]


def test_what_one_of_them_raises_is_raised_at_the_end_as_django_says_it():
    with pytest.raises(ProgrammingError):
        together(lambda: (ask("SELECT * FROM nowhere", None), ask("SELECT 1", None)))

    assert ask("SELECT 1", None)() == (1,)


def test_what_is_raised_in_between_is_raised_and_undoes_everything():
    with pytest.raises(ZeroDivisionError):
        together(lambda: (ask("CREATE TABLE of_this_trip ()", None), 1 / 0))

    assert ask("SELECT to_regclass('of_this_trip')", None)() == (None,)


def test_the_next_trip_of_a_connection_begins_its_own_transaction():
    together()
    together()

    with transaction.atomic():
        assert ask(LOOK, None)() == ("",)


def test_behind_a_pooler_that_drops_the_limits_nothing_is_sent_together(monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "limits_are_lost", True, raising=False)

    assert together() == [("first",), ("first",), ("then",), ("then",)]
    assert round_trips(together) == len(["BEGIN", *["each"] * 4, "COMMIT"])


def test_a_connection_that_is_gone_is_said_as_ever():
    with pytest.raises(OperationalError):
        together(lambda: ask("SELECT pg_terminate_backend(pg_backend_pid())", None))
    connection.close()
