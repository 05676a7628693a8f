"""Finding requests, asking for help and ending a request, as a browser without scripts does it."""

import re
import uuid
from html import unescape

import pytest
from django.db.models import F
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.refusals import RateLimited
from carecollective.tests.pages import heading, hidden, title, words, written_in
from carecollective.told.mail import preferences
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory

pytestmark = pytest.mark.django_db

# Taking on an identity for a page and, inside a test's own transaction, a savepoint around it, and giving it back.
READING = 4


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


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("town", "place", "is_near"),
    [
        ("Springfield", "", True),
        ("springfield, MO", "", True),
        ("Springfields", "", False),
        ("Boonville", "", False),
        ("Boonville", "Springfield (east side)", True),
        ("Springfield", "Boonville", False),
    ],
)
def test_near_me_is_my_town_however_it_is_written(page, member, town, place, is_near):
    member.town = "Springfield, Missouri"
    member.save()
    HelpRequestFactory(title="Soup for a week", user__town=town, location_override=place)

    response = page.get("/requests/?near=me")

    assert titles(response) == (["Soup for a week"] if is_near else [])
    assert "Remove filter: Near me: Springfield, Missouri" in words(response)


@pytest.mark.parametrize("town", ["St. Louis", "(", "\\M", "[a-z", "*", ","])
def test_no_name_of_a_town_breaks_the_list(page, member, town):
    member.town = town
    member.save()
    HelpRequestFactory(user__town=town)

    assert len(titles(page.get("/requests/?near=me"))) == 1


def test_who_gave_no_town_is_not_asked_whether_near(page, member):
    member.town = ""
    member.save()
    HelpRequestFactory(title="Soup for a week")

    response = page.get("/requests/?near=me")

    assert titles(response) == ["Soup for a week"]
    assert 'name="near"' not in response.content.decode()


def test_an_open_page_gets_the_parts_that_a_new_question_changes(page):
    HelpRequestFactory(title="Soup for a week")

    response = page.get("/requests/?q=soup", headers={"hx-request": "true"})

    body = response.content.decode()
    assert re.findall(r'id="([^"]+)"[^>]* data-part', body) == ["filters-in-use", "found-count", "found"]
    assert "<form" not in body
    assert words(response) == words_between(page.get("/requests/?q=soup"), "Remove filter:", "How this site works")


def words_between(response, first, last):
    text = words(response)
    return text[text.index(first) : text.index(last)].strip()


def test_filters_survive_opening_a_request_and_coming_back(page):
    help_request = HelpRequestFactory(title="Soup for a week")

    listed = page.get("/requests/?q=soup&near=me&sort=soonest").content.decode()
    (opened,) = re.findall(rf'href="(/requests/{help_request.pk}/[^"]*)"', listed)

    back = re.search(r'class="back"><a href="([^"]+)"', page.get(opened.replace("&amp;", "&")).content.decode())
    assert back.group(1) == "/requests/?q=soup&amp;near=me&amp;sort=soonest"


def test_twenty_stand_on_a_page(page):
    HelpRequestFactory.create_batch(21)

    first = page.get("/requests/?category=transportation-errands")
    second = page.get(f"/requests/{first.context['next_url']}")

    assert (len(titles(first)), len(titles(second))) == (20, 1)
    assert first.context["previous_url"] == second.context["next_url"] == ""
    assert second.context["previous_url"] == "?category=transportation-errands"
    assert 'data-more="Show 1 more"' in first.content.decode()


@pytest.mark.one_of_each
@pytest.mark.parametrize("asked", ["page=0", "page=99", "page=x", "q=%27%3A%2A+%26", "q=" + "x" * 200])
def test_no_question_breaks_the_list(page, asked):
    HelpRequestFactory()

    assert page.get(f"/requests/?{asked}").status_code == 200


