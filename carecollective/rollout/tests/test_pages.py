"""The rollout's pages: who sees them, what they say before anything is saved, and what a button does."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import may
from carecollective.ground.identity import acting_as_system
from carecollective.rollout import kpis, probes, services, trips
from carecollective.rollout.models import Act, Attempt, Flag
from carecollective.rollout.stages import FLAG, bucket
from carecollective.tests.every_day import takes_long
from helprequests.models import HelpRequest
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db
PAGE = "/admin/rollout/messaging-v2/"
WHY = "The pilot went well."
NOW, AN_HOUR = timedelta(0), timedelta(hours=1)


@pytest.fixture
def as_admin(client, admin, flag):
    client.force_login(admin)
    return client


@pytest.fixture
def as_reader(client, flag):
    member = MemberFactory(is_staff=True)
    may(member, "view_flag")
    client.force_login(member)
    return client


def words(response):
    text = re.sub(r"<(style|script|svg).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("&#x27;", "'")


def past(kind):
    with acting_as_system("a test"):
        return list(Act.objects.filter(kind=kind).order_by("id"))


ADDRESSES = ["page", "advance", "look-up", "history", "old-messaging"]


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", ADDRESSES)
def test_nobody_without_the_permission_gets_in(name, client, flag):
    address = reverse(f"rollout:{name}")
    assert client.get(address).status_code == 302  # to sign in
    client.force_login(MemberFactory())
    assert client.get(address).status_code == 403
    client.force_login(MemberFactory(is_staff=True))
    assert client.get(address).status_code == 403


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", ADDRESSES)
def test_whoever_may_look_sees_no_button_and_why(name, as_reader):
    response = as_reader.get(reverse(f"rollout:{name}"), {"to": "enabled"})

    assert response.status_code == 200
    assert response.content.count(b'method="post"') == 1  # the admin's own: log out
    if name in ("page", "advance", "old-messaging"):
        assert "steering the rollout is for administrators" in words(response)


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", ["turn-off", "undo", "re-arm", "test-offers", "rehearse"])
def test_whoever_may_look_cannot_act(name, as_reader, set_stage):
    set_stage("enabled")

    assert as_reader.post(reverse(f"rollout:{name}")).status_code == 403
    assert str(Flag.get(FLAG).in_effect) == "enabled"


def test_acts_are_never_a_link(as_admin, set_stage):
    set_stage("enabled")

    assertRedirects(as_admin.get(PAGE + "turn-off/"), PAGE)
    assert not Flag.get(FLAG).is_off


def test_one_tap_turns_off_and_one_undoes_it(as_admin, set_stage):
    set_stage("percentage:10")
    ConversationFactory()

    text = words(as_admin.post(PAGE + "turn-off/", follow=True))
    assert "Turned off at" in text
    assert "1 conversation started in the new messaging stays readable and open." in text
    assert Flag.get(FLAG).is_off

    text = words(as_admin.post(PAGE + "undo/", follow=True))
    assert "On again: 10% of members." in text
    assert str(Flag.get(FLAG).in_effect) == "percentage:10"


def test_ten_percent_says_how_many_heads_that_is_before_it_is_saved(as_admin):
    members = [MemberFactory(name=f"Person {n}") for n in range(19)]  # and the admin
    inside = [member for member in members if bucket(member.pk) < 1000]
    heads = len(inside) + 1  # the admin works on the team

    text = words(as_admin.get(PAGE + "advance/", {"percent": "10"}))

    assert f"Now 0 of 20 members, then {heads} of 20." in text
    assert f"({heads} of 20 members)" in text
    assert all(member.name in text for member in inside)
    assert Flag.get(FLAG).version == 0


def test_going_up_asks_for_a_reason_and_for_the_warnings(as_admin):
    form = {"to": "internal", "seen": "0"}

    response = as_admin.post(PAGE + "advance/", form)
    assert (response.status_code, "Say why." in words(response)) == (422, True)
    assert "Tick this when you have read them." in words(response)  # all that is missing, at once
    assert "<title>Error: " in re.sub(r"\s+", " ", response.content.decode())

    response = as_admin.post(PAGE + "advance/", form | {"reason": WHY})
    assert (response.status_code, "Read the warnings" in words(response)) == (409, True)
    assert Flag.get(FLAG).version == 0
    assert WHY in words(response)  # what was written is kept

    response = as_admin.post(PAGE + "advance/", form | {"reason": WHY, "despite": "on"}, follow=True)
    assert "Staff and named members: 1 of 1 members start in the new messaging." in words(response)
    assert str(Flag.get(FLAG).in_effect) == "internal"


def test_going_down_asks_nothing(as_admin, set_stage):
    set_stage("enabled")

    as_admin.post(PAGE + "advance/", {"to": "percentage:50", "seen": str(Flag.get(FLAG).version), "reason": ""})

    assert str(Flag.get(FLAG).in_effect) == "percentage:50"


def test_going_down_says_that_a_reason_is_optional(as_admin, set_stage):
    set_stage("percentage:50")

    assert "Why now? (optional)" in words(as_admin.get(PAGE + "advance/", {"percent": "10"}))
    assert "Why now? (optional)" not in words(as_admin.get(PAGE + "advance/", {"percent": "100"}))


def test_times_are_in_the_order_of_the_readers_language(as_admin, set_stage):
    set_stage("internal")
    days = {"en": r"[A-Z][a-z]{2}, [A-Z][a-z]{2} \d+, \d+:\d\d [AP]M", "es": r"\d+ de [a-z]{3}\w*, \d+:\d\d"}

    for language, order in days.items():
        text = words(as_admin.get(PAGE + "history/", headers={"accept-language": language}))
        assert re.search(order, text), (language, text)


def test_a_stale_page_overwrites_nothing(as_admin, set_stage):
    seen = Flag.get(FLAG).version
    set_stage("internal")
    form = {"to": "enabled", "seen": str(seen), "reason": WHY, "despite": "on"}

    response = as_admin.post(PAGE + "advance/", form)

    assert response.status_code == 409
    assert re.search(r"a test changed this at \d+:\d\d [AP]M\. Look again\.", words(response))
    assert str(Flag.get(FLAG).in_effect) == "internal"


@pytest.mark.one_of_each
@pytest.mark.parametrize("percent", ["abc", "-1", "101", "1e1", "NaN", " ", "10\n"])
def test_a_number_that_is_none_is_refused_with_a_sentence(percent, as_admin):
    response = as_admin.get(PAGE + "advance/", {"percent": percent})

    assert response.status_code == 422
    assert "is no stage" in words(response).replace("&#39;", "'")


def test_look_up_says_why_and_what_changes_and_is_kept(as_admin, set_stage, admin):
    set_stage("percentage:10")
    member = MemberFactory(name="Mae Member")
    number = bucket(member.pk)

    text = words(as_admin.get(PAGE + "members/", {"q": "mae mem"}))

    which = "new" if number < 1000 else "old"
    assert f"Mae Member gets the {which} messaging, because" in text
    assert f"Number {number}, in when under 1000." in text.replace(",000", "000")
    assert "Everyone new" in text
    (act,) = past("lookup")
    assert (act.by_id, act.member_id, act.numbers["bucket"]) == (admin.pk, member.pk, number)


def test_always_new_for_one_member(as_admin, set_stage):
    set_stage("internal")
    member = MemberFactory(name="Mae Member")

    text = words(as_admin.post(PAGE + f"members/{member.pk}/", {"rule": "on", "reason": WHY}, follow=True))

    assert "Mae Member gets the new messaging, because they are on the list “always new”." in text
    assert words(as_admin.get(PAGE)).count("On the list “always new”: 1") == 1


@takes_long
def test_25_test_offers_leave_nothing_that_members_see(as_admin, set_stage):
    set_stage("internal")
    before = HelpRequest.objects.count()

    text = words(as_admin.post(PAGE + "test-offers/", follow=True))

    assert "25 of 25 test offers worked." in text
    assert HelpRequest.objects.count() == before
    assert set(Attempt.objects.values_list("outcome", "is_synthetic")) == {("created", True)}
    assert Attempt.objects.count() == 25
    numbers = kpis.read(Flag.get(FLAG), since=Flag.get(FLAG).stage_since)
    assert (numbers.success.n, numbers.success_of_tests.n, numbers.adoption.n) == (0, 25, 0)


def test_test_offers_that_failed_say_with_which_code(as_admin, set_stage, monkeypatch):
    def fails():
        raise RuntimeError

    set_stage("internal")
    monkeypatch.setattr(probes.probe(), "test_offer", fails)
    assert as_admin.post(PAGE + "test-offers/").status_code == 302

    assert "0 of 25 test offers worked. server_error: 25" in words(as_admin.get(PAGE + "history/"))
    assert "0 of 25 worked. server_error: 25" in words(as_admin.get(PAGE))
    output = io.StringIO()
    call_command("rollout", "history", stdout=output)
    assert "    test offers: server_error 25\n" in output.getvalue()


def test_a_rehearsal_turns_off_reads_threads_and_turns_on_again(as_admin, set_stage):
    set_stage("percentage:10")
    ConversationFactory.create_batch(2)

    text = words(as_admin.post(PAGE + "rehearse/", follow=True))

    assert "Turned off, every thread read, and on again: it took" in text
    assert str(Flag.get(FLAG).in_effect) == "percentage:10"
    (act,) = past("rehearsal")
    assert act.numbers["worked"] is True
    assert {"version": "v2", "conversations": 2, "read": 4, "unreadable": []} in act.numbers["threads"]
    assert [len(past(kind)) for kind in ("off", "undo")] == [1, 1]


def test_numbers_that_cannot_be_read_leave_the_controls(as_admin, set_stage, monkeypatch):
    set_stage("enabled")
    monkeypatch.setattr(kpis, "read", lambda *args, **kwargs: (_ for _ in ()).throw(DatabaseError("gone")))

    text = words(as_admin.get(PAGE))

    assert "Could not read the numbers (DatabaseError)." in text
    assert "Turn off for everyone now" in text


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([], "Too few to tell"),
        ([("created", 34)], "Too few to tell"),
        ([("created", 500)], "Safe to go on"),
        ([("server_error", 30), ("created", 470)], "Slow down"),
        ([("server_error", 10), ("created", 30)], "Turn off"),
    ],
)
def test_one_sentence_of_truth(rows, title, as_admin, set_stage, tried):
    set_stage("enabled")
    for outcome, count in rows:
        tried(outcome, count, ago=NOW)

    assert as_admin.get(PAGE).context["truth"].title == title


def test_so_few_tell_too_little(as_admin, set_stage, armed_long_ago, tried):
    set_stage("internal")
    armed_long_ago()
    tried("server_error", 3, ago=2 * AN_HOUR)
    tried("created", 31, ago=AN_HOUR)

    assert "31 of 34 offers worked (91.2%). With so few, the true rate is likely between 77.0% and 97.0%." in words(
        as_admin.get(PAGE)
    )


def test_no_offers_are_neither_nought_nor_a_hundred_percent(as_admin, set_stage):
    set_stage("enabled")

    text = words(as_admin.get(PAGE))

    assert "No one has used the new messaging yet." in text
    assert "No offers in this time" in text
    assert "100.0%" not in text
    assert "0.0%" not in text


def test_after_a_trip_the_page_tells_why_with_numbers(as_admin, set_stage, tried):
    set_stage("enabled")
    tried("server_error", 5, ago=NOW)
    trips.watch()

    text = words(as_admin.get(PAGE))

    assert "It turned itself off" in text
    assert "The last 5 offers all failed on our side." in text
    assert "Turn on again (Everyone)" in text


def test_the_page_has_no_words_of_the_trade(as_admin, set_stage):
    set_stage("percentage:10")

    text = words(as_admin.get(PAGE)) + words(as_admin.get(PAGE + "advance/", {"to": "enabled"}))

    assert not re.search(r"\bV2\b|\bV1\b|\bactors?\b|\bgates?\b", text.replace("MESSAGING_V2_ROLLOUT", ""))


def test_nothing_in_the_page_needs_an_inline_style_or_script(as_admin, set_stage, tried):
    set_stage("percentage:10")
    tried("created", 5)

    page = as_admin.get(PAGE).content.decode()

    assert not re.search(r"<style|<script(?![^>]+src=)|\sstyle=|\son\w+=", page)


def test_history_by_kind_and_as_csv(as_admin, set_stage):
    set_stage("internal")
    services.turn_off(by="=cmd|calc")

    assert "a test" not in words(as_admin.get(PAGE + "history/", {"kind": "off"}))
    rows = as_admin.get(PAGE + "history/", {"format": "csv"}).content.decode().splitlines()
    assert rows[0].startswith("made_at,kind,by_name,from_stage,to_stage,reason,heads,members")
    assert "'=cmd|calc" in rows[1]


def test_undo_says_that_it_leaves_the_old_messaging_open(as_admin, set_stage):
    set_stage("enabled")
    services.close_v1(by="a test", reason=WHY)
    as_admin.post(PAGE + "turn-off/")

    assert "Undo leaves it open" in words(as_admin.get(PAGE))
    text = words(as_admin.post(PAGE + "undo/", follow=True))

    assert "The old messaging can be written again." in text
    assert not services.v1_is_read_only()


def test_undo_says_nothing_of_the_old_messaging_where_it_was_open_all_along(as_admin, set_stage):
    set_stage("enabled")
    as_admin.post(PAGE + "turn-off/")

    assert "Undo leaves it open" not in words(as_admin.get(PAGE))
    assert "The old messaging can be written again." not in words(as_admin.post(PAGE + "undo/", follow=True))


def test_lists_in_the_csv_are_json(as_admin, set_stage):
    set_stage("percentage:10")

    text = as_admin.get(PAGE + "history/", {"format": "csv"}).content.decode()

    (row, *_) = csv.DictReader(io.StringIO(text))
    with acting_as_system("a test"):
        act = Act.objects.latest("id")
    assert act.checks
    assert (json.loads(row["checks"]), json.loads(row["numbers"])) == (act.checks, act.numbers)


def test_the_old_messaging_is_closed_from_its_page(as_admin, set_stage):
    set_stage("enabled")
    seen = str(Flag.get(FLAG).version)

    as_admin.post(PAGE + "old-messaging/", {"read_only": "1", "seen": seen, "reason": WHY})
    assert services.v1_is_read_only()

    as_admin.post(PAGE + "old-messaging/", {"read_only": "0", "reason": WHY})
    assert not services.v1_is_read_only()


def test_in_the_admin_the_flag_leads_to_the_page_and_nowhere_else(as_admin, flag):
    for name, arguments in (("changelist", []), ("change", [flag.pk]), ("delete", [flag.pk])):
        response = as_admin.get(reverse(f"admin:rollout_flag_{name}", args=arguments))
        assert (response.status_code, response.headers.get("Location")) in ((302, PAGE), (403, None))
    assert as_admin.get(reverse("admin:rollout_flag_add")).status_code in (302, 403)


def test_the_page_asks_few_questions_however_long_the_history(
    as_admin, set_stage, tried, django_assert_max_num_queries
):
    for stage in ("internal", "percentage:10", "enabled") * 3:
        set_stage(stage)
    tried("created", 30)
    as_admin.get(PAGE)

    with django_assert_max_num_queries(50):
        as_admin.get(PAGE)


def test_what_failed_with_the_database_stands_apart_and_that_judging_waits_is_said(as_admin, set_stage, tried):
    set_stage("enabled")
    tried("created", 40)
    tried("unavailable", 4)

    page = as_admin.get("/admin/rollout/messaging-v2/").content.decode()

    assert "The database was away: not held against the new messaging" in page
    assert "Judging waits until it has been back for a minute." in page
