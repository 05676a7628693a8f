"""The demo data: there after the first run, untouched by the second, gone when it is told to go."""

import io
import json
from unittest.mock import patch

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.demo import loading, story, talks
from carecollective.ground import limits
from carecollective.ground.identity import acting_as_system
from carecollective.management.commands import serve
from carecollective.management.commands.demo_data import DEMO_ACCOUNTS, DEMO_PASSWORD
from carecollective.models import RateLimit
from carecollective.tests import sql
from carecollective.tests.owner import laid_open
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import inbox, services, thread
from messaging.models import Conversation, Message, ReadMarker
from messaging.tests.factories import ConversationFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

TABLES = ("members", "help_requests", "conversations_v2", "messages_v2", "conversation_read_markers", "rate_limits")


@pytest.fixture(autouse=True)
def _in_development(settings):
    settings.DEBUG = True


@pytest.fixture
def demo():
    demo_data()


def demo_data(*arguments):
    stdout = io.StringIO()
    call_command("demo_data", *arguments, stdout=stdout)
    return stdout.getvalue().strip()


def person(name):
    return Member.objects.get(email=f"{name}@example.org")


def everything():
    """Each row of each table, as the database has it."""
    with acting_as_system("look at everything"):
        private = [list(model.objects.order_by("pk").values()) for model in (Conversation, Message, ReadMarker)]
    public = [list(model.objects.order_by("pk").values()) for model in (Member, HelpRequest, RateLimit)]
    return json.dumps([*private, *public, sql.run("SELECT * FROM django_admin_log ORDER BY id")], default=str)


# --- Who is in it ------------------------------------------------------------------------------------------------


def test_the_five_accounts_are_those_that_a_start_announces():
    assert DEMO_PASSWORD == "care-demo-2026"
    assert set(DEMO_ACCOUNTS) == {
        f"{name}@example.org" for name in ("requester", "helper", "outsider", "pending", "admin")
    }
    assert set(serve.DEMO_ACCOUNTS) == set(DEMO_ACCOUNTS)
    assert serve.DEMO_PASSWORD == DEMO_PASSWORD


def test_everybody_announced_can_sign_in_and_nobody_else(demo):
    can = {
        member.email
        for member in Member.objects.all()
        if authenticate(None, email=member.email, password=DEMO_PASSWORD)
    }

    assert can == set(DEMO_ACCOUNTS)
    assert Member.objects.count() > len(DEMO_ACCOUNTS)


@pytest.mark.parametrize("approval", ["manual", "automatic"])
def test_one_of_them_still_waits_however_members_are_approved(settings, approval):
    settings.MEMBER_APPROVAL = approval

    demo_data()

    waiting = Member.objects.exclude(verification_status="approved")
    assert [member.email for member in waiting] == ["pending@example.org"]


def test_the_admin_is_an_administrator(demo):
    admin = person("admin")

    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert [group.name for group in admin.groups.all()] == ["administrators"]
    assert not Member.objects.exclude(pk=admin.pk).filter(is_staff=True).exists()


# --- What they ask for -------------------------------------------------------------------------------------------


def test_at_least_twelve_requests_take_offers_in_every_kind_and_every_urgency(demo):
    board = HelpRequest.objects.taking_offers().filter(status="open")

    assert board.count() >= 12
    assert set(board.values_list("category", flat=True)) == set(HelpRequest.Category.values)
    assert set(board.values_list("urgency", flat=True)) == set(HelpRequest.Urgency.values)
    assert len(set(board.values_list("user", flat=True))) >= 4


def test_there_are_requests_in_every_state_that_a_member_can_meet(demo):
    states = set(HelpRequest.objects.values_list("status", flat=True))

    assert states == {"open", "in_progress", "completed", "cancelled"}
    assert HelpRequest.objects.filter(is_ongoing=True).exists()
    assert [each for each in HelpRequest.objects.filter(status="open") if each.has_run_out]


def test_nothing_was_asked_in_the_future_and_not_all_at_once(demo):
    times = HelpRequest.objects.values_list("created_at", flat=True)

    assert max(times) < timezone.now()
    assert len({each.date() for each in times}) > 5


# --- What they write to each other -------------------------------------------------------------------------------


def test_there_are_conversations_of_many_lengths(demo):
    with acting_as_system("count"):
        lengths = sorted(each.messages.count() for each in Conversation.objects.all())

    assert len(set(lengths)) >= 4
    assert (lengths[0], lengths[-1] > 60) == (0, True)


def test_the_long_one_has_an_older_page_in_the_order_in_which_it_was_written(demo):
    requester = person("requester")
    entries = inbox.inbox(requester, status="all", limit=50).results
    (longest,) = [each for each in entries if not each.legacy and thread.thread(each.id, by=requester).before]

    newest = thread.thread(longest.id, by=requester)
    older = thread.messages(longest.id, by=requester, before=newest.before)

    written = [message.content for message in [*older.results, *newest.messages]]
    assert written == [text for _who, text in talks.RIDES[1:]]


@pytest.mark.parametrize("name", ["requester", "helper"])
def test_something_is_unread_and_something_is_read(demo, name):
    unread = [each.unread_count for each in inbox.inbox(person(name), limit=50).results]

    assert (max(unread) > 0, min(unread)) == (True, 0)


