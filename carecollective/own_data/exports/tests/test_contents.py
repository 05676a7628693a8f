"""What stands in a copy, and above all what does not."""

import json
from html.parser import HTMLParser

import pytest

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground import privacy
from carecollective.ground.identity import acting_as_system
from carecollective.own_data.exports.catalogue import tables as tables_of_members
from carecollective.tests.every_day import takes_long
from carecollective.tests.owner import lay_open, run_as_owner
from carecollective.tests.sql import column, run, undone
from carecollective.told.notifications.models import News
from carecollective.told.notifications.services import tell_everybody
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking
from messaging import services as messaging
from messaging.legacy.tests.factories import left_behind, offered
from messaging.reports import moderation
from messaging.reports.services import report
from messaging.sharing import services as sharing
from messaging.tests.factories import ConversationFactory, MessageFactory

from .everything import copy_of, everything_about

pytestmark = pytest.mark.django_db
CANARY = "canary"


@pytest.fixture
def member():
    return MemberFactory(name="Maria Gomez", town="Riverside")


@pytest.fixture(autouse=True)
def _without_limits(settings):
    settings.RATE_LIMITS = False


def only(rows):
    (row,) = rows
    return row


# --- Nothing of anybody else's ----------------------------------------------------------------------------------------

TEXTS = """
SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relname = ANY (%s) AND attnum > 0
    AND atttypid::regtype::text IN ('text', 'character varying', 'jsonb') ORDER BY 1
"""
# Texts that are codes, digests or the libraries' own: no sentence of anybody's has room in them. Each model says which
# of its columns are `words`; the others are none.
NOBODYS_WORDS = {
    "django_admin_log.object_id",
    "knox_authtoken.digest",
    "knox_authtoken.token_key",
    "mfa_authenticator.type",
    "usersessions_usersession.data",
}
NOT_THEIRS = ("account_emailconfirmation", "django_session", "procrastinate_jobs", "rollout_flags", "rollout_history")


def where_it_stands(canary):
    tables = [table for table in tables_of_members() if table not in NOT_THEIRS]
    with undone():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        forced = column("SELECT relname FROM pg_class WHERE relforcerowsecurity AND relname = ANY (%s)", tables)
        for table in [*forced, "members", "mfa_authenticator"]:  # whose secrets nobody reads either
            lay_open(table)
        names = column(TEXTS, tables)
        holds = "SELECT EXISTS (SELECT FROM {} WHERE {}::text LIKE %s)"
        return names, {name for name in names if column(holds.format(*name.split(".")), f"%{canary}%") == [True]}


def of_models(names):
    declared = privacy.declared()
    texts = [name.split(".") for name in names]
    return {
        f"{table}.{text}" for table, text in texts if table in declared and text not in declared[table].words.split()
    }


def test_no_text_of_another_member_is_in_a_copy(member):
    """Not of a stranger's, and not of somebody's one talks with: but for what the two see of each other."""
    other = everything_about(CANARY, phone="+1 555 0199")
    run_as_owner(
        "UPDATE members SET warned_at = NULL, leaving_at = NULL, restricted_until = NULL WHERE id = %s", other.pk
    )
    texts = {"description": f"Ask at {CANARY}", "exchange_offer": CANARY, "location_override": CANARY}
    asked = HelpRequestFactory(user=other, title="Somebody to read to me", **texts)
    conversation = ConversationFactory(help_request=asked, helper=member, text="I like to read aloud.")
    MessageFactory(conversation=conversation, sender=other, text="That would be lovely.")
    hidden = {"content": f"Hidden {CANARY}", "moderation_status": "hidden", "flagged_reason": CANARY}
    left_behind(asked, member, "From before, to you", hidden, {"content": "I see"})
    report(conversation.pk, by=other, reason="other", description=f"I am not sure {CANARY}")

    names, planted = where_it_stands(CANARY)
    page, data = copy_of(member)

    assert set(names) - planted == NOBODYS_WORDS | of_models(names)
    assert CANARY not in page + json.dumps(data)
    assert "+1 555 0199" not in page + json.dumps(data)
    assert "That would be lovely." in page
    assert {talk["with"] for talk in data["conversations"]} == {"Ana c."}


def test_ids_of_other_members_are_not_in_a_copy(member):
    conversation = ConversationFactory(helper=member)
    answers.accept(conversation.pk, by=conversation.requester)
    blocking.block(MemberFactory().pk, by=member)

    page, data = copy_of(member)

    ids = set(map(str, column("SELECT id FROM members WHERE id <> %s", member.pk)))
    assert [id for id in ids if id in page + json.dumps(data)] == []


