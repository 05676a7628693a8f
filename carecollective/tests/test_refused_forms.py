"""What becomes of a form whose ground goes away: while it is being filled in, and between its door and its verb.

Each form of the members' pages, with each thing that may happen meanwhile: it is never a fault, it says what is the
matter, and the words are kept. Driven from the list of addresses: a new one stands in one of the tables here, or fails.
"""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django import forms
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.foreseen import refusal_for
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import Unauthorized
from carecollective.kept_texts import services as kept_texts
from carecollective.own_data.leaving import services as leaving
from carecollective.tests.meanwhile import once_at_the_verb, scopes_in_savepoints
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import heading, hidden, words
from helprequests import services as help_requests
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking, services
from messaging.sharing import services as sharing
from messaging.tests.factories import ConversationFactory

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]
SAID = "Kept words of mine, 0176 at nine"
PHONE = "+1 555 010 9876"


class Ground:
    """Two members, a request, an offer on it that waits or was accepted, and a request without an offer."""

    def __init__(self, *, is_accepted=False):
        self.owner, self.helper = MemberFactory(name="Nora Nelson"), MemberFactory(name="Hal Hill")
        self.help_request = HelpRequestFactory(user=self.owner, title="A ride to the clinic")
        self.conversation = ConversationFactory(help_request=self.help_request, helper=self.helper)
        self.bare = HelpRequestFactory(user=self.owner, title="A fence to mend")
        if is_accepted:
            answers.accept(self.conversation.pk, by=self.owner)
        self.share = None

    def requests(self):
        return HelpRequest.objects.filter(pk__in=[self.help_request.pk, self.bare.pk])


# Name of the address -> who sends it, whether help is under way, what is sent; None stands for the words.
TALK, RIDE, BARE = "conversation", "help_request", "bare"
ASK = {"title": SAID, "category": "other", "urgency": "normal"}
FORMS = {
    "messaging:offer-help": ("helper", BARE, {"initial_message": SAID}),
    "messaging:send-message": ("helper", TALK, {"content": SAID}),
    "messaging:decline-offer": ("owner", TALK, {"note": SAID}),
    "messaging:accept-offer": ("owner", TALK, {}),
    "messaging:withdraw-offer": ("helper", TALK, {}),
    "messaging:undo-answer": ("owner", f"{TALK} accepted", {}),
    "messaging:archive-conversation": ("owner", TALK, {}),
    "messaging:reopen-conversation": ("owner", TALK, {}),
    "messaging:mark-seen": ("owner", TALK, {"up_to": "its own"}),
    "messaging:block-other": ("owner", TALK, {}),
    "messaging:unblock-member": ("owner", "other", {}),
    "messaging:enough-help": ("owner", RIDE, {}),
    "reports:report-message": ("owner", "message", {"reason": "scam", "description": SAID}),
    "sharing:share-contact": ("owner", f"{TALK} accepted", {"what": "place", "value": SAID}),
    "sharing:stop-sharing": ("owner", "share accepted", {}),
    "helprequests:ask-for-help": ("owner", "", ASK),
    "helprequests:edit-request": ("owner", RIDE, ASK),
    "helprequests:complete-request": ("helper", f"{RIDE} accepted", {}),
    "helprequests:cancel-request": ("owner", RIDE, {"reason": SAID}),
    "helprequests:reopen-request": ("owner", RIDE, {}),
    "helprequests:release-request": ("owner", f"{RIDE} accepted", {}),
    "helprequests:renew-request": ("owner", RIDE, {}),
    "account_details": ("owner", "", {"name": "Nora Nelson", "town": SAID, "phone": "", "place": ""}),
    "notifications:read-all": ("owner", "", {}),
    "site:settings": ("owner", "", {"text_size": "large", "theme": "dark", "language": "en"}),
    "mail:preferences": ("owner", "", {}),
    "mail:send-test": ("owner", "", {}),
    "exports:data": ("owner", "", {}),
    "leaving:leave": ("owner", "", {"understood": "on"}),
    "leaving:stay": ("owner", "", {}),
    "account_agree": ("owner", "", {"agree": "on"}),
    "read-warning": ("owner", "", {}),
    "account_end_sign_in": ("owner", "", {"which": "all"}),
    "account_change_password": ("owner", "", {"present": "x", "password": "three new words"}),
    "account_email": ("owner", "", {"present": "x", "email": "new@example.org"}),
    "account_second_step": ("owner", "", {"present": "x", "code": "123456"}),
    "account_new_recovery_codes": ("owner", "", {"present": "x"}),
    "account_turn_second_step_off": ("owner", "", {"present": "x", "code": "123456"}),
    "exports:download": ("owner", "export", {}),
    "account_not_right_of": ("owner", "act", {}),
}
# Of whoever is signed out, or of nobody: what they say and keep, the tests of joining and signing in ask.
FOR_ANYBODY = [
    "account_signup",
    "account_check_mail",
    "account_confirm",
    "account_login",
    "mfa_authenticate",
    "account_ask_for_link",
    "account_sign_in_by_link",
    "account_reset_password",
    "account_choose_password",
    "account_welcome",
    "account_not_right",
    "account_logout",
    "account_confirm_new_address",
    "site:look",
    "site:set-language",
    "mail:stop",
]
# Nothing is sent there: a POST is refused, or is answered with the page.
ONLY_READ = [
    "metrics",
    "account_link",
    "account_sign_ins",
    "account_recovery_codes",
    "notifications:list",
    "notifications:follow",
    "site:front",
    "site:home",
    "site:waiting",
    "site:you",
    "site:help",
    "site:safety",
    "site:standards",
    "site:privacy",
    "site:problems",
    "mail:written",
    "mail:read-written",
    "helprequests:find-requests",
    "messaging:privacy",
    "messaging:read-request",
    "messaging:inbox",
    "messaging:news",
    "messaging:read-conversation",
    "messaging:copy-conversation",
    "messaging:download-conversation",
    "messaging:new-in-conversation",
    "leaving:asked",
    "None",
]