def test_an_empty_list_says_why(page):
    assert "No one needs help right now." in words(page.get("/requests/"))
    assert "No requests match." in words(page.get("/requests/?q=soup"))


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_often_for_three_rows_as_for_one(page, rows, django_assert_num_queries):
    HelpRequestFactory.create_batch(rows)

    # Who it is (2), and which ones with how many there are, and what is counted.
    with django_assert_num_queries(2 + READING + 2):
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
    posted = "Your request is posted. Members can see it now. We will email you when someone offers."
    assert posted in words(page.get(response["Location"]))


def test_what_is_needed_again_and_again_never_runs_out(page):
    page.post("/requests/new/", a_request(is_ongoing="on"))

    assert HelpRequest.objects.get().expires_at is None


def test_the_kind_can_be_said_more_exactly(page):
    page.post("/requests/new/", a_request(category="groceries-meals", subcategory="shopping"))

    help_request = HelpRequest.objects.get()
    assert help_request.subcategory == "shopping"
    assert "Groceries and meals: Shopping" in words(page.get(f"/requests/{help_request.pk}/"))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("to-the-doctor", "Choose one that goes with the kind of help, or leave it open"),
        ("made-up", "Choose one from the list, or leave it open"),
    ],
)
def test_what_is_more_exact_goes_with_the_kind(page, told, sentence):
    response = page.post("/requests/new/", a_request(category="groceries-meals", subcategory=told))

    assert response.status_code == 422
    assert words(response).count(sentence) == 2


def test_what_a_program_said_more_exactly_outlives_an_edit(page, member):
    help_request = HelpRequestFactory(user=member, subcategory="Clinic")

    form = page.get(f"/requests/{help_request.pk}/edit/").content.decode()
    page.post(f"/requests/{help_request.pk}/edit/", a_request(subcategory="Clinic"))

    help_request.refresh_from_db()
    assert '<option value="Clinic" selected>Clinic</option>' in form
    assert help_request.subcategory == "Clinic"


def test_who_gets_no_mail_about_offers_is_promised_none(page, member):
    preferences.save(member, **dict.fromkeys(preferences.COLUMNS[:5], "never"), **NO_QUIET_HOURS)

    response = page.post("/requests/new/", a_request(), follow=True)

    assert "Offers show on this page and in Messages." in words(response)


NO_QUIET_HOURS = {"quiet_from": None, "quiet_until": None, "show_words": False}


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


@pytest.mark.one_of_each
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


def anyway(asked):
    """What the button sends that says: post it as it is."""
    return re.search(r'name="post_anyway" value="(\w+)"', asked.content.decode()).group(1)


