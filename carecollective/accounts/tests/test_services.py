"""What the team may decide about members, and what it may not."""

import threading
from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from knox.models import AuthToken

from carecollective.accounts import administrators, services
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import again, browser_of, on_the_team, superuser
from carecollective.ground.refusals import NotFound, PermissionDenied, UserRestricted
from carecollective.tests.races import at_once, hold_up, outcome
from carecollective.tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db

NOWHERE = "00000000-0000-4000-8000-000000000000"
VERBS = {
    "approve": services.approve,
    "turn down": partial(services.turn_down, reason="because a test wants it"),
    "suspend": lambda member_id, *, by: services.restrict(
        member_id, by=by, restriction="suspended", reason="because a test wants it"
    ),
}


def restrict(member, by, restriction):
    services.restrict(member.pk, by=by, restriction=restriction, reason="because a test wants it")
    return again(member).restriction


# --- Applications ------------------------------------------------------------------------------------------------


def test_a_coordinator_lets_somebody_in():
    newcomer, coordinator = MemberFactory(pending=True), on_the_team("coordinators")

    services.approve(newcomer.pk, by=coordinator)

    assert again(newcomer).verification_status == "approved"


def test_a_decision_is_written_down_with_who_made_it():
    newcomer, coordinator = MemberFactory(pending=True), on_the_team("coordinators")

    services.approve(newcomer.pk, by=coordinator)

    written = LogEntry.objects.get()
    assert (written.user, written.object_id) == (coordinator, str(newcomer.pk))
    assert written.get_change_message() == "Application: Waiting for the team → Approved"


def test_deciding_the_same_twice_is_one_decision():
    newcomer, coordinator = MemberFactory(pending=True), on_the_team("coordinators")

    services.approve(newcomer.pk, by=coordinator)
    services.approve(newcomer.pk, by=coordinator)

    assert LogEntry.objects.count() == 1


def test_somebody_who_was_turned_down_can_still_be_let_in():
    newcomer, coordinator = MemberFactory(pending=True), on_the_team("coordinators")

    services.turn_down(newcomer.pk, by=coordinator, reason="because a test wants it")
    assert again(newcomer).verification_status == "rejected"

    services.approve(newcomer.pk, by=coordinator)
    assert again(newcomer).verification_status == "approved"


@pytest.mark.parametrize("verb", [VERBS["approve"], VERBS["turn down"]])
def test_an_application_that_is_decided_ends_no_session_and_no_token(client, verb):
    newcomer = MemberFactory(pending=True)
    client.force_login(newcomer)
    AuthToken.objects.create(newcomer)

    verb(newcomer.pk, by=on_the_team("coordinators"))

    assert client.get("/you/").status_code == 200
    assert AuthToken.objects.filter(user=newcomer).count() == 1


# --- Restrictions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restriction", ["limited", "suspended", "banned", "none"])
def test_a_moderator_sets_how_far_a_member_may_go(restriction):
    member = MemberFactory(suspended=True)

    assert restrict(member, on_the_team("moderators"), restriction) == restriction


def test_an_invented_restriction_is_none():
    member = MemberFactory()

    with pytest.raises(ValueError, match="frozen"):
        restrict(member, on_the_team("moderators"), "frozen")

    assert again(member).restriction == "none"


def test_a_ban_ends_every_session_and_token_of_that_member_and_of_nobody_else():
    member, neighbor = MemberFactory(), MemberFactory()
    theirs, neighbors = browser_of(member), browser_of(neighbor)
    AuthToken.objects.create(member)
    AuthToken.objects.create(neighbor)

    restrict(member, on_the_team("moderators"), "banned")

    assert (theirs.get("/you/").status_code, neighbors.get("/you/").status_code) == (302, 200)
    assert [token.user for token in AuthToken.objects.all()] == [neighbor]


def test_lifting_a_ban_revives_no_session():
    member, moderator = MemberFactory(), on_the_team("moderators")
    theirs = browser_of(member)

    restrict(member, moderator, "banned")
    restrict(member, moderator, "none")

    assert theirs.get("/you/").status_code == 302


@pytest.mark.parametrize("restriction", ["limited", "suspended"])
def test_who_is_not_banned_stays_signed_in(restriction):
    member = MemberFactory()
    theirs = browser_of(member)

    restrict(member, on_the_team("moderators"), restriction)

    assert theirs.get("/you/").status_code == 200


# --- Who may decide ----------------------------------------------------------------------------------------------

MAY = {
    "coordinators": {"approve", "turn down"},
    "moderators": {"suspend"},
    "administrators": {"approve", "turn down", "suspend"},
}


