"""Offers on what the team asks for somebody: what the helper reads, and every coordinator who answers."""

import json

import pytest
from django.core import mail as posted
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.audit.models import Entry, Kind
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.refusals import ConversationNotFound, InvalidTransition, PermissionDenied
from carecollective.tests.pages import heading, words
from carecollective.told.mail import preferences
from carecollective.told.mail.tests.told import tell_and_wait
from helprequests import on_behalf as asking
from helprequests.tests.factories import HelpRequestFactory
from messaging import on_behalf, services
from messaging.sharing import services as sharing
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

OFFER = "I can drive her on Thursday."
REPLY = "She is glad. Could you come at nine?"


@pytest.fixture
def poster(db):
    return on_the_team("coordinators", name="Cora Coordinator")


@pytest.fixture
def other(db):
    return on_the_team("coordinators", name="Petra Young")


@pytest.fixture
def helper(db):
    return MemberFactory(name="Hal Hill")


@pytest.fixture
def asked(poster):
    consent = {"shown_name": "Rosa M.", "consent_how": "phone", "consent_on": timezone.localdate()}
    fields = {"title": "A ride to the clinic", "category": "transportation-errands", "location_override": "Riverside"}
    help_request, _is_new = asking.post(by=poster, **fields, **consent)
    return help_request


@pytest.fixture
def offered(asked, helper):
    return services.offer_help(asked.pk, by=helper, text=OFFER).conversation


def page_of(conversation):
    return f"/admin/requests/offers/{conversation.pk}/"


def record():
    with acting_as_staff(on_the_team("administrators"), "a test looks"):
        found = Entry.objects.filter(kind=Kind.ANSWERED_FOR_TEAM).exclude(codes="read")
        return [
            (codes.partition(" ")[0], name) for codes, name in found.order_by("at").values_list("codes", "actor__name")
        ]


# --- What the helper reads --------------------------------------------------------------------------------------------


def test_before_they_write_they_read_for_whom_it_is_and_who_reads_it(asked, helper):
    text = words(browser_of(helper).get(f"/requests/{asked.pk}/"))

    assert "Offer to help Rosa M. (through the team)" in text
    assert "The team can read this, and passes it on to Rosa M., who has no account here." in text
    assert "Only" not in text.partition("Offer to help")[2].partition("can read this")[0]
    assert "Cora" not in text


def test_nothing_that_the_helper_reads_names_the_coordinator(asked, offered, helper, poster, other):
    on_behalf.answer(offered.pk, "accept", by=other)
    on_behalf.answer(offered.pk, "message", by=other, text=REPLY)
    sharing.share(offered.pk, "phone", by=poster, value="+1 555 0123", keep=False)
    client = browser_of(helper)

    sent = client.post(f"/messages/{offered.pk}/send/", {"content": "At nine."}, follow=True)
    pages = [client.get(path) for path in (
        "/home/", "/messages/", f"/messages/{offered.pk}/", f"/requests/{asked.pk}/", f"/messages/{offered.pk}/copy/",
        f"/messages/{offered.pk}/withdraw/", "/notifications/", "/requests/",
    )]  # fmt: skip
    api = [client.get(path) for path in (
        "/api/messaging/conversations", f"/api/messaging/conversations/{offered.pk}", f"/api/help-requests/{asked.pk}",
        "/api/help-requests",
    )]  # fmt: skip

    assert {answer.status_code for answer in [sent, *pages, *api]} == {200}
    for answer in [sent, *pages, *api]:
        body = answer.content.decode()
        assert "Cora" not in body, answer.request["PATH_INFO"]
        assert "Petra" not in body, answer.request["PATH_INFO"]
    assert heading(pages[2]) == "Rosa M. (through the team)"
    assert "Rosa M. (through the team) accepted your offer" in words(pages[2])
    assert json.loads(api[1].content)["conversation"]["other"]["name"] == "Rosa M. (through the team)"
    assert json.loads(api[2].content)["requester"]["name"] == "Rosa M. (through the team)"


def test_where_the_team_speaks_stands_a_badge_that_no_name_can_write(asked, offered, helper, other):
    on_behalf.answer(offered.pk, "message", by=other, text=REPLY)
    imitator = MemberFactory(name='Ann <span class="tag-team">The team</span>')
    theirs = HelpRequestFactory(user=imitator)
    own = ConversationFactory(help_request=theirs, helper=helper)
    client = browser_of(helper)

    def badges(path):
        return client.get(path).content.decode().count('<span class="tag tag-info tag-team">')

    assert badges(f"/requests/{asked.pk}/") == 1
    assert badges(f"/messages/{offered.pk}/") == 2  # at the top, and beside what the team wrote
    assert badges("/requests/") == 1
    assert [badges(f"/requests/{theirs.pk}/"), badges(f"/messages/{own.pk}/")] == [0, 0]


