"""Who reads and writes what is shared, as SQL in the roles that the application uses: each no beside its yes."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import column, member_role, one, refused, run
from messaging import answer_events
from messaging.sharing.services import share, stop

from .people import PHONE, offer, under_way

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
both_versions = pytest.mark.parametrize("version", ["v1", "v2"])

ALL_DETAILS = "SELECT value FROM contact_details ORDER BY kind"
ALL_SHARES = "SELECT kind FROM contact_shares"
SHARE = "INSERT INTO contact_shares (conversation_id, owner_id, kind) VALUES (%s, %s, 'phone')"
REVIVE = "UPDATE contact_shares SET ended_by = NULL"
END = "UPDATE contact_shares SET ended_by = %s"


def shared_in(version="v2"):
    conversation = under_way(version)
    share(conversation.pk, "phone", by=conversation.requester)
    return conversation


# --- Reading --------------------------------------------------------------------------------------------------------


@both_versions
def test_the_other_reads_the_one_row_that_is_shared_and_nobody_else_any(version):
    conversation = shared_in(version)
    under_way()  # and there are other people's details

    with acting_as(conversation.helper):
        assert column(ALL_DETAILS) == [PHONE]
        assert column(ALL_SHARES) == ["phone"]
    for nobody in (MemberFactory(), on_the_team("administrators")):
        with acting_as(nobody):
            assert (column(ALL_DETAILS), column(ALL_SHARES)) == ([], [])


@both_versions
def test_without_a_share_the_accepted_helper_reads_nothing(version):
    conversation = under_way(version)

    with acting_as(conversation.helper):
        assert column(ALL_DETAILS) == []
    with acting_as(conversation.requester):
        assert len(column(ALL_DETAILS)) == 2


@pytest.mark.parametrize("identity", ["", "00000000-0000-4000-8000-00000000dead"])
def test_nobody_reads_nothing(identity):
    shared_in()

    with member_role(identity):
        assert (column(ALL_DETAILS), column(ALL_SHARES)) == ([], [])
    for statement in (ALL_DETAILS, ALL_SHARES):  # nor does the login
        with refused():
            column(statement)


def test_the_team_reads_no_share_and_no_number_of_a_member():
    shared_in()
    staff = on_the_team("administrators")

    with acting_as_staff(staff, "look"):
        assert column(ALL_DETAILS) == []
        with refused():
            run(ALL_SHARES)


def test_the_system_knows_that_there_is_something_and_never_what():
    shared_in()

    with acting_as_system("look"):
        assert column(ALL_SHARES) == ["phone"]
        assert one("SELECT count(kind) FROM contact_details") == 2
        with refused():
            run(ALL_DETAILS)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE help_requests SET status = 'completed', completed_at = now()",
        "UPDATE help_requests SET status = 'cancelled', cancelled_at = now()",
        "UPDATE help_requests SET status = 'closed'",
        "UPDATE help_requests SET status = 'open', helper_id = NULL",
        "UPDATE help_requests SET helper_id = NULL",
    ],
)
@both_versions
def test_the_request_alone_decides_whatever_was_not_written_down(version, change):
    conversation = shared_in(version)
    run_as_owner("ALTER TABLE help_requests DISABLE TRIGGER USER")
    with acting_as(conversation.helper):
        assert column(ALL_DETAILS) == [PHONE]

    run_as_owner(f"{change} WHERE id = %s", conversation.help_request.pk)

    with acting_as(conversation.helper):
        assert column("SELECT kind FROM contact_shares WHERE ended_by IS NULL") == ["phone"]
        assert column(ALL_DETAILS) == []


def test_of_two_conversations_the_one_that_lasts_still_shows_it():
    conversation, over = shared_in(), offer()

    assert over.helper != conversation.helper
    with acting_as(over.helper):
        assert column(ALL_DETAILS) == []
    with acting_as(conversation.helper):
        assert column(ALL_DETAILS) == [PHONE]


# --- Writing --------------------------------------------------------------------------------------------------------


@both_versions
def test_a_member_shares_their_own_while_help_is_under_way(version):
    conversation, waiting = under_way(version), offer(version)

    with acting_as(conversation.requester):
        with refused():
            run(SHARE, conversation.pk, conversation.helper.pk)
        assert run(SHARE, conversation.pk, conversation.requester.pk) == 1
    with acting_as(waiting.requester), refused():
        run(SHARE, waiting.pk, waiting.requester.pk)


@both_versions
def test_a_stranger_shares_in_no_conversation_of_others(version):
    conversation, stranger = under_way(version), MemberFactory()

    for owner in (stranger, conversation.requester):
        with acting_as(stranger), refused():
            run(SHARE, conversation.pk, owner.pk)


@pytest.mark.parametrize(
    ("columns", "values"),
    [("reader_id", "%(me)s"), ("shared_at", "now() + interval '1 year'"), ("help_request_id", "gen_random_uuid()")],
)
def test_the_reader_the_request_and_the_time_are_not_the_members_to_say(columns, values):
    conversation = under_way()
    statement = f"INSERT INTO contact_shares (conversation_id, owner_id, kind, {columns})"

    with acting_as(conversation.requester), refused():
        run(
            f"{statement} VALUES ('{conversation.pk}', '{conversation.requester.pk}', 'phone', {values})".replace(
                "%(me)s", f"'{conversation.requester.pk}'"
            )
        )


def test_the_reader_can_end_a_share_and_never_begin_it_again():
    conversation = shared_in()

    with acting_as(conversation.helper):
        with refused():
            run(END, "stopped")
        with refused():
            run(REVIVE)
        assert run(END, "archived") == 1
        assert run(REVIVE) == 0
        assert column(ALL_DETAILS) == []
        with refused():
            run("UPDATE contact_shares SET shared_at = now()")
        with refused():
            run("DELETE FROM contact_shares")
    with acting_as(conversation.requester):
        assert run(REVIVE) == 0


def test_an_end_has_the_time_of_the_database():
    conversation = shared_in()

    with acting_as(conversation.requester):
        run(END, "stopped")
        assert one("SELECT ended_at BETWEEN shared_at AND clock_timestamp() FROM contact_shares") is True
        with refused():
            run("UPDATE contact_shares SET ended_at = NULL, ended_by = NULL")


def test_the_system_ends_and_forgets_and_shares_nothing():
    conversation = shared_in()

    with acting_as_system("a test"):
        with refused():
            run(SHARE, conversation.pk, conversation.requester.pk)
        assert run(END, "help_ended") == 1
        assert run("DELETE FROM contact_shares") == 1


def test_the_readers_own_details_are_out_of_the_other_ones_hands():
    conversation = shared_in()

    with acting_as(conversation.helper):
        assert run("UPDATE contact_details SET value = '12345'") == 0
        assert run("DELETE FROM contact_details") == 0
    with acting_as(conversation.requester):
        assert run("UPDATE contact_details SET value = '12345'") == 2


# --- The code's wall, with the database's taken away ----------------------------------------------------------------


def test_the_code_alone_shows_an_ended_share_to_nobody(monkeypatch):
    conversation = shared_in()
    with acting_as(conversation.requester):
        share_id = one("SELECT id FROM contact_shares")
    stop(share_id, by=conversation.requester)
    for table in ("contact_details", "contact_shares"):
        run_as_owner(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    happened = answer_events.events(conversation.pk, by=conversation.helper)

    assert [event.shows for event in happened if event.shows] == []
    assert answer_events.events(conversation.pk, by=MemberFactory()) == []
