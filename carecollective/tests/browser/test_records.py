"""What was written down, a conversation opened for a reason, and a report: as they are seen, on a phone and a desk."""

import pytest

from carecollective.accounts.models import Member
from carecollective.accounts.tests.team import superuser
from carecollective.audit import services as audit
from carecollective.audit.models import Hand, Kind
from messaging.tests.factories import ConversationFactory

from .test_admin_pages import looks_right

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_teams_records_look_right(visit):
    team = superuser(name="Su Peruser", password="correct horse battery")
    conversation = ConversationFactory()
    for kind in Kind:
        audit.record(
            kind, by=Hand.OPERATOR, subject=conversation.helper_id, about=conversation.pk, codes="none > limited"
        )
    visitor = visit(team)

    for path in ("/admin/audit/entry/", "/admin/audit/entry/?kind=restricted&q=Member", "/admin/audit/entry/?q=nobody"):
        visitor.go(path)
        looks_right(visitor, path)
    page = visitor.go("/admin/audit/entry/?kind=restricted")
    page.locator("#result_list tbody th a").first.click()
    page.wait_for_url("**/change/**")
    page.wait_for_load_state()
    looks_right(visitor, "one entry")
    page = visitor.go(f"/admin/threads/{conversation.pk}/")
    looks_right(visitor, "a closed conversation")
    page.get_by_role("button", name="Open").click()
    page.locator(".error").first.wait_for()
    visitor.errors.clear()  # the 422 of the form that came back
    looks_right(visitor, "a reason is missing")
    page.get_by_role("textbox").fill("The police asked us for it.")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="What was written").wait_for()
    looks_right(visitor, "an opened conversation")


def test_a_report_with_a_block_and_a_paused_account_look_right(visit):
    conversation = ConversationFactory()
    visitor = visit(conversation.requester)
    visitor.go(f"/messages/{conversation.pk}/report/{conversation.pk}/")
    looks_right(visitor, "a report")
    Member.objects.filter(pk=conversation.requester_id).update(restriction="suspended")
    visitor.go("/you/")
    looks_right(visitor, "a paused account")
