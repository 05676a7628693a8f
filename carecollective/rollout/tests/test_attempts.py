"""Every attempt leaves one row, whatever became of it."""

from datetime import timedelta

import psycopg
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, OperationalError, transaction
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.refusals import ConversationExists, NotApproved, RateLimited
from carecollective.rollout import attempts
from carecollective.rollout.models import Attempt
from carecollective.tests.owner import run_as_owner
from carecollective.tests.waiting import PATIENCE
from helprequests.tests.factories import HelpRequestFactory
from messaging import services as messaging

WORDS = "I can drive you on Thursday."


def of_postgresql(sqlstate):
    error = OperationalError("no")
    error.__cause__ = psycopg.errors.lookup(sqlstate)("no")
    return error


def rows():
    return list(Attempt.objects.order_by("id").values_list("version", "outcome", "stage", "is_synthetic"))


@pytest.mark.django_db
class TestRecorded:
    def test_what_worked_is_kept_with_its_time_and_stage(self, set_stage):
        set_stage("enabled")

        with attempts.recorded(MemberFactory()) as attempt:
            assert attempt.version == "v2"

        assert rows() == [("v2", "created", "enabled", False)]
        assert 0 <= Attempt.objects.get().milliseconds < PATIENCE * 1_000

    def test_the_same_offer_again_starts_nothing(self, set_stage):
        set_stage("enabled")

        with attempts.recorded(MemberFactory()) as attempt:
            attempt.created = False

        assert rows() == [("v2", "replayed", "enabled", False)]

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (ConversationExists(), "conversation_exists"),
            (RateLimited(5), "rate_limited"),
            (NotApproved(), "not_approved"),
            (OperationalError("gone"), "unavailable"),
            (of_postgresql("57P01"), "unavailable"),  # admin_shutdown
            (of_postgresql("57014"), "timeout"),  # query_canceled
            (of_postgresql("55P03"), "timeout"),  # lock_not_available
            (of_postgresql("40P01"), "timeout"),  # deadlock_detected
            (DatabaseError("a trigger says no"), "server_error"),
            (KeyError("a bug"), "server_error"),
        ],
    )
    def test_a_refusal_or_failure_is_kept_and_goes_on(self, error, outcome, flag):
        with pytest.raises(type(error)), attempts.recorded(MemberFactory()):
            raise error

        assert rows() == [("v1", outcome, "disabled", False)]

    def test_a_process_that_is_ended_claims_nothing(self, flag):
        with pytest.raises(KeyboardInterrupt), attempts.recorded(MemberFactory()):
            raise KeyboardInterrupt

        assert rows() == []

    def test_what_a_door_refuses_before_the_verb_counts_too(self, flag):
        with pytest.raises(NotApproved), attempts.refusals_recorded(MemberFactory()):
            raise NotApproved
        attempts.refused(MemberFactory(), "validation_error")
        attempts.refused(AnonymousUser(), "unauthorized")

        assert [row[1] for row in rows()] == ["not_approved", "validation_error"]

    def test_there_is_no_column_for_who_or_what(self):
        assert {field.name for field in Attempt._meta.get_fields()} == {
            "id",
            "attempted_at",
            "version",
            "outcome",
            "milliseconds",
            "stage",
            "is_synthetic",
        }

    def test_it_costs_three_statements(self, flag, django_assert_max_num_queries):
        member = MemberFactory()

        # The decision; the row, which under a test's transaction has a savepoint around it.
        with django_assert_max_num_queries(4), attempts.recorded(member):
            pass

    def test_rows_are_kept_for_90_days(self, tried):
        tried("created", ago=timedelta(days=91))
        tried("created", ago=timedelta(days=89))

        assert attempts.forget_old(timezone.now()) == 1
        assert Attempt.objects.count() == 1


@pytest.mark.django_db
def test_no_rollback_takes_the_row_away(flag):
    def fail():
        with attempts.recorded(MemberFactory()), transaction.atomic():
            HelpRequestFactory()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [row[1] for row in rows()] == ["server_error"]


@pytest.mark.django_db
def test_rows_wait_while_the_database_is_away(flag, monkeypatch):
    member = MemberFactory()
    with monkeypatch.context() as away:
        away.setattr(attempts, "_insert", lambda rows: (_ for _ in ()).throw(OperationalError("gone")))
        with pytest.raises(OperationalError), attempts.recorded(member):
            raise OperationalError("gone")
    assert rows() == []

    with attempts.recorded(member):
        pass

    assert [row[1] for row in rows()] == ["unavailable", "created"]


@pytest.mark.django_db
def test_a_count_that_fails_costs_no_offer(flag, monkeypatch):
    request, helper = HelpRequestFactory(), MemberFactory()
    run_as_owner("ALTER TABLE rollout_attempts RENAME TO elsewhere")
    try:
        with attempts.recorded(helper) as attempt:
            offer = messaging.offer_help(request.pk, by=helper, text=WORDS)
            attempt.created = offer.created
    finally:
        run_as_owner("ALTER TABLE elsewhere RENAME TO rollout_attempts")

    assert offer.created
