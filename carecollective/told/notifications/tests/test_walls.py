"""Who reads what somebody was told: each wall alone, the code's and the database's."""

import uuid
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import identity
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system, proof_of_the_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import NotFound
from carecollective.tests.owner import lay_open, run_as_owner
from carecollective.tests.sql import column, member_role, one, refused, run, undone
from carecollective.told.kinds import What
from carecollective.told.notifications import services
from carecollective.told.notifications.models import Notification

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
CONVERSATION = uuid.uuid4()


@pytest.fixture
def told():
    member = MemberFactory()
    services.tell(What.ACCEPTED, member.pk, conversation_id=CONVERSATION, about="theirs")
    (notification,) = services.listed(member).results
    notification.member = member
    return notification


@pytest.fixture
def stranger():
    return MemberFactory()


@contextmanager
def both_walls():
    yield


@contextmanager
def without_the_codes_wall():
    """Every question of ours forgets to say whose; only the database still does."""
    narrowed = QuerySet.filter

    def forgetful(queryset, *args, member=None, **kwargs):
        return narrowed(queryset, *args, **kwargs)

    with patch.object(QuerySet, "filter", forgetful):
        yield


@contextmanager
def without_the_databases_wall():
    login = connection.ops.quote_name(settings.WEB_LOGIN)
    run_as_owner(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {login}")
    lay_open("notifications")
    with patch.object(identity, "_tell_the_database", lambda *identity: None):
        yield


def is_unread(notification):
    with acting_as_system("a test"):
        return Notification.objects.get(pk=notification.pk).read_at is None


@pytest.mark.parametrize("walls", [both_walls, without_the_codes_wall, without_the_databases_wall])
def test_either_wall_alone_keeps_a_stranger_from_what_somebody_was_told(walls, told, stranger):
    with walls():
        assert services.unread_count(by=told.member) == 1  # it is there to be found

        assert services.listed(stranger).results == []
        assert services.waiting(stranger) == []
        assert services.unread_count(by=stranger) == 0
        services.read_all(by=stranger)
        services.read_about(stranger.pk, conversation_id=CONVERSATION)
        with pytest.raises(NotFound):
            services.read(told.pk, by=stranger)
        with pytest.raises(NotFound):
            services.find(told.pk, by=stranger)

        assert services.unread_count(by=told.member) == 1


def test_with_both_walls_gone_a_stranger_would_read_it(told, stranger):
    """So the test above can fail."""
    with without_the_codes_wall(), without_the_databases_wall():
        assert services.listed(stranger).results == [told]


def test_outside_every_scope_there_is_no_right(told):
    with refused():
        run("SELECT id FROM notifications")
    assert is_unread(told)


def test_staff_see_neither_rows_nor_counts(told):
    with refused(), acting_as_staff(MemberFactory(is_staff=True), "curious"):
        run("SELECT count(*) FROM notifications")


@pytest.mark.parametrize("nobody", ["", "00000000-0000-4000-8000-00000000dead"])
def test_without_an_identity_of_ones_own_there_is_no_row(told, nobody):
    with member_role(nobody):
        assert run("SELECT id FROM notifications") == []


def test_a_member_marks_and_nothing_more(told):
    with acting_as(told.member):
        assert run("UPDATE notifications SET read_at = now()") == 1
    for statement in (
        "UPDATE notifications SET kind = 'offer'",
        "UPDATE notifications SET member_id = gen_random_uuid()",
        "UPDATE notifications SET created_at = now()",
        "DELETE FROM notifications",
        f"INSERT INTO notifications (member_id, kind, what, reader, about)"
        f" VALUES ('{told.member.pk}', 'news', 'news', 'member', 'mine')",
        f"SELECT tell_member('', '{told.member.pk}', 'news', 'mine', NULL, NULL, 'news', 'member', NULL)",
        "SELECT * FROM team_news",
    ):
        with refused(), acting_as(told.member):
            run(statement)


def test_a_member_marks_nobody_elses(told, stranger):
    with acting_as(stranger):
        assert run("UPDATE notifications SET read_at = now()") == 0
    assert is_unread(told)


def test_only_the_login_tells():
    assert column("""
        SELECT rolname FROM pg_proc CROSS JOIN aclexplode(proacl) AS acl JOIN pg_roles AS r ON r.oid = acl.grantee
        WHERE proname = 'tell_member' AND acl.grantee <> proowner
    """) == [settings.WEB_LOGIN]
    assert one("SELECT prosecdef FROM pg_proc WHERE proname = 'tell_member'") is False


@pytest.mark.django_db(transaction=True)
def test_the_walls_come_down_and_up_again():
    call_command("migrate", "notifications", "0001", verbosity=0)
    call_command("migrate", verbosity=0)

    assert run("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'notifications'") == [
        (True, True)
    ]
    with undone():
        told = "tell_member(%s, gen_random_uuid(), 'news', 'x', NULL, NULL, 'news', 'member', NULL)"
        assert run(f"SELECT new_id IS NULL, failure FROM {told}", proof_of_the_system(Purpose.TELL)) == [
            (True, "23503")
        ]
