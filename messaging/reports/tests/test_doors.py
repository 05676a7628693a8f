"""Reporting by page and by API, and deciding in the admin."""

import re
import uuid

import pytest
from django.test import Client

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground import limits
from carecollective.ground.identity import acting_as_system
from carecollective.ground.refusals import AlreadyReported, ConversationArchived
from carecollective.tests.pages import heading, title, words
from messaging import blocking
from messaging.reports import services
from messaging.reports.models import Report
from messaging.services import send_message
from messaging.tests.factories import FIRST_WORDS, ConversationFactory

pytestmark = pytest.mark.django_db
WHY = "Somebody reported this message."


@pytest.fixture
def conversation():
    return ConversationFactory()


@pytest.fixture
def owner(conversation):
    return conversation.requester


def browser(member):
    client = Client()
    client.force_login(member)
    return client


def reports():
    with acting_as_system("a test looks"):
        return list(Report.objects.all())


# --- The API --------------------------------------------------------------------------------------------------------


def test_a_report_by_api_is_201_and_the_second_409(api_as, conversation, owner):
    address = f"/api/messaging/messages/{conversation.pk}/report"

    made = api_as(owner).post(address, {"reason": "scam", "description": "Asks for money."}, format="json")
    again = api_as(owner).post(address, {"reason": "spam"}, format="json")

    assert made.status_code == 201
    assert made.json()["status"] == "pending"
    assert set(made.json()) == {
        "id", "message_id", "conversation_id", "reason", "description", "status", "created_at",
    }  # fmt: skip
    assert (again.status_code, again.json()["code"]) == (409, "already_reported")


