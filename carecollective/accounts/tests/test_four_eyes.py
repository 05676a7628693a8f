"""Grave acts take two: who asks, who agrees, what waits until when, what its member is told and can stop."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from knox.models import AuthToken

from carecollective.accounts import four_eyes, second_factor, services, waiting_acts
from carecollective.accounts.administrators import LastAdministrator
from carecollective.accounts.models import GraveAct, Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.post import deliver, forget_what_waits, link_in
from carecollective.accounts.tests.team import again, agreed, browser_of, on_the_team, superuser, what_waits
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.audit.tests.written import entries
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied
from carecollective.own_data.leaving import services as leaving
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import words
from carecollective.tests.sql import refused, run
from carecollective.told.notifications import services as notifications

pytestmark = pytest.mark.django_db

WHY = "She lost her phone and called us"
NEW = "new@example.org"


@pytest.fixture
def administrator():
    return on_the_team("administrators", name="Ada Asker")


@pytest.fixture
def second():
    return on_the_team("administrators", name="Sam Second", email="second@example.org", language="en")


@pytest.fixture
def member():
    return MemberFactory(name="Nora Nelson", email="old@example.org", language="en")


NO = r"grave_act_is_agreed|right rank|waits for|lapses before|stays as it was"


def asked(member, by):
    forget_what_waits()
    return services.change_address(member.pk, by=by, email=NEW, reason=WHY)


def hours_go_by(act, hours):
    """For this act, past the triggers that keep everybody else from it."""
    run_as_owner("ALTER TABLE grave_acts DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
    run_as_owner(
        "UPDATE grave_acts SET at = at - %s, due_at = due_at - %s, disputed_at = disputed_at - %s WHERE id = %s",
        *[timedelta(hours=hours)] * 3,
        act.pk,
    )
    run_as_owner("ALTER TABLE grave_acts FORCE ROW LEVEL SECURITY, ENABLE TRIGGER USER")


def status(act):
    with acting_as_system("a test looks"):
        return GraveAct.objects.get(pk=act.pk).status


# --- Two ----------------------------------------------------------------------------------------------------------


def test_nothing_is_done_before_a_second_person_agrees(member, administrator, second):
    act = asked(member, administrator)
    assert again(member).email == "old@example.org"

    four_eyes.agree(act.pk, by=second)

    assert (again(member).email, status(act)) == (NEW, "done")
    assert entries(Kind.ADDRESS_CHANGED) == [("address_changed", "member", administrator.pk, member.pk, "")]


def test_every_session_and_token_ends_with_it(member, administrator, second):
    theirs = browser_of(member)
    AuthToken.objects.create(member)

    four_eyes.agree(asked(member, administrator).pk, by=second)

    assert theirs.get("/you/").status_code == 302
    assert AuthToken.objects.count() == 0


@pytest.mark.one_of_each
@pytest.mark.parametrize("who", ["asker", "member", "moderators", "coordinators", "", "suspended"])
def test_nobody_else_is_a_second_person(who, administrator, second):
    member = on_the_team("administrators")
    act = services.change_roles(member.pk, by=administrator, is_staff=False, groups=[], reason=WHY)
    by = {
        "asker": lambda: administrator,
        "member": lambda: member,
        "suspended": lambda: on_the_team("administrators", suspended=True),
    }.get(who, lambda: on_the_team(who))()

    with pytest.raises(PermissionDenied):
        four_eyes.agree(act.pk, by=by)
    assert status(act) == "waiting"


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    "change",
    [
        "agreed_by_id = asked_by_id, status = 'done'",
        "agreed_by_id = subject_id, status = 'done'",
        "agreed_by_id = (SELECT id FROM members WHERE name = 'Mo Moderator'), status = 'done'",
        "status = 'done'",
        "status = 'lapsed'",
        "new_address = 'mine@example.org'",
    ],
)
def test_nor_to_the_database(member, administrator, second, change):
    on_the_team("moderators", name="Mo Moderator")
    asked(member, administrator)

    with pytest.raises(Exception, match=NO), transaction.atomic(), acting_as_system("a test tries"):
        run(f"UPDATE grave_acts SET {change}")


@pytest.mark.parametrize("kind", [Kind.ADDRESS_CHANGED, Kind.SECOND_STEP_TAKEN, Kind.ROLES_CHANGED])
def test_the_database_writes_down_no_such_act_that_nobody_agreed_to(member, administrator, kind):
    asked(member, administrator)

    with refused():
        audit.record(kind, by=administrator, subject=member.pk)


def test_what_has_ended_is_not_decided_again(member, administrator, second):
    act = asked(member, administrator)
    four_eyes.decline(act.pk, by=second)

    for verb in (four_eyes.agree, four_eyes.decline):
        with pytest.raises(InvalidTransition):
            verb(act.pk, by=second)
    assert again(member).email == "old@example.org"
    with acting_as_system("a test looks"):
        assert GraveAct.objects.get(pk=act.pk).new_address == ""


def test_whoever_asked_takes_it_back(member, administrator, second):
    act = asked(member, administrator)

    four_eyes.decline(act.pk, by=administrator)

    assert status(act) == "declined"


def test_one_of_a_kind_waits(member, administrator, second):
    asked(member, administrator)

    with pytest.raises(four_eyes.WaitsAlready):
        asked(member, second)


def test_whoever_left_the_team_meanwhile_asked_for_nothing(member, administrator, second):
    act = asked(member, administrator)
    Member.objects.filter(pk=administrator.pk).update(is_staff=False)

    with pytest.raises(four_eyes.NoLongerTheirs):
        four_eyes.agree(act.pk, by=second)
    assert again(member).email == "old@example.org"


# --- The clock ----------------------------------------------------------------------------------------------------


def test_it_lapses_after_72_hours(member, administrator, second):
    act = asked(member, administrator)

    hours_go_by(act, 71)
    assert (four_eyes.settle_due(), status(act)) == (0, "waiting")
    hours_go_by(act, 1)
    assert (four_eyes.settle_due(), status(act)) == (1, "lapsed")
    assert again(member).email == "old@example.org"


def test_where_nobody_else_is_eligible_it_is_done_after_72_hours(member, administrator):
    act = asked(member, administrator)

    hours_go_by(act, 71)
    assert (four_eyes.settle_due(), again(member).email) == (0, "old@example.org")
    hours_go_by(act, 1)
    assert (four_eyes.settle_due(), again(member).email) == (1, NEW)


def test_whom_it_is_about_makes_nobody_two(administrator):
    other = on_the_team("administrators")

    act = services.change_roles(other.pk, by=administrator, is_staff=False, groups=[], reason=WHY)

    assert act.is_alone


def test_a_suspension_for_a_while_makes_nobody_the_only_one(member, administrator, second):
    services.suspend_at_once(second.pk, by=administrator, reason=WHY)

    assert not asked(member, administrator).is_alone


# --- What its member is told, and can stop ------------------------------------------------------------------------


def letters_to(address):
    return [letter for letter in deliver() if letter.to == [address] and "/link/not-right/" in letter.body]


def test_the_member_is_told_at_once_and_when_it_is_done_at_the_old_address(member, administrator, second):
    act = asked(member, administrator)
    (at_once,) = letters_to("old@example.org")
    four_eyes.agree(act.pk, by=second)
    (done,) = letters_to("old@example.org")

    assert "asked to change the email address" in at_once.body
    assert "You now sign in with another email address" in done.body
    for secret in (NEW, WHY, "Ada", "Sam"):
        assert secret not in at_once.body + done.body
    told = [one.what for one in notifications.listed(again(member)).results]
    assert sorted(told) == ["act_asked", "act_done"]


def test_the_administrators_hear_that_it_waits_and_no_name(member, administrator, second):
    asked(member, administrator)

    (letter,) = (one for one in deliver() if one.to == ["second@example.org"])

    assert "waits for a second person" in letter.subject
    assert not {"Nora", NEW, WHY} & set(letter.body.split())


def test_the_link_pauses_it_and_tells_all_administrators(member, administrator, second):
    act = asked(member, administrator)
    (letter,) = letters_to("old@example.org")
    client = Client()

    page = client.get(link_in(letter), follow=True)
    assert "This is not right" in words(page)
    assert status(act) == "waiting"
    said = client.post(page.request["PATH_INFO"])

    assert "All administrators were told." in words(said)
    assert "second@example.org" in [to for one in deliver() for to in one.to if "not right" in one.subject]
    four_eyes.agree(act.pk, by=second)
    assert again(member).email == "old@example.org"  # one is not enough any more


def test_two_others_decide_what_was_called_not_right(member, administrator, second):
    act = asked(member, administrator)
    assert four_eyes.call_not_right(act.pk, by=member) is True
    four_eyes.agree(act.pk, by=second)
    for by in (second, administrator):
        with pytest.raises(PermissionDenied):
            four_eyes.agree(act.pk, by=by)

    four_eyes.agree(act.pk, by=on_the_team("administrators"))

    assert again(member).email == NEW


def test_or_one_and_72_more_hours(member, administrator, second):
    act = asked(member, administrator)
    hours_go_by(act, 71)
    four_eyes.call_not_right(act.pk, by=member)
    hours_go_by(act, 71)
    four_eyes.agree(act.pk, by=second)
    hours_go_by(act, 71)
    assert (four_eyes.settle_due(), again(member).email) == (0, "old@example.org")

    hours_go_by(act, 1)
    assert (four_eyes.settle_due(), again(member).email) == (1, NEW)


def test_what_was_called_not_right_and_nobody_agreed_to_lapses(member, administrator, second):
    act = asked(member, administrator)
    four_eyes.call_not_right(act.pk, by=member)

    hours_go_by(act, 72)
    four_eyes.settle_due()

    assert (status(act), again(member).email) == ("lapsed", "old@example.org")


def test_a_loss_of_role_is_not_stopped_by_it_and_the_administrators_hear_once(administrator, second):
    moderator = on_the_team("moderators")
    act = services.change_roles(moderator.pk, by=administrator, is_staff=False, groups=[], reason=WHY)
    deliver()

    assert [four_eyes.call_not_right(act.pk, by=moderator) for _ in range(2)] == [False, False]
    assert len([one for one in deliver() if one.to == ["second@example.org"]]) == 1
    four_eyes.agree(act.pk, by=second)
    assert not again(moderator).is_staff


def test_nobody_calls_what_is_anothers_not_right(member, administrator, second):
    act = asked(member, administrator)

    with pytest.raises(NotFound):
        four_eyes.call_not_right(act.pk, by=MemberFactory())


def test_a_suspended_member_says_so_on_their_privacy_page(member, administrator, second):
    act = asked(member, administrator)
    Member.objects.filter(pk=member.pk).update(restriction="suspended")
    client = browser_of(again(member))

    assert f"/you/not-right/{act.pk}/" in client.get("/you/privacy/").content.decode()
    client.post(f"/you/not-right/{act.pk}/")

    assert "You said that this is not right." in words(client.get("/you/privacy/"))


def test_a_member_reads_what_waits_and_no_word_of_it(member, administrator, second):
    asked(member, administrator)

    assert [own.kind for own in waiting_acts.about(member)] == ["address_changed"]
    assert waiting_acts.about(MemberFactory()) == []
    with refused(), acting_as(member):
        run("SELECT reason FROM grave_acts")
    with refused(), acting_as(member):
        run("SELECT new_address FROM grave_acts")


# --- What is grave ------------------------------------------------------------------------------------------------


def test_a_second_step_is_taken_away_by_two(member, administrator, second, monkeypatch):
    monkeypatch.setattr(second_factor, "is_set_up", lambda _member: True)

    services.take_second_step_away(member.pk, by=administrator, reason=WHY)

    assert list(what_waits(member)) == ["second_step_taken"]
    agreed(member, second)
    assert len(entries(Kind.SECOND_STEP_TAKEN)) == 1


LASTING = {
    "limit": ("restriction", "limited", lambda pk, by: services.restrict(pk, by=by, restriction="limited", reason=WHY)),
    "ban": ("restriction", "banned", lambda pk, by: services.restrict(pk, by=by, restriction="banned", reason=WHY)),
    "turn down": (
        "verification_status", "rejected", lambda pk, by: services.turn_down(pk, by=by, reason=WHY)
    ),
}  # fmt: skip


@pytest.mark.one_of_each("act")
@pytest.mark.parametrize("act", LASTING)
@pytest.mark.parametrize("group", ["coordinators", "moderators", "administrators"])
def test_what_lasts_of_somebody_on_the_team_takes_two(act, group, administrator, second):
    field, value, verb = LASTING[act]
    colleague = on_the_team(group)

    verb(colleague.pk, administrator)
    assert getattr(again(colleague), field) != value
    agreed(colleague, second)

    assert getattr(again(colleague), field) == value


@pytest.mark.parametrize("act", LASTING)
def test_of_a_member_it_takes_one(act, member, administrator):
    field, value, verb = LASTING[act]

    verb(member.pk, administrator)

    assert getattr(again(member), field) == value


@pytest.mark.parametrize("colleague", ["moderators", "administrators", "superuser"])
def test_an_administrator_suspends_anybody_at_once_for_72_hours(colleague, administrator, second):
    somebody = superuser() if colleague == "superuser" else on_the_team(colleague)
    theirs = browser_of(somebody)
    AuthToken.objects.create(somebody)
    forget_what_waits()

    services.suspend_at_once(somebody.pk, by=administrator, reason=WHY)

    kept = again(somebody)
    assert kept.restriction == "suspended"
    assert timedelta(hours=71) < kept.restricted_until - four_eyes.now() <= timedelta(hours=72)
    assert (theirs.get("/you/").status_code, AuthToken.objects.count()) == (302, 0)
    assert "someone on the team was suspended" in [
        one.subject.partition(": ")[2] for one in deliver() if one.to == ["second@example.org"]
    ]


def test_and_not_again_and_again(administrator):
    other = on_the_team("administrators")
    services.suspend_at_once(other.pk, by=administrator, reason=WHY)
    Member.objects.filter(pk=other.pk).update(restriction="none", restricted_until=None)

    with pytest.raises(PermissionDenied):
        services.suspend_at_once(other.pk, by=administrator, reason=WHY)


@pytest.mark.parametrize("by", ["moderators", "coordinators"])
def test_nobody_else_suspends_at_once(by):
    colleague = on_the_team("coordinators")

    with pytest.raises(PermissionDenied):
        services.suspend_at_once(colleague.pk, by=on_the_team(by), reason=WHY)


def test_an_administrator_lifts_what_holds_another_with_a_second_one(administrator, second):
    other = on_the_team("administrators", limited=True)

    services.restrict(other.pk, by=administrator, restriction="none")
    assert again(other).restriction == "limited"
    agreed(other, second)

    assert again(other).restriction == "none"


def test_a_role_of_ones_own_is_given_up_by_two_and_never_given(administrator, second):
    services.change_roles(administrator.pk, by=administrator, is_staff=False, groups=[], reason=WHY)
    agreed(administrator, second)
    assert not again(administrator).is_staff

    with pytest.raises(PermissionDenied):
        services.change_roles(
            second.pk, by=second, is_staff=True, groups=on_the_team("administrators", "moderators").groups.all(),
            reason=WHY,
        )  # fmt: skip


def test_the_last_administrator_asks_for_no_end(administrator):
    with pytest.raises(LastAdministrator):
        services.change_roles(administrator.pk, by=administrator, is_staff=False, groups=[], reason=WHY)


# --- The team's pages ---------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_to_who_can_agree_and_to_the_asker(member, administrator, second):
    act = asked(member, administrator)
    offered = {
        who: browser_of(by).get("/admin/grave-acts/").content.decode()
        for who, by in {"second": second, "asker": administrator, "other": on_the_team("moderators")}.items()
    }

    agree = f"/admin/grave-acts/{act.pk}/agree/"
    assert [who for who, page in offered.items() if agree in page] == ["second"]
    assert [who for who, page in offered.items() if WHY in page] == ["second", "asker"]
    assert NEW in offered["second"]


def test_it_waits_on_the_teams_front_and_one_press_agrees(member, administrator, second):
    act = asked(member, administrator)
    client = browser_of(second)
    assert b'id="queue-grave_acts"' in client.get("/admin/").content

    client.get(f"/admin/grave-acts/{act.pk}/agree/")
    assert again(member).email == "old@example.org"
    client.post(f"/admin/grave-acts/{act.pk}/agree/")

    assert again(member).email == NEW


def test_the_asker_who_posts_by_hand_is_refused(member, administrator, second):
    act = asked(member, administrator)

    said = browser_of(administrator).post(f"/admin/grave-acts/{act.pk}/agree/", follow=True)

    assert "This takes a second person" in words(said)
    assert again(member).email == "old@example.org"


def test_whoever_leaves_takes_the_new_address_along(member, administrator, second):
    act = asked(member, administrator)
    leaving.erase(member.pk)

    with acting_as_system("a test looks"):
        assert GraveAct.objects.get(pk=act.pk).new_address == ""
