"""The team's front page: what waits, how much of it and since when, and only what the reader may do."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from carecollective.accounts import profile
from carecollective.accounts import services as accounts
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.post import forget_what_waits
from carecollective.accounts.tests.team import browser_of, on_the_team, superuser
from carecollective.audit.models import Entry, Kind
from carecollective.ground import rows
from carecollective.ground.doctor import Check, examination
from carecollective.ground.identity import acting_as_system
from carecollective.ground.scope_guard import unguarded
from carecollective.team import queues
from carecollective.tests.owner import lay_open, run_as_owner, shut
from carecollective.tests.pages import heading, words
from carecollective.tests.sql import one, run
from carecollective.told.mail.models import Mail
from helprequests import on_behalf
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers
from messaging.reports import services as reports
from messaging.reports.models import Report
from messaging.reports.tests.judging import judged
from messaging.tests.factories import ConversationFactory

from .asking import statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _an_empty_queue_of_jobs(db):
    forget_what_waits()


def ago(**time):
    return timezone.now() - timedelta(**time)


def waiting(group="administrators"):
    """By the name of the queue: how many wait, and since when."""
    return {each.queue.name: (each.count, each.oldest_at) for each in queues.shown_to(on_the_team(group))}


def apply(**fields):
    joined_at = fields.pop("joined_at", timezone.now())
    member = MemberFactory(pending=True, **fields)
    Member.objects.filter(pk=member.pk).update(joined_at=joined_at)
    return member


def report(reported_at):
    conversation = ConversationFactory()
    made = reports.report(conversation.pk, by=conversation.requester, reason="scam")
    with undressed("message_reports"), unguarded():
        Report.objects.filter(pk=made.pk).update(created_at=reported_at)
    return made


class undressed:
    """Outside of every scope, and without the wall: only a test may move a clock back."""

    def __init__(self, table):
        self.table = table

    def __enter__(self):
        lay_open(self.table)

    def __exit__(self, *error):
        shut(self.table)


def mail_set_aside(at):
    values = {"key": f"test:{at}", "recipient_id": MemberFactory().pk, "kind": "test", "set_aside_at": at}
    with acting_as_system("a test plays the sender"):
        return rows.insert(Mail, values)


def job_failed(at):
    job = one(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
        " VALUES ('default', 'test', '{}', 'failed') RETURNING id"
    )
    run_as_owner("DELETE FROM procrastinate_events WHERE job_id = %s", job)
    run("INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'failed', %s)", job, at)


def request_asked(at, **fields):
    help_request = HelpRequestFactory(**fields)
    HelpRequest.objects.filter(pk=help_request.pk).update(created_at=at)
    return help_request


def offer_to_pass_on():
    consent = {"shown_name": "Rosa M.", "consent_how": "phone", "consent_on": timezone.localdate()}
    asked = {"title": "A ride to the clinic", "category": "other", "location_override": "Riverside"}
    help_request, _is_new = on_behalf.post(by=on_the_team("coordinators"), **asked, **consent)
    return ConversationFactory(help_request=help_request)


def grave_act():
    why = {"email": "new@example.org", "reason": "because a test wants it"}
    return accounts.change_address(MemberFactory().pk, by=on_the_team("administrators"), **why)


def name_changed():
    member = MemberFactory(name="Nora Nelson")
    profile.change_details(member, name="Nora Newman", town=member.town, phone="", place="")
    with acting_as_system("a test looks"):
        return Entry.objects.get(kind=Kind.RENAMED).at


def test_each_queue_says_how_much_waits_and_since_when():
    moments = [ago(days=5), ago(hours=7), ago(days=3), timezone.now() + timedelta(days=2), ago(days=9), ago(days=4)]
    apply(joined_at=moments[0])
    apply()
    report(moments[1])
    request_asked(moments[2])
    request_asked(ago(days=1), expires_at=moments[3])
    mail_set_aside(moments[4])
    job_failed(moments[5])
    offered = offer_to_pass_on()
    act = grave_act()
    renamed = name_changed()

    assert waiting() == {
        "applications": (2, moments[0]),
        "reports": (1, moments[1]),
        "grave_acts": (1, act.at),
        "renames": (1, renamed),
        "offers": (1, offered.created_at),
        "without_offer": (1, moments[2]),
        "running_out": (1, moments[3]),
        "mail": (1, moments[4]),
        "jobs": (1, moments[5]),
    }


def test_where_nothing_waits_the_page_says_so_in_words():
    answer = browser_of(on_the_team("administrators")).get("/admin/")

    assert heading(answer) == "What would you like to do?"
    assert words(answer).count("All caught up") == 9


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("coordinators", ["applications", "renames", "offers", "without_offer", "running_out", "mail", "jobs"]),
        ("moderators", ["reports", "grave_acts", "renames", "without_offer", "running_out"]),
        (
            "administrators",
            [
                "applications",
                "reports",
                "grave_acts",
                "renames",
                "offers",
                "without_offer",
                "running_out",
                "mail",
                "jobs",
            ],
        ),
        ("", []),
    ],
)
def test_everybody_sees_what_is_theirs_to_do_and_can_open_it(group, names):
    client = browser_of(on_the_team(group))

    shown = client.get("/admin/").context["queues"]

    assert [each.queue.name for each in shown] == names
    page = client.get("/admin/").content.decode()
    links = [page.partition(f'id="queue-{name}"')[2].split('href="')[1].split('"')[0] for name in names]
    assert [client.get(link).status_code for link in links] == [200] * len(names)


@pytest.mark.parametrize("group", ["moderators", "coordinators"])
def test_what_somebody_may_not_do_is_no_link_either(group):
    page = browser_of(on_the_team(group)).get("/admin/").content.decode()

    assert ("/admin/report/" in page) is ("/admin/requests/post-for-somebody/" in page) is (group == "coordinators")


def test_whoever_has_not_confirmed_their_address_does_not_wait_yet():
    MemberFactory(unconfirmed=True)

    assert waiting()["applications"] == (0, None)


LISTED = {
    "renames": r"(?s)<ol class=\"people\">.*?</ol>",
    "grave_acts": r"(?s)<ol class=\"people\">.*?</ol>",
    "applications": r"(?s)<ol class=\"people\">.*?</ol>",
    "reports": r"(?s)<tbody>.*</tbody>",
    "offers": r'(?s)<ol class="people" id="waiting">.*?</ol>',
    "without_offer": r"(?s)<tbody>.*</tbody>",
    "running_out": r"(?s)<tbody>.*</tbody>",
    "mail": r"(?s)<tbody>.*</tbody>",
    "jobs": r'(?s)aria-labelledby="failed-title">.*?</tbody>',
}


def test_the_front_counts_what_its_page_lists():
    """And beside each of what counts stands one of its kind that does not."""
    apply()
    apply()
    MemberFactory(unconfirmed=True)
    for hours in (2, 3):
        report(ago(hours=hours))
    decided = report(ago(hours=5))
    judged(decided.pk, "no_action", by=on_the_team("moderators"))
    for days in (3, 4):
        request_asked(ago(days=days))
        mail_set_aside(ago(days=days))
        job_failed(ago(days=days))
    request_asked(ago(days=1), expires_at=timezone.now() + timedelta(days=2))
    grave_act()
    name_changed()
    offer_to_pass_on()
    answered = offer_to_pass_on()
    answers.decline(answered.pk, by=answered.requester)
    somebody = MemberFactory().pk
    with acting_as_system("a test plays the sender"):
        rows.insert(Mail, {"key": "sent", "recipient_id": somebody, "kind": "test", "sent_at": ago(days=1)})
    client = browser_of(on_the_team("administrators"))

    queues_shown = client.get("/admin/").context["queues"]
    listed = {}
    for each in queues_shown:
        page = client.get(reverse(each.queue.place) + each.queue.query).content.decode()
        part, *_also = re.findall(LISTED[each.queue.name], page)
        listed[each.queue.name] = len(re.findall(r"<tr\b(?!><th scope=\"col\")|<li class=\"panel\"", part))

    assert {each.queue.name: each.count for each in queues_shown} == listed
    assert min(listed.values()) > 0


def test_a_report_has_a_clock_of_24_hours():
    report(ago(hours=20))
    (in_time,) = [each for each in queues.shown_to(on_the_team("moderators")) if each.queue.name == "reports"]
    page = words(browser_of(on_the_team("moderators")).get("/admin/"))

    assert (in_time.is_late, in_time.answer_by) == (False, in_time.oldest_at + timedelta(hours=24))
    assert "Answer the oldest by " in page
    assert "Late" not in page


def test_a_report_that_waits_for_longer_is_late():
    report(ago(hours=25))

    assert "Late: the oldest was due by " in words(browser_of(on_the_team("moderators")).get("/admin/"))


@pytest.mark.one_of_each
@pytest.mark.parametrize(
    ("waits", "in_words"),
    [
        ({"minutes": 5}, "The oldest has waited less than an hour."),
        ({"hours": 1}, "The oldest has waited 1 hour."),
        ({"hours": 23}, "The oldest has waited 23 hours."),
        ({"days": 1}, "The oldest has waited 1 day."),
        ({"days": 12}, "The oldest has waited 12 days."),
    ],
)
def test_an_age_is_said_in_words(waits, in_words):
    apply(joined_at=ago(**waits))

    assert in_words in words(browser_of(on_the_team("coordinators")).get("/admin/"))


def test_the_page_asks_as_often_for_three_of_each_as_for_none():
    client = browser_of(on_the_team("administrators"))
    client.get("/admin/")  # what a process remembers, such as content types
    with_none = statements(client, "/admin/")
    for days in (3, 4, 5):
        apply()
        request_asked(ago(days=days))
        mail_set_aside(ago(days=days))

    assert statements(client, "/admin/") == with_none
    # Session, member, second step, permissions twice; what waits twice, each scope begun and ended.
    assert with_none <= 12


def test_nobody_counts_all_who_wait(monkeypatch):
    monkeypatch.setattr(queues, "FEW", 2)
    MemberFactory.create_batch(5, verification_status="pending", email_confirmed_at=timezone.now())

    (waiting,) = [one for one in queues.shown_to(on_the_team("coordinators")) if one.queue.name == "applications"]

    assert (waiting.count, waiting.more_than) == (3, 2)


@pytest.mark.parametrize(
    ("group", "is_told"), [("administrators", True), ("coordinators", True), ("moderators", False)]
)
def test_what_is_wrong_with_the_server_is_said_to_those_who_look_after_it(group, is_told, monkeypatch):
    wrong = Check("disk", lambda: "5 MiB are left.", needs_database=False)
    monkeypatch.setattr(examination, "USUAL", (wrong,))
    monkeypatch.setattr(examination, "_known", {})

    page = browser_of(on_the_team(group)).get("/admin/").content.decode()

    assert ("5 MiB are left." in page) == is_told


@pytest.mark.parametrize("field", ["messaging message conversation", "messaging conversation help_request", "x y z"])
def test_the_library_offers_no_rows_of_any_table(field):
    app, model, name = field.split()
    asked = {"app_label": app, "model_name": model, "field_name": name, "term": "bread"}

    assert browser_of(superuser()).get("/admin/autocomplete/", asked).status_code == 403
