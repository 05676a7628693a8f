"""What time does to a request. Time is moved in the rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from carecollective.ground.identity import acting_as_system
from carecollective.told.notifications.models import Notification
from helprequests import services
from helprequests.models import HelpRequest
from helprequests.tasks import tell_what_runs_out

from .factories import HelpRequestFactory

pytestmark = pytest.mark.django_db


def aged(days, **fields):
    """A request that was posted this many days ago."""
    help_request = HelpRequestFactory(**fields)
    return at_day(help_request, days)


def at_day(help_request, days):
    runs_out = timezone.now() + timedelta(days=30 - days)
    HelpRequest.objects.filter(pk=help_request.pk).update(expires_at=runs_out)
    help_request.refresh_from_db()
    return help_request


def told():
    with acting_as_system("a test"):
        return [
            (told.kind, told.member_id, told.help_request_id)
            for told in Notification.objects.order_by("created_at", "id")
        ]


def test_on_day_23_the_owner_is_told_and_not_before():
    aged(22.9)
    due = aged(23.1)

    tell_what_runs_out(0)

    assert told() == [("ending", due.user_id, due.pk)]


def test_they_are_told_once_however_often_the_job_runs():
    aged(23.1)

    for hour in range(3):
        tell_what_runs_out(hour)

    assert len(told()) == 1


def test_who_keeps_it_is_told_again_when_it_runs_out_again():
    due = aged(23.1)
    tell_what_runs_out(0)

    services.renew(due.pk, by=due.user)
    tell_what_runs_out(1)
    assert len(told()) == 1

    at_day(due, 25)
    tell_what_runs_out(2)
    assert len(told()) == 2


def test_a_request_that_is_over_or_goes_on_for_ever_tells_nobody():
    for end in (services.complete, services.cancel):
        due = aged(25)
        end(due.pk, by=due.user)
    HelpRequestFactory(is_ongoing=True, expires_at=None)

    tell_what_runs_out(0)

    assert "ending" not in [kind for kind, *_ in told()]


def test_after_days_without_a_server_whoever_missed_it_is_still_told():
    late = aged(33)
    aged(60)

    tell_what_runs_out(0)

    assert told() == [("ending", late.user_id, late.pk)]
