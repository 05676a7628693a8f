"""The team's pages as they are seen: in light and dark, on a phone and a desk."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import again, on_the_team, superuser
from carecollective.ground.refusals import PermissionDenied
from carecollective.team.tests.test_front_page import offer_to_pass_on
from carecollective.web.identity_fields import refuse_impersonation
from helprequests.models import HelpRequest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
MEMBERS = "/admin/accounts/member/"
LISTS = [
    MEMBERS,
    "/admin/accounts/impersonationattempt/",
    "/admin/audit/entry/",
    "/admin/auth/group/",
    "/admin/helprequests/helprequest/",
    "/admin/messaging/conversation/",
    "/admin/messaging/message/",
]


@pytest.fixture
def team():
    """Somebody who may do everything, with a community to look after."""
    someone = superuser(name="Su Peruser", password="correct horse battery")
    call_command("demo_data", "--force", verbosity=0, stdout=io.StringIO())
    pretend(Member.objects.get(email="helper@example.org"))
    return someone


def pretend(member):
    with pytest.raises(PermissionDenied):
        refuse_impersonation({"sender_id": "1" * 100}, by=member, path="/api/" + "x" * 195)


def looks_right(visitor, name):
    assert (name, visitor.complaints, visitor.errors, visitor.foreign) == (name, [], [], [])
    for size in (PHONE, DESK):
        visitor.page.set_viewport_size(size)
        visitor.page.emulate_media(color_scheme="light")
        assert (name, size["width"], visitor.violations()) == (name, size["width"], [])
        visitor.page.emulate_media(color_scheme="dark")
        assert (name, size["width"], "dark", visitor.violations(only=["color-contrast"])) == (
            name,
            size["width"],
            "dark",
            [],
        )
        assert (name, size["width"], visitor.overflow()) == (name, size["width"], 0)
    # To read the stylesheets that the admin's own import, axe writes some into the page, where our policy stops it.
    visitor.complaints.clear()


def test_every_list_and_its_first_row_look_right(visit, team):
    visitor = visit(team)
    for path in LISTS:
        page = visitor.go(path)
        looks_right(visitor, path)
        page.set_viewport_size(DESK)
        page.locator("#result_list tbody th a").first.click()
        page.wait_for_load_state()
        looks_right(visitor, f"{path} one row")


def test_every_other_page_looks_right(visit, team):
    visitor = visit(team)
    pending = Member.objects.get(email="pending@example.org")
    for path in (
        "/admin/",
        "/admin/accounts/",
        f"{MEMBERS}?q=demo&restriction__exact=none",
        f"{MEMBERS}?q=nobody",
        f"{MEMBERS}add/",
        f"{MEMBERS}{pending.pk}/change/",
        f"{MEMBERS}{Member.objects.get(email='helper@example.org').pk}/history/",
        "/admin/messaging/message/?all=",
        "/admin/password_change/",
    ):
        visitor.go(path)
        looks_right(visitor, path)


def test_the_teams_own_pages_look_right(visit, team):
    visitor = visit(team)
    pending = Member.objects.get(email="pending@example.org")
    MemberFactory(name="W" * 100, town="x" * 100, application_text="y" * 500, pending=True)
    MemberFactory(unconfirmed=True)
    HelpRequest.objects.update(created_at=timezone.now() - timedelta(days=3))
    for path in (
        "/admin/",
        "/admin/applications/",
        f"/admin/applications/{pending.pk}/approve/",
        f"/admin/applications/{pending.pk}/not-now/",
        f"{MEMBERS}grave/ban/?id={pending.pk}",
        f"{MEMBERS}{pending.pk}/address/",
        f"{MEMBERS}{pending.pk}/roles/",
        f"/admin/requests/offers/{offer_to_pass_on().pk}/",
        "/admin/requests/offers/",
        "/admin/requests/without-offer/",
        "/admin/requests/running-out/",
        "/admin/requests/post-for-somebody/",
        "/admin/report/",
        "/admin/scheduled-work/",
        "/admin/mail/mail/?state=set_aside",
        "/admin/reports/report/",
        "/admin/notifications/news/",
    ):
        visitor.go(path)
        looks_right(visitor, path)


def test_the_teams_own_pages_look_right_where_nothing_waits_and_where_something_is_wrong(visit):
    visitor = visit(superuser(name="Su Peruser"))
    for path in ("/admin/", "/admin/applications/", "/admin/requests/without-offer/", "/admin/requests/running-out/"):
        visitor.go(path)
        looks_right(visitor, f"{path}, empty")

    page = visitor.go("/admin/requests/post-for-somebody/")
    page.get_by_role("button", name="Post request").click()
    page.get_by_role("alert").wait_for()
    visitor.errors.clear()  # that it is a 422 is meant
    looks_right(visitor, "posting, with errors")

    visitor.go("/admin/report/?period=soon")
    visitor.errors.clear()
    looks_right(visitor, "report, with errors")


def test_a_coordinator_answers_an_application_by_keyboard_on_a_phone(visit, team):
    visitor = visit(on_the_team("coordinators"), **PHONE)
    page = visitor.go("/admin/")

    for link in ("Applications", "Approve.*Pending Demo"):
        page.get_by_role("link", name=re.compile(f"^{link}$")).focus()
        page.keyboard.press("Enter")
        page.wait_for_load_state()
    page.get_by_label("Add something of your own").focus()
    page.keyboard.type("See you on Tuesday.")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Approve and send"
    page.keyboard.press("Enter")

    assert "is approved, and a letter is on its way." in page.locator(".messagelist").inner_text()
    assert Member.objects.get(email="pending@example.org").verification_status == "approved"


def test_the_report_prints_without_navigation_and_black_on_white(visit, team):
    visitor = visit(team, color_scheme="dark", **DESK)
    page = visitor.go("/admin/report/")

    page.emulate_media(media="print", color_scheme="dark")

    assert page.get_by_role("table", name="By kind of help").is_visible()
    for hidden in ("#header", ".breadcrumbs", ".not-printed"):
        assert page.locator(hidden).first.is_visible() is False
    dark = """() => [...document.querySelectorAll("body, main, h1, h2, h3, tr, td, th, dt, dd, p")].filter(part => {
        const {color, backgroundColor} = getComputedStyle(part)
        return color !== "rgb(0, 0, 0)" || !["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"].includes(backgroundColor)
    }).map(part => part.outerHTML.slice(0, 80))"""
    assert page.evaluate(dark) == []


def test_a_form_with_errors_looks_right(visit, team):
    visitor = visit(team)
    page = visitor.go(f"{MEMBERS}add/")

    page.get_by_role("button", name="Save", exact=True).click()
    page.locator(".errornote").wait_for()

    looks_right(visitor, "errors")


def test_a_coordinator_lets_somebody_in_on_a_phone(visit, team):
    visitor = visit(on_the_team("coordinators"), **PHONE)
    page = visitor.go(f"{MEMBERS}?verification_status__exact=pending")

    page.get_by_role("link", name="Pending Demo").click()
    page.get_by_role("button", name="Approve", exact=True).click()

    assert page.locator(".messagelist").inner_text() == "Done for 1 member."
    assert Member.objects.get(email="pending@example.org").verification_status == "approved"
    looks_right(visitor, "approved")


def test_a_moderator_decides_about_several_at_once(visit, team):
    visitor = visit(on_the_team("moderators"), **DESK)
    page = visitor.go(f"{MEMBERS}?q=neighbor")

    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label="Suspend: own account only")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("Why?").fill("They asked neighbors for money")
    looks_right(visitor, "before three are suspended")
    page.get_by_role("button", name="Suspend").click()

    assert page.locator(".messagelist .success").inner_text() == "Done for 3 members."
    assert Member.objects.filter(restriction="suspended").count() == 3
    assert visitor.complaints == []


def test_the_team_closes_a_request_on_a_phone(visit, team):
    visitor = visit(on_the_team("coordinators"), **PHONE)
    page = visitor.go("/admin/helprequests/helprequest/?q=wheelchair+ramp")

    page.locator("#result_list tbody th a").click()
    page.get_by_role("link", name="Close the request").click()
    page.get_by_label("Why?").fill("Sells something")
    page.get_by_role("button", name="Close the request").click()

    assert page.locator(".messagelist .success").inner_text() == "1 request is closed."
    assert HelpRequest.objects.get(title__contains="wheelchair ramp").status == "closed"


def test_whoever_is_not_on_the_team_is_told_so_on_a_page_of_ours(visit):
    visitor = visit(MemberFactory())

    page = visitor.go("/admin/")

    assert page.get_by_role("heading", level=1).inner_text() == "These pages are for the team."
    visitor.errors.clear()  # that it is a 403 is meant
    looks_right(visitor, "not on the team")


def test_signing_out_leads_to_the_front_page(visit, team):
    visitor = visit(team, **PHONE)
    page = visitor.go("/admin/")

    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{visitor.origin}/")

    assert visitor.go("/admin/").url.startswith(f"{visitor.origin}/sign-in/")


def test_a_name_cannot_run_a_script_in_the_admin(visit, team):
    visitor = visit(team)
    dialogs = []
    visitor.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    member = MemberFactory(name="<img src=x onerror=alert(1)>", town="</script><script>alert(1)</script>", pending=True)

    visitor.go(f"{MEMBERS}?q=onerror")
    page = visitor.go(f"{MEMBERS}{member.pk}/change/")
    page.get_by_role("button", name="Approve", exact=True).click()
    visitor.go("/admin/")

    assert again(member).verification_status == "approved"
    assert (dialogs, visitor.complaints) == ([], [])
