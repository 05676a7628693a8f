"""Where a member is signed in: browsers by their session, programs by their token (active sessions)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.core.internal.httpkit import HTTP_USER_AGENT_MAX_LENGTH
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from knox.models import get_token_model

from carecollective.ground import clock
from carecollective.web.session_digests import digest_in

from .adapter import NO_ADDRESS
from .models import Member
from .user_agents import described


@dataclass(frozen=True, slots=True)
class SignIn:
    id: str
    device: str
    at: datetime


def note_browser(request: HttpRequest, user: Member, **_signal: Any) -> None:
    """With which browser somebody signs in, under the digest of its session: the library would write down the key."""
    if not request.session.session_key:
        request.session.save()
    agent = request.headers.get("User-Agent", "")[:HTTP_USER_AGENT_MAX_LENGTH]
    UserSession.objects.update_or_create(
        session_key=digest_in(request.session),
        defaults={"user": user, "ip": NO_ADDRESS, "user_agent": agent, "last_seen_at": clock.now()},
    )


def browsers(member: Member, *, but: str | None) -> list[SignIn]:
    """The other ones, newest first. What has ended meanwhile is forgotten on the way. `but` is a session's digest."""
    listed = UserSession.objects.filter(user=member).order_by("-created_at")
    there = Session.objects.filter(pk__in=listed.values("session_key"), expire_date__gt=clock.now())
    holding = {member.get_session_auth_hash(), *member.get_session_auth_fallback_hash()}
    open_ones = {kept.pk for kept in there if kept.get_decoded().get(HASH_SESSION_KEY) in holding}
    listed.exclude(session_key__in=open_ones).delete()
    others = listed.filter(session_key__in=open_ones).exclude(session_key=but or "")
    return [SignIn(str(one.pk), described(one.user_agent), one.created_at) for one in others]


def programs(member: Member) -> list[SignIn]:
    tokens = get_token_model().objects.filter(user=member, expiry__gt=clock.now()).order_by("-created")
    return [SignIn(token.digest, _("A program, with a token"), token.created) for token in tokens]


def end_browser(member: Member, id: str) -> None:
    for one in UserSession.objects.filter(user=member, pk=id):
        one.end()


def end_program(member: Member, id: str) -> None:
    get_token_model().objects.filter(user=member, digest=id).delete()


@transaction.atomic
def end_all(member: Member, *, but: str | None = None) -> None:
    """Every session and token of theirs, also those that no list knows of. `but` is a session's digest."""
    get_token_model().objects.filter(user=member).delete()
    current = Session.objects.filter(expire_date__gt=clock.now()).exclude(pk=but)
    theirs = [kept.pk for kept in current if kept.get_decoded().get(SESSION_KEY) == str(member.pk)]
    Session.objects.filter(pk__in=theirs).delete()
    UserSession.objects.filter(user=member).exclude(session_key=but or "").delete()
