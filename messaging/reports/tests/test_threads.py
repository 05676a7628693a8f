"""The team opens a conversation that nobody reported: with a reason on record, for an hour, in front of both people."""

import uuid

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, on_the_team
from carecollective.audit.models import Kind
from carecollective.audit.tests.written import entries
from carecollective.ground.identity import acting_as_system
from carecollective.tests.owner import run_as_owner
from carecollective.tests.pages import words
from helprequests.tests.factories import HelpRequestFactory
from messaging.legacy.tests.factories import left_behind
from messaging.reports import moderation
from messaging.reports import services as reports
from messaging.reports.models import StaffRead
from messaging.reports.tests.judging import judged
from messaging.tests.factories import FIRST_WORDS, ConversationFactory, MessageFactory

pytestmark = pytest.mark.django_db
WHY = "The police asked us for it."


@pytest.fixture
def conversation():
    return ConversationFactory()


@pytest.fixture
def administrator():
    return browser_of(on_the_team("administrators"))


def page_of(conversation):
    return f"/admin/threads/{conversation.pk}/"


def reads():
    with acting_as_system("a test looks"):
        return list(StaffRead.objects.values_list("conversation_id", "version", "reason"))


def old_conversation():
    return left_behind(HelpRequestFactory(), MemberFactory(), FIRST_WORDS, "Thank you")


@pytest.mark.parametrize(("made", "version"), [(ConversationFactory, "v2"), (old_conversation, "v1")])
def test_the_words_open_after_a_reason_and_not_before(administrator, made, version):
    conversation = made()

    before = administrator.get(page_of(conversation))
    short = administrator.post(page_of(conversation), {"reason": "because"})
    sent = administrator.post(page_of(conversation), {"reason": WHY})
    after = administrator.get(sent["Location"])

    assert (before.status_code, short.status_code, sent.status_code) == (200, 422, 303)
    assert FIRST_WORDS not in before.content.decode() + short.content.decode()
    assert FIRST_WORDS in words(after)
    assert WHY in words(after)
    assert reads() == [(conversation.pk, version, WHY)]
    assert [kind for kind, *_ in entries(Kind.THREAD_OPENED)] == ["thread_opened"]


def test_that_thread_alone_is_open_and_to_that_person_alone(administrator, conversation):
    administrator.post(page_of(conversation), {"reason": WHY})

    assert FIRST_WORDS not in administrator.get(page_of(ConversationFactory())).content.decode()
    assert FIRST_WORDS not in browser_of(on_the_team("administrators")).get(page_of(conversation)).content.decode()


def test_both_people_see_when_and_why_on_their_page(administrator, conversation):
    administrator.post(page_of(conversation), {"reason": WHY})

    for person in (conversation.requester, conversation.helper):
        text = words(browser_of(person).get(f"/messages/{conversation.pk}/"))
        assert "The team opened this conversation" in text
        assert WHY in text


def test_both_people_of_an_old_conversation_see_it_too(administrator):
    conversation = old_conversation()
    administrator.post(page_of(conversation), {"reason": WHY})

    text = words(browser_of(conversation.created_by).get(f"/messages/{conversation.pk}/"))

    assert WHY in text


BADGE = "Opened by the team"


def list_of(person):
    return words(browser_of(person).get("/messages/"))


def test_both_people_see_it_on_their_list_beside_that_conversation_alone(administrator, conversation):
    ConversationFactory(helper=conversation.helper)
    stranger = ConversationFactory().helper
    before = list_of(conversation.helper)

    administrator.post(page_of(conversation), {"reason": WHY})

    assert [list_of(person).count(BADGE) for person in (conversation.requester, conversation.helper)] == [1, 1]
    assert BADGE not in before + list_of(stranger)
    assert WHY not in list_of(conversation.helper)


def test_both_people_of_an_old_conversation_see_it_on_their_list(administrator):
    conversation = old_conversation()
    administrator.post(page_of(conversation), {"reason": WHY})

    assert BADGE in list_of(conversation.created_by)


@pytest.mark.one_of_each
@pytest.mark.parametrize("wall", ["stands", "is down"])
def test_the_list_says_nothing_of_what_was_opened_for_a_report(conversation, wall):
    report = reports.report(conversation.pk, by=conversation.requester, reason="scam")
    judged(report.pk, "no_action", by=on_the_team("moderators"))
    if wall == "is down":
        run_as_owner("ALTER TABLE staff_reads DISABLE ROW LEVEL SECURITY")

    assert BADGE not in list_of(conversation.requester) + list_of(conversation.helper)


def test_a_long_thread_has_a_second_page(administrator, conversation):
    for number in range(moderation.PAGE_SIZE):
        MessageFactory(conversation=conversation, sender=conversation.helper, text=f"Number {number} of many")
    administrator.post(page_of(conversation), {"reason": WHY})

    first, second = (words(administrator.get(f"{page_of(conversation)}?page={n}")) for n in (1, 2))

    assert "Page 1 of 2" in first
    assert "Number 49 of many" not in first
    assert "Number 49 of many" in second
    assert FIRST_WORDS not in second
    for none in ("3", "0", "-1", "x", "9" * 40, "²"):
        assert administrator.get(page_of(conversation), {"page": none}).status_code == 404


def test_there_is_nothing_to_open_where_there_is_no_conversation(administrator):
    unknown = f"/admin/threads/{uuid.uuid4()}/"

    assert administrator.get(unknown).status_code == 404
    assert administrator.post(unknown, {"reason": WHY}).status_code == 404
    assert reads() == []


@pytest.mark.parametrize("group", ["moderators", "coordinators", ""])
def test_it_is_for_administrators(conversation, group):
    client = browser_of(on_the_team(group) if group else MemberFactory())

    for answer in (client.get(page_of(conversation)), client.post(page_of(conversation), {"reason": WHY})):
        assert answer.status_code == 403
        assert FIRST_WORDS not in answer.content.decode()
    assert reads() == []


def test_it_is_found_from_the_conversation_and_from_a_report(administrator, conversation):
    report = reports.report(conversation.pk, by=conversation.requester, reason="scam")
    pages = [
        f"/admin/messaging/conversation/{conversation.pk}/change/",
        f"/admin/reports/report/{report.pk}/change/",
    ]
    moderator = browser_of(on_the_team("moderators"))

    for page in pages:
        assert f'href="{page_of(conversation)}"' in administrator.get(page).content.decode()
        assert page_of(conversation) not in moderator.get(page).content.decode()
