"""A community's past, written row by row: what the services would not let anybody backdate."""

from django.utils.dateparse import parse_datetime

from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground import rows
from carecollective.ground.identity import acting_as_staff, acting_as_system
from helprequests.models import HelpRequest, OnBehalf
from helprequests.tests.factories import HelpRequestFactory
from messaging.models import Conversation


def at(moment):
    """ "2026-03-31 23:59 -05:00" """
    return parse_datetime(moment)


def asked(moment, *, done=None, category="other", user=None, helper=None, **fields):
    """A request that was asked then, and perhaps marked as done."""
    help_request = HelpRequestFactory(
        category=category,
        user=user or MemberFactory(),
        helper=helper,
        status=fields.pop("status", "in_progress" if helper else "open"),
        **fields,
    )
    then = {"status": "completed", "completed_at": at(done)} if done else {}
    HelpRequest.objects.filter(pk=help_request.pk).update(created_at=at(moment), **then)
    return help_request


def offered(moment, help_request, helper=None):
    """An offer in the new messaging that was made then."""
    values = {
        "help_request_id": help_request.pk,
        "requester_id": help_request.user_id,
        "helper_id": (helper or MemberFactory()).pk,
        "initial_message": "I can drive you on Thursday.",
        "created_at": at(moment),
    }
    with acting_as_system("a test plays the past"):
        return rows.insert(Conversation, values)


def posted_for(name, help_request):
    """The request's owner asked for somebody without an account."""
    values = {
        "help_request_id": help_request.pk,
        "posted_by_id": help_request.user_id,
        "shown_name": name,
        "consent_how": "phone",
        "consent_on": "2026-01-02",
    }
    with acting_as_staff(help_request.user, "a test plays the past"):
        return rows.insert(OnBehalf, values)
