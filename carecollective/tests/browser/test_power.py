"""Taking an account over from inside: the five clicks of an administrator, tried as one."""

import pytest
from django.core import mail

from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.accounts.tests.post import deliver, forget_what_waits
from carecollective.accounts.tests.team import again, on_the_team
from carecollective.ground.identity import acting_as_system
from messaging.reports.models import StaffRead
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OWN = "ada.privately@example.org"


def test_the_administrators_five_clicks_fail_at_the_first(visit):
    """Set a member's address to one's own, ask for a new password, sign in, read the thread, put the address back."""
    member = MemberFactory(name="Nora Nelson", email="nora@example.org", password=PASSWORD)
    conversation = ConversationFactory(help_request__user=member)
    administrator = on_the_team("administrators", name="Ada Administrator")
    on_the_team("administrators", email="second@example.org")
    theirs, team = visit(member, width=1280), visit(administrator, width=1280)
    forget_what_waits()

    page = team.go(f"/admin/accounts/member/{member.pk}/address/")
    page.get_by_label("New email address").fill(OWN)
    page.get_by_label("Why?").fill("she cannot reach the old one")
    team.press(page.get_by_role("button", name="Change the address"))

    # The first click changed nothing but that two others know.
    assert "Asked for. It happens once a second person on the team agrees" in page.locator("body").inner_text()
    assert again(member).email == "nora@example.org"
    told = {to: letter for letter in deliver() for to in letter.to}
    assert set(told) >= {"nora@example.org", "second@example.org"}
    assert OWN not in told["nora@example.org"].body

    # Nor does the asker agree alone.
    page = team.go("/admin/grave-acts/")
    assert page.get_by_role("button", name="Agree").count() == 0

    # The second click: no link comes to the new address.
    stranger = visit()
    page = stranger.go("/sign-in/forgot/")
    page.get_by_label("Email").fill(OWN)
    stranger.press(page.get_by_role("button", name="Email me a link"))
    deliver()
    assert [letter for letter in mail.outbox if OWN in letter.to] == []

    # The member goes on as before, reads of it, and stops it.
    page = theirs.go(f"/messages/{conversation.pk}/")
    assert FIRST_WORDS in page.locator("main").inner_text()
    page = theirs.go("/you/privacy/")
    theirs.press(page.get_by_role("button", name="This is not right"))
    assert "All administrators were told." in page.locator("body").inner_text()
    assert theirs.violations() == []
    with acting_as_system("a test looks"):
        assert not StaffRead.objects.exists()
