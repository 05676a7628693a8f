"""What the team tells everybody."""

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import InvalidTransition, NotFound, PermissionDenied
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import heading, words
from carecollective.told.notifications import services
from carecollective.told.notifications.models import News, Notification

pytestmark = pytest.mark.django_db
WRITTEN = {
    "title_en": "The office moves",
    "body_en": "From June we are at the library.\n\nCome in.",
    "title_es": "La oficina se muda",
    "body_es": "Desde junio estamos en la biblioteca.",
}


@pytest.fixture
def news():
    return News.objects.create(**WRITTEN)


@pytest.fixture
def coordinator():
    return on_the_team("coordinators")


def told():
    with acting_as_system("a test"):
        return set(Notification.objects.filter(kind="news").values_list("member_id", flat=True))


def test_every_member_in_good_standing_is_told_once(news, coordinator):
    members = {MemberFactory().pk, MemberFactory(restriction="limited").pk, coordinator.pk}
    for standing in ({"verification_status": "pending"}, {"restriction": "suspended"}, {"restriction": "banned"}):
        MemberFactory(**standing)

    assert services.tell_everybody(news.pk, by=coordinator) == 3
    assert told() == members
    with pytest.raises(InvalidTransition):
        services.tell_everybody(news.pk, by=coordinator)
    assert len(told()) == 3


@pytest.mark.parametrize("groups", [[], ["moderators"]])
def test_who_may_not_tell_tells_nobody(news, groups):
    with pytest.raises(PermissionDenied):
        services.tell_everybody(news.pk, by=on_the_team(*groups))
    assert told() == set()


def test_a_draft_is_seen_by_nobody(news, client):
    client.force_login(MemberFactory())

    assert "The office moves" not in words(client.get("/notifications/"))
    assert client.get(f"/notifications/{news.pk}/").status_code == 404


def test_a_member_reads_it_in_their_own_language(news, coordinator, client):
    member = MemberFactory()
    services.tell_everybody(news.pk, by=coordinator)
    client.force_login(member)
    (notification,) = services.listed(member).results

    assert "New The office moves" in words(client.get("/notifications/"))
    page = client.get(f"/notifications/{notification.pk}/")
    assert heading(page) == "The office moves"
    assert "From June we are at the library." in words(page)
    assert services.unread_count(by=member) == 0
    spanish = client.get(f"/notifications/{notification.pk}/", headers={"Accept-Language": "es"})
    assert heading(spanish) == "La oficina se muda"


def test_what_the_team_writes_is_text_and_no_html(coordinator, client):
    news = News.objects.create(**WRITTEN | {"title_en": "<b>Now</b>", "body_en": "<script>alert(1)</script>"})
    member = MemberFactory()
    services.tell_everybody(news.pk, by=coordinator)
    client.force_login(member)
    (notification,) = services.listed(member).results

    page = client.get(f"/notifications/{notification.pk}/").content.decode()

    assert "<script>alert" not in page
    assert "<b>Now" not in page


def test_news_is_taken_back_with_its_notices(news, coordinator):
    services.tell_everybody(news.pk, by=coordinator)

    run_as_owner("DELETE FROM team_news WHERE id = %s", news.pk)  # nobody else takes one away

    assert told() == set()


def test_a_coordinator_writes_it_tells_it_and_cannot_change_it_then(coordinator):
    browser = browser_of(coordinator)
    made = browser.post("/admin/notifications/news/add/", WRITTEN | {"title_en": "  The office moves "})
    assert made.status_code == 302
    news = News.objects.get()
    assert news.title_en == "The office moves"
    address = f"/admin/notifications/news/{news.pk}/change/"
    assert "Tell every member now" in words(browser.get(address))

    answer = browser.post(
        "/admin/notifications/news/", {"action": "tell", "_selected_action": str(news.pk), "index": "0"}, follow=True
    )

    assert "1 member has been told." in words(answer)
    assert "Tell every member now" not in words(browser.get(address))
    assert browser.post(address, WRITTEN).status_code == 403


def test_news_needs_a_clean_line_for_a_title(coordinator):
    answer = browser_of(coordinator).post("/admin/notifications/news/add/", WRITTEN | {"title_en": "\u200b"})

    assert answer.status_code == 200
    assert News.objects.count() == 0


def test_unknown_news_is_not_told(coordinator):
    with pytest.raises(NotFound):
        services.tell_everybody("00000000-0000-4000-8000-00000000dead", by=coordinator)
