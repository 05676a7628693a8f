"""The report as it is read, printed and saved: the same numbers, with the small ones hidden, in all three."""

import csv
import io

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.team import periods
from carecollective.tests.pages import title, words
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory

from .asking import statements
from .story import asked, offered

pytestmark = pytest.mark.django_db

REPORT, FILE = "/admin/report/", "/admin/report/report.csv"
SPRING = "?period=2026-Q1"
IN_MARCH = "2026-03-10 12:00 -05:00"


@pytest.fixture(autouse=True)
def _in_chicago(settings):
    settings.TIME_ZONE = "America/Chicago"


@pytest.fixture
def client(db):
    return browser_of(on_the_team("coordinators"))


def lines(answer):
    """What the file says, by the first cell of each line."""
    text = answer.content.decode("utf-8-sig")
    return {line[0]: line[1:] for line in csv.reader(io.StringIO(text)) if line}


def a_busy_month():
    """6 meals were asked for and done, 5 rides asked for and 4 done, and a fence that is done too."""
    owner = MemberFactory()
    for _ in range(6):
        asked(IN_MARCH, category="groceries-meals", done=IN_MARCH)
    for number in range(5):
        asked(IN_MARCH, category="transportation-errands", user=owner, done=IN_MARCH if number else None)
    asked("2025-12-10 12:00 -06:00", category="household-yard", done=IN_MARCH)


def test_page_and_file_show_the_same_numbers_and_hide_the_same(client):
    a_busy_month()

    page, file = client.get(REPORT + SPRING), lines(client.get(FILE + SPRING))

    # Of what was posted nothing but meals and rides is left: the total alone gives no kind away.
    assert file["Groceries and meals"] == ["not shown", "6"]
    assert file["Rides and errands"] == ["not shown", "fewer than 5"]
    assert file["House and yard"] == ["not shown", "fewer than 5"]
    assert file["All together"] == ["11", "11"]
    text = words(page)
    for label in ("Groceries and meals", "Rides and errands", "House and yard"):
        assert " ".join([label, *file[label]]) in text


def test_a_number_that_would_give_a_small_one_away_is_hidden_too(client):
    """2 rides, and everything else in plenty: the total less the others would be the 2."""
    owner = MemberFactory()
    for category in ("health-caregiving", "groceries-meals", "household-yard", "technology-administrative"):
        HelpRequestFactory.create_batch(5, category=category, user=owner)
    HelpRequestFactory.create_batch(9, category="social-companionship", user=owner)
    HelpRequestFactory.create_batch(8, category="other", user=owner)
    HelpRequestFactory.create_batch(2, category="transportation-errands", user=owner)
    HelpRequest.objects.update(created_at=parse_datetime(IN_MARCH))

    file = lines(client.get(FILE + SPRING))

    assert (file["Rides and errands"][0], file["Something else"][0]) == ("fewer than 5", "not shown")
    assert (file["Company and conversation"][0], file["All together"][0]) == ("9", "39")


def test_the_report_says_what_is_known_and_what_is_not(client):
    for _ in range(5):
        offered("2026-03-10 15:10 -05:00", asked(IN_MARCH))

    text = words(client.get(REPORT + SPRING))

    for line in (
        "People helped fewer than 5",
        "Requests posted 5",
        "Offers of help 5",
        "Members who helped or offered 5",
        "Time to the first offer (median) 3 hours",
        "Hours of help not known",
        "What the words mean",
        "Jan. 1, 2026 to March 31, 2026",
        "Days are counted in the time zone America/Chicago.",
        "As of ",
    ):
        assert line in text


def test_the_last_full_quarter_is_shown_first(client):
    shown = client.get(REPORT)

    assert shown.context["numbers"].period == periods.named(periods.last_quarter())


def test_january_and_february_are_not_to_be_had_beside_their_quarter(client):
    """12 less 5 less 5 would be the 2 of March."""
    for query in ("?period=2026-01", "?period=2026", "?period=days&first=2026-01-01&last=2026-02-28"):
        for path in (REPORT, FILE):
            answer = client.get(path + query)
            assert (answer.status_code, "numbers" in answer.context) == (422, False)


def test_a_quarter_that_still_grows_is_not_to_be_had(client):
    today = timezone.localdate()

    assert client.get(f"{REPORT}?period={today.year}-Q{(today.month + 2) // 3}").status_code == 422


@pytest.mark.parametrize("query", ["?period=2026-Q9", "?period=soon"])
def test_a_period_that_makes_no_sense_is_explained(client, query):
    for path in (REPORT, FILE):
        answer = client.get(path + query)

        assert (answer.status_code, title(answer).startswith("Error: ")) == (422, True)
        assert "Select a valid choice" in words(answer)
        assert "numbers" not in answer.context


def test_the_file_is_made_for_a_spreadsheet(client, settings):
    settings.COMMUNITY_NAME = '=HYPERLINK("http://example.org")'

    answer = client.get(FILE + SPRING)

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="report-2026-01-01-2026-03-31.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")  # so that an ñ is read as one
    assert next(iter(lines(answer))).startswith("'=HYPERLINK")
    assert not any(
        cell[:1] in tuple("=+-@") for line in csv.reader(io.StringIO(answer.content.decode())) for cell in line
    )


def test_the_report_holds_numbers_and_no_words_of_members(client):
    asked(
        IN_MARCH, user=MemberFactory(name="Nora Nelson", town="Maple Heights"), title="A secret errand", done=IN_MARCH
    )

    for path in (REPORT, FILE):
        page = client.get(path + SPRING).content.decode()
        assert not any(word in page for word in ("Nora", "Maple", "secret"))


def test_a_report_is_looked_at_and_never_posted(client):
    assert [client.post(path).status_code for path in (REPORT, FILE)] == [405, 405]


def test_the_report_asks_as_often_for_many_as_for_none(client):
    client.get(REPORT + SPRING)
    with_none = statements(client, REPORT + SPRING)
    a_busy_month()

    assert statements(client, REPORT + SPRING) == with_none