def test_somebody_is_called_as_the_pages_call_them(member):
    conversation = ConversationFactory(helper=member, help_request__user__name="Lena Lang")
    before = only(copy_of(member)[1]["conversations"])["with"]

    answers.accept(conversation.pk, by=conversation.requester)

    assert (before, only(copy_of(member)[1]["conversations"])["with"]) == ("Lena L.", "Lena Lang")


def test_secrets_that_sign_in_are_not_in_a_copy(member):
    whole = everything_about("mark")

    page, data = copy_of(whole)

    secrets = [whole.password]
    secrets += column("SELECT digest FROM knox_authtoken UNION SELECT token_key FROM knox_authtoken")
    secrets += ["secret mark", "key mark"]
    assert [secret for secret in secrets if secret in page + json.dumps(data)] == []


def test_who_reported_whom_is_told_to_the_reporter_alone(member):
    conversation = ConversationFactory(helper=member)
    report(conversation.pk, by=conversation.requester, reason="scam", description="He wants money.")

    assert copy_of(member)[1]["reports"] == []
    assert only(copy_of(conversation.requester)[1]["reports"])["description"] == "He wants money."


def test_a_block_is_told_to_the_blocker_alone(member):
    other = MemberFactory(name="Bob Blunt")
    blocking.block(other.pk, by=member)

    assert [block["name"] for block in copy_of(member)[1]["blocks"]] == ["Bob B."]
    assert copy_of(other)[1]["blocks"] == []


def test_both_see_that_the_team_opened_their_conversation_and_why_and_nobody_else_does(member):
    conversation = ConversationFactory(helper=member)
    moderation.open_thread(conversation.pk, by=on_the_team("administrators", name="Ada Adams"), reason="a worried call")

    for one in (member, conversation.requester):
        page, data = copy_of(one)
        assert only(data["opened_by_team"])["reason"] == "a worried call"
        assert "Ada" not in page
    assert copy_of(MemberFactory())[1]["opened_by_team"] == []


def test_a_shared_number_is_in_the_others_copy_for_as_long_as_it_is_shared(member):
    conversation = ConversationFactory(helper=member)
    answers.accept(conversation.pk, by=conversation.requester)
    sharing.share(conversation.pk, "phone", by=conversation.requester, value="+1 555 0123", keep=True)
    during, _ = copy_of(member)

    answers.withdraw(conversation.pk, by=member)

    after, data = copy_of(member)
    assert ("+1 555 0123" in during, "+1 555 0123" in after) == (True, False)
    assert only(data["contact_shares"])["value"] is None


def test_who_shared_a_number_is_called_as_the_pages_call_them(member):
    conversation = ConversationFactory(helper=member, help_request__user__name="Lena Lang")
    answers.accept(conversation.pk, by=conversation.requester)
    for one in (member, conversation.requester):
        sharing.share(conversation.pk, "phone", by=one, value="+1 555 0123", keep=False)

    def called():
        return [{share["by"], share.get("other")} - {"you", "other"} for share in copy_of(member)[1]["contact_shares"]]

    during = called()
    answers.withdraw(conversation.pk, by=member)

    assert (during, called()) == ([{"Lena Lang"}] * 2, [{"Lena L."}] * 2)


# --- All of one's own -------------------------------------------------------------------------------------------------


def test_every_message_of_a_long_conversation_is_there_in_order(member):
    conversation = ConversationFactory(helper=member, text="The very first words")
    said = [f"Message number {n}" for n in range(520)]
    with acting_as_system("a test"):
        run(
            "INSERT INTO messages_v2 (conversation_id, sender_id, content, created_at)"
            " SELECT %s, %s, 'Message number ' || n, now() + n * interval '1 second' FROM generate_series(0, 519) AS n",
            conversation.pk,
            conversation.requester.pk,
        )

    page, data = copy_of(member)

    told = only(data["conversations"])["messages"]
    assert [one["content"] for one in told] == ["The very first words", *said]
    assert [one["from_you"] for one in told] == [True] + 520 * [False]
    assert page.count("Message number ") == 520


@takes_long
def test_more_conversations_than_a_page_of_the_inbox_are_all_there_in_both_versions(member):
    made = []
    for _ in range(26):
        made.append(ConversationFactory(helper=member).pk)
        made.append(offered(HelpRequestFactory(), member).pk)

    talks = copy_of(member)[1]["conversations"]

    assert sorted(talk["id"] for talk in talks) == sorted(map(str, made))
    assert {talk["version"] for talk in talks} == {"v1", "v2"}


