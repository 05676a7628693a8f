"""What a mail says, and what it never says: a mailbox may be shared."""

import re

import pytest
from django.core import mail as posted
from django.test import Client

from carecollective.accounts.language import speaks
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.tests.pages import hidden
from carecollective.told.kinds import KINDS
from carecollective.told.mail import outbox, sending
from carecollective.told.notifications.models import Notification
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.tests.factories import ConversationFactory, MessageFactory

from .told import change, its_time_comes, mails, tell, tell_and_wait, wants

pytestmark = pytest.mark.django_db

TITLE, FIRST, MORE = "A ride to the oncology clinic", "I can drive you on Thursday.", "Shall I ring twice?"


@pytest.fixture
def owner():
    return MemberFactory(name="Nora Nelson", password=PASSWORD)


@pytest.fixture
def conversation(owner):
    helper = MemberFactory(name="Ofelia Quintanilla")
    return ConversationFactory(help_request=HelpRequestFactory(user=owner, title=TITLE), helper=helper, text=FIRST)


def the_letter_to(member):
    """The newest one, with its time come for everything that this member was told."""
    with acting_as_system("a test"):
        told = list(Notification.objects.filter(member=member))
    its_time_comes(*told)
    return [letter for letter in posted.outbox if letter.to == [member.email]][-1]


def all_of(letter):
    return letter.message().as_string() + letter.body + letter.alternatives[0].content


def test_it_names_nobody_and_quotes_nothing(owner, conversation):
    MessageFactory(conversation=conversation, text=MORE)

    letter = the_letter_to(owner)

    assert letter.body.startswith("Someone wrote to you.\n") is True
    for secret in (TITLE, "oncology", FIRST, MORE, "Ofelia", "Quintanilla", "Nora", "Nelson"):
        assert secret not in all_of(letter)


def test_it_has_these_headers_and_no_others(owner, conversation):
    letter = the_letter_to(owner)

    assert sorted(name for name, _ in letter.message().items()) == [
        "Auto-Submitted",
        "Content-Type",
        "Date",
        "From",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ]


@pytest.mark.one_of_each
@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r"])
def test_a_title_with_a_line_break_is_refused_at_the_edge(api_as, owner, break_):
    title = f"A ride{break_}Bcc: evil@example.com"
    browser = Client()
    browser.force_login(owner)

    by_api = api_as(owner).post(
        "/api/help-requests", {"title": title, "category": "other", "urgency": "normal"}, format="json"
    )
    by_form = browser.post("/requests/new/", {"title": title, "category": "other", "urgency": "normal"})

    assert (by_api.status_code, by_form.status_code, HelpRequest.objects.count()) == (400, 422, 0)


def test_whoever_asks_for_words_gets_a_first_name_and_what_is_unread(owner, conversation):
    MessageFactory(conversation=conversation, text="<b>One</b>\nand two")
    wants(owner, show_words=True)

    letter = the_letter_to(owner)

    assert letter.body.startswith(f"Ofelia Q. wrote to you:\n> {FIRST}\n> <b>One</b>\n> and two\n") is True
    assert "&lt;b&gt;One&lt;/b&gt;<br>and two" in letter.alternatives[0].content
    assert letter.subject == "Care Collective: you have a new message"
    for secret in (TITLE, "oncology", "Quintanilla"):
        assert secret not in all_of(letter)


def test_words_that_were_read_are_not_repeated(owner, conversation):
    message = MessageFactory(conversation=conversation, text="Old words")
    client = Client()
    client.force_login(owner)
    client.get(f"/messages/{conversation.pk}/")
    MessageFactory(conversation=conversation, text="New words")
    wants(owner, show_words=True)

    letter = the_letter_to(owner)

    assert ("> New words\n" in letter.body, message.content in letter.body) == (True, False)


@pytest.mark.one_of_each
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_subject_and_a_sentence_of_its_own_in_both_languages(member, kind):
    tell_and_wait(member, kind)
    speaks(member, "es")
    tell_and_wait(member, kind)

    english, spanish = posted.outbox
    assert english.subject.startswith("Care Collective: ") is True
    assert '<html lang="en">' in english.alternatives[0].content
    assert '<html lang="es">' in spanish.alternatives[0].content


def test_subjects_tell_the_kinds_apart(member):
    for kind in KINDS:
        tell_and_wait(member, kind)

    assert len({letter.subject for letter in posted.outbox}) == len(KINDS)


def test_its_link_opens_the_thread_after_the_sign_in(owner, conversation):
    letter = the_letter_to(owner)
    (link,) = re.findall(rf"\S+/messages/{conversation.pk}/", letter.body)
    path = link.removeprefix("http://127.0.0.1:8000")
    client = Client()

    asked = client.get(path)
    sign_in = client.get(asked["Location"])
    form = {"login": owner.email, "password": PASSWORD, "next": hidden(sign_in, "next")}
    opened = client.post("/sign-in/", form)

    assert opened["Location"] == path
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("kind", "place"), [("ending", "/requests/{id}/"), ("completed", "/requests/{id}/"), ("news", "/notifications/")]
)
def test_other_links_lead_where_it_happened(member, kind, place):
    help_request = HelpRequestFactory()
    where = {"about": "news"} if kind == "news" else {"help_request_id": help_request.pk}

    tell_and_wait(member, kind, **where)

    assert f"http://127.0.0.1:8000{place.format(id=help_request.pk)}\n" in posted.outbox[0].body


@pytest.mark.parametrize(
    ("sender", "public_url", "domain"),
    [
        ("Care <care@care.example.org>", "https://www.example.org", "care.example.org"),
        ("care@localhost", "https://www.example.org", "www.example.org"),
    ],
)
def test_its_id_is_of_our_domain_and_the_same_at_every_try(member, settings, sender, public_url, domain):
    settings.DEFAULT_FROM_EMAIL, settings.PUBLIC_URL = sender, public_url
    tell_and_wait(member)
    (mail,) = mails()
    change(mail, sent_at=None)

    sending.send_what_is_due()

    first, second = (letter.message()["Message-ID"] for letter in posted.outbox)
    assert first == second
    assert re.fullmatch(rf"<[0-9a-f]{{32}}@{re.escape(domain)}>", first)


def test_mail_programs_can_stop_it_with_one_click_and_answer_it_with_no_machine(member):
    tell_and_wait(member)

    headers = posted.outbox[0].message()
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].replace("\n", "").replace(" ", "")
    assert re.fullmatch(r"<http://127.0.0.1:8000/mail/stop/[\w:-]+/>", link)


def test_a_test_mail_says_that_mail_arrives(member):
    outbox.send_test(member)
    sending.send_what_is_due()

    (letter,) = posted.outbox
    assert letter.subject == "Care Collective: a test"
    assert "List-Unsubscribe" not in letter.message()


def test_the_text_is_not_escaped_for_html(owner, conversation):
    MessageFactory(conversation=conversation, text='It\'s "me" & you')
    wants(owner, show_words=True)

    assert '> It\'s "me" & you\n' in the_letter_to(owner).body


def test_what_is_waiting_is_said_of_the_right_conversation(owner, conversation):
    other = ConversationFactory(help_request=HelpRequestFactory(user=owner), text="Something else entirely")
    wants(owner, show_words=True)
    told = tell(owner, "unanswered", conversation_id=other.pk)

    its_time_comes(told)

    (letter,) = posted.outbox
    assert f"/messages/{other.pk}/" in letter.body
    assert "Something else" not in letter.body  # words come with messages and offers alone
