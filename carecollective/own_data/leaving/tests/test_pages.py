"""The page to leave by, what stands before everything meanwhile, and what others see afterwards."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.team import again, browser_of, on_the_team
from carecollective.own_data.leaving import services
from carecollective.tests.pages import heading, words
from helprequests.tests.factories import HelpRequestFactory
from messaging.legacy.tests.factories import left_behind
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

AGREED = {"understood": "on"}


@pytest.fixture
def member():
    return MemberFactory(email="nora@example.org", name="Nora Nelson", password=PASSWORD)


@pytest.fixture
def browser(member):
    return browser_of(member)


def signed_in(member):
    client = Client()
    response = client.post("/sign-in/", {"login": member.email, "password": PASSWORD})
    return client, response


def gone(member):
    services.ask_to_leave(by=member)
    Member.objects.filter(pk=member.pk).update(leaving_at=timezone.now() - timedelta(days=15))
    services.erase_due()


# --- Asking ----------------------------------------------------------------------------------------------------------


def test_the_page_says_what_goes_and_what_stays(browser):
    page = browser.get("/you/leave/")

    assert (page.status_code, heading(page)) == (200, "Leave Care Collective")
    for sentence in (
        "What is removed after that",
        "What stays",
        "You have 14 days to change your mind",
        "A former member",
    ):
        assert sentence in words(page)
    assert page["Cache-Control"] == "no-store"


def test_ones_own_page_leads_there(browser):
    assert 'href="/you/leave/"' in browser.get("/you/").content.decode()


def test_without_the_tick_nothing_happens(browser, member):
    page = browser.post("/you/leave/")

    assert page.status_code == 422
    assert "Tick the box to say that you want to leave" in words(page)
    assert again(member).leaving_at is None


def test_with_it_one_is_signed_out_and_reads_when(browser, member):
    response = browser.post("/you/leave/", AGREED)

    assert (response.status_code, response["Location"]) == (303, "/you/leave/asked/")
    assert response["Clear-Site-Data"] == '"storage"'
    page = browser.get("/you/leave/asked/")
    assert heading(page) == "You asked to leave"
    assert "You are signed out." in words(page)
    assert browser.get("/you/").status_code == 302


def test_the_last_page_stands_when_another_answer_took_the_session_away(browser):
    browser.post("/you/leave/", AGREED)
    browser.cookies.pop("sessionid", None)

    assert heading(browser.get("/you/leave/asked/")) == "You asked to leave"


def test_the_last_page_is_for_that_browser_alone(client):
    assert client.get("/you/leave/asked/")["Location"] == "/"


def test_a_second_tap_says_so(browser, member):
    services.ask_to_leave(by=member)
    client, _response = signed_in(member)

    page = client.post("/you/leave/", AGREED)

    assert (page.status_code, heading(page)) == (200, "You asked to leave")


def test_nobody_leaves_signed_out(client, member):
    assert client.post("/you/leave/", AGREED).status_code == 302
    assert again(member).leaving_at is None


@pytest.mark.parametrize("standing", ["pending", "rejected", "suspended"])
def test_whoever_may_do_little_may_leave(standing):
    member = MemberFactory(**{standing: True})
    browser = browser_of(member)

    assert browser.get("/you/leave/").status_code == 200
    assert browser.post("/you/leave/", AGREED).status_code == 303
    assert again(member).leaving_at is not None


def test_the_only_administrator_reads_why_not():
    only = on_the_team("administrators")

    page = browser_of(only).post("/you/leave/", AGREED)

    assert page.status_code == 409
    assert "You are the only administrator." in words(page)


# --- Meanwhile -------------------------------------------------------------------------------------------------------


def test_signing_in_leads_to_the_way_to_stay(member):
    services.ask_to_leave(by=member)

    client, response = signed_in(member)

    assert response["Location"] == "/you/leave/"
    assert "Until then you can stay." in words(client.get("/you/leave/"))


def test_one_tap_and_everything_works_again(member):
    services.ask_to_leave(by=member)
    client, _response = signed_in(member)

    response = client.post("/you/leave/stay/", follow=True)

    assert "You stay. Everything works again." in words(response)
    assert client.get("/home/").status_code == 200
    assert again(member).leaving_at is None


def test_staying_is_no_link(member):
    services.ask_to_leave(by=member)
    client, _response = signed_in(member)

    assert client.get("/you/leave/stay/").status_code == 405
    assert again(member).leaving_at is not None


@pytest.mark.one_of_each
@pytest.mark.parametrize("path", ["/home/", "/requests/", "/messages/", "/requests/new/"])
def test_before_every_other_page_stands_the_question(member, path):
    services.ask_to_leave(by=member)
    client, _response = signed_in(member)

    page = client.get(path)

    assert (page.status_code, heading(page)) == (403, "You asked to leave")
    assert client.get("/you/").status_code == 200


def test_what_was_being_written_is_not_lost(member):
    client, _response = signed_in(member)
    Member.objects.filter(pk=member.pk).update(leaving_at=timezone.now())

    page = client.post("/requests/new/", {"title": "A ride to the clinic", "category": "other"})

    assert page.status_code == 403
    assert "A ride to the clinic" in words(page)


def test_the_team_pages_are_closed_to_whoever_leaves():
    staff = on_the_team("coordinators")
    on_the_team("administrators")
    client = browser_of(staff)
    assert client.get("/admin/").status_code == 200

    Member.objects.filter(pk=staff.pk).update(leaving_at=timezone.now())

    assert client.get("/admin/").status_code == 403


def test_the_api_says_so_too(member, api):
    services.ask_to_leave(by=member)
    token = api.post("/api/auth/login", {"email": member.email, "password": PASSWORD}, format="json").json()["token"]
    api.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    refused = api.get("/api/help-requests")

    assert (refused.status_code, refused.json()["code"]) == (403, "user_restricted")
    assert "You asked to leave." in refused.json()["detail"]
    assert api.get("/api/me").status_code == 200


# --- Afterwards ------------------------------------------------------------------------------------------------------


def test_whoever_has_left_does_not_come_in(member):
    gone(member)

    _client, response = signed_in(member)

    assert response.status_code == 422


def test_a_token_of_theirs_opens_nothing(member, api):
    token = api.post("/api/auth/login", {"email": member.email, "password": PASSWORD}, format="json").json()["token"]
    api.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert api.get("/api/me").status_code == 200

    gone(member)

    assert api.get("/api/me").status_code == 401


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_other_reads_on_and_has_nothing_to_write_in(member, version):
    request = HelpRequestFactory()
    if version == "v2":
        conversation = ConversationFactory(help_request=request, helper=member, text="I can drive you on Thursday.")
    else:
        conversation = left_behind(request, member, "I can drive you on Thursday.")
    gone(member)

    page = browser_of(request.user).get(f"/messages/{conversation.pk}/")

    assert heading(page) == "A former member"
    assert "This member has left. You can still read this." in words(page)
    assert "I can drive you on Thursday." in words(page)
    assert "Nora" not in page.content.decode()
    assert "Open it again" not in words(page)


def test_in_spanish_the_former_member_is_one_too(member):
    conversation = ConversationFactory(helper=member)
    gone(member)

    page = browser_of(conversation.requester).get(f"/messages/{conversation.pk}/", headers={"accept-language": "es"})

    assert "A former member" not in words(page)


def test_what_they_were_writing_to_somebody_who_left_is_kept(member):
    conversation = ConversationFactory(helper=member)
    gone(member)

    page = browser_of(conversation.requester).post(f"/messages/{conversation.pk}/send/", {"content": "Are you there?"})

    assert page.status_code == 409
    assert "This member has left. You can still read this." in words(page)
    assert "Are you there?" in words(page)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_api_names_a_former_member(member, api_as, version):
    request = HelpRequestFactory()
    if version == "v2":
        conversation = ConversationFactory(help_request=request, helper=member)
    else:
        conversation = left_behind(request, member, "I can drive you on Thursday.")
    gone(member)
    api = api_as(request.user)

    (row,) = api.get("/api/messaging/conversations?status=all").json()["results"]
    refused = api.post(f"/api/messaging/conversations/{conversation.pk}/messages", {"content": "Hello?"}, format="json")
    reopened = api.patch(f"/api/messaging/conversations/{conversation.pk}", {"status": "active"}, format="json")

    assert row["other"] == {"id": str(member.pk), "name": "A former member"}
    assert row["status"] == "archived"
    assert (refused.status_code, refused.json()["code"]) == (409, "conversation_archived")
    assert (reopened.status_code, reopened.json()["code"]) == (409, "conversation_archived")


def test_to_a_program_a_former_member_has_one_name_in_every_language(member, api_as):
    request = HelpRequestFactory(user=member)
    conversation = ConversationFactory(help_request=request)
    gone(member)
    api = api_as(conversation.helper)

    row = api.get(f"/api/messaging/conversations/{conversation.pk}", headers={"Accept-Language": "es"}).json()
    asked = api.get(f"/api/help-requests/{request.pk}", headers={"Accept-Language": "es"}).json()

    assert row["conversation"]["other"] == {"id": str(member.pk), "name": "A former member"}
    assert asked["requester"] == {"id": str(member.pk), "name": "A former member", "town": ""}


def test_the_page_of_their_request_shows_no_word_of_theirs(member):
    request = HelpRequestFactory(user=member, description="Up the stairs")
    conversation = ConversationFactory(help_request=request)
    gone(member)

    page = browser_of(conversation.helper).get(f"/requests/{request.pk}/")

    assert heading(page) == "A request of a former member"
    assert ("Nora" in words(page), "Up the stairs" in words(page)) == (False, False)


# --- The team --------------------------------------------------------------------------------------------------------


def test_the_team_sees_who_leaves_when_and_who_has_left(member):
    admin = on_the_team("administrators")
    waiting = MemberFactory(name="Petra Young")
    services.ask_to_leave(by=waiting)
    gone(member)

    page = browser_of(admin).get("/admin/accounts/member/")
    their_page = browser_of(admin).get(f"/admin/accounts/member/{member.pk}/change/")

    assert "A former member" in words(page)
    assert ("has left" in words(page), "Nora" in words(page)) == (True, False)
    assert their_page.status_code == 200
    assert 'name="_save"' not in their_page.content.decode()


@pytest.mark.one_of_each
@pytest.mark.parametrize("act", ["approve", "ban", "limit"])
def test_the_team_decides_nothing_about_whoever_has_left(member, act):
    admin = on_the_team("administrators")
    gone(member)

    page = browser_of(admin).post(
        "/admin/accounts/member/", {"action": act, "_selected_action": [str(member.pk)]}, follow=True
    )

    assert page.status_code == 200
    assert (again(member).verification_status, again(member).restriction) == ("rejected", "none")


def test_nobody_can_take_the_name_of_those_who_left(browser):
    page = browser.post("/you/details/", {"name": "A former member", "town": ""})

    assert page.status_code == 422
    assert "This stands for members who have left." in words(page)
