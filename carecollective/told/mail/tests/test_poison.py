"""A mail that can never be sent, a server that is difficult about one: it is set aside, and all others go on."""

import smtplib
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core import mail as posted
from django.core.exceptions import ValidationError
from django.test import Client

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import browser_of, superuser
from carecollective.ground import clock
from carecollective.tests.owner import lay_open, shut
from carecollective.tests.sql import run
from carecollective.told.mail import outbox, sending, tasks

from .told import became, change, mails, tell, tell_and_wait

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

BAD_ADDRESSES = [
    "a@example.org,evil@example.com",
    "a@example.org evil@example.com",
    "a@example.org;evil@example.com",
    "a@example.org\nBcc: evil@example.com",
    "a@example.org\r\nBcc: evil@example.com",
    "Evil <evil@example.com>",
    "a@example.org\0",
]


# --- At the edge ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_no_member_is_made_with_a_second_recipient_or_a_header_in_the_address(address):
    with pytest.raises(ValidationError):
        Member.objects.create_user(address, name="Somebody")


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_the_team_cannot_enter_one_either(address):
    team = browser_of(superuser())

    made = team.post("/admin/accounts/member/add/", {"name": "Somebody", "email": address, "town": "", "password": ""})

    assert (made.status_code, Member.objects.filter(name="Somebody").count()) == (200, 0)


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_nor_change_an_account_to_one(address, member):
    team = browser_of(superuser())

    fields = {"email": address, "reason": "because a test wants it"}
    changed = team.post(f"/admin/accounts/member/{member.pk}/address/", fields)

    member.refresh_from_db()
    assert (changed.status_code, member.email.startswith("member")) == (422, True)


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_nor_sign_in_with_one_by_api_or_page(api, address):
    asked = api.post("/api/auth/login", {"email": address, "password": "a password"}, format="json")
    page = Client().post("/sign-in/", {"login": address, "password": "a password"})

    assert (asked.status_code in (400, 401), page.status_code) == (True, 422)


# --- Planted --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [address for address in BAD_ADDRESSES if "\0" not in address])
def test_a_planted_address_is_set_aside_and_stops_nobody(address):
    poisoned, others = MemberFactory(), [MemberFactory(), MemberFactory()]
    Member.objects.filter(pk=poisoned.pk).update(email=address)
    for member in (others[0], poisoned, others[1]):
        outbox.consider(tell(member).pk)

    for _ in range(5):
        sending.send_what_is_due()
        change_all_due()

    assert [letter.to for letter in posted.outbox] == [[other.email] for other in others]
    assert became(recipient=poisoned) == ["set aside: ValidationError"]
    assert [mail.attempts for mail in mails(recipient=poisoned)] == [sending.MOST_TRIES]


def change_all_due():
    """Time passes."""
    for mail in mails(sent_at=None, set_aside_at=None, not_needed_at=None):
        change(mail, due_at=clock.now() - timedelta(seconds=1))


def test_a_fault_of_ours_in_one_mail_stops_no_other(member):
    outbox.consider(tell(member).pk)
    lay_open("notifications")
    run("UPDATE notifications SET what = 'nonsense'")
    shut("notifications")
    other = MemberFactory()

    tell_and_wait(other)

    assert [letter.to for letter in posted.outbox] == [[other.email]]
    assert [mail.error for mail in mails(recipient=member)] == ["ValueError"]


def test_a_set_aside_mail_goes_out_when_the_team_says_so(member, django_user_model):
    address = member.email
    Member.objects.filter(pk=member.pk).update(email="a@b.example,c@d.example")
    outbox.consider(tell(member).pk)
    for _ in range(sending.MOST_TRIES):
        sending.send_what_is_due()
        change_all_due()
    Member.objects.filter(pk=member.pk).update(email=address)
    (mail,) = mails()

    outbox.try_again(mail.pk, by=superuser())
    sending.send_what_is_due()

    assert became() == ["sent"]


# --- Over a real connection -----------------------------------------------------------------------------------------


