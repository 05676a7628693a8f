"""Other people's words turn round nothing but themselves: on every page and in every mail, wherever a name, a title or
a town stands inside a sentence of ours it is isolated.

The pages come from the resolver; the words are markers in Hebrew, which a sentence of ours never is.
"""

import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.ground.sentences import interpolated
from carecollective.ground.texts import isolated
from carecollective.tests.every_day import takes_long
from carecollective.tests.test_unsayable_addresses import LEFT_OUT, filled, patterns
from carecollective.told.mail import letters
from carecollective.told.mail.models import Mail, MailPreferences
from carecollective.told.notifications.models import Notification
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, services
from messaging.tests.factories import ConversationFactory

# As it is outside of tests: a refusal ends its own transaction alone.
pytestmark = pytest.mark.django_db(transaction=True)

MARKERS = {
    "requester": "דנהאחת",
    "helper": "יוסישתיים",
    "title": "נסיעהשלוש",
    "town": "חיפהארבע",
    "first": "שלוםחמש",
    "near": "עכוששש",
}
ANY = "|".join(MARKERS.values())
BLOCKS = (
    "h[1-6]|p|li|ul|ol|dd|dt|td|th|tr|div|section|main|blockquote|textarea|option|legend|label|title|article|header|"
    "footer|nav|form|button|fieldset|figcaption|figure|summary|details"
)


def bare(page):
    """Each place where a marker stands beside words of ours, with nothing between that isolates it."""
    body = re.sub(r"(?s)<script.*?</script>|<!--.*?-->", "", page)
    body = re.sub(r"(?s)<bdi\b[^>]*>.*?</bdi>|\u2068.*?\u2069", "", unescape(body))
    # What is left stands bare: fine where it is all of its block, whatever inline elements are around it.
    blocks = re.split(rf"</?(?:{BLOCKS})\b[^>]*>", body)
    texts = (re.sub(r"\s+", " ", re.sub(r"(?s)<[^>]*>", "", block)).strip() for block in blocks)
    return [text for text in texts if re.search(ANY, text) and re.search(r"[A-Za-z]", text)]


@pytest.fixture
def talk():
    requester = MemberFactory(name=f"{MARKERS['requester']} {MARKERS['requester']}", town=MARKERS["town"])
    helper = MemberFactory(name=f"{MARKERS['helper']} {MARKERS['helper']}", town=MARKERS["town"])
    ride = HelpRequestFactory(user=requester, title=MARKERS["title"], location_override=MARKERS["near"])
    conversation = ConversationFactory(help_request=ride, helper=helper, text=f"{MARKERS['first']} {MARKERS['first']}")
    services.send_message(conversation.pk, by=requester, text=MARKERS["first"])
    return conversation


def pages(client, talk):
    for route in patterns():
        if "api/" in route or LEFT_OUT.match(route) or route.startswith("metrics"):
            continue
        for id in (talk.pk, talk.help_request_id, talk.helper_id):
            address = filled(route, "x", id)
            response = client.get(address)
            if response.status_code in (200, 404) and "html" in response.get("Content-Type", ""):
                yield address, response.content.decode()


@takes_long
@pytest.mark.parametrize(
    ("who", "stage"),
    [("requester", "offered"), ("requester", "accepted"), ("helper", "accepted"), ("helper", "released"),
     ("stranger", "offered"), ("team", "accepted")],
)  # fmt: skip
def test_no_word_of_anybody_stands_bare_in_a_sentence_of_ours(talk, who, stage):
    requester, helper = talk.requester, talk.helper
    if stage != "offered":
        answers.accept(talk.pk, by=requester)
    if stage == "released":
        answers.withdraw(talk.pk, by=helper)
    people = {"requester": requester, "helper": helper, "stranger": MemberFactory(town=MARKERS["town"])}
    people["team"] = MemberFactory(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(people[who])

    found = dict(pages(client, talk))

    assert sum(bool(re.search(ANY, page)) for page in found.values()) > 3
    assert {address: bare(page) for address, page in found.items() if bare(page)} == {}


@pytest.mark.one_of_each
@pytest.mark.parametrize("act", ["accept", "decline", "block"])
def test_nor_in_what_is_said_after_an_act(talk, act):
    client = Client()
    client.force_login(talk.requester)

    page = client.post(f"/messages/{talk.pk}/{act}/", follow=True).content.decode()

    assert re.search(ANY, page)
    assert bare(page) == []


def test_nor_in_a_mail_with_words(talk):
    wishes = MailPreferences(member=talk.helper, show_words=True)
    with acting_as_system("a test"):
        told = Notification.objects.filter(member=talk.helper, kind="message").first()
    mail = Mail(key="x", recipient=talk.helper, kind="message", created_at=timezone.now())

    letter = letters.letter(mail, [told], talk.helper, wishes)

    sentence = letter.body.splitlines()[0]
    assert sentence.startswith("\u2068" + MARKERS["requester"])
    assert bare(letter.alternatives[0][0]) == []


def test_nor_in_a_file(talk):
    client = Client()
    client.force_login(talk.requester)

    written = client.get(f"/messages/{talk.pk}/copy.txt").content.decode()
    ours = [line for line in written.splitlines() if not line.startswith("    ")]

    assert re.search(ANY, written)
    assert [line for line in ours if re.search(ANY, re.sub("\u2068.*?\u2069", "", line))] == []


# --- The parts --------------------------------------------------------------------------------------------------------


def test_a_sentence_takes_words_and_nothing_else():
    assert interpolated("%(name)s & %(n)s", name="<b>Ana</b>", n=3) == "<bdi>&lt;b&gt;Ana&lt;/b&gt;</bdi> &amp; 3"


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("words", "shown"), [("Ana", "Ana"), ("דנה", "\u2068דנה\u2069"), ("Ana محمد", "\u2068Ana محمد\u2069"), ("", "")]
)
def test_what_runs_from_left_to_right_needs_no_isolates(words, shown):
    assert isolated(words) == shown


@pytest.mark.one_of_each
@pytest.mark.parametrize("sheet", ["app.css", "admin.css"])
def test_the_first_strong_letter_decides(sheet):
    css = (Path(settings.BASE_DIR) / "carecollective" / "static" / "carecollective" / sheet).read_text()
    (selector,) = re.findall(r":is\(([^)]*)\) \{\s*unicode-bidi: plaintext;", css)

    assert {"p", "li", "td", "h1", "textarea", "input"} <= set(selector.split(", "))