def test_unread_is_what_the_story_says(demo):
    requester = person("requester")

    for each in (entry for entry in inbox.inbox(requester, status="all", limit=50).results if not entry.legacy):
        (talk,) = [
            talk
            for ask in story.ASKS
            for talk in ask.talks
            if loading._id(ask) == each.help_request.id and talk.lines[0][1] == each.initial_message
        ]
        is_theirs = each.requester_id == requester.pk
        assert each.unread_count == (talk.unread_by_requester if is_theirs else talk.unread_by_helper)


def test_one_conversation_is_archived(demo):
    assert len(inbox.inbox(person("requester"), status="archived").results) == 1


def test_the_outsider_is_in_no_conversation(demo):
    assert inbox.inbox(person("outsider"), status="all").results == []


def test_there_are_long_words_emoji_and_spanish(demo):
    with acting_as_system("read"):
        text = " ".join(
            [
                *Message.objects.values_list("content", flat=True),
                *Conversation.objects.values_list("initial_message", flat=True),
            ]
        )

    assert max(map(len, text.split())) > 60
    assert "🍋" in text
    assert "¿" in text


def test_no_request_has_two_helpers_and_no_helper_without_an_offer(demo):
    with acting_as_system("look"):
        for each in HelpRequest.objects.exclude(helper=None):
            assert Conversation.objects.filter(help_request=each, helper=each.helper_id).exists()


def test_whoever_tries_the_demo_starts_with_their_own_limits(demo):
    assert RateLimit.objects.count() == 0

    helper, wanted = person("helper"), HelpRequest.objects.taking_offers().get(title__startswith="Carry a wheelchair")
    for _ in range(limits.OFFERS.most - 1):
        limits.OFFERS.take(helper.pk)
    assert services.offer_help(wanted.pk, by=helper, text="I can help you carry it.").created


# --- Twice, half, and away ---------------------------------------------------------------------------------------


def test_the_second_run_changes_nothing_says_nothing_and_asks_little(demo, django_assert_max_num_queries):
    before = everything()

    with django_assert_max_num_queries(10):
        assert demo_data() == ""

    assert everything() == before


def test_what_somebody_changed_in_the_demo_stays_changed(demo):
    helper = person("helper")
    helper.set_password("a password of my own")
    helper.name = "Renamed Helper"
    helper.save()
    HelpRequest.objects.filter(title__startswith="Carry a wheelchair").update(title="Done with that")

    demo_data()

    assert person("helper").name == "Renamed Helper"
    assert person("helper").check_password("a password of my own")
    assert HelpRequest.objects.filter(title="Done with that").exists()


def test_what_is_missing_comes_back(demo):
    Member.objects.get(email="outsider@example.org").delete()

    assert demo_data() == "Demo data: 1 accounts, 1 help requests, 0 conversations."
    assert person("outsider")


def test_a_run_that_is_interrupted_leaves_nothing_half():
    calls = []

    def breaks_down(*args, **kwargs):
        calls.append(args)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    original = services.mark_read
    with patch.object(services, "mark_read", breaks_down), pytest.raises(KeyboardInterrupt):
        demo_data()

    with laid_open(*TABLES[2:5]):
        assert {table: sql.one(f"SELECT count(*) FROM {table}") for table in TABLES} == dict.fromkeys(TABLES, 0)
    assert demo_data().startswith("Demo data: 8 accounts, 20 help requests")


def test_a_demo_account_that_may_not_act_any_more_is_said(demo):
    Member.objects.filter(email="requester@example.org").update(restriction="suspended")
    HelpRequest.objects.filter(title__startswith="Rides to dialysis").delete()

    with pytest.raises(CommandError, match="--remove"):
        demo_data()


def test_remove_takes_the_demo_away_and_leaves_everything_else(demo):
    neighbor = MemberFactory(email="real@example.com")
    own = HelpRequestFactory(user=neighbor)
    kept = ConversationFactory(help_request=own)
    ConversationFactory(help_request=own, helper=person("helper"))
    ConversationFactory(
        help_request=HelpRequest.objects.taking_offers().filter(user=person("outsider")).get(), helper=neighbor
    )

    assert demo_data("--remove") == "8 demo accounts are gone, with all they had."

    assert set(Member.objects.all()) == {neighbor, kept.helper}
    assert list(HelpRequest.objects.all()) == [own]
    with acting_as_system("count"):
        assert list(Conversation.objects.all()) == [kept]
        assert Message.objects.count() == 0
        assert ReadMarker.objects.count() == 0


def test_removing_nothing_is_fine():
    assert demo_data("--remove") == "0 demo accounts are gone, with all they had."


def test_after_it_was_removed_it_can_be_loaded_again(demo):
    demo_data("--remove")

    assert demo_data() == "Demo data: 8 accounts, 20 help requests, 12 conversations."


@pytest.mark.parametrize("arguments", [[], ["--remove"]])
def test_it_refuses_while_debug_is_off_unless_it_is_forced(settings, arguments):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="--force"):
        demo_data(*arguments)
    assert Member.objects.count() == 0

    demo_data(*arguments, "--force")
