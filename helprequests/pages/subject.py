"""The request that a page is about."""

import uuid

from django.http import HttpResponse

from carecollective.accounts.standing import MemberRequest
from carecollective.ground.refusals import PermissionDenied
from carecollective.web.answers import see_other

from .. import services
from ..models import HelpRequest


def own_request(help_request_id: uuid.UUID, request: MemberRequest, act: str) -> HelpRequest:
    """The request, for a page that only makes sense to whoever may act so."""
    help_request = services.find(help_request_id, by=request.user)
    if not help_request.is_up_to(request.user, act):
        raise PermissionDenied
    return help_request


def to_the_request(help_request_id: uuid.UUID) -> HttpResponse:
    return see_other("messaging:read-request", help_request_id)
