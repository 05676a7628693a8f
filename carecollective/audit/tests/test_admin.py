"""The team finds what was written down: by kind, by member and by day, each group what is its work."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Hand, Kind
from carecollective.ground.identity import acting_as_system
from carecollective.tests.pages import words

pytestmark = pytest.mark.django_db

LIST = "/admin/audit/entry/"


@pytest.fixture
def administrator():
    return browser_of(on_the_team("administrators", name="Ada Administrator"))


def listed(client, query=""):
    """The kinds on the page, without those of the team's own roles, which its factory makes."""
    answer = client.get(LIST + query)
    assert answer.status_code == 200
    return [row.kind for row in answer.context["cl"].result_list if row.kind != Kind.ROLES_CHANGED]


def test_the_newest_stands_first_with_names(administrator):
    member = MemberFactory(name="Nora Nelson")
    audit.record(Kind.WARNED, by=on_the_team("moderators", name="Mo Moderator"), subject=member.pk)
    audit.record(Kind.RESTRICTION_ENDED, by=Hand.CLOCK, subject=member.pk, codes="limited > none")

    assert listed(administrator) == ["restriction_ended", "warned"]
    text = words(administrator.get(LIST))
    for expected in ("Nora Nelson", "Mo Moderator", "The clock", "Warning given", "limited → none"):
        assert expected in text


@pytest.mark.one_of_each
@pytest.mark.parametrize("search", ["Nora", "nora@example", "{id}", " NORA "])
def test_a_member_is_found_by_name_address_and_id_on_either_side(administrator, search):
    nora = MemberFactory(name="Nora Nelson", email="nora@example.org")
    audit.record(Kind.WARNED, by=Hand.OPERATOR, subject=nora.pk)
    audit.record(Kind.WARNING_READ, by=nora)
    audit.record(Kind.APPROVED, by=Hand.OPERATOR, subject=MemberFactory().pk)

    assert listed(administrator, f"?q={search.format(id=nora.pk)}") == ["warning_read", "warned"]


def test_what_an_entry_is_about_is_found_by_its_id(administrator):
    about = MemberFactory().pk
    audit.record(Kind.THREAD_OPENED, by=MemberFactory(), about=about)
    audit.record(Kind.THREAD_OPENED, by=MemberFactory())

    assert listed(administrator, f"?q={about}") == ["thread_opened"]
    assert listed(administrator, "?q=nobody-of-this-name") == []


def test_kinds_and_days_narrow_it_down(administrator):
    audit.record(Kind.WARNED, by=Hand.OPERATOR)
    audit.record(Kind.EXPORTED, by=Hand.OPERATOR)

    assert listed(administrator, "?kind=exported") == ["exported"]
    assert listed(administrator, "?at__year=2001") == []
    assert listed(administrator, "?kind=no-such-kind") == []


def test_moderators_see_what_belongs_to_their_work():
    for kind in Kind:
        audit.record(kind, by=Hand.OPERATOR)
    moderator = browser_of(on_the_team("moderators"))

    seen = listed(moderator)

    assert set(seen) == {
        "restricted", "restriction_ended", "warned", "warning_read", "report_opened", "report_decided",
        "thread_opened", "impersonation",
    }  # fmt: skip
    assert listed(moderator, "?kind=sign_in_failed") == []
    with acting_as_system("a test looks"):
        hidden = Entry.objects.get(kind=Kind.EXPORTED)
    assert moderator.get(f"{LIST}{hidden.pk}/change/").status_code == 302  # as for an id that there is none of


def test_one_entry_has_a_page_and_nothing_on_it_can_be_changed(administrator):
    audit.record(Kind.WARNED, by=Hand.OPERATOR, codes="a code")
    with acting_as_system("a test looks"):
        entry = Entry.objects.get(kind=Kind.WARNED)
    page = f"{LIST}{entry.pk}/change/"

    shown = administrator.get(page)

    assert "a code" in words(shown)
    assert "An operator, at the server" in words(shown)
    assert b'name="_save"' not in shown.content
    assert administrator.post(page, {"codes": "another"}).status_code == 403
    assert administrator.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert administrator.get(f"{LIST}add/").status_code == 403
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("group", ["coordinators", ""])
def test_it_is_no_page_of_others(group):
    someone = on_the_team(group) if group else MemberFactory()

    assert browser_of(someone).get(LIST).status_code == 403


def test_who_is_deleted_is_still_there_by_their_id(administrator):
    member = MemberFactory()
    audit.record(Kind.WARNING_READ, by=member, subject=member.pk)
    gone = member.pk
    member.delete()

    assert str(gone) in words(administrator.get(LIST))


def test_the_list_asks_as_often_for_three_as_for_one(administrator):
    def queries():
        with CaptureQueriesContext(connection) as seen:
            administrator.get(LIST)
        return len(seen)

    audit.record(Kind.WARNING_READ, by=MemberFactory(), subject=MemberFactory().pk)
    queries()  # what a process remembers
    with_one = queries()
    for _ in range(2):
        audit.record(Kind.WARNING_READ, by=MemberFactory(), subject=MemberFactory().pk)

    assert queries() == with_one


def test_no_filter_in_the_address_asks_for_more(administrator):
    assert administrator.get(f"{LIST}?actor__password__startswith=m").status_code == 400
