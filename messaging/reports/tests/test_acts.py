"""What the team did with an account: each act and reading by role, kind, day and reason, and no word of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import agreed, browser_of, on_the_team, superuser
from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from carecollective.tests.owner import laid_open
from carecollective.tests.pages import words
from carecollective.tests.sql import run
from messaging.reports import acts, moderation, services
from messaging.tests.factories import ConversationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("about_noon")]
WHY = "Somebody was worried about her"


@pytest.fixture
def conversation():
    return ConversationFactory()


@pytest.fixture
def member(conversation):
    return conversation.requester


def done(member):
    return [tuple(act) for act in acts.done_to(member)]


def today():
    return timezone.localdate()


def days_go_by(days):
    with laid_open("message_reports"):
        run("UPDATE message_reports SET reviewed_at = reviewed_at - %s", timedelta(days=days))


def test_an_act_is_told_by_role_kind_day_and_reason(member):
    accounts.restrict(member.pk, by=on_the_team("moderators"), restriction="limited", reason=WHY)

    assert done(member) == [("moderator", "restricted", today(), "safety")]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda pk: accounts.turn_down(pk, by=on_the_team("coordinators"), reason=WHY),
         ("coordinator", "turned_down", "application")),
        (lambda pk: accounts.warn(pk, by=superuser(), reason=WHY), ("superuser", "warned", "safety")),
        (lambda pk: audit.record(Kind.EXPORTED, by=Hand.OPERATOR, subject=pk),
         ("operator", "exported", "your_request")),
        (lambda pk: accounts.change_address(pk, by=on_the_team("administrators"), email="n@example.org", reason=WHY),
         ("administrator", "act_asked", "your_request")),
    ],
)  # fmt: skip
def test_each_has_its_reason(member, act, expected):
    act(member.pk)

    ((role, kind, day, reason),) = done(member)
    assert ((role, kind, reason), day) == (expected, today())


def test_both_steps_of_what_takes_two_are_told(member):
    accounts.change_address(member.pk, by=on_the_team("administrators"), email="n@example.org", reason=WHY)
    agreed(member)

    assert sorted(kind for _role, kind, *_ in done(member)) == ["act_agreed", "act_asked", "address_changed"]


def test_a_correction_of_a_name_is_told(member):
    fields = {"name": "Nora Nelson", "town": member.town, "email": member.email, "language": "", "_save": "Save"}
    browser_of(on_the_team("coordinators")).post(f"/admin/accounts/member/{member.pk}/change/", fields)

    assert done(member) == [("coordinator", "details_changed", today(), "upkeep")]


def test_a_reading_for_cause_is_shown_alike_to_both_and_to_nobody_else(conversation):
    moderation.open_thread(conversation.pk, by=on_the_team("administrators"), reason=WHY)

    expected = [("administrator", "thread_opened", today(), "safety")]
    assert (done(conversation.requester), done(conversation.helper)) == (expected, expected)
    assert done(MemberFactory()) == []


def test_what_belongs_to_a_report_appears_30_days_after_its_decision(conversation):
    report = services.report(conversation.pk, by=conversation.requester, reason="scam")
    moderator = on_the_team("moderators")
    moderation.open_report(report.pk, by=moderator, reason=WHY)
    assert done(conversation.helper) == []
    moderation.decide(report.pk, "limit", by=moderator, reason=WHY)

    for days, shown in ((0, 0), (29, 0), (2, 3)):
        days_go_by(days)
        assert (days, len(done(conversation.helper))) == (days, shown)
    assert {(role, reason) for role, _kind, _day, reason in done(conversation.helper)} == {("moderator", "report")}
    assert [kind for _role, kind, *_ in done(conversation.requester)] == ["report_opened"]


def test_what_a_member_does_themselves_and_what_the_clock_does_is_no_act_of_the_team(member):
    audit.record(Kind.WARNED, by=Hand.CLOCK, subject=member.pk)
    accounts.acknowledge_warning(by=member)

    assert done(member) == []


@pytest.mark.one_of_each
@pytest.mark.parametrize("fields", [{}, {"restriction": "suspended"}, {"verification_status": "pending"}])
def test_the_page_and_the_api_say_so_in_whatever_standing(member, api, fields):
    moderation_act = accounts.warn(member.pk, by=on_the_team("moderators"), reason=WHY)
    assert moderation_act.pk == member.pk
    Member.objects.filter(pk=member.pk).update(warned_at=None, **fields)
    member.refresh_from_db()
    api.force_authenticate(member)

    page, answer = words(browser_of(member).get("/you/privacy/")), api.get("/api/me/acts")

    assert "What the team did with your account" in page
    assert "Warning given. A moderator. The reason: safety" in page
    assert answer.json() == {
        "results": [{"role": "moderator", "kind": "warned", "day": str(today()), "reason": "safety"}],
        "next": None,
        "previous": None,
    }
    assert WHY not in page + answer.content.decode()


def test_the_api_says_it_to_nobody_else(api):
    assert api.get("/api/me/acts").status_code == 401


def test_a_day_is_the_communitys_and_a_moment_is_in_utc(member, api):
    accounts.warn(member.pk, by=on_the_team("moderators"), reason=WHY)
    Member.objects.filter(pk=member.pk).update(warned_at=None)
    api.force_authenticate(member)
    days, moments = set(), set()

    for community in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart: never on the same day
        with timezone.override(community):
            days.add(api.get("/api/me/acts").json()["results"][0]["day"])
            moments.add(api.get("/api/me").json()["joined_at"])

    assert (len(days), [moment[-1] for moment in moments]) == (2, ["Z"])