def test_their_mail_names_the_team_too(offered, helper, other):
    wishes = dict.fromkeys(preferences.GROUPS, "at_once")
    preferences.save(helper, **wishes, quiet_from=None, quiet_until=None, show_words=True)
    on_behalf.answer(offered.pk, "message", by=other, text=REPLY)

    tell_and_wait(helper, "message", conversation_id=offered.pk)

    letter_text = "".join(f"{letter.subject} {letter.body}" for letter in posted.outbox)
    assert "Cora" not in letter_text
    assert "Petra" not in letter_text


def test_in_spanish_likewise(asked, helper):
    client = browser_of(helper)
    client.cookies["django_language"] = "es"

    text = words(client.get(f"/requests/{asked.pk}/", headers={"accept-language": "es"}))

    assert "Rosa M. (por medio del equipo)" in text


# --- What the team does -----------------------------------------------------------------------------------------------


def test_the_offer_waits_for_every_coordinator(offered, poster, other):
    for by in (poster, other):
        page = browser_of(by).get("/admin/requests/offers/")
        assert f'href="{page_of(offered)}"' in page.content.decode()
        assert "Rosa M." in words(page)


def test_somebody_else_reads_and_answers_in_the_teams_name(offered, other, helper):
    client = browser_of(other)

    shown = client.get(page_of(offered))
    sent = client.post(page_of(offered), {"act": "message", "text": REPLY}, follow=True)
    accepted = client.post(page_of(offered), {"act": "accept", "text": ""}, follow=True)

    assert OFFER in words(shown)
    assert "Petra Young (for the team)" in words(sent)
    assert "The offer is accepted." in words(accepted)
    thread = words(browser_of(helper).get(f"/messages/{offered.pk}/"))
    assert REPLY in thread
    assert record() == [("message", "Petra Young"), ("accept", "Petra Young")]


def test_who_looked_is_written_down(offered, other):
    browser_of(other).get(page_of(offered))

    with acting_as_staff(other, "a test looks"):
        (entry,) = Entry.objects.filter(kind=Kind.ANSWERED_FOR_TEAM)
    assert (entry.actor_id, entry.about_id, entry.codes) == (other.pk, offered.pk, "read")


def test_no_thanks_with_a_word(offered, other, helper):
    browser_of(other).post(page_of(offered), {"act": "decline", "text": "She found a neighbor, thank you."})

    text = words(browser_of(helper).get(f"/messages/{offered.pk}/"))
    assert "Rosa M. (through the team) said no thanks" in text
    assert "She found a neighbor, thank you." in text


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    "sent", [{"act": "message", "text": "  "}, {"act": "message", "text": "x" * 1001}, {"act": "x"}, {}]
)
def test_what_cannot_be_sent_is_said_and_nothing_happens(offered, other, sent):
    answer = browser_of(other).post(page_of(offered), sent)

    assert answer.status_code == 422
    assert record() == []


def test_a_no_of_the_rules_is_said_and_nothing_is_written_down(offered, other):
    on_behalf.answer(offered.pk, "accept", by=other)

    answer = browser_of(other).post(page_of(offered), {"act": "accept", "text": ""})

    assert (answer.status_code, record()) == (409, [("accept", "Petra Young")])


def test_while_the_posters_account_is_paused_the_page_says_so(offered, poster, other):
    Member.objects.filter(pk=poster.pk).update(restriction="suspended")

    with pytest.raises(InvalidTransition):
        on_behalf.answer(offered.pk, "message", by=other, text=REPLY)

    text = words(browser_of(other).post(page_of(offered), {"act": "message", "text": REPLY}))
    assert "Whoever posted this cannot take part right now" in text


@pytest.mark.parametrize("group", ["moderators", ""])
def test_nobody_else_of_the_team_reads_it(offered, group):
    by = on_the_team(group)

    assert browser_of(by).get("/admin/requests/offers/").status_code == 403
    assert browser_of(by).get(page_of(offered)).status_code == 403
    with pytest.raises(PermissionDenied):
        on_behalf.read(offered.pk, by=by)
    with pytest.raises(PermissionDenied):
        on_behalf.answer(offered.pk, "message", by=by, text=REPLY)


def test_a_conversation_between_two_members_stays_between_the_two(other):
    private = ConversationFactory()

    with pytest.raises(ConversationNotFound):
        on_behalf.read(private.pk, by=other)
    with pytest.raises(ConversationNotFound):
        on_behalf.answer(private.pk, "message", by=other, text=REPLY)
    assert browser_of(other).get(page_of(private)).status_code == 404


def test_a_coordinator_who_offers_does_not_answer_themselves(asked, other):
    own = services.offer_help(asked.pk, by=other, text=OFFER).conversation

    with pytest.raises(PermissionDenied):
        on_behalf.answer(own.pk, "accept", by=other)
    assert browser_of(other).get(page_of(own)).status_code == 403


def test_looking_at_the_page_answers_nothing(offered, other):
    browser_of(other).get(page_of(offered), {"act": "accept"})

    assert record() == []