def names(resolver, namespace=""):
    for pattern in resolver.url_patterns:
        if str(pattern.pattern).startswith(("api/", "admin/")):
            continue
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name}"


def test_every_address_stands_in_one_of_the_tables():
    assert sorted([*FORMS, *FOR_ANYBODY, *ONLY_READ]) == sorted(names(get_resolver()))


# --- What may happen meanwhile --------------------------------------------------------------------------------------


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def other_of(ground, sender):
    return ground.helper if sender == ground.owner else ground.owner


def cancelled(ground, _sender):
    for help_request in ground.requests():
        help_requests.cancel(help_request.pk, by=ground.owner)


def removed(ground, _sender):
    run_as_owner("DELETE FROM help_requests WHERE user_id = %s", ground.owner.pk)


def blocked(ground, sender):
    blocking.block(sender.pk, by=other_of(ground, sender))


def archived(ground, sender):
    services.archive(ground.conversation.pk, by=other_of(ground, sender))


def withdrawn(ground, _sender):
    answers.withdraw(ground.conversation.pk, by=ground.helper)


def other_deleted(ground, sender):
    run_as_owner("DELETE FROM members WHERE id = %s", other_of(ground, sender).pk)


def other_left(ground, sender):
    leaving.erase(other_of(ground, sender).pk)


def suspended(_ground, sender):
    Member.objects.filter(pk=sender.pk).update(restriction="suspended")


def limited(_ground, sender):
    Member.objects.filter(pk=sender.pk).update(restriction="limited")


def warned(_ground, sender):
    Member.objects.filter(pk=sender.pk).update(warned_at=timezone.now())


def asked_to_leave(_ground, sender):
    Member.objects.filter(pk=sender.pk).update(leaving_at=timezone.now())


def signed_out(_ground, _sender):
    Session.objects.all().delete()


def banned(_ground, sender):
    Member.objects.filter(pk=sender.pk).update(restriction="banned")
    Session.objects.all().delete()


def left(_ground, sender):
    leaving.erase(sender.pk)


def deleted(_ground, sender):
    run_as_owner("DELETE FROM members WHERE id = %s", sender.pk)


EVENTS = [cancelled, removed, blocked, archived, withdrawn, other_deleted, other_left, suspended, limited, warned,
          asked_to_leave, signed_out, banned, left, deleted]  # fmt: skip


# --- Sending --------------------------------------------------------------------------------------------------------


