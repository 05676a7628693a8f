"""Who the database believes is asking: inside a scope, after it, and never by accident."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, DataError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.models import ImpersonationAttempt
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import (
    NOBODY,
    acting_as,
    acting_as_staff,
    acting_as_system,
    as_the_login,
    as_the_system_meanwhile,
    as_the_system_outside,
    asking_as,
    reading_as,
    unforced,
    until_the_commit,
)
from carecollective.ground.owner import as_the_owner
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import ConversationNotFound
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.databases import copied_database
from carecollective.tests.every_day import takes_long
from carecollective.tests.races import run_apart
from carecollective.tests.sql import refused, run
from messaging.models import Conversation
from messaging.tests.factories import ConversationFactory

SETTINGS = "acting_member()::text, current_setting('app.reason', true)"


def who():
    """The role, the member and the reason, as the database has them; '' and unset are nobody alike."""
    ((role, member, reason),) = run(f"SELECT current_user::text, {SETTINGS}")
    return role, member or "", reason or ""


@pytest.fixture
def login(db):
    return who()


@pytest.fixture
def member(db):
    return MemberFactory()


@pytest.fixture
def staff(db):
    return MemberFactory(is_staff=True)


# --- One statement in a scope of its own ---------------------------------------------------------------------------


def asked(member, statement=f"SELECT current_user::text, {SETTINGS}"):
    with connection.cursor() as cursor:
        with asking_as(member):
            cursor.execute(statement)
        return cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_one_statement_and_its_scope_are_sent_together_and_end_together(member, login):
    with CaptureQueriesContext(connection) as queries:
        ((role, id, reason),) = asked(member)

    assert (role, id, reason) == ("authenticated", str(member.pk), "")
    assert len(queries) == 2  # who is asking, the question
    assert (who(), connection.acting_in) == (login, NOBODY)


@pytest.mark.django_db(transaction=True)
def test_it_may_be_the_first_statement_of_a_connection_and_the_process_knows_whose_it_is(member):
    connection.close()

    with asking_as(member):
        assert connection.acting_in == ("authenticated", str(member.pk), Purpose.MEMBER, "")


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_fails_takes_its_scope_with_it(member, login):
    with pytest.raises(DataError):
        asked(member, "SELECT 1 / 0 FROM conversations_v2 RIGHT JOIN (SELECT) AS one ON true")

    assert (who(), connection.acting_in) == (login, NOBODY)


@pytest.mark.django_db(transaction=True)
def test_what_fails_before_it_is_sent_leaves_no_scope(member, login):
    with pytest.raises(ZeroDivisionError), asking_as(member):
        raise ZeroDivisionError

    assert (who(), connection.acting_in) == (login, NOBODY)


@pytest.mark.django_db(transaction=True)
def test_what_was_lost_by_a_pooler_is_said_in_a_transaction(member, monkeypatch):
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "limits_are_lost", True, raising=False)

    with CaptureQueriesContext(connection) as queries:
        asked(member)

    assert [query["sql"] for query in queries][:1] == ["BEGIN"]


def test_one_statement_takes_part_in_a_scope_of_the_same_member(member, login):
    with reading_as(member):
        before, ((_, id, _),), after = who(), asked(member), who()

    assert before == after
    assert (id, who()) == (str(member.pk), login)


def test_one_statement_of_another_is_refused_inside_a_scope(member):
    other = MemberFactory()

    with reading_as(member), pytest.raises(RuntimeError):
        asked(other)


# --- The scope that ends with its transaction ----------------------------------------------------------------------


def statements_of_a_scope_to_the_end(member):
    with CaptureQueriesContext(connection) as queries, transaction.atomic(), acting_as(member):
        until_the_commit()
    return len(queries)


@pytest.mark.django_db(transaction=True)
def test_the_last_scope_of_a_transaction_ends_with_its_commit(login, member):
    assert statements_of_a_scope_to_the_end(member) == len(["BEGIN", "enter", "COMMIT"])
    assert who() == login


@pytest.mark.django_db(transaction=True)
def test_inside_of_another_transaction_it_ends_by_itself(login, member):
    with transaction.atomic():
        assert statements_of_a_scope_to_the_end(member) == len(["SAVEPOINT", "enter", "leave", "RELEASE"])
        assert who() == login


@pytest.mark.django_db(transaction=True)
def test_what_was_said_of_a_scope_that_failed_is_not_said_of_the_next(login, member):
    def fail():
        with transaction.atomic(), acting_as(member):
            until_the_commit()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with transaction.atomic():
        with acting_as(member):
            pass
        assert who() == login


def test_the_first_scope_of_a_connection_ends_as_every_other(login, member, monkeypatch):
    for untold in ("ends_with_commit", "acting_in"):
        monkeypatch.delattr(connection, untold, raising=False)

    with acting_as(member):
        pass

    assert who() == login


# --- The system, in between and outside -----------------------------------------------------------------------------

SYSTEM = ("care_system", "", "mail")


def test_the_system_acts_in_the_midst_of_a_scope_which_goes_on(login, member):
    with acting_as(member):
        before, scope = who(), connection.acting_in
        with as_the_system_meanwhile(Purpose.MAIL):
            inside, known = who(), connection.acting_in
            with as_the_system_meanwhile(Purpose.MAIL):
                again = who()
        assert (who(), connection.acting_in) == (before, scope)

    assert (inside, again, known) == (SYSTEM, SYSTEM, ("care_system", "", Purpose.MAIL, "mail"))
    assert who() == login


def test_outside_of_every_scope_the_system_acts_and_inside_whoever_acts_already(login, member, monkeypatch):
    monkeypatch.delattr(connection, "acting_in", raising=False)

    with as_the_system_outside(Purpose.MAIL):
        outside = who()
    with acting_as(member), as_the_system_outside(Purpose.MAIL):
        inside = who()

    assert (outside, inside) == (SYSTEM, ("authenticated", str(member.pk), ""))
    assert who() == login


# --- The three scopes ----------------------------------------------------------------------------------------------


def test_a_member_is_known_inside_and_nobody_after(login, member):
    with acting_as(member):
        inside = who()

    assert (inside, who()) == (("authenticated", str(member.pk), ""), login)


def test_staff_are_known_with_their_reason(login, staff):
    with acting_as_staff(staff, "look after the queue"):
        inside = who()

    assert (inside, who()) == (("care_staff", str(staff.pk), "look after the queue"), login)


def test_the_system_is_nobody_with_a_reason(login):
    with acting_as_system("send mail"):
        inside = who()

    assert (inside, who()) == (("care_system", "", "send mail"), login)


def test_the_login_is_no_superuser_and_nobody(login):
    assert login[1:] == ("", "")
    assert run("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") == [(False,)]


def test_a_member_who_is_not_staff_cannot_act_as_staff(member):
    with pytest.raises(ValueError, match=r"^Only staff act as staff\.$"):
        acting_as_staff(member, "curious")


@pytest.mark.parametrize("reason", ["", "  "])
def test_staff_and_system_need_a_reason(reason, staff):
    for scope in (lambda: acting_as_staff(staff, reason), lambda: acting_as_system(reason)):
        with pytest.raises(ValueError, match=r"^This scope needs a reason\.$"):
            scope()


# --- One at a time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", ["the same member", "another", "staff", "system"])
def test_a_scope_inside_a_scope_is_a_mistake(second, login, member, staff):
    scopes = {
        "the same member": lambda: acting_as(member),
        "another": lambda: acting_as(MemberFactory.build()),
        "staff": lambda: acting_as_staff(staff, "look"),
        "system": lambda: acting_as_system("look"),
    }

    with acting_as(member):
        with pytest.raises(RuntimeError, match=r"^One scope at a time: .*another\.$"), scopes[second]():
            pass
        assert who()[1] == str(member.pk)

    assert who() == login


def test_what_a_page_reads_together_shares_one_scope(login, member):
    with CaptureQueriesContext(connection) as queries, reading_as(member):
        with acting_as(member):
            pass
        with acting_as(member):
            assert who()[:2] == ("authenticated", str(member.pk))
        between = who()

    asked = [query for query in queries.captured_queries if "set_config" in query["sql"]]
    assert (len(asked), between[1], who()) == (2, str(member.pk), login)


def test_what_a_members_role_may_not_is_done_as_the_login_when_the_shared_scope_has_ended(login, member):
    done = []

    with reading_as(member):
        with reading_as(member):
            as_the_login(lambda: done.append(who()))
        before = list(done)
    as_the_login(lambda: done.append(who()))

    assert (before, done) == ([], [login, login])


def test_what_is_refused_in_a_shared_scope_leaves_nothing_to_be_done_as_the_login(login, member):
    done = []

    def refused():
        with reading_as(member):
            as_the_login(lambda: done.append(who()))
            raise ConversationNotFound

    with pytest.raises(ConversationNotFound):
        refused()

    assert (done, who()) == ([], login)


@pytest.mark.parametrize("second", ["another", "staff", "system"])
def test_nobody_else_takes_part_in_it(second, login, member, staff):
    scopes = {
        "another": lambda: acting_as(MemberFactory.build()),
        "staff": lambda: acting_as_staff(staff, "look"),
        "system": lambda: acting_as_system("look"),
    }

    with reading_as(member), pytest.raises(RuntimeError, match="One scope at a time"), scopes[second]():
        pass

    assert who() == login


def test_after_it_a_scope_inside_a_scope_is_a_mistake_again(member):
    with reading_as(member):
        pass

    with acting_as(member), pytest.raises(RuntimeError, match="One scope at a time"), acting_as(member):
        pass


def test_one_scope_may_follow_another_in_one_transaction(login, member):
    with transaction.atomic():
        seen = []
        for scope in (acting_as(member), acting_as_system("tell"), acting_as(member)):
            with scope:
                seen.append(who()[0])

    assert seen == ["authenticated", "care_system", "authenticated"]


# --- However it ends -----------------------------------------------------------------------------------------------


def test_it_ends_with_an_exception(login, member):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), acting_as(member):
        raise ZeroDivisionError

    assert who() == login
    with acting_as(member):
        assert who()[0] == "authenticated"


def test_it_ends_with_an_error_of_the_database(login, member):
    with pytest.raises(DatabaseError, match="division by zero"), transaction.atomic(), acting_as(member):
        run("SELECT 1 / 0")

    assert who() == login


def test_it_outlives_a_savepoint_inside_that_is_undone(member):
    with acting_as(member):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError
        with transaction.atomic():
            pass

        assert who()[1] == str(member.pk)


def test_a_verb_that_fails_in_its_scope_keeps_nothing(member):
    conversation = ConversationFactory(helper=member)

    with pytest.raises(DatabaseError, match="division by zero"), transaction.atomic(), acting_as(member):
        run("WITH archived AS (UPDATE conversations_v2 SET status = 'archived') SELECT 1 / 0")

    with acting_as(member):
        assert Conversation.objects.get(pk=conversation.pk).status == "active"


def test_inside_a_verb_it_costs_two_round_trips(member):
    with transaction.atomic(), CaptureQueriesContext(connection) as queries, acting_as(member):
        pass

    assert [query["sql"].split("(")[0] for query in queries] == ["SELECT set_config", "SELECT set_config"]


# --- Outside of any transaction, and through the pool ---------------------------------------------------------------


@pytest.fixture(scope="module")
def own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("identity"):
        yield


def test_alone_it_is_one_transaction_and_one_round_trip(own_database):
    member = MemberFactory()

    with CaptureQueriesContext(connection) as queries, acting_as(member):
        inside = who()

    assert inside[0] == "authenticated"
    assert who()[0] == run("SELECT session_user::text")[0][0]
    assert [query["sql"].split("(")[0] for query in queries][:2] == ["BEGIN", "SELECT set_config"]
    assert [query["sql"] for query in queries][-1] == "COMMIT"
    assert len(queries) == 4


def test_alone_it_ends_with_an_exception(own_database):
    member = MemberFactory()

    with pytest.raises(ZeroDivisionError), acting_as(member):
        raise ZeroDivisionError

    assert who() == (run("SELECT session_user::text")[0][0], "", "")


def test_what_runs_on_commit_runs_as_nobody(own_database):
    member, seen = MemberFactory(), []

    with acting_as(member):
        transaction.on_commit(lambda: seen.append(who()))

    assert seen == [(run("SELECT session_user::text")[0][0], "", "")]


def test_async_code_cannot_hold_it_across_an_await(own_database, monkeypatch):
    member = MemberFactory()
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE")

    async def view():
        with acting_as(member):
            await asyncio.sleep(0)

    with pytest.raises(SynchronousOnlyOperation):
        run_apart(view())


@takes_long
def test_a_thousand_turns_through_one_pool_leave_no_identity_behind(own_database):
    owners = [ConversationFactory().requester for _ in range(8)]

    def take_a_turn(n):
        member = owners[n % 8]
        try:
            began_as = who()
            if n % 7 == 0:  # breaks off in the middle
                with pytest.raises(DatabaseError), acting_as(member):
                    run("SELECT 1 / 0")
            with unguarded(), refused():
                Conversation.objects.count()
            with acting_as(member):
                own = {conversation.requester_id for conversation in Conversation.objects.all()}
            return began_as[1:], own == {member.pk}
        finally:
            connection.close()  # back to the pool

    with ThreadPoolExecutor(8) as threads:
        turns = set(threads.map(take_a_turn, range(1000)))

    assert turns == {(("", ""), True)}


# --- Migrations that must see the rows -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_under_force_a_migration_changes_no_row_and_unforced_it_does():
    ConversationFactory()
    change = "UPDATE conversations_v2 SET status = 'archived'"
    with as_the_owner():
        forced = run(change)

        with MigrationExecutor(connection).connection.schema_editor() as editor, unforced(editor, "conversations_v2"):
            changed = run(change)

        assert (forced, changed) == (0, 1)
        assert run("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'conversations_v2'") == [(True,)]
        with unguarded():
            assert Conversation.objects.count() == 0


# --- Attempts to be somebody else ----------------------------------------------------------------------------------


def test_an_attempt_is_read_by_staff_and_changed_by_nobody(member, staff):
    with acting_as_system("record"):
        ImpersonationAttempt.objects.create(caller=member, claimed="somebody", field="helper_id", path="/api/")

    with acting_as_staff(staff, "look"):
        seen = ImpersonationAttempt.objects.get().caller_id
    assert seen == member.pk
    with unguarded(), refused():
        ImpersonationAttempt.objects.count()
    with refused():
        run("DELETE FROM impersonation_attempts")
