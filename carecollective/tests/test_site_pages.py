"""The pages that belong to no app, and what holds for every page."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground.refusals import CATALOGUE, RateLimited
from carecollective.kept_texts import services as kept_texts
from carecollective.templatetags.kept_texts import what_was_sent
from carecollective.tests.pages import heading, hidden, title, words, written_in
from carecollective.web.errors import answer
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db

PUBLIC = ["/", "/sign-in/", "/join/", "/help/", "/safety/", "/standards/", "/privacy/", "/problems", "/look/"]
OWN = ["/home/", "/you/", "/requests/", "/requests/new/", "/messages/", "/messages/?status=archived"]
CATALOGUE_FILE = Path(settings.BASE_DIR) / "locale/es/LC_MESSAGES/django.po"


def is_whole(response):
    body = response.content.decode()
    policy = response["Content-Security-Policy"]
    assert body.count("<main") == body.count("<h1") == 1
    assert "default-src" in policy
    assert "unsafe-" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", body)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', body)


@pytest.mark.parametrize("path", PUBLIC)
def test_anyone_reads_a_public_page(client, path):
    response = client.get(path)

    assert response.status_code == 200
    is_whole(response)


@pytest.mark.one_of_each
@pytest.mark.parametrize("path", OWN)
def test_a_members_page_is_whole_and_is_never_stored(client, path):
    client.force_login(MemberFactory())

    response = client.get(path)

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    is_whole(response)


@pytest.mark.parametrize("path", [*OWN, "/waiting/"])
def test_a_stranger_is_asked_to_sign_in_and_comes_back(client, path):
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/?next=/")


@pytest.mark.one_of_each
@pytest.mark.parametrize("path", [path for path in OWN if path != "/you/"])
@pytest.mark.parametrize(("standing", "sentence"), [("pending", "Thank you"), ("suspended", "Your account is paused")])
def test_who_may_not_take_part_meets_a_page_that_says_why(client, path, standing, sentence):
    client.force_login(MemberFactory(**{standing: True}))

    response = client.get(path)

    assert response.status_code == 403
    assert heading(response).startswith(sentence)
    is_whole(response)


@pytest.mark.parametrize("standing", ["pending", "rejected", "suspended"])
def test_ones_own_details_are_always_there(client, standing):
    client.force_login(MemberFactory(**{standing: True}))

    assert client.get("/you/").status_code == 200


def test_a_signed_in_member_starts_at_home(client):
    client.force_login(MemberFactory())

    assert client.get("/")["Location"] == "/home/"


def test_every_link_on_every_page_leads_somewhere(client):
    member = MemberFactory()
    ConversationFactory(help_request=HelpRequestFactory(user=member))
    HelpRequestFactory()
    client.force_login(member)
    seen, waiting = set(), ["/home/"]

    while waiting:
        path = waiting.pop().partition("#")[0]
        if path in seen or path.startswith(("/admin", "/static", "/api")):
            continue
        seen.add(path)
        response = client.get(path)
        assert response.status_code in (200, 302), path
        waiting += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', response.content.decode())]

    assert len(seen) > 15


def test_home_says_what_is_waiting(client):
    member = MemberFactory(name="Nora Nelson")
    conversation = ConversationFactory(help_request__user=member, helper__name="Hal Hill")
    MessageFactory(conversation=conversation)
    client.force_login(member)

    response = client.get("/home/")

    assert heading(response) == "Hello, Nora"
    assert f"Hal H. offers to help 2 (2 unread) {conversation.help_request.title}" in words(response)


def test_a_conversation_stands_on_home_once_and_what_waits_for_an_answer_comes_first(client):
    member = MemberFactory()
    offered = ConversationFactory(help_request__user=member, helper__name="Hal Hill")
    written = ConversationFactory(helper=member, help_request__user__name="Ann Able")
    MessageFactory(conversation=written, sender=written.requester)
    client.force_login(member)

    links = re.findall(r'<a href="/messages/([0-9a-f-]{36})/', client.get("/home/").content.decode())

    assert links == [str(offered.pk), str(written.pk)]


def test_an_open_home_page_gets_what_waits_and_the_counts_alone(client):
    member = MemberFactory()
    ConversationFactory(help_request__user=member, helper__name="Hal Hill")
    client.force_login(member)

    page = client.get("/home/").content.decode()
    part = client.get("/home/", headers={"hx-request": "true"})

    assert 'data-news="/home/"' in page
    (asked,) = member.help_requests.all()
    counts = "1 (1 unread) 1 (1 unread)"
    assert words(part) == f"{counts} Waiting for you Hal H. offers to help 1 (1 unread) {asked.title}"
    assert "<form" not in part.content.decode()


@pytest.mark.parametrize(
    ("towns", "above", "shown"),
    [
        (["Springfield", "Boonville", "Fayette", "Glasgow"], "New requests near you", ["In Springfield"]),
        (["Boonville", "Fayette"], "New requests", ["In Fayette", "In Boonville"]),
    ],
)
def test_new_requests_near_come_before_all_others(client, towns, above, shown):
    for town in towns:
        HelpRequestFactory(user__town=town, title=f"In {town}")
    client.force_login(MemberFactory(town="Springfield"))

    response = client.get("/home/")

    heading = re.search(r'id="new-title">([^<]+)<', response.content.decode()).group(1)
    assert (heading, [each.title for each in response.context["new_requests"]]) == (above, shown)


@pytest.mark.parametrize("rows", [1, 3])
def test_home_asks_as_often_for_three_rows_as_for_one(client, rows, django_assert_num_queries):
    member = MemberFactory()
    for _ in range(rows):
        ConversationFactory(help_request=HelpRequestFactory(user=member))
        HelpRequestFactory()
    client.force_login(member)

    # Who it is (2), and the questions: own requests, new ones and conversations; what to answer (2); notices; and what
    # is counted.
    with django_assert_num_queries(2 + READING + 7):
        client.get("/home/")


def test_home_and_the_request_count_the_offers_that_wait_and_no_others(client):
    member = MemberFactory()
    asked = HelpRequestFactory(user=member)
    withdrawn, declined, _waiting = (ConversationFactory(help_request=asked) for _ in range(3))
    client.force_login(member)
    pages = ("/home/", f"/requests/{asked.pk}/")

    before = [re.findall(r"(\d) offers? waiting", words(client.get(path))) for path in pages]
    answers.withdraw(withdrawn.pk, by=withdrawn.helper)
    answers.decline(declined.pk, by=member)
    after = [re.findall(r"(\d) offers? waiting", words(client.get(path))) for path in pages]

    assert (before, after) == ([["3"], ["3"]], [["1"], ["1"]])


# Taking on an identity for a page and, inside a test's own transaction, a savepoint around it, and giving it back.
READING = 4


# --- Signing in and out ---------------------------------------------------------------------------------------------


def sign_in(client, email, password=PASSWORD, **more):
    return client.post("/sign-in/", {"login": email, "password": password, **more})


def test_a_member_signs_in_and_arrives_where_they_wanted_to_go(client):
    member = MemberFactory(password=PASSWORD)

    response = sign_in(client, member.email.upper(), next="/messages/")

    assert response.status_code == 302
    assert response["Location"] == "/messages/"


@pytest.mark.parametrize("email", ["known@example.org", "unknown@example.org"])
def test_a_wrong_pair_gets_one_sentence_whoever_it_is(client, email):
    MemberFactory(email="known@example.org", password=PASSWORD)

    response = sign_in(client, email, "not this one")

    assert response.status_code == 422
    assert title(response).startswith("Error:")
    assert "That email and password do not match." in words(response)
    assert "not this one" not in response.content.decode()


def test_too_many_tries_are_told_when_to_come_back(client, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise RateLimited(600)

    monkeypatch.setattr("carecollective.ground.limits.Limit.take", refuse)

    response = sign_in(client, "known@example.org", "not this one")

    assert response.status_code == 429
    assert re.search(r"Too many tries\. Try again at \d+:\d\d [AP]M\.", words(response))


def test_no_foreign_page_follows_the_sign_in(client):
    member = MemberFactory(password=PASSWORD)

    assert sign_in(client, member.email, next="https://elsewhere.example/")["Location"] == "/home/"


@pytest.mark.parametrize(("told", "ends_with_the_browser"), [({}, False), ({"shared_computer": "on"}, True)])
def test_on_a_shared_computer_the_session_ends_with_the_browser(client, told, ends_with_the_browser):
    member = MemberFactory(password=PASSWORD)

    sign_in(client, member.email, **told)

    assert client.session.get_expire_at_browser_close() is ends_with_the_browser
    assert ("data-shared-computer" in client.get("/home/").content.decode()) is ends_with_the_browser


def test_signing_out_empties_what_the_browser_kept(client):
    client.force_login(MemberFactory())

    response = client.post("/sign-out/")

    assert response["Clear-Site-Data"] == '"storage"'
    assert client.get("/home/").status_code == 302


def test_a_link_signs_nobody_out(client):
    client.force_login(MemberFactory())

    client.get("/sign-out/")

    assert client.get("/home/").status_code == 200


# --- A sign-in that ends while somebody writes ----------------------------------------------------------------------


@pytest.fixture
def left_behind(client):
    """A member whose sign-in ended while an offer stood in the box."""
    helper, help_request = MemberFactory(password=PASSWORD), HelpRequestFactory()
    client.force_login(helper)
    path = reverse("messaging:read-request", args=[help_request.pk])
    mark = hidden(client.get(path), "kept_for")
    client.logout()
    sent = {"initial_message": "I can drive you.\r\nAny day.", "kept_for": mark}
    return helper, path, client.post(f"{path}offer/", sent)


def test_what_was_written_is_safe_and_stands_in_the_box_after_signing_in(client, left_behind):
    helper, path, response = left_behind

    assert response["Location"] == f"/sign-in/?next={path.replace('/', '%2F')}"
    assert "Your message is safe" in words(client.get(response["Location"]))
    sign_in(client, helper.email, next=path)
    page = client.get(path)
    assert written_in(page, "initial_message") == "I can drive you.\nAny day."
    assert "You were signed out. Your message is safe." in words(page)


def test_it_is_handed_out_once(client, left_behind):
    helper, path, _ = left_behind
    client.force_login(helper)

    client.get(path)

    assert written_in(client.get(path), "initial_message") == ""


def test_nobody_else_finds_it(client, left_behind):
    helper, path, _ = left_behind
    client.force_login(MemberFactory())

    assert written_in(client.get(path), "initial_message") == ""
    client.force_login(helper)
    assert written_in(client.get(path), "initial_message") != ""


def test_after_a_day_it_is_gone(client, left_behind, monkeypatch):
    helper, path, _ = left_behind
    monkeypatch.setattr(kept_texts, "KEPT_FOR", kept_texts.KEPT_FOR * 0)
    client.force_login(helper)

    assert written_in(client.get(path), "initial_message") == ""


@pytest.mark.parametrize("mark", ["", "made-up", "e30:1abc:forged"])
def test_nothing_is_kept_for_a_form_that_is_not_ours(client, mark):
    help_request = HelpRequestFactory()

    response = client.post(f"/requests/{help_request.pk}/offer/", {"initial_message": "Spam " * 5, "kept_for": mark})

    assert response["Location"].startswith("/sign-in/?next=/requests/")
    assert "Your message is safe" not in words(client.get("/sign-in/"))


def test_secrets_and_floods_are_not_kept(rf):
    member = MemberFactory()
    mark = kept_texts.mark(member, "/requests/new/")

    assert kept_texts.keep(rf.post("/", {"kept_for": mark, "password": "secret"})) is None
    assert kept_texts.keep(rf.post("/", {"kept_for": mark, "title": "x" * 20_000})) is None
    for number in range(9):
        assert kept_texts.keep(rf.post("/", {"kept_for": mark, "title": f"Number {number}"})) == "/requests/new/"
    assert kept_texts.take_back(member, "/requests/new/") == {"title": "Number 8"}


# --- When something is wrong ----------------------------------------------------------------------------------------


def test_an_unknown_address_gets_a_page_with_ways_on(client):
    client.force_login(MemberFactory())

    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert heading(response) == "We cannot find that page"
    is_whole(response)


def test_a_fault_of_ours_gets_a_page_that_asks_the_database_nothing(client, monkeypatch, django_assert_num_queries):
    def broken(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr("carecollective.site.views.render", broken)
    client.raise_request_exception = False

    with django_assert_num_queries(0):
        response = client.get("/help/")

    assert response.status_code == 500
    is_whole(response)


def test_after_a_fault_of_ours_a_text_can_be_sent_once_more(client, monkeypatch):
    help_request = HelpRequestFactory()
    client.force_login(MemberFactory())
    sent = {"initial_message": "I can <b>drive</b> you.", "kept_for": "x"}

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("messaging.services.offer_help", broken)
        client.raise_request_exception = False
        response = client.post(f"/requests/{help_request.pk}/offer/", sent)

    assert response.status_code == 500
    assert "I can <b>drive</b> you." in words(response)
    assert 'name="initial_message" value="I can &lt;b&gt;drive&lt;/b&gt; you."' in response.content.decode()
    assert "Try again" in words(response)
    is_whole(response)


@pytest.mark.parametrize("sent", [{"title": "A ride", "password": "a secret"}, {"login": "somebody"}, {}])
def test_no_other_form_is_offered_again(rf, sent):
    assert what_was_sent({"request": rf.post("/", sent)}) == []


def test_whoever_is_too_fast_is_told_the_time(rf):
    request = rf.get("/home/")
    request.user, request.session = MemberFactory(), {}

    response = answer(request, RateLimited(600))

    assert re.search(r"You can try again at \d+:\d\d [AP]M\.", words(response))


def test_a_form_that_is_far_too_large_gets_a_page_of_its_own(client):
    client.force_login(MemberFactory())

    response = client.post("/requests/new/", "title=" + "x" * 70_000, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 413
    is_whole(response)


def test_a_refused_form_shows_what_was_written(client):
    strict = client.__class__(enforce_csrf_checks=True)
    strict.force_login(MemberFactory())

    response = strict.post("/requests/new/", {"title": "A ride to the clinic", "password": "a secret of mine"})

    assert response.status_code == 403
    assert "A ride to the clinic" in words(response)
    assert "a secret of mine" not in response.content.decode()
    is_whole(response)


def test_every_error_code_of_the_api_is_explained(client):
    body = client.get("/problems").content.decode()

    assert re.findall(r'<tr id="([a-z_]+)">', body) == [
        refusal.code for refusal in sorted(CATALOGUE.values(), key=lambda refusal: (refusal.status, refusal.code))
    ]


# --- Spanish --------------------------------------------------------------------------------------------------------


def test_the_language_is_chosen_in_the_footer_and_stays(client):
    response = client.post("/language/", {"language": "es"}, headers={"referer": "http://testserver/help/"})

    assert response["Location"].endswith("/help/")
    page = client.get("/help/")
    assert '<html lang="es">' in page.content.decode()
    assert heading(page) == "Ayuda con el sitio"


def test_a_browser_that_prefers_spanish_gets_it(client):
    assert heading(client.get("/sign-in/", headers={"accept-language": "es-MX,es;q=0.9"})) == "Iniciar sesión"


def messages_in(catalogue: str) -> dict[tuple[str, str], list[str]]:
    """(context, message) -> its translations, read from the text of a .po file."""
    found = {}
    for block in catalogue.split("\n\n"):
        parts: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                keyword, _, line = line.partition(" ")
            parts[keyword] = parts.get(keyword, "") + ast.literal_eval(line)
        if parts.get("msgid"):
            key = (parts.get("msgctxt", ""), parts["msgid"])
            found[key] = [text for name, text in parts.items() if name.startswith("msgstr")]
    return found


def test_every_sentence_has_its_spanish():
    catalogue = CATALOGUE_FILE.read_text()

    assert "fuzzy" not in catalogue
    assert {key for key, translations in messages_in(catalogue).items() if not all(translations)} == set()


def test_the_compiled_catalogue_is_the_written_one():
    with CATALOGUE_FILE.with_suffix(".mo").open("rb") as compiled:
        read = gettext.GNUTranslations(compiled)._catalog

    written = {}
    for (context, message), translations in messages_in(CATALOGUE_FILE.read_text()).items():
        key = f"{context}\x04{message}" if context else message
        if len(translations) == 1:
            written[key] = translations[0]
        else:
            written |= {(key, number): text for number, text in enumerate(translations)}
    read.pop("")
    assert read == written


def said_in_templates(root):
    sentences = re.compile(r"""{% translate (["'])(.+?)\1""")
    for template in root.rglob("*.html"):
        if not template.is_relative_to(root / "admin"):  # those words are the framework's
            yield from (text for _quote, text in sentences.findall(template.read_text()))


def test_no_sentence_is_missing_from_the_catalogue():
    spoken = set(said_in_templates(settings.BASE_DIR / "templates"))  # the code is asked in test_spanish.py

    # What is missing is collected by: manage.py makemessages -l es --no-obsolete --add-location file -i .venv -i var
    assert spoken - {message for _context, message in messages_in(CATALOGUE_FILE.read_text())} == set()


@pytest.mark.parametrize("path", [*PUBLIC, *OWN])
def test_a_spanish_page_has_no_english_left(client, settings, path):
    settings.COMMUNITY_AREA = "Riverside"
    member = MemberFactory(name="Ñ Ü", town="")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"
    if path in OWN:
        client.force_login(member)

    text = words(client.get(path))

    english = {" the ", " you ", " and ", " with ", " your ", " help ", " messages ", " request "}
    assert {word for word in english if word in f" {text} ".lower()} == set()
