"""Sharing by page: it says what will be seen, does it, shows it to the one other person, and can be taken back."""

import re

import pytest
from django.test import Client

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of
from carecollective.ground import rows
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import RateLimited
from carecollective.tests.pages import heading, hidden, title, words
from helprequests import services as help_requests
from messaging import answers, services
from messaging.reports.models import StaffRead
from messaging.sharing.services import share
from messaging.tests.factories import ConversationFactory

from .people import PHONE, PLACE, offer, under_way

pytestmark = pytest.mark.django_db
# Taking on an identity for a page and, inside a test's own transaction, a savepoint around it, and giving it back.
READING = 4
both_versions = pytest.mark.parametrize("version", ["v1", "v2"])


def page_of(conversation, what="phone"):
    return f"/messages/{conversation.pk}/share/?what={what}"


def post(conversation, by, **sent):
    return browser_of(by).post(f"/messages/{conversation.pk}/share/", {"what": "phone"} | sent)


def thread_of(conversation, member):
    return browser_of(member).get(f"/messages/{conversation.pk}/")


def test_every_form_on_the_way_carries_its_token():
    conversation = under_way()
    client = Client(enforce_csrf_checks=True)
    client.force_login(conversation.requester)
    asked = client.get(page_of(conversation))

    shared = client.post(f"/messages/{conversation.pk}/share/", {"what": "phone"} | token_of(asked))
    thread = client.get(shared["Location"])
    stopped = client.post(stop_address(thread), token_in_form(thread))

    assert (shared.status_code, stopped.status_code) == (303, 303)


def token_of(page):
    return {"csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken")}


def token_in_form(page):
    """Of the form that stops sharing, and of no other."""
    form = re.search(r'(?s)action="/you/privacy/stop-sharing/.*?</form>', page.content.decode()).group()
    return {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form).group(1)}


def stop_address(page):
    return re.search(r'action="(/you/privacy/stop-sharing/[\w-]+/)"', page.content.decode()).group(1)


@both_versions
def test_a_member_sees_what_will_be_seen_shares_it_and_the_other_can_call(version):
    conversation = under_way(version)

    asked = browser_of(conversation.requester).get(page_of(conversation))
    done = browser_of(conversation.requester).post(f"/messages/{conversation.pk}/share/", {"what": "phone"})
    own, others = (thread_of(conversation, member) for member in (conversation.requester, conversation.helper))

    assert heading(asked) == "Share your phone number with Hal Hill?"
    assert f"Hal Hill will see this number {PHONE}" in words(asked)
    assert PLACE not in words(asked)
    assert (done.status_code, done["Location"]) == (303, f"/messages/{conversation.pk}/")
    assert f"You share your phone number with Hal Hill: {PHONE} Stop sharing" in words(own)
    assert "You shared your phone number" in words(own)
    assert f"Nora Nelson shares a phone number with you: {PHONE}" in words(others)
    assert 'href="tel:5550102799"' in others.content.decode()
    assert "Nora Nelson shared a phone number" in words(others)
    assert PLACE not in words(others)


def test_a_place_is_shared_the_same_way():
    conversation = under_way()

    asked = browser_of(conversation.requester).get(page_of(conversation, "place"))
    post(conversation, conversation.requester, what="place")

    assert f"Hal Hill will see this place {PLACE}" in words(asked)
    text = words(thread_of(conversation, conversation.helper))
    assert f"Nora Nelson shares an address or meeting place with you: {PLACE}" in text
    assert PHONE not in text


def test_who_has_no_number_is_asked_for_it_there():
    conversation = under_way(phone="", place="")

    asked = browser_of(conversation.requester).get(page_of(conversation))
    wrong = post(conversation, conversation.requester, value="my phone")
    none = post(conversation, conversation.requester, value=" ")
    done = post(conversation, conversation.requester, value="555/010 2000", keep="on")

    assert "Your phone number" in words(asked)
    assert 'type="tel"' in asked.content.decode()
    assert (wrong.status_code, title(wrong)[:6]) == (422, "Error:")
    assert words(wrong).count("Write a phone number with digits, such as (555) 010-2000") == 2
    assert words(none).count("Write your phone number") == 2
    assert done.status_code == 303
    assert contacts.own(conversation.requester).phone == "555 010 2000"
    assert "555 010 2000" in words(thread_of(conversation, conversation.helper))


def test_the_thread_takes_it_back_and_the_number_is_gone():
    conversation = under_way()
    share(conversation.pk, "phone", by=conversation.requester)
    client = browser_of(conversation.requester)

    response = client.post(stop_address(thread_of(conversation, conversation.requester)), {"back": "thread"})

    assert (response.status_code, response["Location"]) == (303, f"/messages/{conversation.pk}/")
    assert "Your phone number is no longer shared here." in words(client.get(response["Location"]))
    page = thread_of(conversation, conversation.helper)
    assert "Nora Nelson stopped sharing a phone number" in words(page)
    assert (PHONE in words(page), "tel:" in page.content.decode()) == (False, False)


