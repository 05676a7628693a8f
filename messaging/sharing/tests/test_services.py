"""Sharing a phone number or a place: by one act, with one person, while the help lasts."""

from datetime import timedelta
from unittest.mock import call, patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import limits
from carecollective.ground.identity import acting_as, acting_as_system
from carecollective.ground.refusals import (
    ConversationNotFound,
    InvalidTransition,
    LegacyReadOnly,
    NotFound,
    RateLimited,
    UserRestricted,
    ValidationFailed,
)
from carecollective.tests.owner import lay_open, run_as_owner, shut
from carecollective.tests.sql import one, run
from helprequests import services as help_requests
from helprequests.tests.factories import HelpRequestFactory
from messaging import answer_events, answers, blocking, inbox, services
from messaging.legacy.copying import migrate, rollback
from messaging.sharing import reading
from messaging.sharing.models import SHARED_FOR, ContactShare
from messaging.sharing.services import end_what_is_over, share, stop
from messaging.sharing.tasks import end_what_is_shared

from .people import PHONE, PLACE, offer, under_way

pytestmark = pytest.mark.django_db
both_versions = pytest.mark.parametrize("version", ["v1", "v2"])


def seen_by(member, conversation):
    """Each value that the thread shows to this member of what the other shares."""
    happened = answer_events.events(conversation.pk, by=member)
    return [event.shows for event in happened if event.shows and event.by_id != member.pk]


def told(member, conversation):
    kinds = ("shared_phone", "shared_place", "stopped_phone", "stopped_place")
    return [event.kind for event in answer_events.events(conversation.pk, by=member) if event.kind in kinds]


def own_share(conversation, kind="phone"):
    with acting_as(conversation.requester):
        return ContactShare.objects.filter(owner=conversation.requester, kind=kind).latest("shared_at")


@pytest.fixture
def shared():
    conversation = under_way()
    share(conversation.pk, "phone", by=conversation.requester)
    return conversation


# --- Sharing --------------------------------------------------------------------------------------------------------


@both_versions
def test_what_is_shared_is_seen_by_the_other_and_nothing_beside_it(version):
    conversation = under_way(version)

    assert share(conversation.pk, "phone", by=conversation.requester) is True

    assert seen_by(conversation.helper, conversation) == [PHONE]
    share(conversation.pk, "place", by=conversation.requester)
    assert seen_by(conversation.helper, conversation) == [PHONE, PLACE]
    assert seen_by(conversation.requester, conversation) == []


@both_versions
def test_the_helper_shares_too(version):
    conversation = under_way(version)
    contacts.change(conversation.helper, phone="+34 612 34 56 78", place="")

    share(conversation.pk, "phone", by=conversation.helper)

    assert seen_by(conversation.requester, conversation) == ["+34 612 34 56 78"]


def test_the_thread_tells_both_that_it_happened(shared):
    for member in (shared.requester, shared.helper):
        assert told(member, shared) == ["shared_phone"]


def test_twice_is_the_same_as_once(shared):
    assert share(shared.pk, "phone", by=shared.requester) is False

    assert told(shared.helper, shared) == ["shared_phone"]


@both_versions
def test_open_pages_of_both_hear_of_it_and_of_its_end(version):
    """In its own version, whatever else the two of them talk in."""
    conversation, other = under_way(version), {"v1": "v2", "v2": "v1"}[version]
    for _ in range(4):
        wanted = HelpRequestFactory(user=conversation.requester)
        services.offer_help(wanted.pk, by=conversation.helper, text="I can help here too.", version=other)

    with patch("carecollective.ground.wake.conversation_changed") as heard:
        for _ in range(2):
            share(conversation.pk, "phone", by=conversation.requester)
        stop(own_share(conversation).pk, by=conversation.requester)

    both = [conversation.requester.pk, conversation.helper.pk]
    assert heard.call_args_list == [call(conversation.pk, version, "shared", members=both)] * 2


def test_it_counts_as_one_message_of_whoever_shares(shared):
    share(shared.pk, "phone", by=shared.requester)

    assert limits.MESSAGES.left(shared.requester.pk).number == limits.MESSAGES.most - 1


def test_a_correction_shows(shared):
    contacts.change(shared.requester, phone="(555) 010-9999", place="")

    assert seen_by(shared.helper, shared) == ["(555) 010-9999"]


