"""Where a member is signed in: browsers by their session, programs by their token (active sessions)."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _
from knox.models import get_token_model

from carecollective.ground import clock

from .models import Member
from .user_agents import described


@dataclass(frozen=True, slots=True)
class SignIn:
    id: str
    device: str
    at: datetime


def browsers(member: Member, *, but: str | None) -> list[SignIn]:
    """The other ones, newest first. What has ended meanwhile is forgotten on the way."""
    kept = UserSession.objects.purge_and_list(member)
    others = [one for one in kept if one.session_key != but]
    newest = sorted(others, key=lambda one: one.created_at, reverse=True)
    return [SignIn(str(one.pk), described(one.user_agent), one.created_at) for one in newest]


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
    """Every session and token of theirs, also those that no list knows of."""
    get_token_model().objects.filter(user=member).delete()
    current = Session.objects.filter(expire_date__gt=clock.now()).exclude(pk=but)
    theirs = [kept.pk for kept in current if kept.get_decoded().get(SESSION_KEY) == str(member.pk)]
    Session.objects.filter(pk__in=theirs).delete()
    UserSession.objects.filter(user=member).exclude(session_key=but or "").delete()
