"""From being told to the mail in the box: each rule once, through the table."""

import uuid
from datetime import timedelta

import pytest
from django.core import mail as posted
from django.db import connection
from django.utils import timezone

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import clock
from carecollective.ground.identity import acting_as_system
from carecollective.ground.scope_guard import unguarded
from carecollective.tests.every_day import takes_long
from carecollective.tests.races import at_once
from carecollective.told.mail import outbox, sending, tasks
from carecollective.told.mail.models import DIGEST
from carecollective.told.notifications import services as notifications

from .told import became, change, its_time_comes, mails, read, tell, tell_and_wait, wants

pytestmark = pytest.mark.django_db


def test_an_offer_is_written_about_once_however_often_its_job_runs(member):
    told = tell(member)

    for _ in range(3):
        its_time_comes(told)

    assert [letter.to for letter in posted.outbox] == [[member.email]]
    assert became() == ["sent"]


def test_what_was_read_before_its_time_is_recorded_as_not_needed(member):
    told = tell(member, "message")
    read(told)

    its_time_comes(told)

    assert (posted.outbox, became()) == ([], ["read"])


def test_an_answer_that_was_taken_back_is_never_written_about(member):
    answer = uuid.uuid4()
    told = tell(member, "answer", conversation_id=uuid.uuid4(), about=answer)
    notifications.withdraw(answer)

    its_time_comes(told)

    assert (posted.outbox, mails()) == ([], [])


def test_what_is_taken_back_while_its_mail_waits_is_not_sent(member):
    answer = uuid.uuid4()
    told = tell(member, "answer", conversation_id=uuid.uuid4(), about=answer)
    outbox.consider(told.pk)
    notifications.withdraw(answer)

    sending.send_what_is_due()

    assert (posted.outbox, became()) == ([], ["withdrawn"])


def test_one_mail_for_a_silence_and_another_one_for_the_next(member):
    conversation = uuid.uuid4()
    first = tell_and_wait(member, "message", conversation_id=conversation)
    again = tell_and_wait(member, "message", conversation_id=conversation)
    assert (first.pk, len(posted.outbox)) == (again.pk, 1)

    read(first)
    tell_and_wait(member, "message", conversation_id=conversation)

    assert len(posted.outbox) == 2
    assert posted.outbox[0].extra_headers["Message-ID"] != posted.outbox[1].extra_headers["Message-ID"]


def test_whoever_was_suspended_meanwhile_gets_nothing(member):
    told = tell(member)
    member.restriction = "suspended"
    member.save()

    its_time_comes(told)

    assert (posted.outbox, became()) == ([], ["standing"])


def test_once_a_day_is_one_mail_for_all_of_the_day(member):
    wants(member, offers="daily", messages="daily")
    told = [tell_and_wait(member), tell_and_wait(member), tell_and_wait(member, "message")]
    assert (posted.outbox, became()) == ([], ["digest", "waiting", "digest", "digest"])

    read(told[0])
    the_morning_comes()

    (letter,) = posted.outbox
    assert "- 1 new offer of help\n- 1 conversation with new messages\n" in letter.body
    assert became(kind=DIGEST) == ["sent"]


def test_a_digest_of_what_was_all_read_is_not_sent(member):
    wants(member, offers="daily")
    read(tell_and_wait(member))

    the_morning_comes()

    assert (posted.outbox, became(kind=DIGEST)) == ([], ["read"])


def test_what_comes_at_once_does_not_wait_for_the_mail_of_the_day(member):
    wants(member, messages="daily")

    tell_and_wait(member, "message")
    tell_and_wait(member, "offer")

    assert [letter.subject for letter in posted.outbox] == ["Care Collective: someone offers to help"]


def the_morning_comes():
    (digest,) = mails(kind=DIGEST)
    assert digest.due_at > timezone.now()
    change(digest, due_at=clock.now() - timedelta(seconds=1))
    sending.send_what_is_due()


def test_in_quiet_hours_mail_waits_until_they_end(member):
    hour = timezone.localtime().hour
    wants(member, quiet_from=hour, quiet_until=(hour + 2) % 24)

    tell_and_wait(member)

    (waiting,) = mails()
    assert (posted.outbox, became()) == ([], ["waiting"])
    ends = timezone.localtime(waiting.due_at)
    assert (ends.hour, ends.minute) == ((hour + 2) % 24, 0)
    assert waiting.due_at > timezone.now()

    wants(member, quiet_from=None, quiet_until=None)
    change(waiting, due_at=clock.now() - timedelta(seconds=1))
    sending.send_what_is_due()
    assert became() == ["sent"]


def test_the_oldest_goes_first(member):
    others = [MemberFactory() for _ in range(3)]
    told = [tell(other) for other in others]

    its_time_comes(*told)

    assert [letter.to[0] for letter in posted.outbox] == [other.email for other in others]


def test_a_lost_job_is_made_up_for(member):
    told = tell(member)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        with acting_as_system("a test: a quarter of an hour goes by"):
            cursor.execute("UPDATE notifications SET created_at = now() - interval '16 minutes'")

    tasks.look_for_mail(timestamp=0)
    tasks.look_for_mail(timestamp=60)

    assert became(notification_id=told.pk) == ["sent"]
    assert len(posted.outbox) == 1


def test_what_is_not_due_yet_is_not_taken_for_lost(member):
    tell(member, "message")

    assert (outbox.catch_up(), mails()) == (0, [])


def test_mail_is_forgotten_after_its_time_unless_it_still_waits(member):
    tell_and_wait(member)
    outbox.consider(tell(member).pk)
    for mail in mails():
        change(mail, created_at=timezone.now() - timedelta(days=91))

    outbox.forget_old()

    assert became() == ["waiting"]


def test_it_goes_with_its_recipient(member):
    tell_and_wait(member)

    member.delete()

    assert mails() == []


@takes_long
@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_send_nothing_twice(member):
    for _ in range(30):
        outbox.consider(tell(member).pk)

    came = at_once(*[sending.send_what_is_due] * 4)

    for outcome in came:
        assert outcome is False or isinstance(outcome, sending.SomebodyElseSends)
    while "waiting" in became():
        sending.send_what_is_due()
    sent = [letter.extra_headers["Message-ID"] for letter in posted.outbox]
    assert (len(sent), len(set(sent))) == (30, 30)
