"""Finding requests, asking for help and ending a request, as a browser without scripts does it."""

import re
import uuid

import pytest
from django.db.models import F
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.refusals import RateLimited
from carecollective.tests.pages import heading, hidden, title, words, written_in
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db

# Taking on an identity and, inside a test's own transaction, giving it back.
SCOPE = 2


@pytest.fixture
def member():
    return MemberFactory(name="Nora Nelson")


@pytest.fixture
def page(client, member):
    client.force_login(member)
    return client


def a_request(**changes):
    return {"title": "A ride to the clinic", "category": "other", "urgency": "normal"} | changes


def titles(response):
    return [help_request.title for help_request in response.context["page"]]


# --- Finding --------------------------------------------------------------------------------------------------------


def test_others_open_requests_are_found_newest_first(page, member):
    HelpRequestFactory(title="The older one")
    HelpRequestFactory(title="The newer one")
    HelpRequestFactory(title="My own request", user=member)
    HelpRequestFactory(title="One that is done", status="completed")

    response = page.get("/requests/")

    assert titles(response) == ["The newer one", "The older one"]
    assert "2 requests" in words(response)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=pharm", ["To the pharmacy"]),
        ("category=groceries-meals", ["Soup for a week"]),
        ("urgency=critical", ["To the pharmacy"]),
        ("sort=soonest", ["To the pharmacy", "Soup for a week"]),
        ("category=made-up&urgency=never&sort=sideways", ["Soup for a week", "To the pharmacy"]),
    ],
)
def test_the_form_narrows_the_list(page, asked, found):
    HelpRequestFactory(title="To the pharmacy", urgency="critical")
    HelpRequestFactory(title="Soup for a week", category="groceries-meals")

    assert titles(page.get(f"/requests/?{asked}")) == found


def test_each_filter_can_be_taken_away(page):
    response = page.get("/requests/?q=soup&category=other&sort=soonest")

    assert [(each["words"], each["url"]) for each in response.context["filters"]] == [
        ("“soup”", "/requests/?category=other&sort=soonest"),
        ("Something else", "/requests/?q=soup&sort=soonest"),
    ]


def test_filters_survive_opening_a_request_and_coming_back(page):
    help_request = HelpRequestFactory(title="Soup for a week")

    listed = page.get("/requests/?q=soup&sort=soonest").content.decode()
    (opened,) = re.findall(rf'href="(/requests/{help_request.pk}/[^"]*)"', listed)

    back = re.search(r'class="back"><a href="([^"]+)"', page.get(opened.replace("&amp;", "&")).content.decode())
    assert back.group(1) == "/requests/?q=soup&amp;sort=soonest"


def test_twenty_stand_on_a_page(page):
    HelpRequestFactory.create_batch(21)

    first = page.get("/requests/?category=transportation-errands")
    second = page.get(f"/requests/{first.context['next_url']}")

    assert (len(titles(first)), len(titles(second))) == (20, 1)
    assert first.context["previous_url"] == second.context["next_url"] == ""
    assert second.context["previous_url"] == "?category=transportation-errands"


@pytest.mark.parametrize("asked", ["page=0", "page=99", "page=x", "q=%00", "q=%27%3A%2A+%26", "q=" + "x" * 200])
def test_no_question_breaks_the_list(page, asked):
    HelpRequestFactory()

    assert page.get(f"/requests/?{asked}").status_code == 200


def test_an_empty_list_says_why(page):
    assert "No one needs help right now." in words(page.get("/requests/"))
    assert "No requests match." in words(page.get("/requests/?q=soup"))


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_often_for_three_rows_as_for_one(page, rows, django_assert_num_queries):
    HelpRequestFactory.create_batch(rows)

    # Who it is (2), three scopes, and how many, which ones, what is unread, and of notices.
    with django_assert_num_queries(2 + 3 * SCOPE + 4):
        page.get("/requests/")


# --- Asking ---------------------------------------------------------------------------------------------------------


def test_a_member_asks_for_help(page, member):
    form = page.get("/requests/new/")

    response = page.post(
        "/requests/new/", a_request(client_id=hidden(form, "client_id"), description="Two steps.\r\nA small dog.")
    )

    help_request = HelpRequest.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/requests/{help_request.pk}/")
    assert (help_request.user_id, str(help_request.pk)) == (member.pk, hidden(form, "client_id"))
    assert help_request.description == "Two steps.\nA small dog."
    assert "Your request is posted." in words(page.get(response["Location"]))


def test_what_is_needed_again_and_again_never_runs_out(page):
    page.post("/requests/new/", a_request(is_ongoing="on"))

    assert HelpRequest.objects.get().expires_at is None


def test_sending_the_form_twice_posts_one_request(page):
    sent = a_request(client_id=str(uuid.uuid4()))

    first, second = page.post("/requests/new/", sent), page.post("/requests/new/", sent)

    assert first["Location"] == second["Location"]
    assert HelpRequest.objects.count() == 1


