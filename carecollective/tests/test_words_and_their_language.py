"""Wherever a request's words are drawn, `lang` says what they are in: on members' pages, the team's, and in a copy."""

from datetime import date
from html.parser import HTMLParser

import pytest

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, superuser
from carecollective.own_data.exports.tests.everything import copy_of
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications
from helprequests import on_behalf
from helprequests.models import FORMER_REQUEST, HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.legacy.tests.factories import offered
from messaging.services import offer_help
from messaging.sharing import services as sharing
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db

MARK = "podwózka"
WORDS = {"title": f"A {MARK} title", "description": f"A {MARK} more", "exchange_offer": f"A {MARK} pie"}
VOID = {"br", "hr", "img", "input", "link", "meta", "path", "use", "rect", "circle", "line", "polyline", "polygon"}


class Heard(HTMLParser):
    """Each piece of text that holds the mark, with the language that is nearest to it."""

    def __init__(self):
        super().__init__()
        self.open, self.heard = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("lang")))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        # A window's title takes no markup, and what stands in a form's box is its reader's own to write.
        if MARK in data and not {"title", "textarea"} & {tag for tag, _lang in self.open}:
            self.heard.append((data.strip(), next((lang for _tag, lang in reversed(self.open) if lang), None)))


def heard_in(page):
    parser = Heard()
    parser.feed(page)
    return parser.heard


@pytest.fixture
def street(settings):
    """What Olga asks for, in Polish: one with a helper and another's offer, one that runs out, one in version 1."""
    settings.RATE_LIMITS = False
    olga, henry = MemberFactory(name="Olga Ownerfield"), MemberFactory(name="Henry Helpworth")
    ride = HelpRequestFactory(user=olga, language="pl", **WORDS)
    talk = ConversationFactory(help_request=ride, helper=henry)
    open_one = HelpRequestFactory(user=olga, language="pl", **WORDS)
    offer = ConversationFactory(help_request=open_one, helper=henry)
    older = offered(HelpRequestFactory(user=olga, language="pl", **WORDS), henry)
    for what in (What.OFFERED, What.ENDING):
        notifications.tell(what, olga.pk, help_request_id=open_one.pk, conversation_id=None)
    answers.accept(talk.pk, by=olga)
    contacts.change(olga, phone="+1 555 010 0123", place="")
    sharing.share(talk.pk, "phone", by=olga)
    return {"olga": olga, "henry": henry, "ride": ride, "open": open_one, "talk": talk, "offer": offer, "older": older}


PAGES = [
    ("henry", "/requests/"),
    ("henry", "/requests/{ride}/"),
    ("henry", "/requests/{open}/"),
    ("henry", "/home/"),
    ("henry", "/messages/"),
    ("henry", "/messages/{talk}/"),
    ("henry", "/messages/{older}/"),
    ("henry", "/messages/{talk}/copy/"),
    ("olga", "/home/"),
    ("olga", "/requests/{ride}/"),
    ("olga", "/requests/{open}/edit/"),
    ("olga", "/requests/{open}/cancel/"),
    ("olga", "/requests/{open}/complete/"),
    ("olga", "/requests/{ride}/release/"),
    ("olga", "/requests/{open}/enough-help/"),
    ("olga", "/messages/"),
    ("olga", "/messages/{offer}/"),
    ("olga", "/notifications/"),
    ("olga", "/you/privacy/"),
    ("team", "/admin/helprequests/helprequest/"),
    ("team", "/admin/helprequests/helprequest/{ride}/change/"),
    ("team", "/admin/requests/without-offer/"),
]


@pytest.mark.one_of_each("who")
@pytest.mark.parametrize(("who", "path"), PAGES, ids=lambda value: value)
def test_a_screen_reader_hears_in_which_language_they_are(street, who, path):
    reader = superuser() if who == "team" else street[who]
    if "without-offer" in path:
        HelpRequest.objects.update(created_at="2026-01-01T00:00:00Z")
        HelpRequestFactory(user=street["olga"], language="pl", **WORDS)
        HelpRequest.objects.update(created_at="2026-01-01T00:00:00Z")
    ids = {name: thing.pk for name, thing in street.items()}

    response = browser_of(reader).get(path.format(**ids), follow=True)

    heard = heard_in(response.content.decode())
    assert response.status_code == 200
    assert heard
    assert {lang for _words, lang in heard} == {"pl"}, heard


def test_so_does_the_team_where_it_passes_offers_on():
    poster = superuser(name="Cora Coordinator")
    for_whom = {"shown_name": "Rosa M.", "consent_how": "phone", "consent_on": date(2026, 1, 5)}
    asked, _ = on_behalf.post(
        by=poster, language="pl", category="other", location_override="Riverside", **for_whom, **WORDS
    )
    offer = offer_help(asked.pk, by=MemberFactory(), text="I can come on Thursday.").conversation

    for path in ("/admin/requests/offers/", f"/admin/requests/offers/{offer.pk}/"):
        heard = heard_in(browser_of(poster).get(path).content.decode())
        assert {lang for _words, lang in heard} == {"pl"}, (path, heard)


def test_so_it_is_in_a_members_copy(street):
    page, _data = copy_of(street["olga"])

    heard = heard_in(page)
    assert len(heard) > 12
    assert {lang for _words, lang in heard} == {"pl"}, heard


def test_what_stands_for_a_former_members_words_is_in_the_readers_language(street):
    HelpRequest.objects.filter(pk=street["ride"].pk).update(title=FORMER_REQUEST, description="", exchange_offer="")

    page = browser_of(street["henry"]).get(f"/requests/{street['ride'].pk}/", headers={"Accept-Language": "es"})

    assert '<h1 lang="es">' in page.content.decode()
