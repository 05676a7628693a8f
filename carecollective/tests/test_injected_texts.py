"""What a text that got into a statement reaches, at three doors: in a member's request, on a team page, in a job.

The injection points are this file's own, on the application's connection and in its scopes; the product has none that
we know of. docs/walls.md has the figures, and what neither wall stops.
"""

import re

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import DatabaseError, connection, transaction
from django.test import Client
from knox.models import get_token_model

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground import clock
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.tests.databases import PROJECT
from carecollective.tests.injected import EXPRESSIONS, STATEMENTS
from carecollective.tests.owner import laid_open, run_as_owner
from carecollective.tests.sql import run
from carecollective.told.notifications.models import News
from helprequests.models import HelpRequest
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

# What each door must not let out. Mail is written of every text, so a job may read those.
SECRETS = {"hash", "seed", "session", "token"}
MUST_NOT_SAY = {
    "in a member's request": {"message", "telephone number", *SECRETS},
    "on a team page": {"message", *SECRETS},
    "in a job": SECRETS,
}
MEMBERS, TEAM, JOB = MUST_NOT_SAY
# How many got through while the login read and wrote every column of the open tables.
BEFORE = {MEMBERS: 17, TEAM: 14, JOB: 15}
# What a first statement does for those behind it.
STACKED = ["SELECT 1; ", "RESET ROLE; ", "SET LOCAL ROLE care_system; "]
WALLS = """
SELECT md5(concat((SELECT string_agg(p::text, '' ORDER BY oid) FROM pg_policy AS p),
    (SELECT string_agg(concat(oid, relowner, relacl, relrowsecurity, relforcerowsecurity), '' ORDER BY oid)
        FROM pg_class WHERE relnamespace = 'public'::regnamespace),
    (SELECT string_agg(concat(oid, tgenabled), '' ORDER BY oid) FROM pg_trigger),
    (SELECT string_agg(p::text, '' ORDER BY oid) FROM pg_proc AS p WHERE pronamespace = 'public'::regnamespace)))
"""
WRITTEN = """
SELECT relname::text, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE schemaname = 'public'
"""


@pytest.fixture
def world():
    """Somebody whom nobody at these doors has anything to do with, and what is theirs."""
    talk = ConversationFactory(
        helper=MemberFactory(password="correct horse battery"), text="only for the two of us; write to me"
    )
    MessageFactory(conversation=talk, text="this is only for the two of us")
    other, browser = talk.helper, Client()
    LogEntry.objects.log_actions(other.pk, [other], CHANGE, "was here", single_object=True)
    News.objects.create(title_en="News", body_en="Come", title_es="Noticias", body_es="Vengan", told_at=clock.now())
    contacts.change(other, phone="+1 555 0188", place="")
    plant_a_seed(other)
    browser.force_login(other)
    _token, value = get_token_model().objects.create(user=other)
    return {
        "names": {"other": other.pk, "talk": talk.pk, "owner": settings.OWNER_DATABASE["USER"]},
        "told": {
            "message": "only for the two of us",
            "telephone number": "0188",
            "hash": other.password,
            "seed": "JBSWY3DPEHPK3PXP",
            "session": browser.cookies[settings.SESSION_COOKIE_NAME].value,
            "token": value,
        },
        "doors": {
            "in a member's request": (acting_as, MemberFactory()),
            "on a team page": (lambda member: acting_as_staff(member, "a team page"), on_the_team("administrators")),
            "in a job": (lambda member: acting_as_system("send mail", Purpose.MAIL), MemberFactory()),
        },
    }


def plant_a_seed(member):
    run_as_owner(
        "INSERT INTO mfa_authenticator (type, data, user_id, created_at)"
        """ VALUES ('totp', '{"secret": "JBSWY3DPEHPK3PXP"}', %s, now())""",
        member.pk,
    )


def as_an_expression(text):
    """The planted fault: what was typed stands in the list of what is selected."""
    planted = HelpRequest.objects.extra(select={"planted": text.replace("%", "%%")})  # noqa: S610
    return list(planted.values_list("planted"))


def as_a_statement(text):
    """The other planted fault: a statement's text, without values. Then it may be several, and each answers."""
    answers = []
    with connection.cursor() as cursor:
        cursor.execute(text)
        while True:
            answers += cursor.fetchall() if cursor.description else []
            if not cursor.nextset():
                return answers


