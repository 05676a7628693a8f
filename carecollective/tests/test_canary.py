"""A canary in every text about one member is seen nowhere but where that reader may see it: pages, API, what wakes the
sockets, mail, logs, metrics, copies of data. Columns come from the catalogue, addresses from the resolver.
"""

import psycopg
import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.ground.identity import acting_as_system
from carecollective.own_data.exports.tests.everything import copy_of
from carecollective.tests.canaries import BIRD, addresses, hatched, ids_of, log_lines
from carecollective.tests.databases import copied_database
from carecollective.tests.waiting import PATIENCE
from carecollective.told.mail import outbox, sending
from carecollective.told.notifications.models import Notification
from messaging import services as messaging
from messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.thorough

REQUEST = {
    f"help_requests.{text}" for text in ("title", "description", "subcategory", "exchange_offer", "location_override")
}
BOTH = {
    "conversations_v2.initial_message",
    "messages_v2.content",
    "messages.content",
    "members.name",
    "staff_reads.reason",
}
TEAM = {
    "members.name",
    "members.town",
    "members.email",
    "members.application_text",
    "help_requests.cancel_reason",
    "requests_on_behalf.note",
    "grave_acts.reason",
    "grave_acts.new_address",
    "django_admin_log.object_repr",
    "django_admin_log.change_message",
}
RECORDS = {
    "staff_reads.reason",
    "staff_reads.staff_name",
    "impersonation_attempts.claimed",
    "impersonation_attempts.path",
}
# What each reader may see of this member; everything else is a leak.
SHOWN = REQUEST | {"requests_on_behalf.shown_name"}
# The member's request is one that the team posted for somebody: its offers reach every coordinator (decision 0027).
PASSED_ON = {"conversations_v2.initial_message", "messages_v2.content"}
MAY_SEE = {
    "anonymous": set(),
    "pending": set(),
    "stranger": SHOWN | {"members.town"},
    "who they talk with": SHOWN | BOTH | {"members.town"},
    "coordinators": SHOWN | TEAM | PASSED_ON,
    "moderators": SHOWN | TEAM | RECORDS,
    "administrators": SHOWN | TEAM | RECORDS | PASSED_ON,
}


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker):
    """The member, and which column each canary sits in; in a database of their own."""
    with django_db_blocker.unblock(), copied_database("canary"):
        yield hatched()


@pytest.fixture(autouse=True)
def _without_limits(settings):
    settings.RATE_LIMITS = False


def reader(name):
    if name == "who they talk with":
        return Member.objects.get(name="Otto Other")
    if name in ("pending", "stranger"):
        return MemberFactory(pending=name == "pending")
    return on_the_team(name)


def seen_by(name, member, birds, only=""):
    """column -> the addresses that show it to this reader; and what was logged meanwhile."""
    client = Client(raise_request_exception=False, headers={"host": "localhost"})
    if name != "anonymous":
        client.force_login(reader(name))
    found = {}
    with log_lines() as lines:
        for address in addresses(ids_of(member)):
            if address.startswith(only):
                for bird in birds_in(client.get(address)):
                    found.setdefault(birds[bird], set()).add(address)
    return found, lines


def birds_in(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return {int(number) for number in BIRD.findall(content.decode(errors="replace") + str(answer.headers))}


@pytest.mark.parametrize("name", MAY_SEE)
def test_each_reader_sees_of_somebody_what_is_meant_for_them(planted, name):
    found, lines = seen_by(name, *planted)

    assert {text: sorted(where)[:3] for text, where in found.items() if text not in MAY_SEE[name]} == {}
    assert ("help_requests.title" in found) == bool(MAY_SEE[name])  # it is there to be found
    assert BIRD.findall("".join(lines)) == []


def test_a_planted_leak_is_found(planted, monkeypatch):
    monkeypatch.setattr(Member, "short_name", property(lambda member: member.name))

    found, _ = seen_by("stranger", *planted, only="/requests/")

    assert set(found) - MAY_SEE["stranger"] == {"members.name"}


def test_what_wakes_the_sockets_and_what_is_mailed_carries_no_word(planted):
    member, _ = planted
    other = MemberFactory()
    with psycopg.connect(**raw_connection(), autocommit=True) as listener:
        listener.execute("LISTEN care_events")
        conversation = ConversationFactory(helper=member, help_request__user=other, text="I can help, canary000x")
        messaging.send_message(conversation.pk, by=member, text="At nine, canary000x")
        woken = [notify.payload for notify in listener.notifies(timeout=PATIENCE, stop_after=1)]
    outbox.catch_up()
    considered(other)
    sending.send_what_is_due()

    letters = [f"{letter.subject} {letter.body} {letter.alternatives}" for letter in mail.outbox]
    assert woken
    assert letters
    assert BIRD.findall(" ".join([*woken, *letters])) == []


def test_the_copy_of_a_stranger_holds_no_word(planted):
    page, data = copy_of(MemberFactory())

    assert BIRD.findall(page + str(data)) == []


def raw_connection():
    known = connection.get_connection_params()
    return {part: known[part] for part in ("host", "port", "user", "password", "dbname") if known.get(part)}


def considered(member):
    with acting_as_system("a test"):
        told = list(Notification.objects.filter(member=member).values_list("pk", flat=True))
    for notification_id in told:
        outbox.consider(notification_id)
