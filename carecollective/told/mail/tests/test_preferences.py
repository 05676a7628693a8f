"""The page where a member chooses, the link in each mail, and what either of them changes."""

import re

import pytest
from django.core import mail as posted
from django.core import signing
from django.test import Client
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.own_data.leaving import services as leaving
from carecollective.tests.pages import heading, title, words
from carecollective.told.kinds import GROUPS, KINDS
from carecollective.told.mail import preferences, sending
from carecollective.told.mail.models import MailPreferences

from .told import became, tell_and_wait, wants

pytestmark = pytest.mark.django_db

USUAL = dict.fromkeys(GROUPS, "at_once") | {"quiet_from": "", "quiet_until": ""}
HERE = "/you/notifications/"


@pytest.fixture
def browser(member):
    client = Client()
    client.force_login(member)
    return client


def chosen(response):
    """What the page shows as chosen."""
    return dict(re.findall(r'<input type="radio" name="(\w+)" value="(\w+)"[^>]* checked', response.content.decode()))


# --- The page -------------------------------------------------------------------------------------------------------


def test_it_is_linked_from_ones_own_page(browser):
    assert f'href="{HERE}"' in browser.get("/you/").content.decode()


def test_whoever_has_said_nothing_gets_everything_at_once(browser):
    assert chosen(browser.get(HERE)) == dict.fromkeys(GROUPS, "at_once")


@pytest.mark.one_of_each("choice")
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("choice", "comes"), [("at_once", ["sent"]), ("daily", ["digest", "waiting"]), ("never", ["unwanted"])]
)
def test_each_choice_has_its_effect_on_each_kind(browser, member, group, choice, comes):
    saved = browser.post(HERE, USUAL | {group: choice}, follow=True)
    tell_and_wait(member, next(code for code, kind in KINDS.items() if kind.group is GROUPS[group]))

    assert chosen(saved) == dict.fromkeys(GROUPS, "at_once") | {group: choice}
    assert "Saved." in words(saved)
    assert sorted(became()) == comes


def test_quiet_hours_have_their_effect(browser, member):
    here = timezone.localtime().hour

    browser.post(HERE, USUAL | {"quiet_from": here, "quiet_until": (here + 2) % 24})
    tell_and_wait(member)

    assert became() == ["waiting"]


