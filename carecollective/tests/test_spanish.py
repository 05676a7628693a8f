"""Who reads Spanish reads no English sentence of ours: asked of the code, of every page as it is drawn, of what forms
and refusals answer, and of what is downloaded. Letters are asked by the tests of what each of them says.
"""

import io
import re
import zipfile
from functools import cache
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.models import Member
from carecollective.ground import refusals
from carecollective.ground.refusals import Refusal
from carecollective.own_data.exports.archive import archive_of
from carecollective.tests.databases import copied_database
from carecollective.tests.drawn import READERS, Page, drawn, tell_the_story
from carecollective.tests.languages import (
    catalogue,
    english_in,
    in_words,
    modules,
    sentences_of,
    texts_of,
    unknown_names,
)
from carecollective.tests.owner import asked_by_the_owner, lay_open, shut
from carecollective.told.mail.models import Choice
from carecollective.told.mail.preferences import Stop
from carecollective.told.notifications.models import News
from carecollective.told.notifications.services import listed, tell_everybody
from helprequests import services as help_requests
from messaging import answers
from messaging import services as messaging
from messaging.reports import services as reports

# --- The code --------------------------------------------------------------------------------------------------------


def test_every_function_of_translation_has_a_name_that_the_extractor_knows():
    found = {str(path): names for path, source in modules() if (names := list(unknown_names(source)))}

    assert found == {}


def test_every_sentence_that_the_code_says_is_in_the_catalogue():
    known = {english for english, _spanish in catalogue()}
    missing = [
        f"{path}:{line}: {sentence}"
        for path, source in modules()
        for line, sentence in sentences_of(source)
        if sentence not in known
    ]

    # What is missing is collected by: manage.py makemessages -l es --no-obsolete --add-location file -i .venv -i var
    assert missing == []


@pytest.mark.parametrize(
    "planted",
    [
        "from django.utils.translation import gettext_lazy as _lazy\nX = _lazy('A sentence that nobody translated')",
        "from django.utils.translation import gettext as say\nX = say('A sentence that nobody translated')",
        "from django.utils.translation import gettext\nsay = gettext\n",
        "from django.utils import translation\nsay = translation.gettext_lazy\n",
    ],
)
def test_a_name_that_the_extractor_does_not_know_is_found(planted):
    assert len(list(unknown_names(planted))) == 1


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("from django.utils.translation import gettext_lazy as _lazy\n_lazy('Nobody')", "Nobody"),
        ("from django.utils import translation\ntranslation.gettext('Nobody')", "Nobody"),
        ("from django.utils.translation import pgettext as p\np('where', 'Nobody')", "Nobody"),
        ("from django.utils.translation import gettext as _\n_(f'For {name}')", None),
    ],
)
def test_what_it_says_is_found_by_whatever_name(planted, found):
    assert [sentence for _line, sentence in sentences_of(planted)] == [found]


# --- Pages -----------------------------------------------------------------------------------------------------------

# The same in both languages.
ALIKE = {"Care Collective", "English Español"}
# A letter to somebody whose language nobody knows yet.
TWO_LANGUAGES = re.compile(r" --- | · Care Collective:")
FEWEST = 3  # words that are the same on the English page and on the Spanish one


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("spanish"):
        tell_the_story()
        yield


@pytest.fixture(scope="module")
def pages(story):
    return drawn() + [page for language, _name in settings.LANGUAGES for page in further(language)]