def test_conversations_that_are_over_are_there_too(member):
    declined, archived, blocked = (ConversationFactory(helper=member) for _ in range(3))
    answers.decline(declined.pk, by=declined.requester, note="We found somebody.")
    messaging.archive(archived.pk, by=member)
    blocking.block(member.pk, by=blocked.requester)
    closed = left_behind(HelpRequestFactory(), member, "Words of long ago", status="closed")
    nobody = left_behind(None, member, "Is anybody there?")

    talks = {talk["id"]: talk for talk in copy_of(member)[1]["conversations"]}

    assert set(talks) == {str(one.pk) for one in (declined, archived, blocked, closed, nobody)}
    assert talks[str(declined.pk)]["answer"] == "declined"
    assert [one["content"] for one in talks[str(declined.pk)]["messages"]][-1] == "We found somebody."
    assert {talks[str(one.pk)]["status"] for one in (archived, blocked, closed, nobody)} == {"archived"}
    assert talks[str(nobody.pk)]["with"] == "A former member"


def test_a_conversation_of_version_1_without_its_people_is_still_its_starters(member):
    lost = left_behind(HelpRequestFactory(), member, "Nobody is listed here", participants=[])

    assert [talk["id"] for talk in copy_of(member)[1]["conversations"]] == [str(lost.pk)]


def test_deleted_and_hidden_messages_are_left_out_as_on_the_page(member):
    gone = {"content": "Deleted words", "deleted_at": "2025-05-05T00:00:00Z"}
    hidden = {"content": "Hidden words", "moderation_status": "removed"}
    left_behind(HelpRequestFactory(), member, "Words that stay", gone, hidden)

    (talk,) = copy_of(member)[1]["conversations"]

    assert [one["content"] for one in talk["messages"]] == ["Words that stay"]


def test_news_stand_among_the_notices_in_the_readers_language(member):
    titles = {"title_en": "We meet on Sunday", "title_es": "Nos vemos el domingo"}
    news = News.objects.create(**titles, body_en="Come", body_es="Vengan")
    tell_everybody(news.pk, by=on_the_team("coordinators"))

    assert [only(copy_of(member, language)[1]["notices"])["news"] for language in ("en", "es")] == [
        "We meet on Sunday",
        "Nos vemos el domingo",
    ]


@pytest.mark.one_of_each
@pytest.mark.parametrize("name", ["Ярослава Жукова", "李 小龍", "محمد علي", "Zoë O’Brien-Łuksza", "नीता शर्मा"])
def test_names_and_words_of_any_script_arrive_as_they_were_written(name):
    member = MemberFactory(name=name)
    ConversationFactory(helper=member, text=f"{name} 👩‍🦽 писал\nand a second line")

    page, data = copy_of(member)

    assert data["profile"]["name"] == name
    assert only(data["conversations"])["initial_message"] == f"{name} 👩‍🦽 писал\nand a second line"
    assert f"<h1>Care Collective: a copy of your data</h1>\n  <p>Made for <bdi>{name}</bdi> on " in page


# --- A page that does nothing -----------------------------------------------------------------------------------------


class Seen(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {(name, value if name == "href" else "") for name, value in attrs}


ATTACK = "</style></p><script>alert(1)</script><img src=x onerror=alert(1)><a href='https://evil.example/'>here</a>"


def test_whatever_somebody_wrote_is_inert(member):
    plain = Seen(copy_of(member)[0])
    attacked = MemberFactory(name=f"A{ATTACK[:90]}", town=ATTACK[:100], application_text=ATTACK)
    HelpRequestFactory(user=attacked, title=ATTACK[:100], description=ATTACK)
    ConversationFactory(helper=attacked, text=ATTACK)

    page, data = copy_of(attacked)

    seen = Seen(page)
    assert seen.tags - plain.tags == {"h3", "ol", "li", "strong", "time", "bdi"} - plain.tags
    assert {name for name, _ in seen.attributes} - {name for name, _ in plain.attributes} == {"class", "datetime"}
    assert [href for name, href in seen.attributes if name == "href" and not href.startswith("#")] == []
    assert only(data["conversations"])["initial_message"] == ATTACK


def test_the_page_asks_for_nothing_and_says_so_itself(member):
    page, _ = copy_of(member)

    assert 'http-equiv="Content-Security-Policy" content="default-src &#x27;none&#x27;; style-src &#x27;sha256-' in page
    assert [
        sign for sign in ("<script", "<link", "<img", "url(", "@import", "http://", "https://") if sign in page
    ] == []


def test_the_page_speaks_the_members_language(member):
    assert '<html lang="es">' in copy_of(member, "es")[0]
    assert '<html lang="en">' in copy_of(member, "")[0]