def address(name, ground, about, sender):
    about = about.partition(" ")[0]
    talk = {"conversation_id": ground.conversation.pk}
    if about == "share":
        contacts.change(ground.owner, phone=PHONE, place="")
        sharing.share(ground.conversation.pk, "phone", by=ground.owner)
        with acting_as_system("a test looks"), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM contact_shares")
            return reverse(name, args=cursor.fetchone())
    kwargs = {
        "": {},
        TALK: talk,
        RIDE: {"help_request_id": ground.help_request.pk},
        BARE: {"help_request_id": ground.bare.pk},
        "other": {"member_id": other_of(ground, sender).pk},
        "message": talk | {"message_id": ground.conversation.pk},
        "export": {"export_id": ground.conversation.pk},
        "act": {"act_id": ground.conversation.pk},
    }
    return reverse(name, kwargs=kwargs[about])


def drawn_at(name, ground, path):
    """The page that holds the form."""
    if name == "messaging:offer-help":
        return reverse("messaging:read-request", args=[ground.bare.pk])
    if name == "messaging:send-message":
        return reverse("messaging:read-conversation", args=[ground.conversation.pk])
    return f"{path}?what=place" if name == "sharing:share-contact" else path


def has_arrived(sender):
    found = """
        SELECT 1 FROM conversations_v2 WHERE initial_message = %(said)s
        UNION ALL SELECT 1 FROM messages_v2 WHERE content = %(said)s
        UNION ALL SELECT 1 FROM help_requests WHERE %(said)s IN (title, cancel_reason)
        UNION ALL SELECT 1 FROM message_reports WHERE description = %(said)s
    """
    kept_by_themselves = SAID in contacts.own(sender) or Member.objects.filter(pk=sender.pk, town=SAID).exists()
    if kept_by_themselves:
        return True
    with acting_as_system("a test looks"), connection.cursor() as cursor:
        cursor.execute(found, {"said": SAID})
        return cursor.fetchone() is not None


def followed(client, response, sender):
    """All that is shown from here on, signing in again where that is asked for and can be done."""
    shown = []
    for _ in range(5):
        if response.status_code not in (302, 303):
            boxes = unescape(
                " ".join(re.findall(r'<input type="(?:text|tel)"[^>]* value="([^"]*)"', response.content.decode()))
            )
            shown.append(f"{words(response)} {boxes}" if response.content else "")
            break
        to = response["Location"]
        if to.startswith("/sign-in/"):
            if not Member.objects.filter(pk=sender.pk, left_at=None).exclude(restriction="banned").exists():
                shown.append("Sign in")
                break
            client.force_login(Member.objects.get(pk=sender.pk))
            to = parse_qs(urlsplit(to).query)["next"][0]
        response = client.get(to)
    return response, " ".join(shown)


@pytest.fixture
def sent(monkeypatch):
    scopes_in_savepoints(monkeypatch)

    def sending(name, event, moment):
        who, about, fields = FORMS[name]
        ground = Ground(is_accepted=about.endswith("accepted"))
        sender = getattr(ground, who)
        client = Client()
        client.force_login(sender)
        path = address(name, ground, about, sender)
        fields = {
            field: str(ground.conversation.pk) if value == "its own" else value for field, value in fields.items()
        }
        if SAID in fields.values():
            fields["kept_for"] = hidden(client.get(drawn_at(name, ground, path)), "kept_for")
        if moment == "while it is written":
            event(ground, sender)
            response = client.post(path, fields)
        else:
            with once_at_the_verb(monkeypatch, lambda: event(ground, sender)):
                response = client.post(path, fields)
        return client, sender, response

    return sending


@pytest.mark.parametrize("moment", ["while it is written", "at its verb"])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
@pytest.mark.parametrize("name", FORMS)
def test_whatever_happens_meanwhile_it_is_said_and_the_words_are_kept(sent, name, event, moment):
    has_words = SAID in FORMS[name][2].values()

    client, sender, response = sent(name, event, moment)

    assert response.status_code in (200, 204, 302, 303, 401, 403, 404, 409, 422)
    _last, shown = followed(client, response, sender)
    if response.status_code in (401, 403, 404, 409):
        assert heading(response).strip(". ") != ""
        assert "typing mistake" not in shown
    if event is deleted:
        assert "Sign in" in shown or response.status_code == 422
    if has_words and event not in (banned, left):  # who comes no more, and who wanted nothing of theirs to stay
        assert SAID in shown or has_arrived(sender)


