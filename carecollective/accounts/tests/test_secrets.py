"""Who reaches a password, a second step and the key of a session: the system, to sign somebody in and for accounts."""

import pytest
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from carecollective.accounts.models import Member
from carecollective.accounts.sessions import SessionStore
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system, as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.tests.sql import column, one, refused, run
from carecollective.web.session_digests import digest_of

from .factories import MemberFactory
from .team import on_the_team

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def member():
    return MemberFactory(password=PASSWORD)


def scopes(member):
    yield acting_as(member)
    yield acting_as_staff(on_the_team("administrators"), "a test")
    for purpose in sorted(set(Purpose) - {Purpose.SIGN_IN, Purpose.JOIN, Purpose.ACCOUNT}):
        yield acting_as_system(purpose, purpose)


def test_a_hash_and_a_seed_are_read_for_three_purposes_and_in_no_other_scope(member):
    with refused():
        run("SELECT password FROM members")
    for scope in scopes(member):
        with scope, refused():
            run("SELECT password FROM members")
    for purpose in (Purpose.SIGN_IN, Purpose.JOIN, Purpose.ACCOUNT):
        with acting_as_system(purpose, purpose):
            assert one("SELECT password FROM member_secrets WHERE id = %s", member.pk) == member.password
            run("SELECT data FROM mfa_authenticator")
    with acting_as_system("mail", Purpose.MAIL):
        assert column("SELECT password FROM member_secrets") == column("SELECT data FROM mfa_authenticator") == []


def test_a_member_is_written_for_three_purposes_and_in_no_other_scope(member):
    writes = (
        "UPDATE members SET is_superuser = true",
        "UPDATE members SET warned_at = now()",
        "INSERT INTO members_groups (member_id, group_id)"
        " SELECT members.id, auth_group.id FROM members, auth_group ON CONFLICT DO NOTHING",
        "DELETE FROM members_user_permissions",
    )
    for write in writes:
        with refused():
            run(write)
        for scope in scopes(member):
            with scope, refused():
                run(write)
        with acting_as_system(Purpose.ACCOUNT, Purpose.ACCOUNT):
            run(write)


def test_an_act_of_the_systems_ends_and_the_scope_around_it_goes_on(member):
    with acting_as(member):
        assert Member.objects.only("pk").get(pk=member.pk).password == member.password
        assert one("SELECT current_user::text") == "authenticated"


def test_what_fails_in_it_leaves_the_scope_around_it_as_it_was(member):
    with acting_as(member):
        with pytest.raises(ZeroDivisionError), as_the_system_meanwhile(Purpose.ACCOUNT):
            raise ZeroDivisionError
        assert one("SELECT current_user::text") == "authenticated"


def test_a_row_comes_without_its_hash_also_where_it_is_joined(member):
    assert "password" in Member.objects.get(pk=member.pk).get_deferred_fields()
    assert Member.objects.get(pk=member.pk).check_password(PASSWORD)


def test_a_stamp_changes_with_the_password_and_with_nothing_else(member):
    stamps = [Member.objects.get(pk=member.pk).session_stamp]
    late = Member.objects.get(pk=member.pk)
    for password in (None, "another horse battery", None):
        if password:
            member.set_password(password)
            member.save(update_fields=["password"])
            assert member.session_stamp == Member.objects.get(pk=member.pk).session_stamp
        late.save()  # as it was before, stamp and all
        stamps.append(Member.objects.get(pk=member.pk).session_stamp)

    assert stamps[0] == stamps[1] != stamps[2] == stamps[3]


def test_a_session_that_was_bound_to_the_hash_goes_on_until_the_password_changes(member):
    client = Client()
    client.force_login(member)
    session = client.session
    session[HASH_SESSION_KEY] = member._get_session_auth_hash()  # as it was before there were stamps
    session.save()

    assert client.get("/you/").status_code == 200
    assert client.session[HASH_SESSION_KEY] == member.get_session_auth_hash()
    session = client.session
    session[HASH_SESSION_KEY] = member._get_session_auth_hash()
    session.save()
    member.set_password("another horse battery")
    member.save(update_fields=["password"])
    assert client.get("/you/").status_code == 302


def test_what_the_table_of_sessions_holds_opens_nothing(member):
    client, thief = Client(), Client()
    client.force_login(member)
    key, kept = client.cookies[settings.SESSION_COOKIE_NAME].value, Session.objects.get().pk
    thief.cookies[settings.SESSION_COOKIE_NAME] = kept

    assert kept == digest_of(key) != key
    assert (client.get("/you/").status_code, thief.get("/you/").status_code) == (200, 302)
    assert SessionStore(kept).load() == {}


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_who_is_signed_in_stays_so_through_the_upgrade(member):
    call_command("migrate", "accounts", "0007", verbosity=0)
    run("INSERT INTO django_session VALUES ('a-key-of-before-that-a-browser-has', '', now() + interval '1 day')")

    call_command("migrate", verbosity=0)

    assert column("SELECT session_key FROM django_session") == [digest_of("a-key-of-before-that-a-browser-has")]
