"""The worker killed at every step, the mail server gone for a while: each mail arrives, and hardly any of them twice.

A taste every day; the whole with MAILS=1000, and the server away for AWAY=300 seconds.
"""

import os
import random

import pytest
from django.db import transaction

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system
from carecollective.tests.owner import run_as_owner
from carecollective.tests.sql import one, run
from carecollective.tests.waiting import PATIENCE, eventually
from carecollective.told.kinds import What
from carecollective.told.mail.letters import message_id
from carecollective.told.mail.models import Mail
from carecollective.told.notifications import services as notifications
from carecollective.told.notifications.models import Notification

from .smtp import MailServer
from .told import mails
from .workers import rescue_the_dead, worker

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]

MAILS = int(os.environ.get("MAILS", "60"))
KILLS = max(7, MAILS // 20)
AWAY = int(os.environ.get("AWAY", "5"))
LONGEST = 600  # seconds for all mails: a limit and no measure

# Long enough to be killed in: between what a mail server said and the word of it, and while a mail is considered.
SLOWLY = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
CREATE TRIGGER slowly BEFORE INSERT OR UPDATE ON mails FOR EACH ROW EXECUTE FUNCTION slowly();
"""
AT_ORDINARY_SPEED = "DROP FUNCTION slowly CASCADE"


@pytest.fixture(autouse=True)
def _an_empty_queue():
    run("DELETE FROM procrastinate_jobs")
    run("DELETE FROM procrastinate_workers")
    yield
    run("DELETE FROM procrastinate_jobs")


@pytest.fixture
def slow_tables():
    run_as_owner(SLOWLY)
    yield
    run_as_owner(AT_ORDINARY_SPEED)


def tell(number):
    """So many members are told, each in a transaction of its own; of each third one more is undone."""
    member = MemberFactory()
    for n in range(number):
        with transaction.atomic():
            notifications.tell(What.OFFERED, member.pk, about=f"offer {n}")
        if n % 3 == 0:
            with transaction.atomic():
                notifications.tell(What.OFFERED, member.pk, about=f"undone {n}")
                transaction.set_rollback(True)
    with acting_as_system("a test"):
        told = Notification.objects.filter(member=member).order_by("created_at")
        return [message_id(Mail(key=f"offer:{notification.pk}")) for notification in told]


def unsent():
    with acting_as_system("a test"):
        return MAILS - Mail.objects.exclude(sent_at=None).count()


class KillingServer(MailServer):
    """Kills the worker that talks to it, at the step and after as many mails as it was told."""

    def __init__(self):
        super().__init__()
        self.victim, self.step, self.mails_left, self.kills = None, None, 0, []

    def plan(self, victim, step, first):
        self.victim, self.step, self.mails_left = victim, step, first

    def at(self, step, *, in_seconds=0.0):
        if self.step != step or self.mails_left > 0:
            return
        self.step = None
        if in_seconds:
            self.controller.loop.call_later(in_seconds, self.kill, step, self.victim)
        else:
            self.kill(step)

    def kill(self, step, victim=None):
        (victim or self.victim).kill()
        self.kills.append(step)

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.at("connected")
        self.at("any time", in_seconds=random.uniform(0.001, 0.1))
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.at("sender")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.at("recipient")
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        self.at("accepted")
        self.at("told, and not written down", in_seconds=0.01)
        self.mails_left -= 1
        return answer


STEPS = ["considering", "connected", "sender", "recipient", "accepted", "told, and not written down", "any time"]


@pytest.mark.usefixtures("slow_tables")
def test_each_mail_arrives_and_each_death_costs_one_more_at_most():
    expected = tell(MAILS)
    with KillingServer() as server:
        for number in range(KILLS):
            step = STEPS[number % len(STEPS)]
            with worker(server.port) as victim:
                if step == "considering":
                    wait_until_some_are_considered()
                    server.kill(step, victim)
                # A worker connects once for many mails.
                first = 0 if step in ("connected", "any time") else random.randint(0, MAILS // KILLS // 2)
                server.plan(victim, step, first)
                eventually(lambda victim=victim: victim.poll() is not None or not unsent(), LONGEST)
            rescue_the_dead()
        with worker(server.port):
            eventually(lambda: not unsent(), LONGEST)

    twice = len(server.ids) - len(set(server.ids))
    print(f"\n{MAILS} mails, {len(server.kills)} kills: {len(set(server.ids))} arrived, {twice} twice")  # noqa: T201
    assert sorted(set(server.ids)) == sorted(expected)
    assert twice <= len(server.kills)
    assert set(server.kills) >= set(STEPS) - {"any time"}  # which may come after the last mail


def wait_until_some_are_considered():
    """Or all are, so that it is killed while it does nothing of the sort."""
    considered = "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%%consider' AND status = 'succeeded'"
    enough = min(one(considered) + random.randint(1, 3), MAILS)
    eventually(lambda: one(considered) >= enough)


def test_a_mail_server_that_was_away_gets_everything_once_and_in_order():
    server = MailServer()
    with worker(server.port):
        expected = tell(MAILS)  # told while nobody listens: no verb knows, or fails
        eventually(lambda: one("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%%deliver'") > 1)
        eventually(lambda: len(mails()) == MAILS)
        stays_away()
        with server:
            eventually(lambda: not unsent(), LONGEST)

    assert server.ids == expected


def stays_away():
    before = one("SELECT clock_timestamp()")
    eventually(lambda: (one("SELECT clock_timestamp()") - before).total_seconds() > AWAY, AWAY + PATIENCE)