TEXTS = {name: (as_an_expression, text) for name, text in EXPRESSIONS.items()} | {
    name: (as_a_statement, text) for name, text in STATEMENTS.items()
}


def put(world, door, name, before_it=""):
    """What it said, of what is another's, and which tables it wrote. Everything is taken back."""
    scope, person = world["doors"][door]
    planted, text = TEXTS[name]
    text = f"{before_it}{text}"
    for which, value in (world["names"] | {"me": person.pk}).items():
        text = text.replace(f"{{{which}}}", str(value))
    said, written = "", set()
    with transaction.atomic():
        try:
            with transaction.atomic(), scope(person):
                before, walls = dict(run(WRITTEN)), run(WALLS)
                said = str(planted(text))
                written = {table for table, rows in run(WRITTEN) if rows != before.get(table, 0)}
                written |= {"the walls"} if run(WALLS) != walls else set()
        except DatabaseError:
            pass
        transaction.set_rollback(True)
    read = {what for what in MUST_NOT_SAY[door] if world["told"][what] in said}
    return read, written


def got_through(world, door):
    """By the name of the text: what was read and what was written."""
    found = {name: put(world, door, name) for name in TEXTS}
    return {name: reached for name, reached in found.items() if any(reached)}


def test_there_are_fifty_texts():
    assert (len(EXPRESSIONS), len(STATEMENTS), len(TEXTS)) == (30, 28, 58)


@pytest.mark.parametrize("door", MUST_NOT_SAY)
def test_no_text_reads_or_writes_what_is_not_this_doors(world, door):
    assert got_through(world, door) == {}


@pytest.mark.parametrize("door", MUST_NOT_SAY)
@pytest.mark.parametrize("before_it", STACKED)
def test_no_statement_does_behind_another_one(world, door, before_it):
    """Where a statement has no values, several may stand in one text: the first leaves the scope for the others."""
    found = {name: put(world, door, name, before_it) for name in STATEMENTS}

    assert {name: reached for name, reached in found.items() if any(reached)} == {}


def test_a_statement_with_values_is_one_statement(db):
    with pytest.raises(DatabaseError, match="multiple commands"):
        run("SELECT %s::text; SELECT content FROM messages_v2", "a value")


def test_a_text_that_gets_through_is_seen(world):
    """With the narrowing away, the same texts read and write again what they did before."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run_as_owner("DROP TRIGGER team_news_stay_once_told ON team_news")
    with laid_open("members", "members_groups", "mfa_authenticator", "help_requests", "django_admin_log", "team_news"):
        again = {name: put(world, MEMBERS, name) for name in TEXTS if name.startswith("the login's")}

    assert again["the login's hashes"] == ({"hash"}, set())
    assert again["the login's seeds"] == ({"seed"}, set())
    assert {name: written for name, (_read, written) in again.items() if written} == {
        "the login's address of another": {"members"},
        "the login's group": {"members_groups", "audit_entries", "audit_unsent"},
        "the login's help requests": {"help_requests"},
        "the login's list of what the admin did": {"django_admin_log"},
        "the login's list, in another's name": {"django_admin_log"},
        "the login's news": {"team_news"},
        "the login's news taken away": {"team_news"},
        "the login's rank": {"members", "audit_entries", "audit_unsent"},
        "the login's seeds taken away": {"mfa_authenticator"},
    }


def test_what_a_job_writes_for_another_purpose_is_seen(world):
    """With the triggers away that hold the system to its purpose, a job writes messages again."""
    for table in ("messages_v2", "unread_conversations", "conversations_v2"):
        run_as_owner(f"DROP TRIGGER the_system_writes_for_its_purpose ON {table}")
    again = {name: put(world, JOB, name) for name in STATEMENTS}

    assert {name for name, (_read, written) in again.items() if written} == {
        "a forged message",
        "the system's archive",
        "the system's forged message",
    }


def test_the_page_has_the_figures():
    lines = [f"| {door} | {len(TEXTS)} | {BEFORE[door]} | 0 |" for door in MUST_NOT_SAY]
    page = (PROJECT / "docs" / "walls.md").read_text()

    assert re.findall(r"^\| (?:in|on) a .*\|$", page, re.MULTILINE) == lines
