"""Limits: counted once, by one statement, whoever counts at the same time; and whose they are."""

import hashlib
import re
import threading
import uuid
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.test import Client, RequestFactory

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import limits
from carecollective.ground.limits import Limit, caller_address
from carecollective.ground.refusals import RateLimited
from carecollective.models import RateLimit
from carecollective.own_data.leaving.tasks import forget_ended_counters
from carecollective.tests.databases import copied_database
from carecollective.tests.races import at_once, hold_up, outcome
from carecollective.tests.sql import run
from carecollective.tests.waiting import PATIENCE
from carecollective.web.limits_in_words import few_left, left_in_words

pytestmark = pytest.mark.thorough

THREE = Limit("three", 3, timedelta(minutes=1))


@pytest.fixture
def used_up(db):
    for _ in range(3):
        THREE.take("me")


def taken():
    return RateLimit.objects.get(key=THREE.key("me")).taken


def test_the_limits_are_those_of_the_product():
    told = {limit.name: (limit.most, limit.period) for limit in vars(limits).values() if isinstance(limit, Limit)}

    assert told == {
        "offers": (10, timedelta(hours=1)),
        "messages": (50, timedelta(minutes=1)),
        "reports": (5, timedelta(hours=1)),
        "withdrawals": (10, timedelta(hours=1)),
        "help_requests": (10, timedelta(hours=1)),
        "sign_in_account": (5, timedelta(minutes=15)),
        "sign_in_address": (50, timedelta(minutes=15)),
        "second_factor": (5, timedelta(minutes=15)),
        "links_account": (5, timedelta(hours=1)),
        "links_address": (30, timedelta(hours=1)),
        "api": (600, timedelta(minutes=1)),
    }


def test_the_fourth_of_three_is_refused_with_the_seconds_to_wait(used_up):
    with pytest.raises(RateLimited) as refusal:
        THREE.take("me")

    assert 55 <= refusal.value.retry_after <= 60
    assert refusal.value.extra == {"retry_after": refusal.value.retry_after}


def test_a_refused_try_does_not_count(used_up):
    for _ in range(5):
        with pytest.raises(RateLimited):
            THREE.take("me")

    assert taken() == 3


def test_what_is_kept_cannot_be_found_out_by_trying_all_addresses(settings):
    here = THREE.key("203.0.113.7")
    plain = hashlib.sha256(b"203.0.113.7").hexdigest()

    settings.SECRET_KEY = "the key of another site, as long as it has to be"

    assert THREE.key("203.0.113.7") != here
    assert plain[:32] not in here


def test_counters_whose_time_is_over_go_and_the_others_stay(used_up):
    over = Limit("over", 3, timedelta(minutes=1))
    over.take("me")
    run("UPDATE rate_limits SET ends_at = clock_timestamp() WHERE key = %s", over.key("me"))

    forget_ended_counters(timestamp=0)

    assert limits.forget_ended() == 0
    assert [row.key for row in RateLimit.objects.all()] == [THREE.key("me")]


@pytest.mark.django_db(transaction=True)
def test_to_forget_waits_for_nobody_who_counts():
    counting, forgotten, was_over = threading.Event(), threading.Event(), []
    THREE.take("me")
    run("UPDATE rate_limits SET ends_at = clock_timestamp()")

    def count():
        with transaction.atomic():
            THREE.take("me")
            counting.set()
            hold_up(forgotten)
            was_over.append(forgotten.is_set())

    def forget():
        counting.wait(PATIENCE)
        limits.forget_ended()
        forgotten.set()

    at_once(count, forget)
    assert (was_over, taken()) == ([True], 1)


def test_everybody_has_their_own(used_up):
    THREE.take("you")
    THREE.take("me", "from elsewhere")

    assert RateLimit.objects.count() == 3


def test_when_the_window_has_passed_the_count_begins_again(used_up):
    run("UPDATE rate_limits SET ends_at = clock_timestamp()")

    THREE.take("me")

    assert taken() == 1
    assert run("SELECT ends_at > clock_timestamp() + interval '55 s' FROM rate_limits") == [(True,)]


