"""A request is closed by whoever ranks above its owner, and not by whoever reported what its owner wrote about it.
Administrators close each other's with a second one.
"""

import pytest

from carecollective.accounts import four_eyes
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team, superuser
from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Kind
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import PermissionDenied
from carecollective.tests.pages import words
from carecollective.tests.sql import refused
from helprequests import closing
from helprequests.tests.factories import HelpRequestFactory
from messaging.reports import services as reports
from messaging.tests.factories import ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db
WHY = "It was posted twice, word for word"
MAKE = {
    "member": MemberFactory,
    "coordinator": lambda: on_the_team("coordinators"),
    "moderator": lambda: on_the_team("moderators"),
    "administrator": lambda: on_the_team("administrators"),
    "superuser": superuser,
}
# Whose request each may close alone, by hand.
CLOSES = {
    "coordinator": ["member"],
    "moderator": ["member", "coordinator"],
    "administrator": ["member", "coordinator", "moderator"],
    "superuser": ["member", "coordinator", "moderator", "administrator"],
}
ALLOWED = [(by, on) for by, below in CLOSES.items() for on in below]
REFUSED = [(by, on) for by, below in CLOSES.items() for on in MAKE if on not in below]
# Who asks, and a second one agrees.
WITH_A_SECOND = [("administrator", "administrator")]
ABOVE = "Their rank on the team is not below yours."
REPORTED = "You reported what was written about this request, so someone else on the team has to close it."


def close(help_request, by):
    return closing.close(help_request.pk, by=by, reason=WHY)


def close_by_page(help_request, by):
    address = "/admin/helprequests/helprequest/grave/close/"
    return browser_of(by).post(address, {"id": str(help_request.pk), "reason": WHY}, follow=True)


def offered(help_request, by):
    page = browser_of(by).get(f"/admin/helprequests/helprequest/{help_request.pk}/change/")
    return [str(label) for _address, label in page.context["grave_acts"]]


@pytest.mark.one_of_each
@pytest.mark.parametrize(("by", "on"), ALLOWED)
def test_a_higher_rank_closes(by, on):
    assert close(HelpRequestFactory(user=MAKE[on]()), MAKE[by]()).status == "closed"


@pytest.mark.one_of_each
@pytest.mark.parametrize(("by", "on"), [pair for pair in REFUSED if pair not in WITH_A_SECOND])
def test_no_verb_closes_the_request_of_an_equal_or_a_higher_rank(by, on):
    help_request = HelpRequestFactory(user=MAKE[on]())

    with pytest.raises(PermissionDenied, match="permission_denied"):
        close(help_request, MAKE[by]())

    help_request.refresh_from_db()
    assert help_request.status == "open"


@pytest.mark.parametrize(("by", "on"), REFUSED)
def test_the_database_writes_down_no_such_closing_so_none_is_done(by, on):
    help_request = HelpRequestFactory(user=MAKE[on]())

    with refused():
        audit.record(Kind.REQUEST_CLOSED, by=MAKE[by](), subject=help_request.user_id, about=help_request.pk)


def test_nobody_closes_their_own_as_the_team():
    administrator = superuser()
    help_request = HelpRequestFactory(user=administrator)

    with pytest.raises(PermissionDenied):
        close(help_request, administrator)
    with refused():
        audit.record(Kind.REQUEST_CLOSED, by=administrator, subject=administrator.pk, about=help_request.pk)


def test_the_page_of_an_equal_offers_no_closing_and_a_post_by_hand_is_refused():
    help_request, moderator = HelpRequestFactory(user=on_the_team("moderators")), on_the_team("moderators")

    assert offered(help_request, moderator) == []
    assert ABOVE in words(close_by_page(help_request, moderator))
    assert offered(help_request, on_the_team("administrators")) == ["Close the request"]


# --- Administrators among each other ----------------------------------------------------------------------------------


