"""What the team may do with reports: nothing is read without a record, and one decision stands."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone

from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.refusals import (
    ConversationNotFound,
    NotApproved,
    PermissionDenied,
    ReportRequired,
    UserRestricted,
    ValidationFailed,
    Warned,
)
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import laid_open, run_as_owner
from carecollective.tests.races import at_once
from carecollective.tests.sql import refused
from carecollective.told.notifications import services as notices
from helprequests.tests.factories import HelpRequestFactory
from messaging.legacy.tests.factories import left_behind
from messaging.reports import exported, moderation, services
from messaging.reports.models import Report, StaffRead
from messaging.reports.tests.judging import judged
from messaging.services import send_message
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

pytestmark = pytest.mark.django_db
WHY = "Somebody reported this message."


@pytest.fixture
def conversation():
    return ConversationFactory()


@pytest.fixture
def writer(conversation):
    return conversation.helper


@pytest.fixture
def report(conversation):
    return services.report(conversation.pk, by=conversation.requester, reason="scam")


@pytest.fixture
def moderator():
    return on_the_team("moderators")


def sql(statement, *values):
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def reads():
    with acting_as_system("a test counts"):
        return list(StaffRead.objects.order_by("opened_at").values_list("staff_name", "reason"))


def an_hour_goes_by():
    with laid_open("staff_reads"):
        sql("UPDATE staff_reads SET opened_at = opened_at - interval '1 hour'")


# --- Opening --------------------------------------------------------------------------------------------------------


def test_opening_a_report_shows_its_words_and_writes_down_who_and_why(report, moderator):
    opened = moderation.open_report(report.pk, by=moderator, reason=WHY)

    assert opened.report.evidence[0]["content"] == FIRST_WORDS
    assert reads() == [(moderator.name, WHY)]


def test_without_opening_it_nobody_reads_on(report, moderator):
    with pytest.raises(ReportRequired):
        moderation.opened_report(report.pk, by=moderator)

    moderation.open_report(report.pk, by=moderator, reason=WHY)
    assert moderation.opened_report(report.pk, by=moderator).report.evidence

    with pytest.raises(ReportRequired):
        moderation.opened_report(report.pk, by=on_the_team("moderators"))


def test_an_opened_report_closes_after_an_hour(report, moderator):
    moderation.open_report(report.pk, by=moderator, reason=WHY)
    an_hour_goes_by()

    with pytest.raises(ReportRequired):
        moderation.opened_report(report.pk, by=moderator)


@pytest.mark.parametrize("reason", ["", "too short", "x" * 501])
def test_a_reason_that_says_nothing_opens_nothing(report, moderator, reason):
    with pytest.raises(ValidationFailed):
        moderation.open_report(report.pk, by=moderator, reason=reason)

    assert reads() == []


@pytest.mark.parametrize("who", ["a member", "a coordinator", "a former moderator", "a suspended moderator"])
def test_reports_are_for_moderators(report, who):
    caller = on_the_team("coordinators" if who == "a coordinator" else "moderators")
    if who == "a member":
        caller = MemberFactory()
    elif who == "a former moderator":
        Member.objects.filter(pk=caller.pk).update(is_staff=False)
    elif who == "a suspended moderator":
        Member.objects.filter(pk=caller.pk).update(restriction="suspended")

    for act in (
        lambda: moderation.open_report(report.pk, by=caller, reason=WHY),
        lambda: moderation.opened_report(report.pk, by=caller),
        lambda: moderation.decide(report.pk, "no_action", by=caller),
    ):
        with pytest.raises((PermissionDenied, UserRestricted, NotApproved)):
            act()
    assert reads() == []


def test_a_thread_that_nobody_reported_is_opened_by_an_administrator_with_a_reason(conversation, moderator):
    send_message(conversation.pk, by=conversation.requester, text="Thank you")
    administrator = on_the_team("administrators")

    with pytest.raises(PermissionDenied):
        moderation.open_thread(conversation.pk, by=moderator, reason=WHY)
    with pytest.raises(ReportRequired):
        moderation.opened_thread(conversation.pk, by=administrator)
    moderation.open_thread(conversation.pk, by=administrator, reason="The police asked for it.")

    opened = moderation.opened_thread(conversation.pk, by=administrator)
    assert [line.content for line in opened.lines] == [FIRST_WORDS, "Thank you"]
    with pytest.raises(ReportRequired):  # that thread, and no other
        moderation.opened_thread(ConversationFactory().pk, by=administrator)
    with pytest.raises(ConversationNotFound):
        moderation.open_thread(MemberFactory().pk, by=administrator, reason=WHY)


def test_a_thread_of_version_1_is_opened_alike():
    conversation = left_behind(HelpRequestFactory(), MemberFactory(), FIRST_WORDS, "Thank you")
    administrator = on_the_team("administrators")

    moderation.open_thread(conversation.pk, by=administrator, reason=WHY)

    said = moderation.opened_thread(conversation.pk, by=administrator).lines
    assert [line.content for line in said] == [FIRST_WORDS, "Thank you"]


def test_both_people_see_that_it_was_opened_and_nobody_else(conversation):
    moderation.open_thread(conversation.pk, by=on_the_team("administrators"), reason=WHY)

    for person in (conversation.requester, conversation.helper):
        (seen,) = services.what_the_team_knows(conversation.pk, by=person).opened
        assert seen.reason == WHY
    assert services.what_the_team_knows(conversation.pk, by=MemberFactory()).opened == []


@pytest.fixture
def opened_for_a_report(report, conversation, moderator):
    moderation.open_report(report.pk, by=moderator, reason=WHY)
    moderation.decide(report.pk, "no_action", by=moderator)
    with laid_open("message_reports"):
        sql("UPDATE message_reports SET reviewed_at = reviewed_at - interval '31 days'")
    return conversation


@pytest.mark.parametrize("wall", ["stands", "is down"])
def test_neither_thread_nor_copy_says_what_belongs_to_a_report(opened_for_a_report, wall):
    if wall == "is down":
        run_as_owner("ALTER TABLE staff_reads DISABLE ROW LEVEL SECURITY")

    for person in (opened_for_a_report.requester, opened_for_a_report.helper):
        page = browser_of(person).get(f"/messages/{opened_for_a_report.pk}/").content.decode()
        (copy,) = [list(part.entries) for part in exported.parts(person) if part.key == "opened_by_team"]
        assert (services.what_the_team_knows(opened_for_a_report.pk, by=person).opened, copy) == ([], [])
        assert "The team opened this conversation" not in page


def test_the_database_shows_neither_of_the_two_what_belongs_to_a_report(opened_for_a_report):
    for person in (opened_for_a_report.requester, opened_for_a_report.helper):
        with acting_as(person):
            assert sql("SELECT reason FROM staff_reads") == []


def test_the_record_is_written_once(report, conversation, moderator):
    moderation.open_report(report.pk, by=moderator, reason=WHY)

    for statement in ("UPDATE staff_reads SET reason = 'nothing happened'", "DELETE FROM staff_reads"):
        for scope in (
            acting_as(conversation.helper),
            acting_as_staff(moderator, "a test"),
            acting_as_system("a test"),
        ):
            with scope, refused("42501"):
                sql(statement)
        assert run_as_owner(statement) == 0  # the owner of the table has no row to change
    assert len(reads()) == 1


def test_members_do_not_see_who_on_the_team_it_was(report, conversation, moderator):
    moderation.open_report(report.pk, by=moderator, reason=WHY)

    with acting_as(conversation.helper), refused("42501"):
        sql("SELECT staff_name FROM staff_reads")


# --- Deciding -------------------------------------------------------------------------------------------------------


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("decision", "status", "outcome", "restriction"),
    [
        ("no_action", "dismissed", "no_action", "none"),
        ("limit", "action_taken", "limited", "limited"),
        ("suspend_24h", "action_taken", "suspended", "suspended"),
        ("ban", "action_taken", "banned", "banned"),
    ],
)
def test_a_decision_closes_the_report_and_holds_at_once(
    report, writer, moderator, decision, status, outcome, restriction
):
    decided = judged(report.pk, decision, by=moderator)

    assert (decided.status, decided.outcome, decided.reviewed_by_id) == (status, outcome, moderator.pk)
    writer.refresh_from_db()
    assert writer.restriction == restriction


@pytest.mark.parametrize("decision", ["no_action", "ban"])
def test_the_reporter_is_told_that_it_was_looked_at_and_nobody_else_is(report, conversation, moderator, decision):
    before = [notices.unread_count(by=person) for person in (conversation.requester, conversation.helper)]

    judged(report.pk, decision, by=moderator)

    after = [notices.unread_count(by=person) for person in (conversation.requester, conversation.helper)]
    assert after == [before[0] + 1, before[1]]


def test_a_suspension_ends_by_itself_and_not_before(report, writer, moderator):
    judged(report.pk, "suspend_1h", by=moderator)

    assert accounts.lift_ended_restrictions() == 0
    Member.objects.filter(pk=writer.pk).update(restricted_until=timezone.now() - timedelta(seconds=1))
    assert accounts.lift_ended_restrictions() == 1
    assert accounts.lift_ended_restrictions() == 0

    writer.refresh_from_db()
    assert (writer.restriction, writer.restricted_until) == ("none", None)


def test_a_later_restriction_for_good_does_not_end(report, writer, moderator):
    judged(report.pk, "suspend_1h", by=moderator)
    accounts.restrict(writer.pk, by=moderator, restriction="suspended", reason="because a test wants it")
    Member.objects.exclude(restricted_until=None).update(restricted_until=timezone.now())

    assert accounts.lift_ended_restrictions() == 0


def test_a_warning_is_read_before_anything_else(report, conversation, writer, moderator):
    judged(report.pk, "warn", by=moderator)
    writer.refresh_from_db()

    with pytest.raises(Warned):
        send_message(conversation.pk, by=writer, text="Hello?")
    accounts.acknowledge_warning(by=writer)
    assert send_message(conversation.pk, by=writer, text="Hello?").created
    assert LogEntry.objects.filter(user_id=writer.pk, object_id=writer.pk).count() == 1


def test_one_decision_stands(report, writer, moderator):
    judged(report.pk, "no_action", by=moderator)

    with pytest.raises(moderation.DecidedMeanwhile):
        judged(report.pk, "ban", by=on_the_team("moderators"))

    writer.refresh_from_db()
    assert writer.restriction == "none"


@takes_long
@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_wins(report, writer):
    first, second = on_the_team("moderators"), on_the_team("moderators")
    for reader in (first, second):
        moderation.open_report(report.pk, by=reader, reason=WHY)

    came = at_once(
        lambda: moderation.decide(report.pk, "limit", by=first, reason="because a test wants it"),
        lambda: moderation.decide(report.pk, "ban", by=second, reason="because a test wants it"),
    )

    (lost,) = [outcome for outcome in came if isinstance(outcome, Exception)]
    assert isinstance(lost, moderation.DecidedMeanwhile)
    with acting_as_system("a test looks"):
        decided = Report.objects.get()
    writer.refresh_from_db()
    assert writer.restriction == decided.outcome  # "limited" or "banned", and both say the same


def undecided(report):
    with acting_as_system("a test looks"):
        return Report.objects.get(pk=report.pk).status == "pending"


@pytest.mark.one_of_each
@pytest.mark.parametrize("decision", sorted(moderation.DECISIONS))
def test_nobody_decides_what_they_have_not_opened(report, writer, moderator, decision):
    moderation.open_report(report.pk, by=on_the_team("moderators"), reason=WHY)

    with pytest.raises(moderation.NotOpened):
        moderation.decide(report.pk, decision, by=moderator, reason=WHY)

    writer.refresh_from_db()
    assert (undecided(report), writer.restriction, writer.warned_at) == (True, "none", None)


def test_what_closed_after_an_hour_is_opened_again_before_it_is_decided(report, moderator):
    moderation.open_report(report.pk, by=moderator, reason=WHY)
    an_hour_goes_by()

    with pytest.raises(moderation.NotOpened):
        moderation.decide(report.pk, "no_action", by=moderator)

    assert judged(report.pk, "no_action", by=moderator).status == "dismissed"


@pytest.mark.parametrize("opened", [True, False])
def test_the_database_takes_a_decision_only_of_whoever_opened_it(report, moderator, opened):
    moderation.open_report(report.pk, by=moderator if opened else on_the_team("moderators"), reason=WHY)
    statement = "UPDATE message_reports SET status = 'dismissed', reviewed_at = now(), reviewed_by = %s"

    with nullcontext() if opened else refused("42501"), acting_as_system("a test decides"):
        sql(statement, moderator.pk)

    assert undecided(report) is not opened


@pytest.mark.parametrize("decision", ["no_action", "warn", "limit"])
def test_a_decision_about_oneself_is_not_ones_own(moderator, decision):
    mine = ConversationFactory(helper=moderator)
    about_me = services.report(mine.pk, by=mine.requester, reason="harassment")

    with pytest.raises(PermissionDenied):
        moderation.decide(about_me.pk, decision, by=moderator, reason="because a test wants it")
    with acting_as_system("a test looks"):
        assert Report.objects.get(pk=about_me.pk).status == "pending"


def test_what_somebody_said_about_a_moderator_that_moderator_does_not_read(moderator):
    mine = ConversationFactory(helper=moderator)
    about_me = services.report(mine.pk, by=mine.requester, reason="harassment", description="He frightens me.")

    with pytest.raises(PermissionDenied):
        moderation.open_report(about_me.pk, by=moderator, reason=WHY)
    assert reads() == []
    assert moderation.open_report(about_me.pk, by=on_the_team("administrators"), reason=WHY).report.pk == about_me.pk


def test_a_report_outlives_the_account_it_is_about(report, writer, moderator):
    writer.delete()

    opened = moderation.open_report(report.pk, by=moderator, reason=WHY)

    assert (opened.report.sender_id, opened.report.evidence[0]["content"]) == (None, FIRST_WORDS)
    assert judged(report.pk, "ban", by=moderator).status == "action_taken"


# --- Nobody judges what they brought ----------------------------------------------------------------------------------


@pytest.fixture
def own(conversation):
    """A report that a moderator made."""
    moderator = conversation.requester
    promoted = on_the_team("moderators")
    moderator.is_staff = True
    moderator.save(update_fields=["is_staff"])
    moderator.take_on(promoted.groups.all())
    return services.report(conversation.pk, by=moderator, reason="scam"), moderator


@pytest.mark.parametrize("act", [lambda pk, by: moderation.open_report(pk, by=by, reason=WHY),
                                 lambda pk, by: moderation.decide(pk, "no_action", by=by)])  # fmt: skip
def test_whoever_made_a_report_neither_opens_nor_decides_it(own, act):
    report, moderator = own

    with pytest.raises(PermissionDenied, match="permission_denied"):
        act(report.pk, moderator)

    assert reads() == []


@pytest.mark.parametrize("column", ["reported_by", "sender_id"])
def test_the_database_refuses_a_decision_of_ones_own(report, column):
    with refused("23514"), acting_as_system("a test decides"):
        sql(f"UPDATE message_reports SET status = 'dismissed', reviewed_at = now(), reviewed_by = {column}")


@pytest.mark.parametrize("column", ["reported_by", "sender_id"])
def test_the_database_refuses_opening_ones_own(report, column):
    with refused(), acting_as_system("a test opens"):
        sql(
            "INSERT INTO staff_reads (staff_id, staff_name, report_id, conversation_id, version, reason)"
            f" SELECT {column}, 'Mo', id, conversation_id, 'v2', 'long enough a reason' FROM message_reports"
        )


def test_a_report_about_an_administrator_is_not_a_moderators(report, writer, moderator):
    writer.is_staff = writer.is_superuser = True
    writer.save(update_fields=["is_staff", "is_superuser"])

    for act in (moderation.open_report, moderation.decide):
        with pytest.raises(PermissionDenied):
            act(report.pk, *(["ban"] if act == moderation.decide else []), by=moderator, reason=WHY)


def test_the_page_says_whose_it_is_instead_of_offering_it(own, client):
    report, moderator = own
    client.force_login(moderator)

    page = client.get(f"/admin/reports/report/{report.pk}/change/").content.decode()

    assert "You made this report, so someone else on the team has to decide it." in page
    assert f"/admin/reports/report/{report.pk}/open/" not in page