def test_who_has_none_writes_it_there_and_it_goes_with_the_share():
    conversation = under_way(phone="", place="")

    share(conversation.pk, "phone", by=conversation.requester, value="555 010 2000")
    seen = seen_by(conversation.helper, conversation)
    stop(own_share(conversation).pk, by=conversation.requester)

    assert seen == ["555 010 2000"]
    assert contacts.own(conversation.requester).phone == ""


def test_the_number_goes_with_its_share_though_the_place_is_shared_still():
    conversation = under_way(phone="", place="")
    share(conversation.pk, "phone", by=conversation.requester, value="555 010 2000")
    share(conversation.pk, "place", by=conversation.requester, value=PLACE)

    stop(own_share(conversation, "phone").pk, by=conversation.requester)

    own = contacts.own(conversation.requester)
    assert (own.phone, own.place) == ("", PLACE)


def test_who_says_so_keeps_it_for_next_time():
    conversation = under_way(phone="", place="")

    share(conversation.pk, "phone", by=conversation.requester, value="555 010 2000", keep=True)
    stop(own_share(conversation).pk, by=conversation.requester)

    assert contacts.own(conversation.requester).phone == "555 010 2000"


def test_what_is_kept_stays_so_and_another_share_keeps_the_rest_alive():
    conversation, other = under_way(phone="", place=""), offer()
    other_wanted = help_requests.post(by=conversation.requester, title="Soup for a week", category="other")[0]
    other = services.offer_help(other_wanted.pk, by=MemberFactory(), text="I can bring soup.").conversation
    answers.accept(other.pk, by=conversation.requester)
    share(conversation.pk, "phone", by=conversation.requester, value="555 010 2000")
    first = own_share(conversation)
    share(other.pk, "phone", by=conversation.requester)

    stop(first.pk, by=conversation.requester)

    assert contacts.own(conversation.requester).phone == "555 010 2000"


@pytest.mark.one_of_each
@pytest.mark.parametrize("value", ["", "call me", "12", "1234567890123456"])
def test_nothing_is_shared_where_there_is_no_number(value):
    conversation = under_way(phone="", place="")

    with pytest.raises(ValidationFailed) as refusal:
        share(conversation.pk, "phone", by=conversation.requester, value=value)

    (error,) = refusal.value.errors
    assert (error["field"], error["code"] == "blank") == ("phone", value == "")
    assert told(conversation.helper, conversation) == []


@both_versions
def test_before_an_offer_is_accepted_nothing_is_shared(version):
    conversation = offer(version)

    for member in (conversation.requester, conversation.helper):
        contacts.change(member, phone=PHONE, place="")
        with pytest.raises(InvalidTransition):
            share(conversation.pk, "phone", by=member)


@both_versions
def test_in_the_conversation_of_another_helper_neither(version):
    conversation = under_way(version)
    other = services.offer_help(conversation.help_request.pk, by=MemberFactory(), text="Me too.......").conversation

    with pytest.raises(InvalidTransition):
        share(other.pk, "phone", by=conversation.requester)


def test_a_stranger_finds_no_conversation_to_share_in():
    stranger = MemberFactory()
    contacts.change(stranger, phone=PHONE, place="")

    with pytest.raises(ConversationNotFound):
        share(under_way().pk, "phone", by=stranger)


def test_who_is_suspended_shares_nothing_and_takes_back_what_they_shared(shared):
    shared.requester.restriction = "suspended"
    shared.requester.save()

    with pytest.raises(UserRestricted):
        share(shared.pk, "place", by=shared.requester)
    stop(own_share(shared).pk, by=shared.requester)

    assert seen_by(shared.helper, shared) == []


def test_it_counts_as_a_message_and_is_undone_where_there_were_too_many(monkeypatch):
    conversation = under_way(phone="", place="")
    monkeypatch.setattr(limits, "MESSAGES", limits.Limit("messages", 1, timedelta(minutes=1)))
    services.send_message(conversation.pk, by=conversation.requester, text="Thank you.")

    with pytest.raises(RateLimited):
        share(conversation.pk, "phone", by=conversation.requester, value="555 010 2000")

    assert contacts.own(conversation.requester).phone == ""
    assert told(conversation.helper, conversation) == []


