"""Nobody of the team decides about whom they reported, in that report's matter, or blocked: neither verb, nor database,
nor page.
"""

import re

import pytest
from django.contrib.auth.models import Group

from carecollective.accounts import four_eyes, own_matters
from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import PermissionDenied
from carecollective.tests.owner import laid_open
from carecollective.tests.pages import words
from carecollective.tests.sql import refused, run
from helprequests import closing
from helprequests.tests.factories import HelpRequestFactory
from messaging import blocking
from messaging.reports import moderation, services, undecidable
from messaging.reports.models import StaffRead
from messaging.reports.tests.judging import judged
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db
WHY = "because a test wants it"
ELSE = "You reported or blocked this member, so someone else on the team has to decide about them."


def made_by(judge, writer):
    """A report that somebody on the team made of what this member wrote to them."""
    return services.report(
        ConversationFactory(help_request=HelpRequestFactory(user=judge), helper=writer).pk, by=judge, reason="scam"
    )


def by_another(report_id, decision):
    return judged(report_id, decision, by=on_the_team("administrators", name="Somebody Else"))


def days_go_by(days):
    with laid_open("message_reports"):
        run(f"UPDATE message_reports SET reviewed_at = reviewed_at - interval '{days} days'")


# How a member became a matter of the judge's own, each while it lasts.
MATTERS = {
    "a report that waits": made_by,
    "a report that was dismissed lately": lambda judge, writer: by_another(made_by(judge, writer).pk, "no_action"),
    "what a report led to, long ago": lambda judge, writer: (
        by_another(made_by(judge, writer).pk, "limit"),
        days_go_by(31),
    ),
    "a block": lambda judge, writer: blocking.block(writer.pk, by=judge),
}
OVER = {
    "nothing between the two": lambda judge, writer: None,
    "a report that was dismissed long ago": lambda judge, writer: (
        by_another(made_by(judge, writer).pk, "no_action"),
        days_go_by(31),
    ),
    "a report that somebody else made": lambda judge, writer: made_by(MemberFactory(), writer),
    "being blocked by the member": lambda judge, writer: blocking.block(judge.pk, by=writer),
    "being reported by the member": lambda judge, writer: made_by(writer, judge),
}


def new_restriction(member):
    return "suspended" if Member.objects.get(pk=member.pk).restriction != "suspended" else "limited"


ACTS = {
    "restrict": lambda on, by: accounts.restrict(on.pk, by=by, restriction=new_restriction(on), reason=WHY),
    "release": lambda on, by: accounts.restrict(on.pk, by=by, restriction="none"),
    "warn": lambda on, by: accounts.warn(on.pk, by=by, reason=WHY),
    "turn down": lambda on, by: accounts.turn_down(on.pk, by=by, reason=WHY),
    "let in": lambda on, by: accounts.approve(on.pk, by=by),
}
ENTRIES = [Kind.RESTRICTED, Kind.WARNED, Kind.TURNED_DOWN, Kind.APPROVED, Kind.REPORT_OPENED, Kind.REPORT_DECIDED,
           Kind.ADDRESS_CHANGED, Kind.ACT_AGREED]  # fmt: skip


@pytest.fixture
def writer():
    return MemberFactory(name="Wanda Writer")


@pytest.fixture
def moderator():
    return on_the_team("moderators", name="Mo Moderator")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("matter", MATTERS)
def test_whoever_has_a_matter_of_their_own_with_a_member_decides_nothing_about_them(matter, act, writer):
    judge = on_the_team("administrators")
    MATTERS[matter](judge, writer)
    before = Member.objects.filter(pk=writer.pk).values("restriction", "warned_at", "verification_status").get()

    with pytest.raises(PermissionDenied, match="permission_denied") as refusal:
        ACTS[act](writer, judge)

    assert str(refusal.value.message).startswith(ELSE)
    assert Member.objects.filter(pk=writer.pk).values(*before).get() == before


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("matter", MATTERS)
def test_the_database_writes_down_no_such_decision_so_none_is_done(matter, kind, writer):
    administrator = on_the_team("administrators")
    MATTERS[matter](administrator, writer)

    with refused():
        audit.record(kind, by=administrator, subject=writer.pk, codes="restricted")


@pytest.mark.parametrize("matter", OVER)
def test_what_is_over_or_nobodys_matter_stands_in_no_ones_way(matter, writer, moderator):
    OVER[matter](moderator, writer)

    assert accounts.restrict(writer.pk, by=moderator, restriction="limited", reason=WHY).restriction == "limited"


