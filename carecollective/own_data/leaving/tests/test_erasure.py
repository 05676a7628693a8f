"""The list of what becomes of each column, beside the database; and the database, once somebody is gone."""

import uuid

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import again, on_the_team
from carecollective.ground.identity import acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.own_data.leaving import erasure, evidence, services
from carecollective.own_data.leaving.erasure import OTHERS_TABLES, tables
from carecollective.rollout import services as rollout
from carecollective.rollout.stages import INTERNAL
from carecollective.tests.owner import asked_by_the_owner, run_as_owner
from carecollective.tests.sql import column, one, refused, run
from helprequests.models import FORMER_REQUEST
from helprequests.tests.factories import HelpRequestFactory
from messaging.reports import moderation
from messaging.reports import services as reports
from messaging.reports.tests.judging import judged
from messaging.tests.factories import ConversationFactory, MessageFactory

from .everything import person, with_everything
from .traces import columns_with, in_the_database

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

TABLES = tables()
COLUMNS = """
SELECT relname::text, attname::text FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2
"""
REFERENCES = """
SELECT conrelid::regclass::text, attname::text FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
WHERE contype = 'f' AND confrelid = 'members'::regclass ORDER BY 1, 2
"""


def others():
    return " ".join(OTHERS_TABLES).split()


def test_every_column_there_is_has_its_line():
    known = {(name, column) for name, table in TABLES.items() for column in table.names()}
    whole = {name for name, table in TABLES.items() if table.whose or table.goes_with} | set(others())

    missing = [place for place in run(COLUMNS) if place not in known and place[0] not in whole]

    assert missing == []


def test_no_line_is_of_a_column_that_is_not_there():
    there = set(run(COLUMNS))
    listed = [(name, column) for name, table in TABLES.items() for column in [*table.names(), *table.whose.split()]]
    tables = {name for name, _column in there}

    assert [place for place in listed if place not in there] == []
    assert [
        name for name in [*others(), *(table.goes_with for table in TABLES.values())] if name and name not in tables
    ] == []


def test_no_table_is_listed_twice_and_every_reason_says_something():
    assert set(TABLES) & set(others()) == set()
    reasons = [why for table in TABLES.values() for why in table.kept.values()] + list(OTHERS_TABLES.values())
    assert [why for why in reasons if len(why) < 10] == []


def test_every_reference_to_a_member_is_a_row_that_goes_or_an_id_that_is_kept_on_purpose():
    kept = {
        (name, column)
        for name, table in TABLES.items()
        for columns, why in table.kept.items()
        for column in columns.split()
        if why
    }
    gone = {(name, column) for name, table in TABLES.items() for column in table.whose.split()}

    assert [place for place in run(REFERENCES) if place not in kept | gone and place[0] not in others()] == []


def test_a_new_column_without_a_line_is_told():
    run_as_owner("ALTER TABLE help_requests ADD COLUMN shoe_size text")

    with pytest.raises(AssertionError, match="shoe_size"):
        test_every_column_there_is_has_its_line()


def test_of_somebody_with_everything_nothing_is_left_but_what_they_said_to_others():
    other = person("Otto")
    member = with_everything("Zaphira1234", other)
    marks = ["Zaphira1234", "5550001234", "555 0001234"]
    before = in_the_database(marks)

    services.erase(member.pk)
    run_the_reports_to_their_end()

    assert set(before) >= {
        "members", "help_requests", "conversations", "contact_details", "kept_texts", "account_emailaddress",
        "application_lines", "django_admin_log", "message_reports", "usersessions_usersession", "mfa_authenticator",
        "django_session, read",
    }  # fmt: skip
    assert in_the_database(marks) == {}
    assert again(other).name == "Otto Nelson"


# Emptied, though nothing that somebody writes can be in it; or filled for the team's people alone, and looked at there.
NO_WORDS = {
    "members": "password verification_status restriction text_size theme language",
    "django_session": "session_key session_data",  # in a writing of its own: looked at as "django_session, read"
    "message_reports": "evidence evidence_sha256",
    "staff_reads": "staff_name",
    "rollout_history": "by_name",
    "procrastinate_jobs": "args",  # ids: the jobs that wait for a member go whole
}


def test_somebody_with_everything_has_words_in_each_column_that_is_to_be_emptied():
    """Or a column that is emptied no more would be missed by the test above."""
    with_everything("Zaphira1234", person("Otto"))
    text = "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'"
    of_words = set(asked_by_the_owner(f"{text} AND data_type IN ('text', 'character varying', 'jsonb')"))

    emptied = {
        (name, column)
        for name, table in TABLES.items()
        for column in set(table.emptied.split()) - set(NO_WORDS.get(name, "").split())
    }

    assert emptied & of_words - columns_with(["Zaphira1234"]) == set()


def run_the_reports_to_their_end():
    moderator = on_the_team("moderators")
    with acting_as_system("a test looks"):
        waiting = column("SELECT id FROM message_reports")
    for report in waiting:
        judged(report, "no_action", by=moderator)
    evidence.forget_decided()