# What is said of it where it matters most: (name, event, moment) -> status, and heading or a sentence of the next page.
SENTENCES = {
    ("messaging:offer-help", cancelled, "while it is written"): (
        409,
        "This request was closed while you were writing",
    ),
    ("messaging:offer-help", cancelled, "at its verb"): (409, "This request was closed while you were writing"),
    ("messaging:offer-help", removed, "at its verb"): (404, "We cannot find that request."),
    ("messaging:offer-help", blocked, "at its verb"): (404, "We cannot find that request."),
    ("messaging:offer-help", suspended, "at its verb"): (403, "Your account is paused"),
    ("messaging:offer-help", deleted, "at its verb"): (401, "You are signed out"),
    ("messaging:send-message", archived, "at its verb"): (
        409,
        "This conversation was archived while you were writing.",
    ),
    ("messaging:send-message", removed, "at its verb"): (404, "We cannot find that conversation."),
    ("messaging:send-message", other_deleted, "while it is written"): (404, "We cannot find that conversation."),
    ("messaging:send-message", deleted, "at its verb"): (401, "You are signed out"),
    ("messaging:decline-offer", withdrawn, "at its verb"): (303, "Something changed in the meantime"),
    ("messaging:decline-offer", removed, "at its verb"): (404, "We cannot find that conversation."),
    ("messaging:accept-offer", withdrawn, "at its verb"): (303, "Something changed in the meantime"),
    ("reports:report-message", deleted, "at its verb"): (401, "You are signed out"),
    ("sharing:share-contact", cancelled, "at its verb"): (303, "You can share this while someone is helping"),
    ("helprequests:edit-request", cancelled, "at its verb"): (
        409,
        "This cannot be done with the request as it is now.",
    ),
    ("helprequests:cancel-request", removed, "at its verb"): (404, "We cannot find that request."),
    ("helprequests:ask-for-help", limited, "at its verb"): (403, "Not possible right now"),
    ("helprequests:ask-for-help", deleted, "at its verb"): (401, "You are signed out"),
}


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: f"{case[0]}-{case[1].__name__}-{case[2]}")
def test_what_has_happened_is_said(sent, case):
    status, sentence = SENTENCES[case]

    client, sender, response = sent(*case)

    assert response.status_code == status
    assert sentence in followed(client, response, sender)[1]


# --- Which words are kept -------------------------------------------------------------------------------------------

# Asked for again by whoever writes it: secrets, addresses to sign in with, and what is looked for in lists.
NOT_KEPT = {"email", "login", "present", "password", "code", "q"}


def text_fields():
    """Every box for words in any form of ours, by its name."""
    for form in _all_below(forms.BaseForm):
        if form.__module__.startswith(("carecollective.", "helprequests.", "messaging.")):
            for name, field in form.base_fields.items():
                if isinstance(field.widget, forms.TextInput | forms.Textarea | forms.PasswordInput) and not isinstance(
                    field.widget, forms.DateInput
                ):
                    yield form.__name__, name


def _all_below(kind):
    for below in kind.__subclasses__():
        yield below
        yield from _all_below(below)


def test_every_box_for_words_is_one_whose_words_are_kept():
    assert {(form, name) for form, name in text_fields() if name not in {*kept_texts.WRITTEN, *NOT_KEPT}} == set()


def test_a_password_is_never_shown_and_never_kept():
    assert set(kept_texts.WRITTEN) & NOT_KEPT == set()
    assert {"present", "password", "code"} <= kept_texts.NEVER_KEPT


def test_the_team_finds_its_words_on_the_page_that_says_it_is_signed_out(client):
    response = client.post("/admin/requests/post-for-somebody/", {"title": SAID, "note": "Call her son."})

    assert (response.status_code, heading(response)) == (401, "You are signed out")
    assert SAID in words(response)
    assert "Call her son." in words(response)


def test_a_sign_in_that_ends_while_a_form_is_answered_asks_for_another_one():
    assert isinstance(refusal_for(SessionInterrupted()), Unauthorized)