def test_a_try_within_the_window_does_not_make_it_longer(db):
    THREE.take("me")
    before = RateLimit.objects.get().ends_at

    THREE.take("me")

    assert RateLimit.objects.get().ends_at == before


def test_at_the_very_end_of_a_window_one_waits_a_second(used_up):
    run("UPDATE rate_limits SET ends_at = clock_timestamp() + interval '300 ms'")

    with pytest.raises(RateLimited) as refusal:
        THREE.take("me")

    assert refusal.value.retry_after == 1


def test_what_is_given_back_can_be_taken_again(used_up):
    THREE.give_back("me")
    THREE.take("me")

    with pytest.raises(RateLimited):
        THREE.take("me")


def test_nothing_is_given_back_below_zero(db):
    THREE.take("me")

    THREE.give_back("me")
    THREE.give_back("me")

    assert taken() == 0


def test_what_is_forgotten_begins_anew(used_up):
    THREE.forget("me")
    THREE.take("me")

    assert taken() == 1


def test_a_verb_that_is_undone_gives_its_try_back(used_up):
    THREE.give_back("me")
    with transaction.atomic():
        THREE.take("me")
        transaction.set_rollback(True)

    assert taken() == 2


def test_what_was_asked_is_counted_once_or_given_back(db):
    assert THREE.take("me", asked=THREE.ask("me")) == 2
    assert taken() == 1

    THREE.untake("me", asked=THREE.ask("me"))

    assert taken() == 1


def test_what_was_refused_is_not_given_back(used_up):
    THREE.untake("me", asked=THREE.ask("me"))

    assert taken() == 3


@pytest.mark.parametrize("since", ["it was forgotten", "it has ended"])
def test_what_was_refused_a_moment_ago_waits_a_second(since, used_up):
    asked = THREE.ask("me")
    if since == "it was forgotten":
        THREE.forget("me")
    else:
        run("UPDATE rate_limits SET ends_at = clock_timestamp() - interval '5 s'")

    with pytest.raises(RateLimited) as refusal:
        THREE.take("me", asked=asked)

    assert refusal.value.retry_after == 1


def test_of_a_limit_that_was_lowered_nothing_is_left(used_up):
    assert Limit("three", 2, timedelta(minutes=1)).left("me").number == 0


def test_limits_can_be_off(used_up, settings):
    settings.RATE_LIMITS = False

    assert THREE.take("me") == 3
    THREE.untake("me", asked=THREE.ask("me"))

    assert taken() == 3


def test_a_key_shows_no_address_and_fits_its_column():
    key = Limit("sign_in_account", 5, timedelta(minutes=15)).key("somebody@example.org", "203.0.113.7")

    assert key.split(":")[0] == "sign_in_account"
    assert len(key.split(":")[1]) == 32
    assert len(key) <= 80


def test_parts_of_a_key_do_not_run_into_each_other():
    assert THREE.key("ab", "c") != THREE.key("a", "bc")


def test_half_a_surrogate_pair_can_be_counted():
    assert THREE.key("\ud83d") == THREE.key("\ud83d")