def test_an_old_conversation_that_is_read_only_takes_no_share_and_keeps_what_there_is(monkeypatch):
    conversation = under_way("v1")
    share(conversation.pk, "phone", by=conversation.requester)
    monkeypatch.setattr("messaging.legacy.services.is_read_only", lambda: True)

    with pytest.raises(LegacyReadOnly):
        share(conversation.pk, "place", by=conversation.requester)

    assert seen_by(conversation.helper, conversation) == [PHONE]


# --- The end of it --------------------------------------------------------------------------------------------------

ENDINGS = {
    "stopped": lambda c: stop(own_share(c).pk, by=c.requester),
    "done": lambda c: help_requests.complete(c.help_request.pk, by=c.requester),
    "done by the helper": lambda c: help_requests.complete(c.help_request.pk, by=c.helper),
    "cancelled": lambda c: help_requests.cancel(c.help_request.pk, by=c.requester),
    "released": lambda c: help_requests.release(c.help_request.pk, by=c.requester),
    "helper steps back": lambda c: answers.withdraw(c.pk, by=c.helper),
    "taken back": lambda c: answers.undo(c.pk, by=c.requester),
    "archived": lambda c: services.archive(c.pk, by=c.requester),
    "archived by the other": lambda c: services.archive(c.pk, by=c.helper),
    "blocked": lambda c: blocking.block(c.helper.pk, by=c.requester),
    "blocked by the other": lambda c: blocking.block(c.requester.pk, by=c.helper),
    "number taken away": lambda c: contacts.change(c.requester, phone="", place=""),
    "closed past every service": lambda c: run_as_owner(
        "UPDATE help_requests SET status = 'closed' WHERE id = %s", c.help_request.pk
    ),
}


@pytest.mark.one_of_each("version")
@both_versions
@pytest.mark.parametrize("ending", ENDINGS)
def test_it_is_gone_at_once_with_whatever_ends_it(version, ending):
    conversation = under_way(version)
    share(conversation.pk, "phone", by=conversation.requester)
    assert seen_by(conversation.helper, conversation) == [PHONE]

    ENDINGS[ending](conversation)

    assert seen_by(conversation.helper, conversation) == []
    assert reading.shared_by(conversation.requester) == []


@pytest.mark.one_of_each("version")
@both_versions
@pytest.mark.parametrize("ending", [name for name in ENDINGS if "block" not in name and "past" not in name])
def test_begun_anew_by_the_same_two_nothing_is_seen_until_it_is_shared_anew(version, ending):
    conversation = under_way(version)
    share(conversation.pk, "phone", by=conversation.requester)
    ENDINGS[ending](conversation)

    begin_anew(conversation)
    contacts.change(conversation.requester, phone=PHONE, place=PLACE)

    assert seen_by(conversation.helper, conversation) == []
    assert share(conversation.pk, "phone", by=conversation.requester) is True  # so it could be seen
    assert seen_by(conversation.helper, conversation) == [PHONE]


def begin_anew(conversation):
    """The same two, the same request: open again, offered again, accepted again."""
    asked = help_requests.find(conversation.help_request.pk, by=conversation.requester)
    if asked.status in ("completed", "cancelled"):
        help_requests.reopen(asked.pk, by=conversation.requester)
    services.reopen(conversation.pk, by=conversation.requester)
    asked = help_requests.find(conversation.help_request.pk, by=conversation.requester)
    if asked.status == "open":
        if inbox.own_offer(asked.pk, by=conversation.helper).answer:
            services.offer_help(asked.pk, by=conversation.helper, text="I would still like to help.")
        answers.accept(conversation.pk, by=conversation.requester)


def test_one_is_stopped_and_the_other_stays(shared):
    share(shared.pk, "place", by=shared.requester)

    stopped = stop(own_share(shared, "phone").pk, by=shared.requester)

    assert (stopped.kind, seen_by(shared.helper, shared)) == ("phone", [PLACE])
    assert stop(own_share(shared, "place").pk, by=shared.requester).kind == "place"


def test_ones_own_page_says_until_when_it_lasts(shared):
    (mine,) = reading.shared_by(shared.requester)

    assert mine.until - mine.shared_at == SHARED_FOR