@pytest.mark.one_of_each
@pytest.mark.parametrize("group", MAY)
@pytest.mark.parametrize("act", VERBS)
def test_each_group_decides_what_is_its_own(group, act):
    member, by = MemberFactory(pending=True), on_the_team(group)

    if act in MAY[group]:
        VERBS[act](member.pk, by=by)
        assert LogEntry.objects.count() == 1
    else:
        with pytest.raises(PermissionDenied):
            VERBS[act](member.pk, by=by)
        assert (again(member).verification_status, again(member).restriction) == ("pending", "none")


@pytest.mark.parametrize("act", VERBS)
def test_whoever_left_the_team_a_moment_ago_decides_nothing(act):
    member, by = MemberFactory(pending=True), on_the_team("administrators")
    Member.objects.filter(pk=by.pk).update(is_staff=False)

    with pytest.raises(PermissionDenied):
        VERBS[act](member.pk, by=by)


@pytest.mark.parametrize("act", VERBS)
def test_whoever_was_suspended_a_moment_ago_decides_nothing(act):
    member, by = MemberFactory(pending=True), superuser()
    Member.objects.filter(pk=by.pk).update(restriction="suspended")

    with pytest.raises(UserRestricted):
        VERBS[act](member.pk, by=by)


@pytest.mark.parametrize("act", VERBS)
def test_nothing_is_decided_about_nobody(act):
    with pytest.raises(NotFound):
        VERBS[act](NOWHERE, by=superuser())


# --- Who is beyond it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restriction", ["limited", "suspended", "banned", "none"])
def test_nobody_restricts_themselves(restriction):
    moderator = on_the_team("moderators")

    with pytest.raises(PermissionDenied):
        restrict(moderator, moderator, restriction)


def test_nobody_turns_themselves_down():
    coordinator = on_the_team("coordinators")

    with pytest.raises(PermissionDenied):
        services.turn_down(coordinator.pk, by=coordinator, reason="because a test wants it")


@pytest.mark.parametrize("act", ["turn down", "suspend"])
def test_a_superuser_is_never_locked_out_by_the_team(act):
    first, second = superuser(), superuser()

    with pytest.raises(PermissionDenied):
        VERBS[act](first.pk, by=second)

    assert (again(first).verification_status, again(first).restriction) == ("approved", "none")


def test_nobody_below_a_superuser_sets_them_free():
    with pytest.raises(PermissionDenied):
        restrict(superuser(limited=True), on_the_team("moderators"), "none")


# --- Somebody stays administrator --------------------------------------------------------------------------------


def steps_down(member):
    """With no verb around it: what each verb asks after such a write."""
    Member.objects.filter(pk=member.pk).update(is_staff=False)
    administrators.refuse_without_administrator()


def test_the_last_administrator_cannot_go():
    last = on_the_team("administrators")

    with pytest.raises(administrators.LastAdministrator), transaction.atomic():
        steps_down(last)

    assert administrators.is_administrator(last)


@pytest.mark.parametrize("fields", [{"suspended": True}, {"banned": True}, {"pending": True}])
def test_an_administrator_who_cannot_come_in_does_not_count(fields):
    last = on_the_team("administrators")
    on_the_team("administrators", **fields)

    with pytest.raises(administrators.LastAdministrator), transaction.atomic():
        steps_down(last)


def test_where_there_is_no_administrator_others_can_still_be_restricted():
    assert restrict(MemberFactory(), on_the_team("moderators"), "suspended") == "suspended"


@pytest.mark.django_db(transaction=True)
def test_two_administrators_do_not_go_at_the_same_moment():
    first, second = on_the_team("administrators"), on_the_team("administrators")
    written, other_is_done = threading.Event(), threading.Event()

    def the_first_goes_and_waits():
        with transaction.atomic():
            steps_down(first)
            written.set()
            hold_up(other_is_done)

    def the_second_goes_meanwhile():
        written.wait(PATIENCE)
        try:
            with transaction.atomic():
                steps_down(second)
        finally:
            other_is_done.set()

    came = at_once(the_first_goes_and_waits, the_second_goes_meanwhile)

    assert [outcome(each) for each in came] == ["done", "invalid_transition"]
    assert list(administrators.administrators()) == [second]


# --- New accounts ------------------------------------------------------------------------------------------------


def test_a_coordinator_makes_an_account_that_waits_for_approval():
    made = services.add(by=on_the_team("coordinators"), email="New@Example.org", name="New Member", town="Riverside")

    assert (made.verification_status, made.has_usable_password()) == ("pending", False)


def test_an_account_is_approved_at_once_where_the_community_says_so(settings):
    settings.MEMBER_APPROVAL = "automatic"

    made = services.add(by=on_the_team("coordinators"), email="new@example.org", name="New Member")

    assert made.verification_status == "approved"


@pytest.mark.parametrize("by", [lambda: on_the_team("moderators"), MemberFactory])
def test_nobody_else_makes_accounts(by):
    with pytest.raises(PermissionDenied):
        services.add(by=by(), email="new@example.org", name="New Member")
