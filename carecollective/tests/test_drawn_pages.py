"""What holds for every page, as it is drawn: asked of the pages themselves, so that no template is forgotten."""

import re
from collections import defaultdict
from html import unescape

import pytest
from django.conf import settings
from django.core import mail as posted

from carecollective.tests.databases import copied_database
from carecollective.tests.drawn import Page, drawn, parsed, tell_the_story
from carecollective.tests.html import unknown

pytestmark = pytest.mark.thorough

NAMES = ["name", "other", "who", "helper", "requester", "shown_name", "reviewer", "by", "team_member"]
CATALOGUE = settings.BASE_DIR / "locale/es/LC_MESSAGES/django.po"
INNARDS = re.compile(r"object at 0x|DatabaseDefault|&lt;\w+ object|django\.db\.|gettext_lazy|\bTraceback\b|__proxy__")


@pytest.fixture(scope="module")
def pages(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), copied_database("drawn"):
        tell_the_story()
        yield drawn()


def found_in(pages, what):
    return {repr(page): found for page in pages if (found := what(page))}


def test_the_story_leads_to_pages_of_every_kind(pages):
    paths = {page.path for page in pages}

    assert len(pages) > 300
    assert {page.language for page in pages if page.reader == "admin"} == {"en", "es"}
    for wanted in ("/messages/", "/requests/new/", "/you/", "/admin/accounts/member/add/", "/admin/applications/"):
        assert wanted in paths


def test_html_knows_every_attribute(pages):
    assert found_in(pages, lambda page: sorted(set(unknown(page.tags)))) == {}


def test_an_attribute_that_html_does_not_know_is_found():
    tags = parsed('<input type="radio" hint="A walk"><p data-x="" aria-label="y" lang="es"><a href="/" for="z">').tags

    assert unknown(tags) == ["input hint", "a for"]


def test_no_sentence_ends_twice(pages):
    assert found_in(pages, lambda page: re.findall(r".{0,30}\w\.\.(?!\.)", page.words)) == {}


def test_no_page_shows_what_python_calls_a_thing(pages):
    assert found_in(pages, lambda page: INNARDS.findall(page.body)) == {}


def nones(page):
    """Where Python's word for nothing stands as a value. A member's restriction is really called so."""
    body = re.sub(r'(?s)(field-restriction">(?:(?!field-).)*?)None', r"\1", page.body)
    return re.findall(r'\bvalue="None"|<(?:div|td|th|dd|p|span|textarea)\b[^>]*>\s*None\s*</', body)


def test_no_value_is_none(pages):
    assert found_in(pages, nones) == {}


def options(page):
    """{(where, name): addresses} of the choices that stand together: filters, tabs, menus."""
    together = re.findall(r"(?s)<(nav|details|ul)\b[^>]*>((?:(?!<(?:nav|details|ul)\b).)*?)</\1>", page.body)
    for _tag, inside in together:
        leads = defaultdict(set)
        for address, name in re.findall(r'(?s)<a\b[^>]*?href="([^"#]*)[^"]*"[^>]*>(.*?)</a>', inside):
            leads[" ".join(unescape(re.sub(r"<[^>]+>", " ", name)).split())].add(unescape(address))
        yield from ((name, sorted(addresses)) for name, addresses in leads.items() if name and len(addresses) > 1)


def test_no_two_choices_of_one_name_lead_to_different_things(pages):
    assert found_in(pages, lambda page: list(options(page))) == {}


def fields(page):
    """Labels that two fields of one form share. What stands in a fieldset has the fieldset's name before its own."""
    for form in re.findall(r"(?s)<form\b.*?</form>", re.sub(r"(?s)<fieldset\b.*?</fieldset>", "", page.body)):
        labelled = defaultdict(set)
        for target, name in re.findall(r'(?s)<label\b[^>]*\bfor="([^"]+)"[^>]*>(.*?)</label>', form):
            label = " ".join(unescape(re.sub(r"<[^>]+>", " ", name)).split())
            labelled[label].add(re.sub(r"_\d+$", "", target))
        yield from (name for name, targets in labelled.items() if name and len(targets) > 1)


def test_no_two_fields_of_a_form_have_one_name(pages):
    assert found_in(pages, lambda page: list(fields(page))) == {}


def test_two_filters_of_one_name_are_found():
    class Answer:
        content = (
            b'<ul><li><a href="?status=a">Closed</a></li><li><a href="?status=b">Closed</a></li></ul>'
            b'<form><label for="id_a">When</label><label for="id_b">When</label></form>'
        )

    page = Page("somebody", "en", "/", Answer)

    assert list(options(page)) == [("Closed", ["?status=a", "?status=b"])]
    assert list(fields(page)) == ["When"]


# --- Sentences that no page of the story happens to draw --------------------------------------------------------------


def sentences():
    """Each in English and in Spanish, as the catalogue has it, without marks and isolates."""
    text = CATALOGUE.read_text()
    for entry in text.split("\n\n"):
        for quoted in re.findall(r'^(?:msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:"[^\n]*"\n?)+)', entry, re.MULTILINE):
            yield re.sub(r"<[^>]+>|[\u2066-\u2069]", "", "".join(re.findall(r'"(.*)"', quoted)))


def test_no_sentence_ends_with_a_name():
    """Members are called by first name and initial: "We told Nora N." would end twice."""
    ends = re.compile(r"%\((?:" + "|".join(NAMES) + r")\)s\.")
    spoken = list(sentences())

    assert len(spoken) > 1000
    assert [one for one in spoken if ends.search(one)] == []


def test_no_mail_of_the_story_ends_a_sentence_twice(pages):
    assert [letter.body for letter in posted.outbox if re.search(r"\w\.\.(?!\.)", letter.body)] == []