def sent_again(asked):
    """Every hidden field of the page's form, as the browser sends them back."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.content.decode())
    return {name: unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("I live at 12 Oak Street.\r\nRing twice.", "It looks like this has your address. Everyone can read requests."),
        ("Call (573) 555-0100", "It looks like this has a phone number. Everyone can read requests."),
        ("Vivo en 9 Elm Calle", "It looks like this has your address. Everyone can read requests."),
        ("Write to nora@example.org", "It looks like this has an email address. Everyone can read requests."),
    ],
)
def test_what_looks_private_is_asked_about_before_it_is_posted(page, told, sentence):
    asked = page.post("/requests/new/", a_request(description=told, is_ongoing="on"))

    assert (asked.status_code, heading(asked), HelpRequest.objects.count()) == (422, "Is this private?", 0)
    assert sentence in words(asked)
    page.post("/requests/new/", sent_again(asked) | {"post_anyway": anyway(asked)})
    posted = HelpRequest.objects.get()
    assert (posted.description, posted.is_ongoing) == (told.replace("\r\n", "\n"), True)


def test_whoever_would_rather_change_it_finds_everything_in_the_form(page):
    asked = page.post("/requests/new/", a_request(description="I live at 12 Oak Street."))

    form = page.post("/requests/new/", sent_again(asked) | {"change": "1"})

    assert (form.status_code, heading(form), HelpRequest.objects.count()) == (200, "Ask for help", 0)
    assert written_in(form, "description") == "I live at 12 Oak Street."
    assert "There is a problem" not in words(form)
    assert not re.search(r'name="is_ongoing"[^>]* checked', form.content.decode())


def test_posting_anyway_is_for_the_words_that_were_asked_about_and_no_others(page):
    asked = page.post("/requests/new/", a_request(description="I live at 12 Oak Street."))
    confirmed = anyway(asked)

    again = page.post("/requests/new/", a_request(description="Call (573) 555-0100", post_anyway=confirmed))

    assert (heading(again), HelpRequest.objects.count()) == ("Is this private?", 0)


def test_a_fault_comes_before_the_question(page):
    response = page.post("/requests/new/", a_request(description="I live at 12 Oak Street.", category=""))

    assert (response.status_code, heading(response)) == (422, "Ask for help")
    assert written_in(response, "description") == "I live at 12 Oak Street."


def test_an_edit_is_asked_about_too(page, member):
    help_request = HelpRequestFactory(user=member)
    there = f"/requests/{help_request.pk}/edit/"

    asked = page.post(there, a_request(title="A ride to 12 Oak Street"))
    changing = page.post(there, sent_again(asked) | {"change": "1"})
    saved = page.post(there, sent_again(asked) | {"post_anyway": anyway(asked)})

    assert (heading(asked), heading(changing), saved.status_code) == ("Is this private?", "Edit your request", 303)
    assert 'value="A ride to 12 Oak Street"' in changing.content.decode()
    help_request.refresh_from_db()
    assert help_request.title == "A ride to 12 Oak Street"


@pytest.mark.one_of_each("field")
@pytest.mark.parametrize("field", ["title", "description", "subcategory", "exchange_offer", "location_override"])
@pytest.mark.parametrize(
    "fact", ["A ride to 12 Oak Street", "Call 555-010-2000", "ana@example.org", "555\u2011010\u20112000"]
)
def test_a_program_is_asked_too_and_can_say_that_it_is_meant_so(api_as, member, field, fact):
    client = api_as(member)
    asked = {"title": "A ride home", "category": "other", "urgency": "normal"} | {field: fact}

    refused = client.post("/api/help-requests", asked, format="json")
    meant = client.post("/api/help-requests", asked | {"post_anyway": True}, format="json")
    changed = client.patch(f"/api/help-requests/{meant.json()['id']}", {field: f"{fact}!"}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")
    assert {(each["field"], each["code"]) for each in refused.json()["errors"]} == {(field, "looks_private")}
    assert (meant.status_code, changed.status_code) == (201, 400)


def test_too_many_requests_are_told_when_to_come_back(page, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise RateLimited(600)

    monkeypatch.setattr("carecollective.ground.limits.Limit.take", refuse)

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


@pytest.mark.one_of_each
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


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("act", "before"), [("complete", "open"), ("cancel", "open"), ("reopen", "cancelled"), ("release", "in_progress")]
)
def test_the_second_of_two_taps_finds_it_done_and_says_nothing(page, member, act, before):
    helper = MemberFactory() if before == "in_progress" else None
    help_request = HelpRequestFactory(user=member, status=before, helper=helper)
    path = f"/requests/{help_request.pk}/{act}/"

    first, second = page.post(path), page.post(path)

    assert (first.status_code, second.status_code) == (303, 303)
    assert "nothing was done" not in words(page.get(second["Location"]))


def test_what_is_too_late_says_so(page, member):
    help_request = HelpRequestFactory(user=member, status="cancelled")

    response = page.post(f"/requests/{help_request.pk}/complete/", follow=True)

    assert "Something changed in the meantime, so nothing was done." in words(response)


def test_a_reason_outlives_the_end_of_a_sign_in(page, client, member, mine):
    path = f"/requests/{mine.pk}/cancel/"
    mark = hidden(page.get(path), "kept_for")
    client.logout()

    client.post(path, {"reason": "My sister can drive.", "kept_for": mark})
    client.force_login(member)

    assert written_in(client.get(path), "reason") == "My sister can drive."


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


@pytest.mark.one_of_each
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
