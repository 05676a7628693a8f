"""/you/data/ in each of its states, for whoever has an account."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.own_data.exports import services
from carecollective.tests.pages import heading, words
from carecollective.tests.sql import one, run
from carecollective.told.notifications import services as notifications

from .everything import files_of
from .test_services import latest, move, ready

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("about_noon")]
PAGE = "/you/data/"
BUTTON = "Get a copy of your data"


@pytest.fixture
def member():
    return MemberFactory()


def browser(member):
    client = Client()
    client.force_login(member)
    return client


def shape(page, id):
    """All of it but what differs by nature: the address that was asked for, and the token against forgery."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", page.content.decode().replace(id, "ID"))


def test_it_is_linked_from_ones_own_page(member):
    assert f'href="{PAGE}"' in browser(member).get("/you/").content.decode()


@pytest.mark.one_of_each
@pytest.mark.parametrize("standing", ["pending", "rejected", "limited", "suspended", None])
def test_in_whatever_standing_one_asks_and_downloads(standing):
    member = MemberFactory(**({standing: True} if standing else {}))
    client = browser(member)

    asked = client.post(PAGE)
    services.make(services.latest_of(member).pk)
    taken = client.post(f"{PAGE}{services.latest_of(member).pk}/")

    assert (asked.status_code, asked["Location"]) == (303, PAGE)
    _page, data = files_of(taken.content)
    assert data["profile"]["email"] == member.email


def test_without_a_sign_in_there_is_a_sign_in(client, member):
    for answer in (client.get(PAGE), client.post(PAGE), client.post(f"{PAGE}{ready(member).pk}/")):
        assert (answer.status_code, answer["Location"].startswith("/sign-in/")) == (302, True)
    assert latest(member) == "ready"


def test_before_the_first_there_is_one_button(member):
    page = browser(member).get(PAGE)

    assert heading(page) == "Your data"
    assert page.content.decode().count(f'type="submit">{BUTTON}<') == 1
    assert "You can get one copy a day." in words(page)
    assert page["Cache-Control"] == "no-store"


def test_while_it_is_made_the_page_says_that_a_mail_comes(member):
    client = browser(member)
    client.post(PAGE)

    page = client.get(PAGE)

    assert "We are making your copy" in words(page)
    assert "We will email you when it is ready." in words(page)
    assert BUTTON not in words(page)


def test_when_it_is_ready_there_is_a_button_to_download_it(member):
    export = ready(member)

    page = browser(member).get(PAGE)

    assert "Your copy is ready" in words(page)
    assert f'action="{PAGE}{export.pk}/"' in page.content.decode()
    assert notifications.unread_count(by=member) == 0


def test_the_download_is_a_file_that_nobody_keeps_on_the_way(member):
    taken = browser(member).post(f"{PAGE}{ready(member).pk}/")

    assert (taken.status_code, taken["Content-Type"], taken["Cache-Control"]) == (200, "application/zip", "no-store")
    assert taken["Content-Disposition"] == f'attachment; filename="copy-{timezone.localdate():%Y-%m-%d}.zip"'
    assert taken["X-Content-Type-Options"] == "nosniff"


def test_looking_at_the_address_takes_nothing_away(member):
    export = ready(member)

    looked = browser(member).get(f"{PAGE}{export.pk}/")

    assert (looked.status_code, looked["Location"], latest(member)) == (302, PAGE, "ready")


def test_the_second_download_is_a_404_that_says_why(member):
    address = f"{PAGE}{ready(member).pk}/"
    client = browser(member)
    client.post(address)

    again = client.post(address)

    assert again.status_code == 404
    assert heading(again) == "There is no copy to download here."
    assert "A copy can be downloaded once, within 7 days." in words(again)
    assert "You have downloaded your copy" in words(client.get(PAGE))


def test_to_a_stranger_somebodys_copy_and_none_at_all_are_the_same(member):
    stranger = browser(MemberFactory())

    ids = [str(ready(member).pk), str(uuid4())]
    answers = [stranger.post(f"{PAGE}{id}/") for id in ids]

    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = (shape(answer, id) for answer, id in zip(answers, ids, strict=True))
    assert first == second
    assert latest(member) == "ready"


def test_after_a_download_the_page_says_when_there_is_another(member):
    client = browser(member)
    client.post(f"{PAGE}{ready(member).pk}/")
    run("UPDATE rate_limits SET ends_at = date_trunc('minute', now()) + interval '90 minutes'")
    at = timezone.localtime(one("SELECT ends_at FROM rate_limits"))

    shown, refused = client.get(PAGE), client.post(PAGE)

    day = "today" if at.date() == timezone.localdate() else "tomorrow"
    for page in (shown, refused):
        clock = f"{at:%I:%M %p}".lstrip("0")
        assert f"You can get one copy a day. You can get another one {day} from {clock}." in words(page)
        assert BUTTON not in words(page).partition("What is in it")[0]
    assert (shown.status_code, refused.status_code) == (200, 429)
    assert int(refused["Retry-After"]) > 80 * 60


def test_after_seven_days_the_page_says_that_it_is_gone_and_offers_a_new_one(member):
    move(ready(member), days=7, seconds=1)
    run("DELETE FROM rate_limits")

    page = browser(member).get(PAGE)

    assert "Your last copy was not downloaded in 7 days" in words(page)
    assert f'type="submit">{BUTTON}<' in page.content.decode()


def test_when_it_failed_the_page_says_so_and_offers_another_try(member):
    client = browser(member)
    client.post(PAGE)
    services.give_up(services.latest_of(member).pk)

    page = client.get(PAGE)

    assert "Your copy could not be made" in words(page)
    assert f'type="submit">{BUTTON}<' in page.content.decode()
    assert client.post(PAGE).status_code == 303


def test_what_the_team_made_is_listed_with_its_reason(member):
    services.make_for_operator(member, reason="She asked us by letter.")

    page = browser(member).get(PAGE)

    assert "By the team: She asked us by letter." in words(page)
    assert f'type="submit">{BUTTON}<' in page.content.decode()


def test_the_notice_leads_to_the_page(member):
    ready(member)
    (notice,) = notifications.listed(member).results
    client = browser(member)

    assert "Your copy of your data is ready" in words(client.get("/notifications/"))
    assert client.get(f"/notifications/{notice.pk}/")["Location"] == PAGE


def test_a_page_loaded_ahead_reads_nothing(member):
    ready(member)

    browser(member).get(PAGE, headers={"Sec-Purpose": "prefetch"})

    assert notifications.unread_count(by=member) == 1