@both_versions
def test_only_where_help_is_under_way_the_thread_offers_it(version):
    waiting, going_on = offer(version), under_way(version)

    assert "Share your phone number" not in words(thread_of(waiting, waiting.requester))
    for member in (going_on.requester, going_on.helper):
        assert "Share your phone number" in words(thread_of(going_on, member))
    help_requests.complete(going_on.help_request.pk, by=going_on.requester)
    assert "Share your phone number" not in words(thread_of(going_on, going_on.requester))


@both_versions
def test_where_it_is_not_under_way_the_page_leads_back_and_says_why(version):
    conversation = offer(version)

    for method in ("get", "post"):
        response = getattr(browser_of(conversation.requester), method)(page_of(conversation), follow=True)
        assert response.redirect_chain == [(f"/messages/{conversation.pk}/", 303)]
        assert "You can share this while someone is helping and the conversation is open." in words(response)


def test_an_archived_one_too():
    conversation = under_way()
    services.archive(conversation.pk, by=conversation.helper)

    assert post(conversation, conversation.requester).status_code == 303
    assert PHONE not in words(thread_of(conversation, conversation.helper))


def test_too_many_acts_are_told_when(monkeypatch):
    conversation = under_way(phone="", place="")

    def refuse(*_args, **_kwargs):
        raise RateLimited(60)

    monkeypatch.setattr("carecollective.ground.limits.Limit.take", refuse)

    response = post(conversation, conversation.requester, value="555 010 2000")

    assert response.status_code == 429
    assert re.search(r"You can send more at \d+:\d\d [AP]M\.", words(response))
    assert 'value="555 010 2000"' in response.content.decode()


@pytest.mark.django_db(transaction=True)
@both_versions
def test_a_stranger_finds_neither_page(version):
    conversation, stranger = under_way(version), MemberFactory()
    share(conversation.pk, "phone", by=conversation.requester)
    address = stop_address(thread_of(conversation, conversation.requester))

    for other in (stranger, conversation.helper):
        assert browser_of(other).post(address).status_code == 404
    assert browser_of(stranger).get(page_of(conversation)).status_code == 404
    assert PHONE in words(thread_of(conversation, conversation.helper))


def test_an_open_thread_hears_of_it_and_draws_the_panel_anew():
    conversation = under_way()
    client = browser_of(conversation.helper)
    after = re.search(r'data-after="([^"]+)"', thread_of(conversation, conversation.helper).content.decode()).group(1)
    share(conversation.pk, "phone", by=conversation.requester)

    part = client.get(f"/messages/{conversation.pk}/new/", {"after": after})

    assert f"Nora Nelson shares a phone number with you: {PHONE}" in words(part)
    assert "Nora Nelson shared a phone number" in words(part)


# --- Who has it -----------------------------------------------------------------------------------------------------


def test_the_privacy_page_lists_who_has_it_and_takes_it_back():
    conversation = under_way()
    client = browser_of(conversation.requester)
    assert "Nobody. You can share your phone number" in words(client.get("/you/privacy/"))
    share(conversation.pk, "phone", by=conversation.requester)
    share(conversation.pk, "place", by=conversation.requester)

    listed = client.get("/you/privacy/")
    undone = client.post(stop_address(listed), {"back": "privacy"}, follow=True)

    assert "Hal Hill : your phone number About: A ride to the clinic" in words(listed)
    assert words(listed).count("Stop sharing") == 2
    assert undone.redirect_chain == [("/you/privacy/", 303)]
    assert words(undone).count("Stop sharing") == 1


@pytest.mark.parametrize("number", [1, 3])
def test_the_privacy_page_asks_the_same_however_long_the_list_is(number, django_assert_num_queries):
    owner = MemberFactory()
    contacts.change(owner, phone=PHONE, place="")
    for _ in range(number):
        conversation = ConversationFactory(help_request__user=owner)
        answers.accept(conversation.pk, by=owner)
        share(conversation.pk, "phone", by=owner)
    client = browser_of(owner)

    # Who asks; one scope; the three lists, the counts; and what the team did, in a scope of its own.
    with django_assert_num_queries(2 + READING + 3 + 1 + 3):
        client.get("/you/privacy/")


def test_whoever_is_suspended_still_takes_it_back():
    conversation = under_way()
    share(conversation.pk, "phone", by=conversation.requester)
    conversation.requester.restriction = "suspended"
    conversation.requester.save()
    client = browser_of(conversation.requester)

    listed = client.get("/you/privacy/")
    client.post(stop_address(listed), {"back": "privacy"})

    assert PHONE not in words(thread_of(conversation, conversation.helper))


def test_the_privacy_page_tells_when_the_team_opened_a_conversation_and_never_in_its_own_words():
    conversation, other = under_way(), under_way()
    before = words(browser_of(conversation.requester).get("/you/privacy/"))
    opened(other, "A reason that is none of theirs.")
    opened(conversation, "Somebody asked us to look after them.")

    page = words(browser_of(conversation.requester).get("/you/privacy/"))

    assert "Nothing so far." in before
    assert page.count("Conversation opened without a report. Someone on the team. The reason: safety") == 1
    assert "Somebody asked us" not in page


def opened(conversation, reason):
    with acting_as_system("a test"):
        values = {"conversation_id": conversation.pk, "version": "v2", "staff_name": "Tim Team", "reason": reason}
        rows.insert(StaffRead, values)
