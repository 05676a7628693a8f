"""People of the team, by what they are there for."""

from importlib import import_module
from types import SimpleNamespace

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from carecollective.accounts.models import Member

from .factories import MemberFactory

GROUPS = import_module("messaging.migrations.0004_the_team_has_three_groups")
ROLLOUT = import_module("carecollective.rollout.migrations.0004_the_team_sees_the_rollout")
REPORTS = import_module("messaging.reports.migrations.0003_moderators_decide_reports")
NEWS = import_module("carecollective.told.notifications.migrations.0003_the_team_tells_news")
SCHEDULED_WORK = import_module("carecollective.team.scheduled_work.migrations.0002_the_team_sees_what_the_clock_does")
MAIL = import_module("carecollective.told.mail.migrations.0002_mail_is_the_systems_and_wishes_are_the_members")
ON_BEHALF = import_module("helprequests.migrations.0004_consent_is_kept_and_members_read_a_name")
AUDIT = import_module("carecollective.audit.migrations.0003_the_team_reads_it")


def make_groups():
    """As the migrations do, where a test has emptied what they filled."""
    if not Group.objects.exists():  # a test with transaction=True empties what the migrations filled
        GROUPS.make_groups(apps, SimpleNamespace(connection=connection))
        for permits in (ROLLOUT, NEWS, SCHEDULED_WORK, REPORTS, ON_BEHALF, AUDIT):
            permits.permit(apps, SimpleNamespace(connection=connection))
        MAIL.permit(apps, SimpleNamespace(connection=connection))


def on_the_team(*groups, **fields):
    make_groups()
    member = MemberFactory(is_staff=True, **fields)
    member.groups.set(Group.objects.filter(name__in=groups))
    return member


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
