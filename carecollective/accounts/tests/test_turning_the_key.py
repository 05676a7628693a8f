"""SECRET_KEY is turned over, the old one beside it for a while: nobody notices."""

import pytest
from django.conf import settings as real

from carecollective.accounts import links
from carecollective.ground import cursors
from carecollective.ground.refusals import InvalidCursor
from carecollective.told.mail.models import Choice
from carecollective.told.mail.preferences import Stop, read_stop

from .factories import PASSWORD, MemberFactory
from .team import browser_of

pytestmark = pytest.mark.django_db
EVERY_LINK = list(links.BY_NAME.values())


@pytest.fixture
def turn(settings):
    def turn(*, keep_the_old):
        old = [real.SECRET_KEY] if keep_the_old else []
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key, long enough by far, of today", old

    return turn


def token_of(link, member):
    return link.address(member).rstrip("/").rpartition("/")[2]


@pytest.mark.parametrize("link", EVERY_LINK, ids=lambda link: link.name)
@pytest.mark.parametrize("keep", [True, False])
def test_a_link_in_a_mail_leads_where_it_led_as_long_as_its_key_is_kept(link, keep, turn):
    member = MemberFactory()
    token = token_of(link, member)

    turn(keep_the_old=keep)

    assert link.read(token) == ((member, "") if keep else None)
    assert link.read(token_of(link, member)) == (member, "")


def test_a_link_that_was_used_up_stays_so(turn):
    member = MemberFactory()
    token = token_of(links.PASSWORD, member)
    member.set_password("another-password-2026")
    member.save()

    turn(keep_the_old=True)

    assert links.PASSWORD.read(token) is None


@pytest.mark.parametrize("keep", [True, False])
def test_whoever_is_signed_in_stays_so_and_is_signed_anew(keep, turn, settings):
    browser = browser_of(MemberFactory(password=PASSWORD))
    assert browser.get("/you/").status_code == 200

    turn(keep_the_old=keep)
    assert browser.get("/you/").status_code == (200 if keep else 302)

    settings.SECRET_KEY_FALLBACKS = []  # a month later
    assert browser.get("/you/").status_code == (200 if keep else 302)


def test_an_old_mail_can_still_be_answered_with_no_more(turn):
    stop = Stop(MemberFactory().pk, ["messages"], next(iter(Choice)))
    token = stop.token

    turn(keep_the_old=True)

    assert read_stop(token) == stop


def test_a_page_marker_goes_on(turn):
    marker = cursors.write(["a place"], of="inbox")

    turn(keep_the_old=True)
    assert cursors.read(marker, of="inbox") == ["a place"]
    turn(keep_the_old=False)
    with pytest.raises(InvalidCursor):
        cursors.read("x" + marker, of="inbox")