@pytest.fixture(scope="module")
def own_database(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("limits"):
        yield


def test_of_forty_at_once_ten_are_let_through(own_database):
    ten, whose = Limit("ten", 10, timedelta(minutes=1)), uuid.uuid4()

    came = at_once(*[lambda: ten.take(whose)] * 40)

    assert Counter(map(outcome, came)) == {"done": 10, "rate_limited": 30}


# --- Where a request comes from ------------------------------------------------------------------------------------


def address(remote, forwarded=None):
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return caller_address(RequestFactory().get("/", REMOTE_ADDR=remote, **more))


@pytest.mark.parametrize("forged", [None, "198.51.100.1", "198.51.100.1, 198.51.100.2", "nonsense"])
def test_without_a_proxy_the_header_is_the_callers_say(forged, settings):
    settings.NUM_PROXIES = 0

    assert address("203.0.113.7", forged) == "203.0.113.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "believed"),
    [
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (1, "a, b, c, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "203.0.113.7"),
        (1, None, "10.0.0.1"),
        (1, " , ", "10.0.0.1"),
        (1, "198.51.100.1, not-an-address", "unknown"),
    ],
)
def test_behind_proxies_what_they_appended_counts(proxies, forwarded, believed, settings):
    settings.NUM_PROXIES = proxies

    assert address("10.0.0.1", forwarded) == believed


@pytest.mark.parametrize(
    ("remote", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:50000", "203.0.113.7"),
        ("[2001:db8:1:2::1]:50000", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_household_of_addresses_counts_as_one(remote, counted):
    assert address(remote) == counted


def test_a_program_without_a_request_has_no_address():
    assert caller_address(None) == "unknown"


# --- What one cannot get around -------------------------------------------------------------------------------------

INVENTED = ("X_FORWARDED_FOR", "FORWARDED", "X_REAL_IP", "X_CLIENT_IP", "TRUE_CLIENT_IP", "CF_CONNECTING_IP")


def sign_in(number, *, account, appended=""):
    """A try with a wrong password, by page, from one place that says each time that it is another."""
    elsewhere = f"198.51.100.{number}"
    headers = {f"HTTP_{name}": f"for={elsewhere}" if name == "FORWARDED" else elsewhere for name in INVENTED}
    if appended:
        headers["HTTP_X_FORWARDED_FOR"] = f"{elsewhere}, {appended}"
    sent = {"login": account.format(number), "password": "not the right one"}
    return (
        Client(REMOTE_ADDR="203.0.113.7", headers={"host": "localhost"}, **headers).post("/sign-in/", sent).status_code
    )


@pytest.mark.parametrize(("proxies", "appended"), [(0, ""), (1, "203.0.113.99")], ids=["no proxy", "one proxy"])
@pytest.mark.parametrize(
    ("account", "most"),
    [("nobody{}@example.org", limits.SIGN_IN_FROM_ADDRESS.most), ("me@example.org", limits.SIGN_IN_TO_ACCOUNT.most)],
    ids=["of one address", "of one account"],
)
def test_64_at_once_with_invented_addresses_get_exactly_the_limit(
    own_database, settings, proxies, appended, account, most
):
    settings.NUM_PROXIES = proxies
    run("DELETE FROM rate_limits")

    came = at_once(*[partial(sign_in, number, account=account, appended=appended) for number in range(64)])

    assert Counter(came) == {422: most, 429: 64 - most}


# --- Said before it bites -------------------------------------------------------------------------------------------


def test_what_is_left_is_counted_down_and_ends_with_a_time(db):
    assert THREE.left("me") == (3, None)

    assert [THREE.take("me") for _ in range(3)] == [2, 1, 0]

    left = THREE.left("me")
    assert left.number == 0
    assert left.again_at == RateLimit.objects.get().ends_at
    run("UPDATE rate_limits SET ends_at = clock_timestamp()")
    assert THREE.left("me") == (3, None)


def test_to_look_takes_nothing(db):
    for _ in range(5):
        THREE.left("me")

    assert RateLimit.objects.count() == 0


def test_with_limits_off_all_are_left(used_up, settings):
    settings.RATE_LIMITS = False

    assert THREE.left("me") == (3, None)


@pytest.mark.parametrize(
    ("name", "limit", "sentences"),
    [
        ("offers", limits.OFFERS, ["You can send 1 more offer this hour.", "You sent many offers this hour."]),
        ("reports", limits.REPORTS, ["You can report 1 more message this hour.", "You reported many messages"]),
        ("help_requests", limits.HELP_REQUESTS, ["You can post 1 more request this hour.", "You posted many requests"]),
    ],
)
def test_a_page_says_nothing_for_long_then_how_many_then_when(db, name, limit, sentences):
    member = MemberFactory()
    assert left_in_words(name, member) == ""
    for _ in range(limit.most - 1):
        limit.take(member.pk)
    one_left = left_in_words(name, member)
    limit.take(member.pk)

    assert one_left == sentences[0]
    assert left_in_words(name, member).startswith(sentences[1])
    assert re.search(r"at \d+:\d\d [AP]M\.$", left_in_words(name, member))


@pytest.mark.parametrize(("n", "sentence"), [(6, ""), (5, "You can send 5 more messages this minute."), (None, "")])
def test_messages_are_counted_where_one_was_sent(n, sentence):
    assert few_left(limits.MESSAGES, n) == sentence
