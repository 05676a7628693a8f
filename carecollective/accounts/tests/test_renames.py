"""A member who changes their name is shown to the team, with whom the new one looks like, until somebody has looked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts import profile, renames
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied
from carecollective.tests.pages import words
from carecollective.tests.sql import refused

pytestmark = pytest.mark.django_db
PAGE = "/admin/renames/"


def rename(member, name):
    profile.change_details(member, name=name, town=member.town, phone="", place="")
    return member


@pytest.fixture
def moderator():
    return on_the_team("moderators", name="Mo Marsh")


def listed(by):
    return renames.listed(by=by)


def test_a_changed_name_is_shown_from_what_to_what(moderator):
    member = rename(MemberFactory(name="Nora Nelson"), "Nora Newman")

    (one,) = listed(moderator)

    assert (one.member, one.changed, one.looks_like) == (member, "Nora Nelson → Nora Newman", [])
    page = words(browser_of(moderator).get(PAGE))
    assert "Nora Nelson → Nora Newman" in page


def test_another_town_and_a_name_before_one_is_let_in_are_no_change_of_name(moderator):
    member = MemberFactory(name="Nora Nelson", town="Fairview")
    profile.change_details(member, name="Nora Nelson", town="Millville", phone="", place="")
    rename(MemberFactory(pending=True, name="Pia Pending"), "Pia Patient")

    assert listed(moderator) == []


LOOKS = [
    ("Mo Marsh", "Mo Marsh"),
    ("Мо Marsh", "Mo Marsh"),  # two letters are Cyrillic
    ("Mo M.", "Mo Marsh"),  # as others see the name
    ("Mo Mills", "Mo Marsh"),  # likewise
    ("nora  NÉLSON", "Nora Nelson"),
    ("Nоra Nelson", "Nora Nelson"),  # the o is Cyrillic
]


@pytest.mark.one_of_each
@pytest.mark.parametrize(("name", "like"), LOOKS)
def test_whom_it_looks_like_is_said(name, like, moderator):
    MemberFactory(name="Nora Nelson")
    rename(MemberFactory(name="Before That"), name)

    (one,) = listed(moderator)

    assert [other.name for other in one.looks_like] == [like]
    said = "Looks like the name of someone on the team" if like == "Mo Marsh" else "Looks like another member’s name"
    assert f"{said}: {like}" in words(browser_of(moderator).get(PAGE))


@pytest.mark.parametrize("name", ["Mona Marsh", "Nora Nilsson", "Before Thus"])
def test_a_name_of_ones_own_looks_like_nobody(name, moderator):
    MemberFactory(name="Nora Nelson")
    rename(MemberFactory(name="Before That"), name)

    assert listed(moderator)[0].looks_like == []


def test_two_changes_are_one_line_and_the_last_one(moderator):
    rename(rename(MemberFactory(name="Nora Nelson"), "Nora Newman"), "Nora North")

    assert [one.changed for one in listed(moderator)] == ["Nora Newman → Nora North"]


def test_once_somebody_has_looked_it_waits_no_more_until_the_next_change(moderator):
    member = rename(MemberFactory(name="Nora Nelson"), "Nora Newman")
    (one,) = listed(moderator)

    answer = browser_of(moderator).post(f"{PAGE}{one.id}/looked-at/", follow=True)

    assert "Nobody’s changed name waits to be looked at." in words(answer)
    rename(member, "Nora North")
    assert len(listed(moderator)) == 1


def test_what_changed_again_after_the_page_was_drawn_still_waits(moderator):
    member = rename(MemberFactory(name="Nora Nelson"), "Nora Newman")
    (drawn,) = listed(moderator)
    rename(member, "Admiral North")

    with pytest.raises(InvalidTransition):
        renames.look_at(drawn.id, by=moderator)

    assert len(listed(moderator)) == 1


def test_nobody_looks_at_their_own(moderator):
    rename(moderator, "Mo Miller")
    (own,) = listed(moderator)

    with pytest.raises(PermissionDenied):
        renames.look_at(own.id, by=moderator)
    with refused():
        audit.record(Kind.RENAME_SEEN, by=moderator, subject=moderator.pk, about=own.id)
    assert "looked-at" not in browser_of(moderator).get(PAGE).content.decode()

    renames.look_at(own.id, by=on_the_team("coordinators"))
    assert listed(moderator) == []


def test_it_is_for_the_team_alone():
    member = rename(MemberFactory(name="Nora Nelson"), "Nora Newman")
    (one,) = listed(on_the_team("coordinators"))

    with pytest.raises(PermissionDenied):
        renames.look_at(one.id, by=MemberFactory())
    with pytest.raises(NotFound):
        renames.look_at(member.pk, by=on_the_team("coordinators"))
    assert browser_of(MemberFactory()).get(PAGE).status_code == 403


def test_looking_at_the_page_or_an_address_changes_nothing(moderator):
    rename(MemberFactory(name="Nora Nelson"), "Nora Newman")
    (one,) = listed(moderator)

    browser_of(moderator).get(f"{PAGE}{one.id}/looked-at/")

    assert len(listed(moderator)) == 1


def test_whoever_has_left_is_not_shown(moderator):
    member = rename(MemberFactory(name="Nora Nelson"), "Nora Newman")
    member.delete()

    assert listed(moderator) == []


def test_the_page_asks_as_often_for_three_as_for_one(moderator):
    client = browser_of(moderator)

    def asked():
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    rename(MemberFactory(name="Nora Nelson"), "Nora Newman")
    asked()
    with_one = asked()
    for name in ("Nora North", "Nora Nash"):
        rename(MemberFactory(name="Nora Nelson"), name)

    assert asked() == with_one
