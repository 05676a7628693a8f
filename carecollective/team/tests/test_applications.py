"""Applications: what the team reads, the letter it sees before it is sent, and that one answer stands."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from carecollective.accounts.applications import services
from carecollective.accounts.applications.models import PersonalLine
from carecollective.accounts.applications.services import AnsweredMeanwhile
from carecollective.accounts.letters import decision_letter
from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.post import deliver
from carecollective.accounts.tests.team import again, browser_of, on_the_team
from carecollective.ground.clean_text import rule_of
from carecollective.ground.identity import acting_as, acting_as_staff, acting_as_system
from carecollective.ground.refusals import NotFound, PermissionDenied, ValidationFailed
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import title, words
from carecollective.tests.plans import most_looked_at
from carecollective.tests.races import at_once
from carecollective.tests.sql import member_role, refused, run

from .asking import statements

LINE_MAX = rule_of(PersonalLine, "line").most
pytestmark = pytest.mark.django_db

QUEUE = "/admin/applications/"
APPROVED, REJECTED = Member.Verification.APPROVED, Member.Verification.REJECTED
LINE = "See you on Tuesday, Pia."


@pytest.fixture
def coordinator(db):
    return on_the_team("coordinators")


@pytest.fixture
def client(coordinator):
    return browser_of(coordinator)


@pytest.fixture
def pia(db):
    return MemberFactory(name="Pia Pending", town="Riverside", application_text="I have a car.", pending=True)


def page_of(applicant, answer="approve"):
    return f"{QUEUE}{applicant.pk}/{answer}/"


def lines():
    with acting_as_system("look"):
        return list(PersonalLine.objects.values_list("outcome", "line"))


def has_phone(member, phone):
    with acting_as(member):
        run("INSERT INTO contact_details (member_id, kind, value) VALUES (%s, 'phone', %s)", member.pk, phone)


# --- The queue -------------------------------------------------------------------------------------------------------


def test_the_queue_shows_all_that_the_applicant_told(client, pia):
    has_phone(pia, "(555) 010-2000")
    Member.objects.update(joined_at=timezone.now() - timedelta(days=3, hours=1))

    page = client.get(QUEUE)

    text = words(page)
    for fact in ("1 application is waiting.", "Pia Pending", "Riverside", "I have a car.", "(555) 010-2000"):
        assert fact in text
    assert f"{pia.email}, confirmed" in text
    assert "3 days, since " in text
    assert 'href="tel:5550102000"' in page.content.decode()


def test_without_a_phone_there_is_no_line_for_one(client, pia):
    assert "Phone" not in words(client.get(QUEUE))


def test_an_address_that_is_not_confirmed_is_said_and_comes_last(client):
    MemberFactory(name="Uma Unconfirmed", unconfirmed=True)
    Member.objects.update(joined_at=timezone.now() - timedelta(days=9))
    MemberFactory(name="Pia Pending", pending=True)

    text = words(client.get(QUEUE))

    assert "not confirmed yet" in text
    assert text.index("Pia Pending") < text.index("Uma Unconfirmed")


def test_whoever_waits_longest_comes_first(client):
    for days in (1, 5, 3):
        member = MemberFactory(name=f"Waits {days}", pending=True)
        Member.objects.filter(pk=member.pk).update(joined_at=timezone.now() - timedelta(days=days))

    text = words(client.get(QUEUE))

    assert text.index("Waits 5") < text.index("Waits 3") < text.index("Waits 1")


@pytest.mark.parametrize("standing", [{}, {"rejected": True}, {"pending": True, "restriction": "banned"}])
def test_whoever_has_an_answer_or_is_banned_does_not_wait(client, standing):
    MemberFactory(name="Nora Nelson", **standing)

    text = words(client.get(QUEUE))

    assert "Nora Nelson" not in text
    assert "No one is waiting for an answer." in text


def test_the_queue_has_a_second_page(client):
    MemberFactory.create_batch(21, pending=True)

    first, second = client.get(QUEUE), client.get(f"{QUEUE}?page=2")

    assert "21 applications are waiting." in words(first)
    assert "Page 1 of 2" in words(first)
    assert [page.content.count(b'id="application-') for page in (first, second)] == [20, 1]


def test_what_an_applicant_writes_is_text_and_never_markup(client):
    MemberFactory(name="<b>Bo</b>", application_text="<script>alert(1)</script>", pending=True)

    assert b"<script>alert" not in client.get(QUEUE).content


def test_the_queue_asks_as_often_for_three_as_for_one(client, pia):
    client.get(QUEUE)
    with_one = statements(client, QUEUE)
    for applicant in MemberFactory.create_batch(2, pending=True):
        has_phone(applicant, "(555) 010-2000")

    assert statements(client, QUEUE) == with_one


# --- The letter ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "outcome"), [("approve", APPROVED), ("not-now", REJECTED)])
def test_the_letter_that_is_shown_is_the_letter_that_is_sent(client, pia, answer, outcome):
    shown = client.post(page_of(pia, answer), {"line": LINE, "show": "1"})

    sent = client.post(page_of(pia, answer), {"line": LINE, "reason": "lives too far away"})
    (message,) = deliver()

    assert (shown.status_code, sent.status_code, sent["Location"]) == (200, 303, QUEUE)
    assert again(pia).verification_status == outcome
    assert (message.to, shown.context["subject"], shown.context["letter"]) == (
        [pia.email],
        message.subject,
        message.body,
    )
    assert message.body.count(LINE) == 2  # in each language


def test_looking_at_the_letter_decides_nothing(client, pia):
    client.get(page_of(pia))
    client.post(page_of(pia), {"line": LINE, "show": "1"})

    assert again(pia).verification_status == "pending"
    assert (lines(), deliver()) == ([], [])


def test_without_a_line_the_letter_is_everybodys(client, pia):
    client.post(page_of(pia), {"line": "  "})

    (message,) = deliver()
    assert (message.subject, message.body) == decision_letter(pia, APPROVED)
    assert lines() == []


def test_what_looks_like_a_placeholder_is_sent_as_it_was_written(client, pia):
    client.post(page_of(pia), {"line": "100%(page)s sure, %s"})

    (message,) = deliver()
    assert "The team adds: 100%(page)s sure, %s" in message.body


def test_the_last_decision_is_told_with_its_own_line(client, coordinator, pia):
    client.post(page_of(pia, "not-now"), {"line": "Not this month."})
    from_elsewhere = services.accounts.approve(pia.pk, by=coordinator)

    letters = {message.body for message in deliver()}

    assert from_elsewhere.verification_status == APPROVED
    assert letters == {decision_letter(pia, APPROVED)[1]}


def test_who_is_asked_to_confirm_first_gets_no_letter_and_the_team_is_told_so(client):
    applicant = MemberFactory(name="Uma Unconfirmed", unconfirmed=True)

    shown = client.get(page_of(applicant))
    answer = client.post(page_of(applicant), {}, follow=True)

    assert "Their address is not confirmed, so this letter is not sent." in words(shown)
    assert "No letter was sent: their address is not confirmed." in words(answer)
    assert deliver() == []


def test_a_line_that_is_too_long_comes_back_as_it_was_written(client, pia):
    answer = client.post(page_of(pia), {"line": "x" * (LINE_MAX + 1)})

    assert (answer.status_code, title(answer).startswith("Error: ")) == (422, True)
    assert "x" * (LINE_MAX + 1) in answer.content.decode()
    assert again(pia).verification_status == "pending"


def test_an_answer_is_written_down_with_who_gave_it(client, coordinator, pia):
    client.post(page_of(pia), {})

    written = LogEntry.objects.get()
    assert (written.user, written.object_id) == (coordinator, str(pia.pk))


def test_an_unknown_applicant_is_not_found(client):
    assert client.get(f"{QUEUE}11111111-1111-4111-8111-111111111111/approve/").status_code == 404


# --- One answer stands -----------------------------------------------------------------------------------------------


def test_whoever_comes_second_is_told_what_stands(client, coordinator, pia):
    services.answer(pia.pk, REJECTED, by=coordinator, reason="because a test wants it")

    answers = [
        client.get(page_of(pia), follow=True),
        client.post(page_of(pia), {"line": LINE}, follow=True),
    ]

    for answer in answers:
        assert answer.redirect_chain[-1][0] == QUEUE
        assert "has answered this application already. Pia Pending: Not approved." in words(answer)
    assert again(pia).verification_status == REJECTED
    assert lines() == []


@pytest.mark.one_of_each
@pytest.mark.parametrize("answer", ["approve", "not-now"])
@pytest.mark.parametrize("who", ["moderators", "no group", "a member"])
def test_nobody_else_answers_an_application(pia, who, answer):
    somebody = MemberFactory() if who == "a member" else on_the_team(*([] if who == "no group" else [who]))

    refused = browser_of(somebody).post(f"/admin/applications/{pia.pk}/{answer}/", {"line": "Welcome"})

    assert refused.status_code == 403
    assert again(pia).verification_status == "pending"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_does():
    applicant, one, other = MemberFactory(pending=True), on_the_team("coordinators"), on_the_team("administrators")

    came = at_once(
        lambda: services.answer(applicant.pk, APPROVED, by=one, line="Yes"),
        lambda: services.answer(applicant.pk, REJECTED, by=other, line="No", reason="because a test wants it"),
    )

    (refusal,) = [each for each in came if isinstance(each, Exception)]
    (member,) = [each for each in came if isinstance(each, Member)]
    assert isinstance(refusal, AnsweredMeanwhile)
    assert again(applicant).verification_status == member.verification_status
    assert lines() == [(member.verification_status, "Yes" if member.verification_status == APPROVED else "No")]
    assert LogEntry.objects.count() == 1


def test_the_verb_refuses_who_may_not_and_what_is_not_there(coordinator, pia):
    for member in (on_the_team("moderators"), MemberFactory()):
        with pytest.raises(PermissionDenied):
            services.answer(pia.pk, APPROVED, by=member)
    with pytest.raises(NotFound):
        services.answer(uuid.uuid4(), APPROVED, by=coordinator)
    with pytest.raises(ValidationFailed):
        services.answer(pia.pk, APPROVED, by=coordinator, line="x" * (LINE_MAX + 1))
    assert again(pia).verification_status == "pending"


# --- The wall around the lines ---------------------------------------------------------------------------------------


def test_an_applicant_reads_their_own_line_and_nobody_elses(coordinator, pia):
    services.answer(pia.pk, APPROVED, by=coordinator, line=LINE)

    with acting_as(pia):
        assert PersonalLine.objects.get().line == LINE
    with acting_as(coordinator):
        assert PersonalLine.objects.count() == 0
    with unguarded(), refused():
        PersonalLine.objects.count()  # outside of every scope


def test_a_line_is_written_by_the_system_alone_and_never_changed(coordinator, pia):
    services.answer(pia.pk, APPROVED, by=coordinator, line=LINE)
    write = "INSERT INTO application_lines (member_id, outcome, line) VALUES (%s, 'approved', 'Mine')"

    with member_role(str(pia.pk)), refused():
        run(write, pia.pk)
    with acting_as_staff(coordinator, "try"), refused():
        run("SELECT line FROM application_lines")
    for scope in (acting_as(pia), acting_as_system("try")):
        with scope, refused():
            run("UPDATE application_lines SET line = 'Changed'")
    assert lines() == [(APPROVED, LINE)]


def test_the_members_are_not_gone_through_for_those_who_wait(coordinator):
    """However long they are members. (Whether anybody has been for two days is asked too, and ends at the first.)"""
    MemberFactory.create_batch(2, verification_status="pending")
    run_as_owner(
        "INSERT INTO members (id, email, name, password, verification_status, is_superuser, joined_at)"
        " SELECT gen_random_uuid(), n || '@example.org', 'Nora Nelson', '!', 'approved', false,"
        " now() - n * interval '1 day'"
        " FROM generate_series(1, 1000) AS n"
    )
    run_as_owner("ANALYZE members")
    browser = browser_of(coordinator)

    assert 0 < most_looked_at(lambda: browser.get("/admin/applications/"), "members") <= 50
    assert 0 < most_looked_at(lambda: browser.get("/admin/"), "members") <= 50