def test_words_in_mail_are_off_until_somebody_turns_them_on(browser, member):
    assert preferences.preferences_of(member).show_words is False
    browser.post(HERE, USUAL | {"show_words": "on"})
    assert preferences.preferences_of(member).show_words is True
    browser.post(HERE, USUAL)
    assert preferences.preferences_of(member).show_words is False


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"offers": "hourly"}, "Choose one"),
        ({"offers": ""}, "Choose one"),
        ({"quiet_from": "22"}, "Choose a time here too, or no quiet hours in both places"),
        ({"quiet_until": "7"}, "Choose a time here too, or no quiet hours in both places"),
        ({"quiet_from": "7", "quiet_until": "7"}, "Choose two different times"),
        ({"quiet_from": "24", "quiet_until": "7"}, "Select a valid choice. 24 is not one of the available choices."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(browser, member, sent, sentence):
    answer = browser.post(HERE, USUAL | {"messages": "never"} | sent)

    assert (answer.status_code, title(answer).startswith("Error: ")) == (422, True)
    assert sentence in words(answer)
    assert preferences.preferences_of(member).messages == "at_once"


def test_what_cannot_be_turned_off_is_said(browser):
    assert "They cannot be turned off." in words(browser.get(HERE))


@pytest.mark.parametrize("standing", ["pending", "rejected", "suspended", "limited"])
def test_it_is_a_page_of_ones_own_account(standing):
    client = Client()
    client.force_login(MemberFactory(**{standing: True}))

    answer = client.get(HERE)

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


def test_it_asks_for_a_sign_in():
    assert Client().get(HERE)["Location"] == f"/sign-in/?next={HERE}"


def test_a_test_mail_is_on_its_way_and_the_fourth_in_an_hour_is_not(browser, member):
    answers = [browser.post(f"{HERE}test/", follow=True) for _ in range(4)]
    sending.send_what_is_due()

    assert [letter.to for letter in posted.outbox] == [[member.email]] * 3
    assert f"A test email is on its way to {member.email}." in words(answers[0])
    assert "You asked for several test emails. You can ask for another one at " in words(answers[3])


# --- The link in a mail ---------------------------------------------------------------------------------------------


@pytest.fixture
def link(member):
    tell_and_wait(member, "message")
    return stop_link(posted.outbox.pop())


def stop_link(letter):
    found = re.search(r"http://127.0.0.1:8000(/mail/stop/\S+/)", letter.body)
    return found.group(1)


def test_looking_at_it_changes_nothing(link, member):
    seen = Client().get(link)

    assert (seen.status_code, heading(seen)) == (200, "Stop these emails?")
    assert "Messages" in words(seen)
    assert preferences.preferences_of(member).messages == "at_once"


def test_one_click_of_a_mail_program_stops_this_kind_and_no_other(link, member):
    program = Client(enforce_csrf_checks=True)

    answer = program.post(link, {"List-Unsubscribe": "One-Click"})
    for kind in ("message", "offer"):
        tell_and_wait(member, kind)

    assert (answer.status_code, heading(answer)) == (200, "These emails have stopped")
    assert [letter.subject for letter in posted.outbox] == ["Care Collective: someone offers to help"]


def test_there_is_a_way_back(link, member):
    Client().post(link)

    answer = Client().post(link, {"again": "1"})

    assert heading(answer) == "These emails are back on"
    assert preferences.preferences_of(member).messages == "at_once"


def test_nothing_else_that_a_member_chose_is_touched(link, member):
    wants(member, offers="daily", quiet_from=22, quiet_until=7, show_words=True)

    Client().post(link)

    known = preferences.preferences_of(member)
    kept = (known.offers, known.quiet_from, known.quiet_until, known.show_words)
    assert (known.messages, kept) == ("never", ("daily", 22, 7, True))


@pytest.mark.parametrize("tampered", ["x{}", "{}x", "nonsense", "a:b:c", "%00", "é"])
def test_a_link_that_was_tampered_with_says_so_and_does_nothing(link, member, tampered):
    address = f"/mail/stop/{tampered.format(link.split('/')[3])}/"

    for answer in (Client().get(address), Client().post(address)):
        assert (answer.status_code, heading(answer)) == (404, "This link does not work")
    with acting_as_system("a test"):
        assert MailPreferences.objects.count() == 0


def test_the_link_of_a_member_who_is_gone_says_so(link):
    Member.objects.all().delete()

    assert Client().post(link).status_code == 404


@pytest.mark.parametrize("sent", [{}, {"again": "1"}, {"List-Unsubscribe": "One-Click"}])
def test_the_link_of_a_member_who_has_left_says_so_and_writes_nothing(link, member, sent):
    leaving.erase(member.pk)

    answer = Client().post(link, sent)

    assert (answer.status_code, heading(answer)) == (404, "This link does not work")
    with acting_as_system("a test"):
        assert MailPreferences.objects.count() == 0


def test_the_link_of_the_mail_of_the_day_stops_what_is_in_it(member):
    stop = preferences.Stop(member.pk, ["offers", "messages"], preferences.Choice.DAILY)

    Client().post(f"/mail/stop/{stop.token}/")
    after = preferences.preferences_of(member)
    Client().post(f"/mail/stop/{stop.token}/", {"again": "1"})
    back = preferences.preferences_of(member)

    assert (after.offers, after.messages, after.answers) == ("never", "never", "at_once")
    assert (back.offers, back.messages, back.answers) == ("daily", "daily", "at_once")


def test_a_link_says_whose_it_is_what_it_stops_and_how_it_comes_again(member):
    stop = preferences.Stop(member.pk, ["offers"], preferences.Choice.DAILY)
    before = preferences.is_written_to(member, "offer")

    read = preferences.read_stop(stop.token)

    assert (read, type(read.again), read_of_another_salt(stop)) == (stop, preferences.Choice, None)
    assert read.set(preferences.Choice.NEVER) is True
    assert [before, *(preferences.is_written_to(member, kind) for kind in ("offer", "message"))] == [True, False, True]
    assert preferences.is_written_to(MemberFactory(), "offer") is True


def read_of_another_salt(stop):
    token = signing.dumps([str(stop.member_id), stop.groups, stop.again], salt="another link")
    return preferences.read_stop(token)
