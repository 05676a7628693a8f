"""People of the team, by what they are there for."""

from django.contrib.auth.models import Group, Permission
from django.test import Client

from carecollective.accounts import four_eyes
from carecollective.accounts.models import GraveAct, Member
from carecollective.ground.identity import acting_as_system, as_the_system_meanwhile
from carecollective.ground.purposes import Purpose

from .factories import MemberFactory


def on_the_team(*groups, **fields):
    member = MemberFactory(is_staff=True, **fields)
    member.take_on(Group.objects.filter(name__in=groups))
    return member


def may(member, codename):
    """Of its own, without a group."""
    permission = Permission.objects.exclude(content_type__app_label="waffle").get(codename=codename)
    with as_the_system_meanwhile(Purpose.ACCOUNT):
        member.user_permissions.add(permission)


def superuser(**fields):
    return on_the_team("administrators", is_superuser=True, **fields)


def again(member):
    """As the database has them now, with nothing remembered."""
    return Member.objects.get(pk=member.pk)


def browser_of(member):
    client = Client()
    client.force_login(member)
    return client


def with_a_reason(client, answer, reason="because a test wants it"):
    """Where an answer is the page before a grave act: what it leads to, once a reason is given."""
    if answer.context is None or "grave" not in answer.context:
        return answer
    ids = answer.context.get("ids", [])
    return client.post(answer.request["PATH_INFO"], {"id": ids, "reason": reason}, follow=True)


def what_waits(member):
    """What takes two and waits about this member, by its kind."""
    with acting_as_system("a test looks"):
        return {act.kind: act for act in GraveAct.objects.filter(subject=member, status="waiting")}


def agreed(member, by=None):
    """A second person agrees to all that waits about them."""
    by = by or superuser()
    for act in what_waits(member).values():
        four_eyes.agree(act.pk, by=by)