def further(language):
    """What no link of the story leads to: pages in a state that somebody brings about, and parts of open pages."""
    requester, helper, admin = (Member.objects.get(email=READERS[who]) for who in ("requester", "helper", "admin"))
    with transaction.atomic():
        conversation = offered_and_accepted(requester, helper)
        contacts.change(requester, phone="555 010 0199", place="12 Elm Street")
        report = reports.report(conversation, by=requester, reason="scam")
        news = News.objects.create(title_en="-", body_en="-", title_es="-", body_es="-")
        tell_everybody(news.pk, by=admin)
        told = next(told for told in listed(requester).results if told.news_id)
        here, team = f"/messages/{conversation}/", "/admin/reports/report/"
        stop = Stop(requester.pk, ["offers"], Choice.AT_ONCE).token
        visits = {
            "requester": [
                f"{here}share/?what=phone",
                f"{here}share/?what=place",
                f"{here}copy.txt",
                f"{here}new/",
                "/messages/news/?list=active",
                f"/notifications/{told.pk}/",
                f"/mail/stop/{stop}/",
                "/you/agree/",
            ],
            "nobody": ["/join/check-mail/", "/join/confirm/", "/sign-in/by-link/", "/sign-in/new-password/"],
            "admin": [
                "/admin/components/",
                f"{team}{report.pk}/change/",
                f"{team}{report.pk}/open/",
                f"{team}{report.pk}/decide/",
                f"/admin/notifications/news/{news.pk}/change/",
                f"/admin/threads/{conversation}/",
                "/admin/rollout/messaging-v2/members/",
                f"/admin/rollout/messaging-v2/members/{helper.pk}/",
            ],
        }
        for reader, paths in visits.items():
            client = Client(headers={"accept-language": language})
            client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
            if READERS[reader]:
                client.force_login(Member.objects.get(email=READERS[reader]))
            for path in paths:
                yield Page(reader, language, path, client.get(path, follow=True))
        transaction.set_rollback(True)


def offered_and_accepted(requester, helper):
    asked, _new = help_requests.post(by=requester, title="Un viaje a la clínica", category="other")
    conversation = messaging.offer_help(asked.pk, by=helper, text="Puedo llevarla el jueves.").conversation.pk
    answers.accept(conversation, by=requester)
    return conversation


@pytest.fixture(scope="module")
def content(story):
    """All that members and the team wrote: every text that stands in a table of ours."""
    columns = """
        SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables
            USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type IN ('text', 'character varying')
            AND table_name !~ '^(django|procrastinate|waffle|auth_permission|rollout)'
    """
    written = set()
    with connection.cursor() as cursor:
        for table, column in asked_by_the_owner(columns):
            lay_open(table)
            cursor.execute(f'SELECT DISTINCT "{column}" FROM "{table}"')
            written |= {" ".join(in_words(text)) for (text,) in cursor.fetchall() if text}
            shut(table)
    return f" {' | '.join(sorted(written))} "


@cache
def ours(text, content):
    """What is left of a text without what somebody wrote: "You: …", "Nora, Riverside"."""
    if TWO_LANGUAGES.search(text):
        return ""
    parts = (
        part for part in re.split(r"(?<=[:,·–—]) | (?=[–—])", text) if f" {' '.join(in_words(part))} " not in content
    )
    return "" if f" {' '.join(in_words(text))} " in content else " ".join(parts)


def english_on(body, content):
    return [
        (text, found)
        for language, text in texts_of(body)
        if language == "es" and (found := english_in(ours(text, content)))
    ]


@pytest.mark.thorough
def test_the_story_has_pages_for_every_reader(pages):
    assert {page.reader for page in pages if page.language == "es"} == set(READERS)
    assert len([page for page in pages if page.language == "es"]) > 150
    assert [page.words for page in pages if "¿Compartir su número de teléfono con" in page.words] != []


@pytest.mark.thorough
def test_no_spanish_page_has_an_english_sentence_of_ours(pages, content):
    found = {repr(page): left for page in pages if page.language == "es" if (left := english_on(page.body, content))}

    assert found == {}


@pytest.mark.thorough
def test_no_sentence_is_the_same_on_english_and_on_spanish_pages(pages, content):
    """So also what was never marked for translation is found."""
    english = {text for page in pages if page.language == "en" for _language, text in texts_of(page.body)}
    alike = ALIKE | {text for _english, text in catalogue()}
    hard_coded = {
        text: repr(page)
        for page in pages
        if page.language == "es"
        for language, text in texts_of(page.body)
        if language == "es" and text in english - alike and len(in_words(ours(text, content))) >= FEWEST
    }

    assert hard_coded == {}


