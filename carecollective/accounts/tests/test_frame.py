"""What stands around a page is drawn once for many readers, and shows each of them what is theirs alone."""

import re

import pytest
from django.test import Client

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.web import moulds
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db
HOME, INBOX, SIGN_IN = "/home/", "/messages/", "/sign-in/"


@pytest.fixture
def readers():
    """One reads English and has three unread conversations; one reads Spanish, in the dark, and has none."""
    moulds._mould.cache_clear()
    ann, ben = MemberFactory(language="en"), MemberFactory(language="es", theme="dark", text_size="large")
    for _ in range(3):
        ConversationFactory(help_request__user=ann)
    return ann, ben


def around(member, path=HOME):
    """Everything but the page itself; whoever comes without a member is a guest."""
    browser = Client()
    if member:
        browser.force_login(member)
    before, _, rest = browser.get(path).content.decode().partition("<main")
    return before + rest.partition("</main>")[2]


def test_two_readers_in_turns_each_see_their_own_counts_language_and_look(readers):
    ann, ben = readers
    first, second, third, fourth = (around(member) for member in (ann, ben, ann, ben))

    for page, other, count, words, theme in (
        (first, ben, "3", "Find requests", "light dark"),
        (third, ben, "3", "Find requests", "light dark"),
        (second, ann, None, "Ver solicitudes", "dark"),
        (fourth, ann, None, "Ver solicitudes", "dark"),
    ):
        assert counted(page) == count
        assert (words in page, f'name="color-scheme" content="{theme}"' in page) == (True, True)
        assert str(other.pk) not in page


def counted(page):
    found = re.search(r'id="messages-count">.*?class="pill"[^>]*>(\d+)<', page)
    return found and found[1]


def test_nobodys_token_stands_in_the_page_of_another(readers):
    tokens = [set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', around(member))) for member in readers]

    assert (len(tokens[0]), len(tokens[1])) == (1, 1)
    assert tokens[0].isdisjoint(tokens[1])


def test_a_guest_after_a_member_gets_a_guests_page(readers):
    ann, _ = readers
    around(ann, HOME)
    page = around(None, SIGN_IN)

    assert ('id="live"' in page, "messages-count" in page, "live.js" in page, str(ann.pk) in page) == (False,) * 4
    assert f'href="{SIGN_IN}" aria-current="page"' in page


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("path", "marked"),
    [
        (INBOX, [f'{INBOX}" aria-current="page"']),
        ("/requests/", ['/requests/" aria-current="page"']),
        ("/requests/new/", ['/requests/new/" aria-current="page"']),
        ("/you/settings/", ['/you/" aria-current="true"']),
        (HOME, []),
    ],
)
def test_the_header_marks_where_one_is(readers, path, marked):
    ann, _ = readers
    around(ann, INBOX)  # what was drawn for another page
    header = around(ann, path)

    assert re.findall(r'href="([^"]+" aria-current="\w+")', header) == marked


def test_the_community_may_change_its_name(readers, settings):
    ann, _ = readers
    around(ann)
    settings.COMMUNITY_NAME, settings.EMERGENCY_NUMBER = "Rio & Sons", "112"
    page = around(ann)

    assert ("<span>Rio &amp; Sons</span>" in page, "112" in page, "Care Collective" in page) == (True, True, False)


def test_a_page_that_was_signed_out_leads_back_to_where_it_was(readers):
    ann, _ = readers
    around(ann, HOME)

    assert f'href="{SIGN_IN}?next={INBOX}"' in around(ann, INBOX)
    assert f'data-news="{HOME}"' in around(ann, HOME)
