"""The verbs and pages of messaging as the application calls them, in the member's own scope and with the limits on.

The baseline is one round trip into the earlier design's function, over the very same connection.
"""

from functools import partial

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import people
from benchmarks.bench import SAMPLES, Bench, repeated
from benchmarks.databases import on_database
from benchmarks.earlier import TEXT, Earlier
from benchmarks.figures import ELAPSED, PROCESSOR, VALUE, Figure, at_least, at_most, faster, slower, value
from benchmarks.sizes import LONG_ID, SHORT_ID
from benchmarks.turns import Act, in_turns
from carecollective.accounts.models import Member
from messaging import inbox, services, thread

EARLIER_GET = "the earlier get function"
EARLIER_LISTING = "the earlier listing + 20 queries"


def offer_help(bench: Bench) -> list[Figure]:
    pairs, earlier = people.free_pairs(SAMPLES + 1), Earlier()
    with people.limits_on(), bench.meter() as meter:
        one, *others = pairs
        with CaptureQueriesContext(connection) as queries:
            services.offer_help(one[0], by=one[1], text=TEXT)
        taken = in_turns(
            {
                "ours": [partial(services.offer_help, request, by=helper, text=TEXT) for request, helper in others],
                "theirs": [partial(earlier.create, request, helper.pk) for request, helper in others],
            },
            meter,
            seconds=bench.seconds,
        )
    return [
        slower("offer", "offer_help", "the earlier create function", goal=at_most(3), **taken),
        value("offer", "its statements, BEGIN and COMMIT included", len(queries), "", at_most(8, VALUE, unit="")),
    ]


def send_message(bench: Bench) -> list[Figure]:
    pairs, earlier = people.open_threads(SAMPLES), Earlier()
    with people.limits_on(), bench.meter() as meter:
        taken = in_turns(
            {
                "ours": [partial(services.send_message, talk, by=sender, text=TEXT) for talk, sender in pairs],
                "theirs": [partial(earlier.send, talk, sender.pk) for talk, sender in pairs],
            },
            meter,
            seconds=bench.seconds,
        )
    return [slower("send", "send_message", "the earlier send function", goal=at_most(3), **taken)]


def thread_page(bench: Bench) -> list[Figure]:
    long, earlier = people.long_thread(LONG_ID), Earlier()
    assert len(thread.thread(long.id, by=long.owner).messages) == thread.PAGE_SIZE
    sides: dict[str, Act] = {
        "page": partial(thread.thread, long.id, by=long.owner),
        "alone": partial(thread.messages, long.id, by=long.owner),
        "theirs": partial(earlier.get, long.id, long.owner.pk),
        "text": partial(earlier.get_text, long.id, long.owner.pk),
    }
    with bench.meter() as meter:
        taken = in_turns({name: [act] * 200 for name, act in sides.items()}, meter, seconds=2 * bench.seconds)
    page, theirs = taken["page"], taken["theirs"]
    return [
        faster("thread", "a thread's page of 50 of 10,000", EARLIER_GET, page, theirs, at_least(50)),
        faster("thread", "the same", "its JSON not parsed", page, taken["text"]),
        faster("thread", "the 50 without the conversation", EARLIER_GET, taken["alone"], theirs),
    ]


def thread_length(bench: Bench) -> list[Figure]:
    long, short = people.long_thread(LONG_ID), people.long_thread(SHORT_ID)
    sides = {
        "long": partial(thread.thread, long.id, by=long.owner),
        "short": partial(thread.thread, short.id, by=short.owner),
        "unread": partial(thread.thread, long.id, by=long.helper),
    }
    with bench.meter() as meter:
        taken = in_turns({name: [act] * SAMPLES for name, act in sides.items()}, meter, seconds=bench.seconds)
    long_one, goal = taken["long"], at_most(1.2)
    return [
        slower("thread-length", "the page of 50, of 10,000 messages", "of 100", long_one, taken["short"], goal),
        slower("thread-length", "the same page with 5,000 unread", "with 5 unread", taken["unread"], long_one, goal),
    ]


def inbox_page(bench: Bench) -> list[Figure]:
    members, busy, earlier = people.with_full_inboxes(60), people.busiest(), Earlier()
    with CaptureQueriesContext(connection) as queries:
        assert len(inbox.inbox(members[0]).results) == 20
    asked = [query["sql"] for query in queries if "FROM" in query["sql"]]
    sides: dict[str, list[Act]] = {
        "ours": [partial(inbox.inbox, member) for member in members],
        "theirs": [partial(earlier.inbox, member.pk) for member in members],
        "busy": [partial(inbox.inbox, busy)],
        "their busy": [partial(earlier.inbox, busy.pk)],
        "unread": [partial(inbox.unread_total, busy)],
    }
    with bench.meter() as meter:
        taken = in_turns({name: repeated(acts) for name, acts in sides.items()}, meter, seconds=2 * bench.seconds)
    ours, busy_one = taken["ours"], taken["busy"]
    return [
        faster("inbox", "an inbox of 20, last messages, unread", EARLIER_LISTING, ours, taken["theirs"], at_least(2.5)),
        value("inbox", "queries of it besides its scope", len(asked), "", at_most(1, VALUE, unit="")),
        faster("inbox", "that of a member with 2,000", EARLIER_LISTING, busy_one, taken["their busy"]),
        slower("inbox", "the unread total of that member", "that inbox", taken["unread"], busy_one, at_most(0.3)),
    ]


def inbox_growth(bench: Bench) -> list[Figure]:
    which = (bench.which, bench.twentieth)
    acts: dict[str, list[Act]] = {}
    for name in which:
        with on_database(name):
            acts[name] = [partial(_inbox_on, name, member) for member in people.with_full_inboxes(60)]
    with on_database(which[1]), bench.meter() as of_the_small, on_database(which[0]), bench.meter() as of_the_large:
        taken = in_turns(
            {name: repeated(found) for name, found in acts.items()},
            dict(zip(which, (of_the_large, of_the_small), strict=True)),
            seconds=bench.seconds,
        )
    goal = at_most(1.3, ELAPSED, PROCESSOR)
    return [
        slower("inbox-growth", "the inbox", "with a twentieth of everything", taken[which[0]], taken[which[1]], goal)
    ]


def _inbox_on(which: str, member: Member) -> None:
    with on_database(which):
        inbox.inbox(member)