@pytest.fixture
def asked():
    """An administrator's request that another one wants to close, and who asked."""
    asker, help_request = on_the_team("administrators"), HelpRequestFactory(user=on_the_team("administrators"))
    return close(help_request, asker), help_request, asker


def status_of(help_request):
    help_request.refresh_from_db()
    return help_request.status


def test_an_administrators_request_closes_once_a_second_one_agrees(asked):
    act, help_request, asker = asked
    assert (act.status, status_of(help_request)) == ("waiting", "open")

    four_eyes.agree(act.pk, by=on_the_team("administrators"))

    assert status_of(help_request) == "closed"
    with acting_as_system("a test looks"):
        (entry,) = Entry.objects.filter(kind=Kind.REQUEST_CLOSED)
    assert (entry.actor_id, entry.subject_id, entry.about_id) == (asker.pk, help_request.user_id, help_request.pk)


@pytest.mark.one_of_each
@pytest.mark.parametrize("who", ["whoever asked", "its owner", "a moderator"])
def test_nobody_else_agrees_to_it(asked, who):
    act, help_request, asker = asked
    by = {"whoever asked": asker, "its owner": help_request.user}.get(who) or on_the_team("moderators")

    with pytest.raises(PermissionDenied):
        four_eyes.agree(act.pk, by=by)

    assert status_of(help_request) == "open"


def test_whoever_reported_its_owner_does_not_agree_to_it_either(asked):
    act, help_request, _asker = asked
    reporter = on_the_team("administrators")
    conversation = ConversationFactory(help_request=help_request, helper=reporter)
    message = MessageFactory(conversation=conversation, sender=help_request.user)
    reports.report(message.pk, by=reporter, reason="harassment")

    with pytest.raises(PermissionDenied, match="permission_denied"):
        four_eyes.agree(act.pk, by=reporter)

    assert status_of(help_request) == "open"


def test_what_was_agreed_closes_no_other_request(asked):
    act, help_request, asker = asked
    other = HelpRequestFactory(user=help_request.user)
    four_eyes.agree(act.pk, by=on_the_team("administrators"))

    with refused():
        audit.record(Kind.REQUEST_CLOSED, by=asker, subject=other.user_id, about=other.pk)


def test_the_page_says_that_it_waits():
    other = HelpRequestFactory(user=on_the_team("administrators"))
    administrator = on_the_team("administrators")

    said = words(close_by_page(other, administrator))

    assert "Asked for. It happens once a second person on the team agrees" in said
    assert status_of(other) == "open"
    assert f"/admin/helprequests/helprequest/{other.pk}/change/" in (
        browser_of(on_the_team("administrators")).get("/admin/grave-acts/").content.decode()
    )


# --- What they reported themselves ------------------------------------------------------------------------------------


@pytest.fixture
def reported():
    """A moderator, and a request whose owner they have reported for what was written about it."""
    moderator, help_request = on_the_team("moderators"), HelpRequestFactory()
    conversation = ConversationFactory(help_request=help_request, helper=moderator)
    message = MessageFactory(conversation=conversation, sender=help_request.user)
    reports.report(message.pk, by=moderator, reason="harassment")
    return help_request, moderator


def test_whoever_reported_its_owner_does_not_close_it(reported):
    help_request, moderator = reported

    with pytest.raises(PermissionDenied):
        close(help_request, moderator)
    assert REPORTED in words(close_by_page(help_request, moderator))

    help_request.refresh_from_db()
    assert help_request.status == "open"
    assert close(help_request, on_the_team("moderators")).status == "closed"


def test_the_database_writes_down_no_closing_of_what_one_reported(reported):
    help_request, moderator = reported
    act = {"subject": help_request.user_id, "about": help_request.pk}

    with refused():
        audit.record(Kind.REQUEST_CLOSED, by=moderator, **act)
    audit.record(Kind.REQUEST_CLOSED, by=on_the_team("moderators"), **act)


def test_another_request_of_the_same_owner_is_another_matter(reported):
    help_request, moderator = reported

    assert close(HelpRequestFactory(user=help_request.user), moderator).status == "closed"