def test_an_emergency_is_everybodys_matter_and_what_lasts_is_not():
    writer, administrator = on_the_team("coordinators"), on_the_team("administrators")
    made_by(administrator, writer)

    for lasting in (
        lambda: accounts.restrict(writer.pk, by=administrator, restriction="banned", reason=WHY),
        lambda: accounts.change_roles(writer.pk, by=administrator, reason=WHY, is_staff=False, groups=[]),
    ):
        with pytest.raises(PermissionDenied):
            lasting()
    assert Member.objects.get(pk=writer.pk).restriction == "none"

    accounts.suspend_at_once(writer.pk, by=administrator, reason=WHY)
    assert Member.objects.get(pk=writer.pk).restriction == "suspended"


# --- As the second person ---------------------------------------------------------------------------------------------


@pytest.fixture
def asked():
    """A lasting restriction of a coordinator that one administrator asked for, whom it is about, and a second one."""
    writer, second = on_the_team("coordinators"), on_the_team("administrators")
    act = accounts.restrict(writer.pk, by=on_the_team("administrators"), restriction="banned", reason=WHY)
    return act, writer, second


def test_nor_do_they_agree_to_it_as_the_second_person(asked):
    act, writer, second = asked
    made_by(second, writer)

    with pytest.raises(PermissionDenied):
        four_eyes.agree(act.pk, by=second)

    assert Member.objects.get(pk=writer.pk).restriction == "none"
    assert second not in four_eyes.seconds(Kind.RESTRICTED, writer, by=on_the_team("administrators"))


def test_the_database_does_nothing_that_they_agreed_to(asked):
    act, writer, second = asked
    made_by(second, writer)
    with acting_as_system("a test agrees around the verb"):
        run(f"UPDATE grave_acts SET agreed_by_id = '{second.pk}', status = 'done' WHERE id = '{act.pk}'")

    with refused():
        audit.record(Kind.RESTRICTED, by=Member.objects.get(pk=act.asked_by_id), subject=writer.pk)


def test_what_was_asked_for_before_the_report_is_not_carried_out_for_the_asker(asked):
    act, writer, second = asked
    made_by(Member.objects.get(pk=act.asked_by_id), writer)

    with pytest.raises(four_eyes.NoLongerTheirs):
        four_eyes.agree(act.pk, by=second)


# --- Reports and threads ----------------------------------------------------------------------------------------------


def somebodys(writer):
    """What somebody else reported of the same writer."""
    conversation = ConversationFactory(helper=writer)
    return services.report(conversation.pk, by=conversation.requester, reason="scam"), conversation


@pytest.mark.parametrize("matter", MATTERS)
def test_anothers_report_of_the_same_writer_is_not_theirs_to_open_either(matter, writer, moderator):
    report, _conversation = somebodys(writer)
    MATTERS[matter](moderator, writer)

    with pytest.raises(PermissionDenied):
        moderation.open_report(report.pk, by=moderator, reason=WHY)
    with refused(), acting_as_system("a test opens"):
        run(
            "INSERT INTO staff_reads (staff_id, staff_name, report_id, conversation_id, version, reason)"
            f" SELECT '{moderator.pk}', 'Mo', id, conversation_id, 'v2', '{WHY}' FROM message_reports"
            f" WHERE id = '{report.pk}'"
        )


def test_whoever_blocked_the_reporter_does_not_open_the_report(writer, moderator):
    report, conversation = somebodys(writer)
    blocking.block(conversation.requester_id, by=moderator)

    with pytest.raises(PermissionDenied) as refusal:
        moderation.open_report(report.pk, by=moderator, reason=WHY)
    with refused(), acting_as_system("a test opens"):
        run(
            "INSERT INTO staff_reads (staff_id, staff_name, report_id, conversation_id, version, reason)"
            f" SELECT '{moderator.pk}', 'Mo', id, conversation_id, 'v2', '{WHY}' FROM message_reports"
        )
    assert "You have blocked one of the two" in str(refusal.value.message)


def test_whoever_blocked_the_writer_after_opening_does_not_decide(writer, moderator):
    report, _conversation = somebodys(writer)
    moderation.open_report(report.pk, by=moderator, reason=WHY)
    blocking.block(writer.pk, by=moderator)

    with pytest.raises(PermissionDenied):
        moderation.decide(report.pk, "no_action", by=moderator)