def held_by(act):
    """The rows that it locks, in this order: the statements."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]


def test_whoever_takes_it_back_is_held_meanwhile(shared):
    mine = own_share(shared)

    (held,) = held_by(lambda: stop(mine.pk, by=shared.requester))

    assert "FROM members" in held
    assert shared.requester.pk.hex in held


def test_only_its_owner_stops_it(shared):
    for member in (shared.helper, MemberFactory()):
        with pytest.raises(NotFound):
            stop(own_share(shared).pk, by=member)

    assert seen_by(shared.helper, shared) == [PHONE]


def test_stopping_twice_is_told_once(shared):
    stop(own_share(shared).pk, by=shared.requester)
    stop(own_share(shared).pk, by=shared.requester)

    assert told(shared.helper, shared) == ["shared_phone", "stopped_phone"]


def test_who_is_deleted_takes_their_number_along(shared):
    shared.requester.delete()

    assert one_system("SELECT count(*) FROM contact_details") == 0
    assert one_system("SELECT count(*) FROM contact_shares") == 0


def one_system(statement):
    with acting_as_system("a test"):
        return one(statement)


# --- Time -----------------------------------------------------------------------------------------------------------


def shared_ago(conversation, age):
    lay_open("contact_shares")
    run_as_owner("ALTER TABLE contact_shares DISABLE TRIGGER contact_shares_end_now")
    run("UPDATE contact_shares SET shared_at = %s", timezone.now() - age)
    run_as_owner("ALTER TABLE contact_shares ENABLE TRIGGER contact_shares_end_now")
    shut("contact_shares")


@both_versions
def test_after_thirty_days_it_is_gone_before_any_job_has_run(version):
    conversation = under_way(version)
    share(conversation.pk, "phone", by=conversation.requester)

    shared_ago(conversation, SHARED_FOR - timedelta(minutes=1))
    before = seen_by(conversation.helper, conversation)
    shared_ago(conversation, SHARED_FOR + timedelta(minutes=1))

    assert (before, seen_by(conversation.helper, conversation)) == ([PHONE], [])


def test_the_database_gives_the_same_time_as_the_code():
    policy = one("SELECT qual FROM pg_policies WHERE policyname = 'whom it is shared with reads it'")

    assert f"'{SHARED_FOR.days} days'::interval" in policy


def test_after_that_it_can_be_shared_once_more(shared):
    shared_ago(shared, SHARED_FOR + timedelta(minutes=1))

    assert share(shared.pk, "phone", by=shared.requester) is True

    assert seen_by(shared.helper, shared) == [PHONE]


def test_the_job_writes_the_end_down_and_forgets_what_was_given_for_one_conversation():
    conversation, lasting = under_way(phone="", place=""), under_way()
    share(conversation.pk, "phone", by=conversation.requester, value="555 010 2000")
    shared_ago(conversation, SHARED_FOR + timedelta(minutes=1))
    share(lasting.pk, "phone", by=lasting.requester)

    end_what_is_shared(timestamp=0)
    end_what_is_over()

    assert contacts.own(conversation.requester).phone == ""
    assert own_share(conversation).ended_by == "time"
    assert own_share(lasting).ended_by is None
    assert seen_by(lasting.helper, lasting) == [PHONE]


def test_the_job_holds_whose_detail_it_forgets():
    conversation = under_way(phone="", place="")
    share(conversation.pk, "phone", by=conversation.requester, value="555 010 2000")
    shared_ago(conversation, SHARED_FOR + timedelta(minutes=1))

    with CaptureQueriesContext(connection) as queries:
        (held,) = held_by(end_what_is_over)

    assert 'FROM "members"' in held
    assert conversation.requester.pk.hex in held
    (forgotten,) = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert conversation.requester.pk.hex in forgotten  # and nobody's who is not held


def test_the_job_ends_what_was_ended_past_every_trigger(shared):
    ENDINGS["closed past every service"](shared)

    end_what_is_over()

    assert own_share(shared).ended_by == "help_ended"


# --- Version 1 into version 2 ---------------------------------------------------------------------------------------


def test_a_share_goes_along_when_its_conversation_is_copied_and_comes_back():
    conversation = under_way("v1")
    share(conversation.pk, "phone", by=conversation.requester)

    copied = migrate().copied
    in_v2 = seen_by(conversation.helper, conversation)
    back = rollback().taken_back

    assert (copied, in_v2, back) == (1, [PHONE], 1)
    assert seen_by(conversation.helper, conversation) == [PHONE]
