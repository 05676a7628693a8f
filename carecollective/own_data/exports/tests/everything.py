"""One member with a row in every table that may say something about them, and a mark in every text of theirs."""

import io
import json
import zipfile

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.utils import timezone
from knox.models import get_token_model

from carecollective.accounts import grave
from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.models import ImpersonationAttempt
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.audit import services as audit
from carecollective.audit.models import Hand
from carecollective.audit.models import Kind as Audited
from carecollective.ground import rows
from carecollective.ground.identity import acting_as_staff, acting_as_system, as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.own_data.exports import services
from carecollective.own_data.exports.archive import archive_of
from carecollective.own_data.exports.models import Export
from carecollective.tests import examples
from carecollective.tests.owner import lay_open, run_as_owner, shut
from carecollective.tests.sql import run
from carecollective.told.mail import preferences
from carecollective.told.mail.models import Mail
from carecollective.told.notifications import services as notifications
from helprequests.models import OnBehalf
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking
from messaging import services as messaging
from messaging.legacy.tests.factories import left_behind
from messaging.reports import moderation
from messaging.reports import services as reports
from messaging.sharing import services as sharing
from messaging.tests.factories import ConversationFactory, MessageFactory


def files_of(content):
    """The page as text and the data as it was, out of the zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return archive.read("index.html").decode(), json.loads(archive.read("data.json"))


def copy_of(member, language="en"):
    return files_of(archive_of(member, language))


def everything_about(mark, phone="+1 555 0100"):
    """Each text of theirs holds the mark; what is theirs alone stands beside what two people see."""
    member = on_the_team("coordinators", name=f"Ana {mark}", town=f"Town {mark}", email=f"{mark}@example.org")
    member.application_text = f"I look after my mother {mark}"
    member.last_login = member.restricted_until = timezone.now()
    member.save()
    _account(member, mark, phone)
    other = MemberFactory(name="Otto Other")
    asked = _asked(member, mark)
    _talks(member, other, asked, mark)
    _told(member, mark)
    # Last, since whoever has to read a warning or leaves begins nothing new.
    run_as_owner("UPDATE members SET warned_at = now(), leaving_at = now() WHERE id = %s", member.pk)
    member.refresh_from_db()
    return member


def _account(member, mark, phone):
    EmailAddress.objects.create(user=member, email=f"new.{mark}@example.org")
    UserSession.objects.create(user=member, ip="203.0.113.7", user_agent=f"Firefox/ {mark}", session_key=f"key {mark}")
    get_token_model().objects.create(user=member)
    authenticator = {"data": {"secret": f"secret {mark}"}, "last_used_at": timezone.now()}
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        Authenticator.objects.create(user=member, type="totp", **authenticator)
    preferences.save(
        member, **dict.fromkeys(preferences.GROUPS, "daily"), quiet_from=22, quiet_until=6, show_words=True
    )
    contacts.change(member, phone=phone, place=f"12 {mark} Street")
    examples.of(member, mark)
    LogEntry.objects.create(user=member, action_flag=CHANGE, object_repr=f"somebody {mark}", change_message=mark)
    with acting_as_system("a test"):
        values = {"caller_id": member.pk, "claimed": mark, "field": "sender_id", "path": f"/{mark}/"}
        rows.insert(ImpersonationAttempt, values)


def _asked(member, mark):
    about = {"description": f"Please {mark}", "exchange_offer": f"Soup {mark}", "location_override": f"Here {mark}"}
    asked = HelpRequestFactory(user=member, title=f"A ride {mark}", subcategory=f"Clinic {mark}", **about)
    HelpRequestFactory(user=member, title=f"Done {mark}", status="completed")
    HelpRequestFactory(user=member, title=f"Over {mark}", status="cancelled", cancel_reason=f"No need {mark}")
    with acting_as_staff(member, "a test"):
        consent = {"consent_how": "phone", "consent_on": timezone.localdate(), "note": f"called {mark}"}
        rows.insert(
            OnBehalf,
            {"help_request_id": asked.pk, "posted_by_id": member.pk, "shown_name": f"Lee {mark}"[:40], **consent},
        )
    return asked


def _talks(member, other, asked, mark):
    """Three: where they asked and shared a number for a while, where they offered, and one of version 1."""
    received = ConversationFactory(help_request=asked, helper=other, text=f"I can drive {mark}")
    last = MessageFactory(conversation=received, sender=member, text=f"Thank you {mark}")
    answers.accept(received.pk, by=member)
    sharing.share(received.pk, "phone", by=member)
    share = sharing.ContactShare
    with acting_as_system("a test"):
        share.objects.filter(owner=member).update(ended_by="stopped")
    theirs = HelpRequestFactory(user=other, title="Somebody else asks")
    offered = ConversationFactory(help_request=theirs, helper=member, text=f"I can come {mark}")
    answers.decline(offered.pk, by=other)
    messaging.mark_read(received.pk, by=member, up_to=last.pk)
    MessageFactory(conversation=received, sender=other, text="See you then")
    gone = {"content": f"Gone {mark}", "deleted_at": timezone.now(), "sender_id": member.pk}
    old = left_behind(theirs, member, f"Old words {mark}", gone, title=f"Old title {mark}")
    lay_open("conversation_participants")
    run("UPDATE conversation_participants SET left_at = now() WHERE user_id = %s", member.pk)
    shut("conversation_participants")
    reports.report(received.pk, by=member, reason="other", description=f"I am not sure {mark}")
    administrator = on_the_team("administrators", name=f"Adam {mark}")
    moderation.open_thread(received.pk, by=administrator, reason=f"somebody was worried {mark}")
    assert old.pk
    grave.keep(
        Audited.REQUEST_CLOSED, f"somebody asked for it {mark}", by=administrator, subject=member.pk, about=asked.pk
    )
    blocking.block(MemberFactory(name="Bob Blocked").pk, by=member)


def _told(member, mark):
    notifications.read_all(by=member)
    audit.record(Audited.APPROVED, by=Hand.OPERATOR, subject=member.pk, codes="pending > approved")
    told = notifications.listed(member).results[0]
    with acting_as_system("a test"):
        Mail.objects.create(key=f"a test {mark}", recipient=member, kind=told.kind, sent_at=timezone.now())
    services.make_for_operator(member, reason=f"asked by letter {mark}")
    failed = services.ask(by=member, language="en")
    services.give_up(failed.pk)
    services.COPIES.forget(member.pk)
    with acting_as_system("a test"):
        assert Export.objects.filter(member=member).count() == 2
