"""A machine whose clock is days off writes no such day into the libraries' rows."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.utils import timezone

from carecollective.accounts.library_times import MADE_AT
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import clock
from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose

pytestmark = pytest.mark.django_db

ROWS = {
    UserSession: lambda member: {"user": member, "ip": "203.0.113.7", "session_key": "a key", "data": {}},
    Authenticator: lambda member: {"user": member, "type": "totp", "data": {}},
    LogEntry: lambda member: {"user": member, "action_flag": CHANGE},
}


def test_each_of_them_is_tried():
    assert ROWS.keys() == MADE_AT.keys()


@pytest.mark.parametrize("model", MADE_AT, ids=lambda model: model.__name__)
@pytest.mark.parametrize("days", [-2, 2])
def test_what_is_made_has_the_databases_time(model, days):
    off = timezone.now() + timedelta(days=days)
    row = model(**ROWS[model](MemberFactory()), **dict.fromkeys(MADE_AT[model], off))
    with as_the_system_meanwhile(Purpose.ACCOUNT) if model is Authenticator else nullcontext():
        row.save()
        row.refresh_from_db()

    assert all(abs(clock.now() - getattr(row, column)) < timedelta(hours=1) for column in MADE_AT[model])