def test_another_text_from_the_same_form_is_kept_and_can_be_sent(page):
    sent = a_request(client_id=str(uuid.uuid4()))
    page.post("/requests/new/", sent)

    response = page.post("/requests/new/", sent | {"title": "Something else entirely"})

    assert response.status_code == 409
    assert "You already posted a request from this page." in words(response)
    assert 'value="Something else entirely"' in response.content.decode()
    assert hidden(response, "client_id") != sent["client_id"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"title": "  "}, "Say in a few words what you need"),
        ({"title": "Ride"}, "Use at least 5 characters to say what you need"),
        ({"title": "x" * 101}, "Say what you need in 100 characters or fewer"),
        ({"title": "A\nride to town"}, "This has a character that we cannot keep. Delete it and try again"),
        ({"category": ""}, "Choose the kind of help"),
        ({"urgency": "never"}, "Choose how soon you need it"),
        ({"description": "x" * 1001}, "Tell people more in 1000 characters or fewer"),
        ({"exchange_offer": "x" * 301}, "Say what you give in return in 300 characters or fewer"),
    ],
)
def test_an_error_is_said_above_and_beside_and_the_text_is_kept(page, changes, sentence):
    sent = a_request(description="Two steps.") | changes

    response = page.post("/requests/new/", sent)

    assert response.status_code == 422
    assert title(response).startswith("Error: Ask for help")
    assert words(response).count(sentence) == 2
    assert written_in(response, "description") == sent["description"]
    assert not re.search(r"<(input|textarea)[^>]* (required|maxlength|disabled)", response.content.decode())


def test_a_thousand_characters_fit_however_the_browser_ends_its_lines(page):
    page.post("/requests/new/", a_request(description="x" * 995 + "\r\n" * 4 + "🙂"))

    assert len(HelpRequest.objects.get().description) == 1000


@pytest.mark.parametrize("told", ["I live at 12 Oak Street.", "Call (573) 555-0100", "Vivo en 9 Elm Calle"])
def test_what_looks_like_an_address_is_asked_about_once(page, told):
    asked = page.post("/requests/new/", a_request(description=told))

    assert asked.status_code == 422
    assert "Everyone can read requests." in words(asked)
    page.post("/requests/new/", a_request(description=told, post_anyway="1"))
    assert HelpRequest.objects.get().description == told


def test_too_many_requests_are_told_when_to_come_back(page, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise RateLimited(600)

    monkeypatch.setattr("carecollective.limits.Limit.take", refuse)

    response = page.post("/requests/new/", a_request(description="Two steps."))

    assert response.status_code == 429
    assert re.search(r"You can ask again at \d+:\d\d [AP]M\.", words(response))
    assert written_in(response, "description") == "Two steps."


def test_a_limited_member_cannot_ask(client):
    client.force_login(MemberFactory(limited=True))

    assert client.get("/requests/new/").status_code == 403
    response = client.post("/requests/new/", a_request())
    assert response.status_code == 403
    assert "A ride to the clinic" in words(response)


# --- Changing and ending --------------------------------------------------------------------------------------------


@pytest.fixture
def mine(member):
    return HelpRequestFactory(user=member, title="A ride to the clinic", category="other")


def test_the_owner_edits(page, mine):
    assert 'value="A ride to the clinic"' in page.get(f"/requests/{mine.pk}/edit/").content.decode()

    response = page.post(f"/requests/{mine.pk}/edit/", a_request(title="A ride to the bank"))

    mine.refresh_from_db()
    assert (response.status_code, mine.title) == (303, "A ride to the bank")


def test_an_error_while_editing_keeps_the_text(page, mine):
    response = page.post(f"/requests/{mine.pk}/edit/", a_request(title="Ride", description="Two steps."))

    assert response.status_code == 422
    assert written_in(response, "description") == "Two steps."


@pytest.mark.parametrize(
    ("act", "before", "asks", "after"),
    [
        ("complete", "open", "Mark this request as done?", "completed"),
        ("cancel", "open", "Close this request?", "cancelled"),
        ("reopen", "completed", None, "open"),
        ("reopen", "cancelled", None, "open"),
    ],
)
def test_the_owner_ends_and_reopens(page, member, act, before, asks, after):
    help_request = HelpRequestFactory(user=member, status=before)
    path = f"/requests/{help_request.pk}/{act}/"

    asked, response = page.get(path), page.post(path, {"reason": "No longer needed"})

    help_request.refresh_from_db()
    assert help_request.status == after
    assert (response.status_code, response["Location"]) == (303, f"/requests/{help_request.pk}/")
    assert heading(asked) == asks if asks else asked.status_code == 303


@pytest.mark.parametrize("act", ["complete", "cancel", "release"])
def test_the_back_button_after_the_end_leads_to_the_request(page, member, act):
    help_request = HelpRequestFactory(user=member, status="completed")

    assert page.get(f"/requests/{help_request.pk}/{act}/")["Location"] == f"/requests/{help_request.pk}/"


def test_the_owner_keeps_a_request_open(page, member):
    help_request = HelpRequestFactory(user=member, expires_at=timezone.now())

    assert "Keep it open 30 more days" in words(page.get(f"/requests/{help_request.pk}/"))
    page.post(f"/requests/{help_request.pk}/renew/")

    assert HelpRequest.objects.filter(expires_at__gt=F("created_at")).exists()
    assert "Keep it open 30 more days" not in words(page.get(f"/requests/{help_request.pk}/"))


@pytest.mark.parametrize("act", ["edit", "complete", "cancel", "reopen", "release", "renew"])
def test_a_request_is_not_a_strangers_to_change(page, act):
    help_request = HelpRequestFactory()

    response = page.post(f"/requests/{help_request.pk}/{act}/", a_request())

    help_request.refresh_from_db()
    assert (response.status_code, help_request.status) == (403, "open")


@pytest.mark.parametrize("act", ["edit", "complete", "cancel", "reopen", "release", "renew"])
def test_what_cannot_be_seen_cannot_be_found(page, act):
    done = HelpRequestFactory(status="completed")

    hidden_one = page.post(f"/requests/{done.pk}/{act}/", a_request())
    unknown = page.post(f"/requests/{uuid.uuid4()}/{act}/", a_request())

    assert (hidden_one.status_code, words(hidden_one)) == (404, words(unknown))
