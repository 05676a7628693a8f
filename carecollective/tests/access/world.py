"""Who asks, and for what: one of every standing and of every part, one of every thing, and a foreign twin of each.

What is somebody's own is the owner's, or the owner's and the helper's; its twin is two other people's. What the team
alone keeps is nobody's own, so it has no twin.
"""

import uuid
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.test import Client

from carecollective.accounts import links, profile
from carecollective.accounts import services as accounts
from carecollective.accounts.models import ImpersonationAttempt, Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.accounts.tests.team import on_the_team
from carecollective.audit import services as audit
from carecollective.audit.models import Entry, Hand
from carecollective.audit.models import Kind as Audited
from carecollective.ground import clock, rows
from carecollective.ground.identity import acting_as_system
from carecollective.own_data.exports import services as copies
from carecollective.rollout.models import Flag
from carecollective.team.tests.test_front_page import offer_to_pass_on
from carecollective.tests.sql import one
from carecollective.told.kinds import What
from carecollective.told.mail.models import Choice, Mail
from carecollective.told.mail.preferences import Stop
from carecollective.told.notifications import services as notifications
from carecollective.told.notifications.models import News
from carecollective.web.api.tests.neighborhood import ABSENT, Neighborhood, neighborhood, signed_in
from helprequests.tests.factories import HelpRequestFactory
from messaging import answers, blocking, services
from messaging.legacy.tests import factories as legacy
from messaging.reports import moderation
from messaging.reports import services as reports
from messaging.reports.models import StaffRead
from messaging.sharing import services as sharing
from messaging.sharing.models import ContactShare
from messaging.tests.factories import ConversationFactory, MessageFactory

from .sent import PASSWORD

# Signed out; not (or not quite) in good standing; members; the team; and a program with an administrator's token.
ROLES = (
    "anonymous", "banned",
    "pending", "rejected", "suspended", "limited",
    "stranger", "other_helper", "helper", "owner",
    "staff", "coordinator", "moderator", "administrator",
    "token",
)  # fmt: skip


class World:
    """`there` has the ids of things by their name, `foreign` those of their twins."""

    def __init__(self) -> None:
        here = neighborhood()
        self.here = here
        self.members: dict[str, Any] = dict(here.members)
        for role in ("coordinator", "moderator", "administrator"):
            self.members[role] = on_the_team(f"{role}s", name=f"{role.title()} Kim")
        self.members["token"] = self.members["administrator"]
        password = make_password(PASSWORD)
        for member in filter(None, self.members.values()):
            Member.objects.filter(pk=member.pk).update(password=password)
            member.refresh_from_db()  # with the stamp that a new password brings
        opened = opened_by(self.members["moderator"], self.members["administrator"])
        self.there = theirs(here) | of_the_team() | {"limited": self.members["limited"].pk, "opened-report": opened}
        self.foreign = of_two_others()
        self.absent = {name: absent_like(thing) for name, thing in self.there.items()}
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, role: str, path: str) -> Any:
        """A program for the API, with a token of its own; elsewhere a browser, and one that says just that token."""
        kind = "program" if path.startswith("/api/") else "browser"
        if (role, kind) not in self._clients:
            self._clients[role, kind] = (signed_in if kind == "program" else browser)(self.members[role])
            if (role, kind) == ("token", "browser"):
                self._clients[role, kind] = Client(
                    raise_request_exception=False,
                    HTTP_AUTHORIZATION=self.client("token", "/api/")._credentials["HTTP_AUTHORIZATION"],
                )
        return self._clients[role, kind]


def browser(member: Member | None) -> Client:
    client = Client(raise_request_exception=False)
    if member is not None:
        client.force_login(member)
    return client


def absent_like(thing: Any) -> Any:
    """What names nothing, and could."""
    return 999_999 if isinstance(thing, int) else ABSENT if isinstance(thing, uuid.UUID) else "no-such-thing"


def theirs(here: Neighborhood) -> dict[str, Any]:
    """The owner's, and of some things the helper's too."""
    bare = HelpRequestFactory(user=here.owner, title="A walk in the park")
    fresh = ConversationFactory(help_request=bare, helper=here.helper)
    lone = HelpRequestFactory(user=here.owner, title="Somebody to read to me")
    archived = ConversationFactory(help_request=HelpRequestFactory(user=here.owner), helper=here.helper)
    services.archive(archived.pk, by=here.owner)
    accepted = ConversationFactory(help_request=HelpRequestFactory(user=here.owner), helper=here.helper)
    answers.accept(accepted.pk, by=here.owner)
    old = legacy.offered(HelpRequestFactory(user=here.owner), here.helper)
    blocked = MemberFactory()
    blocking.block(blocked.pk, by=here.owner)
    return {
        "ride": here.ride.pk, "fence": here.fence.pk, "lone": lone.pk,
        "talk": here.talk.pk, "fresh": fresh.pk, "archived": archived.pk, "accepted": accepted.pk, "old": old.pk,
        "message": here.message.pk, "notice": here.notice, "share": shared(here.owner, here.talk.pk),
        "copy": copied(here.owner), "stranger": here.stranger.pk, "blocked": blocked.pk,
        "act": grave_act(here.owner), "stop": stop_of(here.owner),
        **links_of(),
    }  # fmt: skip


