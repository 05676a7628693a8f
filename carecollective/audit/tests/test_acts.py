"""What the team does to members, and what is tried in their name, is written down with the act."""

import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from carecollective.accounts import joining, second_factor
from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.team import agreed, browser_of, on_the_team, superuser
from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Hand, Kind
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import PermissionDenied
from carecollective.tests.sql import refused
from carecollective.web.identity_fields import refuse_impersonation
from messaging.reports import moderation
from messaging.reports import services as reports
from messaging.tests.factories import ConversationFactory

from .written import entries

pytestmark = pytest.mark.django_db
WHY = "Somebody reported this message."


# --- The team -------------------------------------------------------------------------------------------------------


def test_a_restriction_is_written_down_once_with_who_and_until_when():
    member, moderator = MemberFactory(), on_the_team("moderators")
    until = timezone.now() + timedelta(days=1)

    accounts.restrict(member.pk, by=moderator, restriction="suspended", reason="because a test wants it", until=until)
    accounts.restrict(member.pk, by=moderator, restriction="suspended", reason="because a test wants it", until=until)
    accounts.restrict(member.pk, by=moderator, restriction="none")

    assert entries(Kind.RESTRICTED) == [
        ("restricted", "member", moderator.pk, member.pk, f"none > suspended until {until:%Y-%m-%d %H:%M}"),
        ("restricted", "member", moderator.pk, member.pk, "suspended > none"),
    ]


def test_a_restriction_that_is_refused_leaves_no_entry():
    moderator = on_the_team("moderators")

    with pytest.raises(PermissionDenied):
        accounts.restrict(moderator.pk, by=moderator, restriction="banned", reason="because a test wants it")

    assert entries(Kind.RESTRICTED) == []


def test_what_cannot_be_written_down_is_not_done():
    member, moderator = MemberFactory(), on_the_team("moderators")

    with (
        patch.object(audit, "WRITE", audit.WRITE.replace("write_audit_entry", "write_nothing")),
        pytest.raises(Exception, match="write_nothing"),
        transaction.atomic(),
    ):
        accounts.restrict(member.pk, by=moderator, restriction="banned", reason="because a test wants it")

    member.refresh_from_db()
    assert member.restriction == "none"


def test_the_end_of_a_restriction_is_the_clocks():
    member = MemberFactory(suspended=True, restricted_until=timezone.now() - timedelta(seconds=1))

    accounts.lift_ended_restrictions()

    assert entries(Kind.RESTRICTION_ENDED) == [
        ("restriction_ended", "clock", None, member.pk, "suspended > none"),
    ]


def test_decisions_about_applications_and_warnings_are_written_down():
    administrator = on_the_team("administrators")
    member, other = MemberFactory(pending=True), MemberFactory(pending=True)

    accounts.approve(member.pk, by=administrator)
    accounts.approve(member.pk, by=administrator)
    accounts.turn_down(other.pk, by=administrator, reason="because a test wants it")
    accounts.warn(member.pk, by=administrator, reason="because a test wants it")
    accounts.acknowledge_warning(by=member)

    by = ("member", administrator.pk)
    assert entries(Kind.APPROVED, Kind.TURNED_DOWN, Kind.WARNED, Kind.WARNING_READ) == [
        ("approved", *by, member.pk, "pending > approved"),
        ("turned_down", *by, other.pk, "pending > rejected"),
        ("warned", *by, member.pk, ""),
        ("warning_read", "member", member.pk, member.pk, ""),
    ]


def test_an_account_that_the_team_makes_and_an_address_that_it_changes_are_written_down():
    administrator = superuser()
    member = accounts.add(by=administrator, email="made@example.org", name="Made Here")

    browser_of(administrator).post(
        f"/admin/accounts/member/{member.pk}/address/", {"email": "new@example.org", "reason": "she lost the old one"}
    )
    assert entries(Kind.ADDRESS_CHANGED) == []
    agreed(member)

    by = ("member", administrator.pk, member.pk, "")
    assert entries(Kind.ACCOUNT_MADE, Kind.ADDRESS_CHANGED) == [("account_made", *by), ("address_changed", *by)]


# --- Roles and deletions, by whatever hand --------------------------------------------------------------------------


def test_a_role_given_in_the_admin_is_written_down_with_who_gave_it():
    administrator, member = superuser(), MemberFactory()
    before = len(entries(Kind.ROLES_CHANGED))
    client = browser_of(administrator)
    page = f"/admin/accounts/member/{member.pk}/roles/"
    why = {"reason": "because a test wants it"}

    second = superuser()
    before += 3
    client.post(page, why | {"is_staff": "on", "groups": [_group("moderators")]})
    agreed(member, second)
    client.post(page, why)
    agreed(member, second)

    given = entries(Kind.ROLES_CHANGED)[before:]
    assert given == [
        ("roles_changed", "member", administrator.pk, member.pk, codes)
        for codes in ("+is_staff", "+moderators", "-is_staff", "-moderators")
    ]


def test_a_role_given_at_the_server_is_an_operators():
    Member.objects.create_superuser("first@example.org", PASSWORD, name="First Administrator")
    made = Member.objects.get(email="first@example.org")

    assert entries(Kind.ROLES_CHANGED) == [
        ("roles_changed", "operator", None, made.pk, codes)
        for codes in ("+is_staff", "+is_superuser", "+administrators")
    ]


