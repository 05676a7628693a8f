"""The page that shows every part of members' pages: the team's, and complete."""

import re
from pathlib import Path

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.templatetags.page_parts import ICONS, STATES
from carecollective.tests.test_site_pages import is_whole

pytestmark = pytest.mark.django_db

COMPONENTS = "/admin/components/"
STYLESHEET = Path(__file__).resolve().parents[1] / "static" / "carecollective" / "app.css"
# Parts of parts that scripts put there, or that stand on one page alone.
ELSEWHERE = {
    *("answers-wanted", "arrivals", "article", "composer", "filters", "finding", "is-over", "narrowing"),
    *("only-narrow", "search-row"),
}


@pytest.fixture
def shown(client):
    client.force_login(on_the_team("coordinators"))
    return client.get(COMPONENTS)


def test_it_is_for_the_team(client, shown):
    client.force_login(MemberFactory())
    member = client.get(COMPONENTS)
    client.logout()

    assert (shown.status_code, member.status_code, client.get(COMPONENTS).status_code) == (200, 403, 302)
    is_whole(shown)


def test_no_page_of_members_leads_there(client):
    client.force_login(MemberFactory())

    assert COMPONENTS not in client.get("/home/").content.decode() + client.get("/you/").content.decode()


def test_it_shows_every_state_and_every_icon(shown):
    body = shown.content.decode()

    words = {str(label) for states in STATES.values() for label, _icon, _tone in states.values()}
    assert {word for word in words if f"</svg>{word}</span>" not in body} == set()
    assert {name for name, drawing in ICONS.items() if drawing not in body} == set()


def test_it_shows_every_part_that_the_stylesheet_knows(shown):
    parts = "".join(re.findall(r"(?ms)^@layer parts \{$(.*?)^\}$", STYLESHEET.read_text()))
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"(?s)/\*.*?\*/", "", parts))
    known = set(re.findall(r"\.([a-z][\w-]*)", " ".join(selectors)))
    drawn = set(" ".join(re.findall(r'class="([^"]*)"', shown.content.decode())).split())

    assert known - drawn - ELSEWHERE == set()
