"""Whether a mail goes out, and when: by standing, by what was read, by wishes, and by the clock on the wall."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from carecollective.accounts.models import Member
from carecollective.told.kinds import GROUPS, KINDS, about_account
from carecollective.told.mail.decisions import IntoDigest, NotNeeded, Send, Wait, decide
from carecollective.told.mail.models import Mail, MailPreferences
from carecollective.told.mail.preferences import next_time_of_day, quiet_until
from carecollective.told.notifications.models import Notification

CHICAGO = ZoneInfo("America/Chicago")
GROUP_OF = {code: kind.group.column for code, kind in KINDS.items() if kind.group}
NOON = datetime(2026, 11, 20, 12, tzinfo=CHICAGO)


def at(hour, minute=0, day=20):
    return datetime(2026, 11, day, hour, minute, tzinfo=CHICAGO)


def decided(kind="offer", *, now=NOON, told=None, wishes=None, **standing):
    recipient = Member(**{"verification_status": "approved"} | standing)
    told = [Notification(kind=kind)] if told is None else told
    return decide(Mail(kind=kind), told, recipient, MailPreferences(**wishes or {}), now)


def test_what_is_unread_is_sent():
    assert isinstance(decided(), Send)


def test_what_was_read_meanwhile_is_not_needed():
    assert decided(told=[Notification(kind="offer", read_at=NOON)]) == NotNeeded("read")


def test_what_was_taken_back_meanwhile_is_not_needed():
    assert decided(told=[]) == NotNeeded("withdrawn")


@pytest.mark.parametrize(
    ("standing", "is_sent"),
    [
        ({"restriction": "none"}, True),
        ({"restriction": "limited"}, True),
        ({"restriction": "suspended"}, False),
        ({"restriction": "banned"}, False),
        ({"verification_status": "pending"}, False),
        ({"verification_status": "rejected"}, False),
    ],
)
def test_only_members_in_good_standing_are_written_to(standing, is_sent):
    assert isinstance(decided(**standing), Send) == is_sent


NOBODY_TURNS_OFF = ("account", "copy", "copied", "going")


def test_each_choice_of_a_member_is_about_these_kinds():
    """By hand: who turns a choice off must not lose what they never heard that it covers."""
    followed = {column: sorted(code for code in GROUP_OF if GROUP_OF[code] == column) for column in GROUPS}
    assert followed == {
        "offers": ["offer", "unanswered", "withdrawn"],
        "answers": ["answer"],
        "messages": ["message"],
        "requests": ["cancelled", "completed", "ending"],
        "news": ["news", "report", "stays_open"],
    }
    assert about_account() == ["copy", "copied"]


def test_every_kind_of_notification_belongs_to_a_kind_of_mail():
    assert sorted([*GROUP_OF, *NOBODY_TURNS_OFF]) == sorted(KINDS)


@pytest.mark.parametrize("kind", NOBODY_TURNS_OFF)
def test_what_is_about_ones_own_data_is_always_sent(kind):
    everything_off = dict.fromkeys(GROUP_OF.values(), "never")

    assert isinstance(decided(kind, wishes=everything_off), Send)


@pytest.mark.parametrize("kind", GROUP_OF)
def test_each_kind_can_be_turned_off_and_no_other_with_it(kind):
    off = {GROUP_OF[kind]: "never"}

    still_sent = {other for other in KINDS if isinstance(decided(other, wishes=off), Send)}

    assert still_sent == {other for other in KINDS if GROUP_OF.get(other) != GROUP_OF[kind]}
    assert decided(kind, wishes=off) == NotNeeded("unwanted")


@pytest.mark.parametrize(("now", "day"), [(at(7, 59), 20), (at(8), 21), (NOON, 21), (at(23, 59), 21)])
def test_once_a_day_is_in_the_morning_at_eight(now, day):
    came = decided(now=now, wishes={"offers": "daily"})

    assert isinstance(came, IntoDigest)
    assert (came.at, came.key.rpartition(":")[2]) == (at(8, day=day), f"2026-11-{day}")


@pytest.mark.parametrize(
    ("begin", "end", "now", "ends"),
    [
        (22, 7, at(22), at(7, day=21)),
        (22, 7, at(3), at(7)),
        (22, 7, at(6, 59), at(7)),
        (22, 7, at(7), None),
        (22, 7, at(21, 59), None),
        (12, 14, at(13), at(14)),
        (12, 14, at(14), None),
        (0, 23, at(0), at(23)),
        (0, 23, at(23, 30), None),
        (None, None, at(3), None),
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(begin, end, now, ends):
    wishes = {"quiet_from": begin, "quiet_until": end}

    assert quiet_until(MailPreferences(**wishes), now) == ends
    assert decided(now=now, wishes=wishes) == (Wait(ends) if ends else decided())


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        # The night without 2 o'clock: quiet until 2 means until 3, which is the next thing that the clock says.
        (datetime(2026, 3, 8, 1, 30, tzinfo=CHICAGO), datetime(2026, 3, 8, 3, 0, tzinfo=CHICAGO)),
        (datetime(2026, 11, 1, 0, 30, tzinfo=CHICAGO), datetime(2026, 11, 1, 2, 0, tzinfo=CHICAGO)),
    ],
)
def test_quiet_hours_end_also_in_the_nights_when_the_clocks_change(now, ends):
    came = quiet_until(MailPreferences(quiet_from=22, quiet_until=2), now)

    assert came.timestamp() == ends.timestamp()


def test_the_next_time_of_day_is_to_the_second_and_never_now():
    late = at(21, 34).replace(second=56, microsecond=789)

    assert [next_time_of_day(hour, late) for hour in (22, 21, 8)] == [at(22), at(21, day=21), at(8, day=21)]
    assert next_time_of_day(8, at(8)) == at(8, day=21)


@pytest.mark.parametrize("fold", [0, 1])
def test_in_the_hour_that_comes_twice_the_next_morning_is_the_next(fold):
    twice = datetime(2026, 11, 1, 1, 30, tzinfo=CHICAGO, fold=fold)

    assert next_time_of_day(8, twice).timestamp() == at(8, day=1).timestamp()
    again = next_time_of_day(1, twice)
    assert (again.day, again.hour, again.fold) == (2, 1, 0)


def test_a_test_mail_goes_to_whoever_asks_for_it_at_any_hour():
    wishes = {"quiet_from": 0, "quiet_until": 23}

    assert isinstance(decided("test", told=[], now=at(3), wishes=wishes, verification_status="pending"), Send)


def test_a_digest_holds_what_is_still_unread_and_still_wanted():
    told = [
        Notification(kind="offer", read_at=NOON),
        Notification(kind="answer"),
        Notification(kind="message"),
    ]

    came = decided("digest", told=told, wishes={"answers": "never", "messages": "daily"})

    assert came == Send([told[2]])
