"""The team tries from inside what power must not be able to do, in a browser: to rank, record, judge and let in."""

import pytest

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import PASSWORD
from carecollective.accounts.tests.team import again, on_the_team
from carecollective.audit.models import Entry
from carecollective.ground.identity import acting_as_system
from messaging.reports import services as reports
from messaging.reports.models import Report, StaffRead
from messaging.tests.factories import ConversationFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WHY = "because a test wants it"


def never_opened():
    with acting_as_system("a test looks"):
        return not StaffRead.objects.exists()


def post(page, address, **sent):
    """As a form of that page would send it."""
    token = page.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
    return page.request.post(
        address, form={"csrfmiddlewaretoken": token, **sent}, headers={"Referer": page.url}, max_redirects=0
    )


def test_a_moderator_does_not_raise_their_own_rank(visit):
    moderator = on_the_team("moderators", name="Mo Moderator")
    page = visit(moderator, width=1280).go("/admin/")
    here = f"/admin/accounts/member/{moderator.pk}/"

    assert page.request.get(f"{here}roles/").status == 403
    assert post(page, f"{here}roles/", groups="administrators", is_superuser="on", reason=WHY).status == 403
    post(page, f"{here}change/", is_superuser="on", is_staff="on", groups="1", name="Mo Moderator")

    after = again(moderator)
    assert (after.is_superuser, [group.name for group in after.groups.all()]) == (False, ["moderators"])


def test_nobody_edits_the_audit_log(visit):
    administrator = on_the_team("administrators")
    visitor = visit(administrator, width=1280)
    with acting_as_system("a test looks"):
        entry = Entry.objects.values().order_by("pk").first()
    here = f"/admin/audit/entry/{entry['id']}/"

    page = visitor.go(f"{here}change/")
    assert page.locator("#content input:not([type=hidden]), #content textarea, #content select").count() == 0
    for address in (f"{here}change/", f"{here}delete/", "/admin/audit/entry/add/", "/admin/audit/entry/"):
        answer = post(page, address, codes="nothing", action="delete_selected", _selected_action=str(entry["id"]))
        assert answer.status in (403, 404, 405)

    with acting_as_system("a test looks"):
        assert Entry.objects.values().get(pk=entry["id"]) == entry


def test_a_moderator_judges_neither_their_own_report_nor_its_writer(visit):
    moderator, other = on_the_team("moderators", name="Mo Moderator"), on_the_team("moderators", name="Zoe Zeller")
    conversation = ConversationFactory(help_request__user=moderator)
    report, writer = reports.report(conversation.pk, by=moderator, reason="scam"), conversation.helper
    visitor = visit(moderator, width=1280)

    page = visitor.go(f"/admin/reports/report/{report.pk}/change/")
    assert "Ask Zoe Zeller." in page.locator("body").inner_text()
    assert page.get_by_role("button", name="Open").count() == 0
    visitor.press(page.locator(f"a[href*='{writer.pk}']").first)
    assert "Ask Zoe Zeller." in page.locator("body").inner_text()
    assert page.locator(".acts button, .acts a").count() == 0
    assert visitor.violations() == []
    post(page, f"/admin/reports/report/{report.pk}/open/", reason=WHY)
    post(page, f"/admin/reports/report/{report.pk}/decide/", decision="ban", reason=WHY)
    post(page, "/admin/accounts/member/grave/ban/", id=str(writer.pk), reason=WHY)

    with acting_as_system("a test looks"):
        assert Report.objects.get(pk=report.pk).status == "pending"
    assert (again(writer).restriction, never_opened()) == ("none", True)
    page = visit(other, width=1280).go(f"/admin/accounts/member/{writer.pk}/change/")
    assert page.locator(".acts a").count() > 0


def test_no_account_is_made_with_a_password_of_the_teams(visit):
    visitor = visit(on_the_team("coordinators"), width=1280)
    page = visitor.go("/admin/accounts/member/add/")
    assert page.locator("input[type=password], [name*=password]").count() == 0

    sent = {"name": "Eve Newcomer", "email": "eve@example.org", "town": "Riverside", "language": "en"}
    post(page, "/admin/accounts/member/add/", **sent, password=PASSWORD, password1=PASSWORD, password2=PASSWORD)

    made = Member.objects.get(email="eve@example.org")
    assert made.email_confirmed_at is None
    stranger = visit()
    page = stranger.go("/sign-in/")
    page.get_by_label("Email").fill("eve@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    stranger.press(page.get_by_role("button", name="Sign in"))
    assert page.url.endswith("/sign-in/")
