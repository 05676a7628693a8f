"""A member with everything that a member can have, each word of theirs marked: it is found wherever it is left."""

import uuid

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.test import Client
from knox.models import get_token_model

from carecollective.accounts import joining, links
from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.models import ImpersonationAttempt
from carecollective.accounts.tests.factories import PASSWORD, MemberFactory
from carecollective.ground.identity import acting_as, acting_as_system, as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.tests import examples
from carecollective.told.mail import outbox
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking
from messaging import services as messaging
from messaging.legacy.tests.factories import left_behind
from messaging.reports import services as reports
from messaging.sharing import services as sharing
from messaging.tests.factories import ConversationFactory


def person(mark, **fields):
    """Whatever says who they are begins with the mark, and nothing else does."""
    return MemberFactory(
        email=f"{mark}@example.org",
        name=f"{mark} Nelson",
        town=f"{mark}ville",
        application_text=f"{mark} would like to help.",
        **fields,
    )


def with_everything(mark, other):
    """The member, and what they and the other said to each other, in which there is no mark."""
    member = person(mark, password=PASSWORD)
    contacts.change(member, phone=f"+1 555 {int(mark[-4:]):07d}", place=f"{mark} Street 12")
    _signed_in_and_signed_out(member)
    asked = HelpRequestFactory(
        user=member, title=f"{mark} needs a ride", description=f"{mark} lives upstairs", exchange_offer=f"{mark}'s pie",
        location_override=f"{mark} Street", subcategory=f"{mark} kind",
    )  # fmt: skip
    HelpRequestFactory(user=member, status="cancelled", cancel_reason=f"{mark} is in hospital")
    _talks(member, other, asked)
    EmailAddress.objects.create(user=member, email=f"new.{mark}@example.org", verified=False)
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        Authenticator.objects.create(user=member, type="totp", data={"secret": mark})
    examples.of(member, mark)
    LogEntry.objects.log_actions(other.pk, [member, asked], CHANGE, f"{mark} was changed")
    with acting_as_system("a test plays an impersonation"):
        ImpersonationAttempt.objects.create(caller=member, claimed=str(uuid.uuid4()), field="user_id", path="/api/me")
    joining.ask_for_link(links.SIGN_IN, email=member.email, language="en")
    _mailed(member)
    return member


def _signed_in_and_signed_out(member):
    client = Client(HTTP_USER_AGENT=f"{member.town} browser")
    assert client.post("/sign-in/", {"login": member.email, "password": PASSWORD}).status_code == 302
    Client().post("/join/", {"email": member.email})
    begun = Client()
    session = begun.session
    session["joined"] = {"email": member.email, "member": str(member.pk)}
    session.save()
    get_token_model().objects.create(user=member)


def _talks(member, other, asked):
    offered = ConversationFactory(help_request=HelpRequestFactory(user=other), helper=member)
    messaging.send_message(offered.pk, by=other, text="At nine, then?")
    messaging.send_message(offered.pk, by=member, text="At nine.")
    messaging.mark_read(offered.pk, by=member, up_to=offered.pk)
    answers.accept(offered.pk, by=other)
    sharing.share(offered.pk, "phone", by=member)
    reports.report(offered.pk, by=other, reason="other", description="What is this?")
    theirs = ConversationFactory(help_request=asked, helper=other)
    reports.report(theirs.pk, by=member, reason="other", description=f"{member.town} says so")
    left_behind(HelpRequestFactory(user=other), member, "I can drive you on Friday.", "Good.")
    left_behind(asked, MemberFactory(), "I can come too.", "Thank you.", title=f"Help with {asked.title}")
    blocking.block(MemberFactory().pk, by=member)


def _mailed(member):
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM notifications WHERE member_id = %s", [member.pk])
        told = [id for (id,) in cursor.fetchall()]
    for id in told:
        outbox.consider(id)