def test_foreign_and_unknown_messages_are_the_same_404(api_as, conversation):
    outsider = api_as(MemberFactory())
    answers = [
        outsider.post(f"/api/messaging/messages/{id}/report", {"reason": "scam"}, format="json")
        for id in (conversation.pk, uuid.uuid4())
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["code"] == "message_not_found"


def test_the_sixth_report_in_an_hour_is_429(api_as, conversation, owner):
    messages = [send_message(conversation.pk, by=conversation.helper, text=text).message for text in "abcdef"]
    answers = [
        api_as(owner).post(f"/api/messaging/messages/{message.pk}/report", {"reason": "spam"}, format="json")
        for message in messages
    ]

    assert [answer.status_code for answer in answers] == [201] * limits.REPORTS.most + [429]
    assert "Retry-After" in answers[-1].headers


@pytest.mark.one_of_each
@pytest.mark.parametrize("body", [{}, {"reason": "rude"}, {"reason": 1}, {"reason": "spam", "description": "x" * 501}])
def test_a_report_that_says_nothing_is_400_with_the_field(api_as, conversation, owner, body):
    answer = api_as(owner).post(f"/api/messaging/messages/{conversation.pk}/report", body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert answer.json()["errors"][0]["field"] in ("reason", "description")
    assert reports() == []


# --- The page -------------------------------------------------------------------------------------------------------


def page_of(conversation, message_id=None):
    return f"/messages/{conversation.pk}/report/{message_id or conversation.pk}/"


def test_reporting_by_page_leads_back_to_the_thread(conversation, owner):
    asked = browser(owner).get(page_of(conversation))
    sent = browser(owner).post(page_of(conversation), {"reason": "scam", "description": "Money."}, follow=True)

    assert (heading(asked), FIRST_WORDS in words(asked)) == ("Report a message", True)
    assert sent.redirect_chain[-1][0] == f"/messages/{conversation.pk}/"
    assert "Thank you. A person on the team reads it within 24 hours." in words(sent)
    (report,) = reports()
    assert (report.reason, report.description) == ("scam", "Money.")


def test_a_report_without_a_reason_is_asked_again_with_its_text(conversation, owner):
    answer = browser(owner).post(page_of(conversation), {"description": "It frightens me."})

    assert answer.status_code == 422
    assert title(answer).startswith("Error: ")
    assert "Choose what is wrong with it" in words(answer)
    assert "It frightens me." in answer.content.decode()


def test_reporting_and_blocking_are_one_form(conversation, owner):
    sent = {"reason": "harassment", "also_block": "on"}

    done = browser(owner).post(page_of(conversation), sent, follow=True)

    assert "Thank you." in words(done)
    assert "is blocked. You can undo that" in words(done)
    assert len(reports()) == 1
    assert [block.blocked_id for block in blocking.blocked_by(owner)] == [conversation.helper_id]
    with pytest.raises(ConversationArchived):
        send_message(conversation.pk, by=conversation.helper, text="Why?")


def test_without_the_tick_nobody_is_blocked(conversation, owner):
    browser(owner).post(page_of(conversation), {"reason": "harassment"})

    assert (len(reports()), blocking.blocked_by(owner)) == (1, [])


def test_a_report_that_is_not_taken_blocks_nobody_and_keeps_the_tick(conversation, owner):
    for _ in range(limits.REPORTS.most):
        limits.REPORTS.take(owner.pk)

    answer = browser(owner).post(page_of(conversation), {"reason": "spam", "also_block": "on"})

    assert (answer.status_code, blocking.blocked_by(owner)) == (429, [])
    assert re.search(r'name="also_block"[^>]* checked', answer.content.decode())


def test_a_message_that_is_reported_already_stops_no_block(conversation, owner):
    services.report(conversation.pk, by=owner, reason="scam")

    with pytest.raises(AlreadyReported):
        services.report_and_block(conversation.pk, by=owner, reason="scam")

    assert len(blocking.blocked_by(owner)) == 1


def test_the_page_names_the_emergency_number_before_anything_is_picked(conversation, owner):
    assert "If someone is in danger now, call 911 first." in words(browser(owner).get(page_of(conversation)))


def test_few_reports_that_are_left_are_said_before_they_are_written(conversation, owner):
    assert "more message" not in words(browser(owner).get(page_of(conversation)))
    for _ in range(limits.REPORTS.most - 1):
        limits.REPORTS.take(owner.pk)

    assert "You can report 1 more message this hour." in words(browser(owner).get(page_of(conversation)))


def test_what_was_reported_already_says_so(conversation, owner):
    services.report(conversation.pk, by=owner, reason="scam")

    answer = browser(owner).get(page_of(conversation), follow=True)

    assert "You already reported this message." in words(answer)


def test_a_report_page_of_anything_else_is_the_same_404(conversation, owner):
    other = ConversationFactory()
    pages = [
        browser(MemberFactory()).get(page_of(conversation)),
        browser(owner).get(page_of(conversation, uuid.uuid4())),
        browser(owner).get(page_of(conversation, other.pk)),
        browser(owner).get(page_of(other, conversation.pk)),
    ]

    assert {page.status_code for page in pages} == {404}


def test_the_limit_keeps_what_was_written(conversation, owner):
    for _ in range(limits.REPORTS.most):
        limits.REPORTS.take(owner.pk)

    answer = browser(owner).post(page_of(conversation), {"reason": "spam", "description": "Carpets again."})

    assert answer.status_code == 429
    assert "You can report more at" in words(answer)
    assert "Carpets again." in answer.content.decode()


# --- The team -------------------------------------------------------------------------------------------------------


@pytest.fixture
def report(conversation, owner):
    return services.report(conversation.pk, by=owner, reason="scam", description="Asks for money.")


@pytest.fixture
def address(report):
    return f"/admin/reports/report/{report.pk}/change/"


def test_the_queue_shows_what_waits_and_no_private_word(report, conversation):
    answer = browser(on_the_team("moderators")).get("/admin/reports/report/")

    assert "Asks for money" in words(answer)  # the reason's own name
    assert conversation.helper.name in words(answer)
    assert "23 hours" in words(answer)
    assert FIRST_WORDS not in answer.content.decode()


def test_a_closed_report_shows_no_word_before_it_is_opened_with_a_reason(report, address):
    moderator = browser(on_the_team("moderators"))

    before = moderator.get(address)
    refused = moderator.post(address.replace("change", "open"), {"reason": "short"})
    opened = moderator.post(address.replace("change", "open"), {"reason": WHY}, follow=True)

    assert FIRST_WORDS not in before.content.decode()
    assert "Only the team reads this." in words(before)
    assert refused.status_code == 422
    assert FIRST_WORDS not in refused.content.decode()
    assert FIRST_WORDS in words(opened)
    assert "Asks for money." in words(opened)
    assert FIRST_WORDS not in browser(on_the_team("moderators")).get(address).content.decode()


def test_a_decision_is_made_once(report, address, conversation):
    moderator = browser(on_the_team("moderators"))
    moderator.post(address.replace("change", "open"), {"reason": WHY})

    nothing = moderator.post(address.replace("change", "decide"), {})
    decided = moderator.post(address.replace("change", "decide"), {"decision": "limit", "reason": WHY}, follow=True)
    again = moderator.post(address.replace("change", "decide"), {"decision": "ban", "reason": WHY}, follow=True)

    assert nothing.status_code == 422
    assert "Decided." in words(decided)
    assert "has decided this report already" in words(again)
    assert Member.objects.get(pk=conversation.helper.pk).restriction == "limited"


@pytest.mark.parametrize("group", ["coordinators", None])
def test_reports_are_no_page_of_others(address, group):
    someone = on_the_team(group) if group else MemberFactory()
    client = browser(someone)

    for answer in (
        client.get("/admin/reports/report/"),
        client.get(address),
        client.post(address.replace("change", "open"), {"reason": WHY}),
        client.post(address.replace("change", "decide"), {"decision": "ban"}),
    ):
        assert answer.status_code == 403
        assert FIRST_WORDS not in answer.content.decode()


# --- A warning ------------------------------------------------------------------------------------------------------


def test_a_warning_stands_before_every_page_until_it_is_read(conversation):
    writer = conversation.helper
    Member.objects.filter(pk=writer.pk).update(warned_at=writer.joined_at)
    client = browser(writer)

    met = client.get("/messages/")
    api = client.get("/api/messaging/conversations")
    own = client.get("/you/")
    client.post("/you/warning/")

    assert (met.status_code, heading(met)) == (403, "The team has a message for you")
    assert (api.status_code, api.json()["code"]) == (403, "user_restricted")
    assert own.status_code == 200
    assert client.get("/messages/").status_code == 200