def test_who_did_it_is_said_for_one_act_and_not_for_the_next():
    member, other = MemberFactory(), MemberFactory()
    with audit.done_by(Hand.CLOCK):
        other.take_on([_group("coordinators")])
    with refused(), audit.done_by(member):
        other.take_on([])
    other.take_on([])

    assert [(hand, actor) for _, hand, actor, _, _ in entries(Kind.ROLES_CHANGED)] == [
        ("clock", None),
        ("operator", None),
    ]


def test_a_deletion_is_written_down_and_outlives_the_account():
    member, stale = MemberFactory(), MemberFactory(unconfirmed=True, joined_at=timezone.now() - timedelta(days=30))

    Member.objects.filter(pk=member.pk).delete()
    joining.forget_unconfirmed()

    assert entries(Kind.DELETED) == [
        ("deleted", "operator", None, member.pk, "approved"),
        ("deleted", "clock", None, stale.pk, "pending"),
    ]


def test_a_second_step_taken_away_is_written_down_for_members_and_operators():
    member, administrator = MemberFactory(), on_the_team("administrators")
    with patch.object(second_factor, "is_set_up", return_value=True):
        accounts.take_second_step_away(member.pk, by=administrator, reason="I called her back at home")
    agreed(member)
    with patch.object(second_factor, "is_set_up", return_value=True):
        call_command("take_second_step_away", member.email, "--reason", "I called her back at home")

    assert entries(Kind.SECOND_STEP_TAKEN) == [
        ("second_step_taken", "member", administrator.pk, member.pk, ""),
        ("second_step_taken", "operator", None, member.pk, ""),
    ]


# --- Private words --------------------------------------------------------------------------------------------------


def test_opening_and_deciding_are_written_down_beside_their_own_records():
    conversation = ConversationFactory()
    report = reports.report(conversation.pk, by=conversation.requester, reason="scam")
    administrator = on_the_team("administrators")

    moderation.open_report(report.pk, by=administrator, reason=WHY)
    moderation.open_thread(conversation.pk, by=administrator, reason=WHY)
    moderation.decide(report.pk, "no_action", by=administrator)

    by, writer = ("member", administrator.pk), conversation.helper_id
    assert entries(Kind.REPORT_OPENED, Kind.THREAD_OPENED, Kind.REPORT_DECIDED) == [
        ("report_opened", *by, writer, ""),
        ("thread_opened", *by, None, ""),
        ("report_decided", *by, writer, "no_action"),
    ]


def test_somebody_elses_id_in_a_body_is_written_down():
    caller, claimed = MemberFactory(), MemberFactory()

    for sent in (str(claimed.pk), "nobody@example.org"):
        with pytest.raises(PermissionDenied):
            refuse_impersonation({"helper_id": sent}, by=caller, path="/api/x")

    with acting_as_system("a test looks"):
        about = list(Entry.objects.filter(kind=Kind.IMPERSONATION).order_by("at").values_list("about_id", "codes"))
    assert about == [(claimed.pk, "helper_id"), (None, "helper_id")]


# --- Failures to sign in --------------------------------------------------------------------------------------------


def failures():
    with acting_as_system("a test looks"):
        found = Entry.objects.filter(kind=Kind.SIGN_IN_FAILED).order_by("at")
        return list(found.values("hand", "actor_id", "subject_id", "codes", "origin"))


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_wrong_password_names_the_account_and_never_what_was_typed(client, door):
    member = MemberFactory(password=PASSWORD)

    for email in (member.email, "typed-here@example.org"):
        if door == "page":
            client.post("/sign-in/", {"login": email, "password": "not the right one"})
        else:
            client.post("/api/auth/login", {"email": email, "password": "not the right one"}, "application/json")

    first, second = failures()
    assert (first["subject_id"], second["subject_id"]) == (member.pk, None)
    assert first["origin"] == second["origin"] != ""
    assert [(each["hand"], each["actor_id"], each["codes"]) for each in (first, second)] == [
        ("nobody", None, "password")
    ] * 2
    with acting_as_system("a test looks"):
        kept = " ".join(str(row) for row in Entry.objects.values())
    assert "typed-here" not in kept
    assert "not the right one" not in kept
    assert "127.0.0.1" not in kept


def test_the_right_password_leaves_no_failure(client):
    member = MemberFactory(password=PASSWORD)

    client.post("/sign-in/", {"login": member.email, "password": PASSWORD})

    assert failures() == []


def test_a_place_is_known_again_and_not_found_out(rf, settings):
    request = rf.get("/", REMOTE_ADDR="203.0.113.7")
    audit.sign_in_failed(request, member=None, codes="password")
    audit.sign_in_failed(rf.get("/", REMOTE_ADDR="203.0.113.8"), member=None, codes="password")
    settings.SECRET_KEY = "another key, which another site would have"
    audit.sign_in_failed(request, member=None, codes="password")

    assert len({failure["origin"] for failure in failures()}) == 3


def test_a_wrong_code_of_the_second_step_is_a_failure_too():
    member = MemberFactory()

    assert second_factor.check(member, "000000") is False

    assert [(failure["subject_id"], failure["codes"]) for failure in failures()] == [(member.pk, "second_step")]


def test_a_text_or_an_address_is_no_code():
    for codes in ("somebody@example.org", "I saw what she wrote", "x" * 201):
        with pytest.raises(Exception, match=r"entry_says_codes|too long"), transaction.atomic():
            audit.record(Kind.WARNED, by=Hand.CLOCK, subject=uuid.uuid4(), codes=codes)

    assert entries(Kind.WARNED) == []


def _group(name):
    return Group.objects.get(name=name).pk