def of_two_others() -> dict[str, Any]:
    """Nobody who asks has a part in any of it."""
    talk = ConversationFactory(help_request=HelpRequestFactory(title="Of two others"))
    message = MessageFactory(conversation=talk)
    answers.accept(talk.pk, by=talk.requester)
    share = shared(talk.requester, talk.pk)
    notifications.tell(What.OFFERED, talk.requester.pk, conversation_id=talk.pk, help_request_id=talk.help_request.pk)
    notice = notifications.listed(talk.requester).results[0].pk
    over = HelpRequestFactory(user=talk.requester, status="completed")
    twins = dict.fromkeys(("talk", "fresh", "archived", "accepted"), talk.pk) | dict.fromkeys(
        ("ride", "fence", "lone"), over.pk
    )
    old = legacy.offered(HelpRequestFactory(), MemberFactory())
    return twins | {
        "message": message.pk, "old": old.pk, "notice": notice, "share": share,
        "copy": copied(talk.requester), "act": grave_act(talk.requester),
    }  # fmt: skip


def shared(owner: Member, talk: uuid.UUID) -> uuid.UUID:
    sharing.share(talk, "phone", by=owner, value="+1 555 010 9876")
    with acting_as_system("a test looks"):
        return ContactShare.objects.get(conversation_id=talk).pk


def copied(member: Member) -> uuid.UUID:
    export = copies.ask(by=member, language="en")
    copies.make(export.pk)
    return export.pk


def grave_act(member: Member) -> uuid.UUID:
    by = on_the_team("administrators")
    reason = "because a test wants it"
    act = accounts.change_address(member.pk, by=by, email=f"new-{member.email}", reason=reason)
    assert act
    return act.pk


def changed_name() -> uuid.UUID:
    member = MemberFactory()
    profile.change_details(member, name="Nina Newname", town=member.town, phone="", place="")
    with acting_as_system("a test looks"):
        return Entry.objects.get(kind=Audited.RENAMED, subject=member.pk).pk


def links_of() -> dict[str, Any]:
    """By the name of each link, what stands behind it in the address: of somebody who never comes in otherwise."""
    joined, linked = MemberFactory(unconfirmed=True, password=PASSWORD), MemberFactory()
    wished = EmailAddress.objects.create(user=linked, email="wished@example.org")
    found = [
        links.CONFIRM.address(joined), links.WELCOME.address(joined), links.PASSWORD.address(linked),
        links.SIGN_IN.address(linked), links.NEW_ADDRESS.address(linked, str(wished.pk)),
        links.NOT_RIGHT.address(linked, str(grave_act(linked))),
    ]  # fmt: skip
    return {f"{name}-link": token for name, token in (address.split("/")[4:6] for address in found)}


def stop_of(member: Member) -> str:
    return Stop(member.pk, ["offers"], Choice.AT_ONCE).token


def opened_by(*team: Member) -> uuid.UUID:
    """A report that each of them has opened, and may decide."""
    talk = ConversationFactory()
    report = reports.report(talk.pk, by=talk.requester, reason="scam")
    for each in team:
        moderation.open_report(report.pk, by=each, reason="because a test wants it")
    return report.pk


def of_the_team() -> dict[str, Any]:
    """One row of each table that the team's pages show."""
    behalf = offer_to_pass_on()
    talk = ConversationFactory()
    report = reports.report(talk.pk, by=talk.requester, reason="scam")
    moderation.open_report(report.pk, by=on_the_team("moderators"), reason="because a test wants it")
    audit.record(Audited.RESTRICTED, by=Hand.OPERATOR, subject=talk.helper.pk, codes="none > limited")
    mails = {"key": "a test", "recipient": talk.helper, "kind": "message", "set_aside_at": clock.now(), "attempts": 9}
    with acting_as_system("a test"):
        mail = Mail.objects.create(**mails)
        values = {"caller_id": talk.helper.pk, "claimed": str(talk.requester.pk), "field": "sender_id", "path": "/api/"}
        attempt = rows.insert(ImpersonationAttempt, values)
        entry, read = Entry.objects.filter(kind=Audited.RESTRICTED)[0], StaffRead.objects.all()[0]
    job = one(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
        " VALUES ('default', 'mail.deliver', '{}', 'failed') RETURNING id"
    )
    news = News.objects.create(title_en="A", body_en="B", title_es="C", body_es="D")
    return {
        "coordinating": on_the_team("coordinators").pk,
        "applicant": MemberFactory(pending=True, name="Pia Pending").pk, "seconded": grave_act(MemberFactory()),
        "renamed": changed_name(),
        "behalf": behalf.pk, "foreign-talk": talk.pk, "said": MessageFactory(conversation=talk).pk,
        "asked": talk.help_request.pk, "report": report.pk, "entry": entry.pk, "mail": mail.pk, "read": read.pk,
        "attempt": attempt.pk, "job": job, "news": news.pk, "group": Group.objects.get(name="moderators").pk,
        "flag": Flag.objects.all()[0].pk, "letter": "a letter",
    }  # fmt: skip