def test_every_row_that_was_theirs_alone_is_gone():
    member = with_everything("Zaphira1234", MemberFactory())

    services.erase(member.pk)

    left = {}
    for name, table in TABLES.items():
        with acting_as_system("a test counts") if name not in erasure.OPEN else connection.cursor():
            left |= {
                (name, column): count
                for column in table.whose.split()
                if (count := one(f"SELECT count(*) FROM {name} WHERE {column} = %s", member.pk))
            }
    assert left == {}


def test_the_teams_own_names_go_with_them():
    other = on_the_team("administrators", name="Petra Young")
    staff = on_the_team("administrators", name="Zaphira Stone")
    conversation = ConversationFactory()
    report = reports.report(conversation.pk, by=conversation.requester, reason="scam")
    moderation.open_report(report.pk, by=staff, reason="Somebody reported this.")
    moderation.open_report(report.pk, by=other, reason="I look at it too now.")
    rollout.change_stage(INTERNAL, by=staff, reason="We begin with the team.")

    services.erase(staff.pk)

    assert in_the_database(["Zaphira"]) == {}
    with acting_as_system("a test looks"):
        assert sorted(column("SELECT staff_name FROM staff_reads")) == ["A former member", "Petra Young"]
        assert "A former member" in column("SELECT by_name FROM rollout_history")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE staff_reads SET staff_name = 'Somebody else'",
        "UPDATE staff_reads SET reason = 'Another reason altogether'",
        "DELETE FROM staff_reads",
    ],
)
def test_of_a_staff_read_the_system_changes_the_name_alone_and_only_to_a_former_member(statement):
    staff = on_the_team("moderators")
    conversation = ConversationFactory()
    report = reports.report(conversation.pk, by=conversation.requester, reason="scam")
    moderation.open_report(report.pk, by=staff, reason="Somebody reported this.")

    with refused(), acting_as_system("a test tries"):
        run(statement)
    with acting_as_system("a test tries"):
        assert run("UPDATE staff_reads SET staff_name = 'A former member'") == 1


def test_what_a_deletion_by_hand_leaves_behind_is_swept_away():
    other = person("Otto")
    member = with_everything("Zaphira1234", other)
    Member.objects.filter(pk=member.pk).delete()
    left_behind = in_the_database(["Zaphira1234"])

    erasure.sweep()
    run_the_reports_to_their_end()

    assert set(left_behind) >= {"conversations", "django_admin_log", "django_session, read"}
    assert in_the_database(["Zaphira1234"]) == {}


# --- Evidence --------------------------------------------------------------------------------------------------------


@pytest.fixture
def reported():
    conversation = ConversationFactory(help_request=HelpRequestFactory())
    message = MessageFactory(conversation=conversation, sender=conversation.helper, text="Send money to this account")
    report = reports.report(message.pk, by=conversation.requester, reason="scam", description="He asks for money")
    return conversation, report


def kept(report):
    with acting_as_system("a test looks"):
        return run("SELECT evidence::text, description FROM message_reports WHERE id = %s", report.pk)[0]


def test_whoever_leaves_takes_no_evidence_along_while_the_report_waits(reported):
    conversation, report = reported

    services.erase(conversation.helper.pk)
    evidence.forget_decided()

    assert "Send money" in kept(report)[0]


def test_once_the_report_is_decided_the_evidence_goes(reported):
    conversation, report = reported
    services.erase(conversation.helper.pk)
    judged(report.pk, "ban", by=on_the_team("moderators"))

    assert evidence.forget_decided() == 1

    assert kept(report) == ("[]", "")
    assert evidence.forget_decided() == 0


def test_of_a_member_who_was_deleted_likewise(reported):
    conversation, report = reported
    Member.objects.filter(pk=conversation.helper.pk).delete()
    evidence.forget_decided()
    assert "Send money" in kept(report)[0]

    judged(report.pk, "no_action", by=on_the_team("moderators"))

    assert evidence.forget_decided() == 1
    assert kept(report) == ("[]", "")


def test_the_evidence_about_people_who_are_here_stays(reported):
    _conversation, report = reported
    judged(report.pk, "warn", by=on_the_team("moderators"))

    assert evidence.forget_decided() == 0

    assert "Send money" in kept(report)[0]


def test_the_data_is_sound_after_all_of_it(reported):
    conversation, report = reported
    services.erase(conversation.helper.pk)
    judged(report.pk, "no_action", by=on_the_team("moderators"))
    evidence.forget_decided()

    call_command("verify_data")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE message_reports SET evidence = '[]'", "UPDATE message_reports SET description = ''"],
)
def test_the_database_lets_no_hand_touch_evidence_that_is_needed(reported, statement):
    with refused(), acting_as_system("a test tries"):
        run(statement)


def test_nor_change_it_afterwards(reported):
    _conversation, report = reported
    judged(report.pk, "no_action", by=on_the_team("moderators"))

    with refused(), acting_as_system("a test tries"):
        run("UPDATE message_reports SET evidence = '[{}]', description = ''")
    with acting_as_system("a test tries"):
        assert run("UPDATE message_reports SET evidence = '[]', description = ''") == 1