# --- What forms answer -----------------------------------------------------------------------------------------------

FORM = re.compile(r"(?s)<form\b([^>]*)>(.*?)</form>")
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
NAMED = re.compile(r'<(?:input|textarea|select)\b[^>]*?\bname="([^"]+)"')
NOT_SENT = ("/language/", "/admin/jsi18n/")


def forms_on(page):
    """(address, what its hidden fields send, the names of its fields) of each form that is posted."""
    for attributes, inside in FORM.findall(page.body):
        if 'method="post"' in attributes:
            action = re.search(r'action="([^"]*)"', attributes)
            hidden = dict(_name_and_value(field) for field in HIDDEN.findall(inside))
            yield urljoin(page.path, action.group(1) if action else page.path), hidden, set(NAMED.findall(inside))


def _name_and_value(field):
    name, value = (re.search(rf'\b{each}="([^"]*)"', field) for each in ("name", "value"))
    return name.group(1) if name else "", value.group(1) if value else ""


def answers_to_forms(pages):
    """Each form sent empty, and with what fits nowhere, as the one who sees it; and undone again."""
    seen = set()
    for page in pages:
        if page.language != "es":
            continue
        for address, hidden, names in forms_on(page):
            key = (page.reader, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|/\d+/", "*", address))
            if key in seen or address.startswith(NOT_SENT):
                continue
            seen.add(key)
            for filling in ("", "?"):
                sent = dict.fromkeys(names - set(hidden), filling) | hidden
                yield f"{address} ({page.reader}, with {filling!r})", _answer(page.reader, address, sent)


def _answer(reader, address, sent):
    client = Client(headers={"accept-language": "es"})
    with transaction.atomic():
        if READERS[reader]:
            client.force_login(Member.objects.get(email=READERS[reader]))
        client.raise_request_exception = False
        response = client.post(address, sent, follow=True)
        transaction.set_rollback(True)
    return response


@pytest.mark.thorough
def test_what_forms_answer_has_no_english_sentence_of_ours(pages, content):
    found, statuses = {}, set()
    for where, response in answers_to_forms(pages):
        statuses.add(response.status_code)
        is_page = response["Content-Type"].startswith("text/html") and not response.streaming
        if is_page and (left := english_on(response.content.decode(), content)):
            found[where] = left

    assert found == {}
    assert {200, 422} <= statuses


# --- Refusals --------------------------------------------------------------------------------------------------------


def every(kind):
    for below in kind.__subclasses__():
        yield below
        yield from every(below)


def test_every_refusal_has_its_spanish_words():
    with translation.override("es"):
        spoken = {refusal.__name__: str(refusal.message) for refusal in every(Refusal) if hasattr(refusal, "message")}

    assert {name: words for name, words in spoken.items() if english_in(words)} == {}
    assert len(spoken) > len(refusals.CATALOGUE)


@pytest.mark.thorough
@pytest.mark.parametrize("address", ["/nowhere/", "/requests/00000000-0000-4000-8000-00000000dead/", "/link/x/y/"])
def test_an_error_page_is_in_spanish(story, content, address):
    client = Client(headers={"accept-language": "es"})
    client.force_login(Member.objects.get(email=READERS["helper"]))

    response = client.get(address)

    assert response.status_code >= 400
    assert english_on(response.content.decode(), content) == []


# --- What is downloaded ----------------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_the_copy_of_ones_data_is_in_spanish(story, content):
    member = Member.objects.get(email=READERS["requester"])

    with zipfile.ZipFile(io.BytesIO(archive_of(member, "es"))) as archive:
        (page,) = [name for name in archive.namelist() if name.endswith(".html")]
        body = archive.read(page).decode()

    assert english_on(body, content) == []


@pytest.mark.thorough
def test_the_table_for_funders_is_in_spanish(story, content):
    client = Client(headers={"accept-language": "es"})
    client.force_login(Member.objects.get(email=READERS["admin"]))

    page = client.get(reverse("team:report-csv")).content.decode()

    assert [line for line in page.splitlines() if english_in(ours(line, content))] == []