@pytest.mark.parametrize("matter", ["their own", *MATTERS])
def test_no_thread_of_such_a_member_is_opened_for_the_team(matter, writer):
    administrator = on_the_team("administrators")
    conversation = ConversationFactory(helper=administrator if matter == "their own" else writer)
    MATTERS.get(matter, lambda *_both: None)(administrator, writer)

    with pytest.raises(PermissionDenied):
        moderation.open_thread(conversation.pk, by=administrator, reason=WHY)
    with refused(), acting_as_system("a test opens"):
        run(
            "INSERT INTO staff_reads (staff_id, staff_name, conversation_id, version, reason)"
            f" VALUES ('{administrator.pk}', 'Ada', '{conversation.pk}', 'v2', '{WHY}')"
        )
    with acting_as_system("a test looks"):
        assert not StaffRead.objects.filter(report=None).exists()


def test_a_report_that_everybody_on_the_team_has_a_matter_with_is_counted(writer, moderator):
    somebodys(writer)
    assert undecidable.undecidable() == []

    blocking.block(writer.pk, by=moderator)
    assert len(undecidable.undecidable()) == 1

    on_the_team("moderators")
    assert undecidable.undecidable() == []


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_whoever_blocked_its_owner_does_not_close_a_request(writer, moderator):
    help_request = HelpRequestFactory(user=writer)
    blocking.block(writer.pk, by=moderator)

    with pytest.raises(PermissionDenied):
        closing.close(help_request.pk, by=moderator, reason=WHY)
    with refused():
        audit.record(Kind.REQUEST_CLOSED, by=moderator, subject=writer.pk, about=help_request.pk)
    page = browser_of(moderator).get(f"/admin/helprequests/helprequest/{help_request.pk}/change/")
    assert (page.context["grave_acts"], ELSE in words(page)) == ([], True)


# --- Pages ------------------------------------------------------------------------------------------------------------


def offered(page):
    return {name for name, _label in page.context["acts"]} | {str(label) for _to, label in page.context["grave_acts"]}


@pytest.mark.parametrize("matter", MATTERS)
@pytest.mark.parametrize("rank", ["coordinators", "moderators", "administrators"])
def test_the_members_page_offers_nothing_and_says_who_else_can(matter, rank, writer):
    judge = on_the_team(rank)
    MATTERS[matter](judge, writer)
    on_the_team("moderators", name="Zoe Zeller")
    MATTERS["a block"](on_the_team("moderators", name="Bo Blocker"), writer)

    page = browser_of(judge).get(f"/admin/accounts/member/{writer.pk}/change/")

    assert offered(page) == set()
    asked = re.search(re.escape(ELSE) + r" Ask ([^.]*)\.", words(page))
    assert "Zoe Zeller" in asked[1]
    assert judge.name not in asked[1].split(", ")
    assert "Bo Blocker" not in asked[1]


@pytest.mark.parametrize("place", ["address", "roles"])
def test_nor_do_the_pages_of_address_and_roles_open(place, writer):
    administrator = on_the_team("administrators")
    made_by(administrator, writer)

    assert browser_of(administrator).get(f"/admin/accounts/member/{writer.pk}/{place}/").status_code == 403


def test_a_post_by_hand_changes_nothing(writer, moderator):
    made_by(moderator, writer)

    address = "/admin/accounts/member/grave/ban/"
    said = browser_of(moderator).post(address, {"id": str(writer.pk), "reason": WHY}, follow=True)

    assert ELSE in words(said)
    assert Member.objects.get(pk=writer.pk).restriction == "none"


def test_the_page_of_ones_own_report_says_whom_to_ask(writer, moderator):
    report = made_by(moderator, writer)
    on_the_team("administrators", name="Zoe Zeller")

    page = browser_of(moderator).get(f"/admin/reports/report/{report.pk}/change/")

    assert "You made this report, so someone else on the team has to decide it. Ask Zoe Zeller." in words(page)


def test_where_there_is_nobody_else_the_page_says_that(writer, moderator):
    made_by(moderator, writer)

    assert "Nobody else on the team can at present." in own_matters.why_not(writer, "restrict_member", by=moderator)


def test_a_group_is_still_given_to_somebody_of_no_matter():
    member, administrator = MemberFactory(), on_the_team("administrators")
    groups = list(Group.objects.filter(name="coordinators"))

    assert accounts.change_roles(member.pk, by=administrator, reason=WHY, is_staff=True, groups=groups)