# --- Word by word ----------------------------------------------------------------------------------------------------


def test_a_session_that_names_them_ends_however_deep_and_in_whatever_writing_and_no_other(member_with_sessions):
    member, theirs, others = member_with_sessions

    services.erase(member.pk)

    assert set(Session.objects.values_list("session_key", flat=True)) == others
    assert theirs


@pytest.fixture
def member_with_sessions():
    member = MemberFactory(email="Zaphira@Example.org")
    named = [
        {"joined": {"email": "zaphira@example.ORG"}},
        {"tried": [["somebody"], [{"who": str(member.pk).upper()}]]},
        {"at": 7, "email": "zaphira@example.org"},
    ]
    unnamed = [{"email": "zaphira@example.org.uk"}, {"tried": [7, None, "Zaphira"]}, {}]
    return member, {kept_session(data) for data in named}, {kept_session(data) for data in unnamed}


def kept_session(data):
    session = SessionStore()
    session.update(data)
    session.save()
    return session.session_key


def test_sessions_of_nobody_go_and_those_of_somebody_stay():
    here, gone = MemberFactory(), str(uuid.uuid4())
    kept = {kept_session({SESSION_KEY: str(here.pk)}), kept_session({"joined": {"member": str(here.pk)}})}
    kept |= {kept_session({}), kept_session({"joined": {"email": "nobody@example.org"}})}
    kept_session({SESSION_KEY: gone})
    kept_session({"joined": {"member": gone}})
    kept_session({SESSION_KEY: gone, "joined": {}})

    erasure.sweep()

    assert set(Session.objects.values_list("session_key", flat=True)) == kept


LOGGED = "SELECT object_repr, change_message FROM django_admin_log WHERE object_id = %s"


def logged(*about):
    """An entry of the team's about each, and about whatever has the same id and is neither."""
    admin = on_the_team("administrators")
    for thing in about:
        for model in (type(thing), Group):
            LogEntry.objects.create(
                user=admin,
                content_type=ContentType.objects.get_for_model(model),
                object_id=str(thing.pk),
                object_repr="Zaphira",
                change_message="her name",
                action_flag=CHANGE,
            )


@pytest.mark.parametrize("how", ["erased", "deleted"])
def test_of_the_teams_log_their_entries_are_emptied_and_no_others(how):
    member, other = MemberFactory(), MemberFactory()
    asked, others = HelpRequestFactory(user=member), HelpRequestFactory(user=other)
    logged(member, asked, other, others)

    if how == "erased":
        services.erase(member.pk)
    else:
        Member.objects.filter(pk=member.pk).delete()
        erasure.sweep()

    as_it_was = ("Zaphira", "her name")
    for theirs in (member.pk, asked.pk):
        assert sorted(run(LOGGED, str(theirs))) == [(FORMER_MEMBER, ""), as_it_was]
    for not_theirs in (other.pk, others.pk):
        assert run(LOGGED, str(not_theirs)) == [as_it_was] * 2


def test_an_account_without_anything_in_it_is_this():
    member = with_everything("Zaphira1234", MemberFactory())
    other = MemberFactory(town="Springfield")

    services.erase(member.pk)

    left = again(member)
    assert (left.name, left.email) == (FORMER_MEMBER, f"former:{member.pk}")
    assert (left.town, left.application_text, left.language) == ("", "", "")
    assert (left.is_staff, left.is_superuser, left.enter_sends) == (False, False, False)
    assert (left.verification_status, left.restriction) == ("rejected", "none")
    assert (left.last_login, left.restricted_until, left.warned_at, left.leaving_at) == (None, None, None, None)
    assert (left.text_size, left.theme) == ("normal", "device")
    assert (left.has_usable_password(), left.left_at is not None) == (False, True)
    assert again(other).town == "Springfield"


def test_what_they_asked_for_is_emptied_and_what_others_asked_for_is_not():
    texts = {"title": "Soup for Zaphira", "description": "Soup", "exchange_offer": "Bread", "location_override": "Here"}
    member, other = MemberFactory(), MemberFactory()
    theirs, others = HelpRequestFactory(user=member, **texts), HelpRequestFactory(user=other, **texts)

    services.erase(member.pk)

    for asked, words in ((theirs, [FORMER_REQUEST, "", "", ""]), (others, list(texts.values()))):
        asked.refresh_from_db()
        assert [getattr(asked, name) for name in texts] == words


def test_jobs_that_wait_for_them_go_and_those_that_run_or_wait_for_others_stay():
    member, other = MemberFactory(), MemberFactory()
    for status, who in (("todo", member), ("doing", member), ("todo", other)):
        run(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status)"
            " VALUES ('mail', 'a test', 'x', jsonb_build_object('member_id', %s::text), %s::procrastinate_job_status)",
            str(who.pk),
            status,
        )

    services.erase(member.pk)

    left = run("SELECT status::text, args ->> 'member_id' FROM procrastinate_jobs WHERE task_name = 'a test'")
    assert sorted(left) == [("doing", str(member.pk)), ("todo", str(other.pk))]
