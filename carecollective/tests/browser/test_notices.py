"""The notices and the team's page of scheduled work, as they are seen: on a phone and a desk, in light and dark."""

import uuid

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import superuser
from carecollective.tests.sql import run
from carecollective.told.kinds import What, heard
from carecollective.told.notifications import services
from carecollective.told.notifications.models import News
from helprequests.tests.factories import HelpRequestFactory

from .test_admin_pages import DESK, looks_right

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_notices_look_right_in_every_state(visit):
    member, team = MemberFactory(), superuser()
    visitor = visit(member)
    visitor.go("/notifications/")
    looks_right(visitor, "empty")

    for what, reader in heard():
        about = HelpRequestFactory(title="W" * 100, user=member).pk
        services.tell(what, member.pk, reader=reader, help_request_id=about)
    services.tell(What.WROTE, member.pk, conversation_id=uuid.uuid4())
    text = "Come in.\n\n" * 9 + "We are there."
    news = News.objects.create(title_en="The office moves, " * 4 + "and", body_en=text, title_es="Sí", body_es="Sí")
    services.tell_everybody(news.pk, by=team)
    page = visitor.go("/notifications/")
    assert visitor.small_targets() == []
    looks_right(visitor, "unread")

    page.get_by_role("link", name="The office moves").click()
    page.get_by_role("link", name="Back to all notifications").wait_for()
    looks_right(visitor, "news")

    page.get_by_role("link", name="Back to all notifications").click()
    page.get_by_role("button", name="Mark all as read").click()
    page.get_by_role("button", name="Mark all as read").wait_for(state="detached")
    looks_right(visitor, "read")

    for _ in range(20):
        services.tell(What.ENDING, member.pk, help_request_id=HelpRequestFactory(user=member).pk)
    page = visitor.go("/notifications/")
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("link", name="Previous page").wait_for()
    looks_right(visitor, "second page")
    for path in ("/home/", "/you/"):
        visitor.go(path)
        looks_right(visitor, path)


def test_the_team_sees_the_scheduled_work_and_has_a_job_tried_again(visit):
    run("DELETE FROM procrastinate_periodic_defers")
    run("DELETE FROM procrastinate_jobs")
    visitor = visit(superuser())
    visitor.go("/admin/scheduled-work/")
    looks_right(visitor, "nothing failed")

    run(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
        " VALUES ('default', 'jobs.forget_done', 'failed')"
    )
    page = visitor.go("/admin/scheduled-work/")
    looks_right(visitor, "one failed")
    page.set_viewport_size(DESK)
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("Nothing has failed.").wait_for()
    looks_right(visitor, "tried again")


def test_the_team_writes_news_and_tells_it(visit):
    visitor = visit(superuser(), **DESK)
    page = visitor.go("/admin/notifications/news/add/")
    looks_right(visitor, "writing news")
    page.set_viewport_size(DESK)
    for label, text in (("Title in English", "Hello"), ("Title in Spanish", "Hola")):
        page.get_by_label(label).fill(text)
    for label in ("Text in English", "Text in Spanish"):
        page.get_by_label(label).fill("The office moves.")
    page.get_by_role("button", name="Save and continue editing").click()

    page.get_by_role("button", name="Tell every member now").click()

    assert page.locator(".messagelist").inner_text() == "1 member has been told."
    looks_right(visitor, "the list of news")
    page.set_viewport_size(DESK)
    page.get_by_role("link", name="Hello", exact=True).click()
    page.wait_for_load_state()
    looks_right(visitor, "told news")