def test_a_refused_recipient_is_set_aside_and_all_others_arrive(server):
    members = [MemberFactory() for _ in range(5)]
    server.refuses[members[2].email] = "550 no such mailbox"
    for member in members:
        outbox.consider(tell(member).pk)

    for _ in range(5):
        sending.send_what_is_due()
        change_all_due()

    assert [message["To"] for message in server.taken] == [
        member.email for number, member in enumerate(members) if number != 2
    ]
    assert became(recipient=members[2]) == ["set aside: SMTPRecipientsRefused"]


def test_a_full_mailbox_is_asked_again_for_days(server, member):
    server.refuses[member.email] = "452 mailbox full"
    outbox.consider(tell(member).pk)
    for _ in range(10):
        with_patience()
        change_all_due()
    assert became() == ["waiting"]

    del server.refuses[member.email]
    with_patience()

    assert (became(), len(server.taken)) == (["sent"], 1)


def with_patience():
    with suppress(sending.ServerAway):
        sending.send_what_is_due()


def test_a_server_that_hangs_up_on_one_mail_gets_the_others(server):
    poisoned, other = MemberFactory(), MemberFactory()
    hang_up_on(server, poisoned.email)
    for member in (poisoned, other):
        outbox.consider(tell(member).pk)

    for _ in range(3):
        with_patience()

    assert [message["To"] for message in server.taken] == [other.email]
    assert (became(recipient=poisoned), became(recipient=other)) == (["waiting"], ["sent"])
    assert mails(recipient=poisoned)[0].error == "SMTPServerDisconnected"


def hang_up_on(server, address):
    take = server.handle_RCPT

    async def handle_RCPT(smtp, session, envelope, to, options):
        if to == address:
            smtp.transport.abort()
        return await take(smtp, session, envelope, to, options)

    server.handle_RCPT = handle_RCPT


def test_while_the_server_is_away_nothing_about_a_mail_changes(server, member):
    for _ in range(3):
        outbox.consider(tell(member).pk)
    before = mails()
    server.stop()

    for _ in range(4):
        with pytest.raises(sending.ServerAway) as away:
            sending.send_what_is_due()
    assert [vars(mail) | {"_state": 0} for mail in mails()] == [vars(mail) | {"_state": 0} for mail in before]
    assert isinstance(away.value.__cause__, ConnectionRefusedError)

    with server:
        sending.send_what_is_due()
    assert (len(server.taken), became()) == (3, ["sent"] * 3)


@pytest.mark.parametrize(
    "answer", [smtplib.SMTPAuthenticationError(535, b"no"), TimeoutError(), smtplib.SMTPConnectError(421, b"")]
)
def test_a_server_that_does_not_let_us_in_is_away(monkeypatch, settings, member, answer):
    def refuse(*_args, **_options):
        raise answer

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    monkeypatch.setattr("smtplib.SMTP.connect", refuse)
    outbox.consider(tell(member).pk)

    with pytest.raises(sending.ServerAway):
        sending.send_what_is_due()

    assert [(mail.attempts, mail.set_aside_at) for mail in mails()] == [(0, None)]


def test_our_own_address_refused_sets_nobodys_mail_aside(server, member):
    async def handle_MAIL(smtp, session, envelope, address, options):
        return "550 you may not send from here"

    server.handle_MAIL = handle_MAIL
    outbox.consider(tell(member).pk)

    for _ in range(5):
        with pytest.raises(sending.ServerAway):
            sending.send_what_is_due()

    assert [(mail.attempts, mail.set_aside_at) for mail in mails()] == [(0, None)]


def test_the_pauses_grow_while_the_server_is_away_and_end_at_a_minute(member, settings, monkeypatch):
    def away(*_args, **_options):
        raise sending.ServerAway from ConnectionRefusedError()

    pauses = []
    monkeypatch.setattr(tasks, "send_what_is_due", away)
    monkeypatch.setattr(outbox, "wake_the_sender", lambda *, tries, seconds: pauses.append((tries, seconds)))

    for tries in range(9):
        tasks.deliver(tries=tries)

    assert pauses == [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (8, 60), (9, 60)]
