"""Who is who in the tests of the API: one of every standing, and something that a leak could show."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from knox.models import get_token_model
from rest_framework.test import APIClient

from carecollective.accounts.models import Member
from carecollective.accounts.tests.factories import MemberFactory
from carecollective.ground.identity import acting_as_system, as_the_system_meanwhile
from carecollective.ground.limits import Limit
from carecollective.ground.purposes import Purpose
from carecollective.tests.limits_taken import take_all_but
from carecollective.told.kinds import What
from carecollective.told.notifications import services as notifications
from helprequests import services as help_request_services
from helprequests.models import HelpRequest
from helprequests.tests.factories import HelpRequestFactory
from messaging.models import Conversation, Message
from messaging.tests.factories import ConversationFactory, MessageFactory

OFFER = {"initial_message": "I can come by on Thursday."}
ASK = {"title": "A ride to the clinic", "category": "transportation-errands", "urgency": "urgent"}
ABSENT = uuid.UUID("00000000-0000-4000-8000-00000000dead")

ROLES = (
    "anonymous",
    "pending",
    "rejected",
    "suspended",
    "banned",
    "limited",
    "stranger",
    "owner",
    "helper",
    "other_helper",
    "staff",
)


STANDING: dict[str, dict[str, Any]] = {
    "pending": {"verification_status": "pending"},
    "rejected": {"verification_status": "rejected"},
    "suspended": {"restriction": "suspended"},
    "banned": {"restriction": "banned"},
    "limited": {"restriction": "limited"},
    "owner": {"name": "Olga Ownerfield"},
    "helper": {"name": "Henry Helpworth"},
    "staff": {"is_staff": True},
}


class Program(APIClient):
    """Each call stands for itself, as it does outside of a test's transaction: a refusal ends no other call."""

    def request(self, **kwargs: Any) -> Any:
        if not connection.in_atomic_block:
            return super().request(**kwargs)
        with transaction.atomic():
            return super().request(**kwargs)


def signed_in(member: Member | None) -> Program:
    """A program with a token of its own, as a member has one."""
    client = Program(raise_request_exception=False)
    if member is not None:
        _, token = get_token_model().objects.create(member)
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def outcome_of(response: Any) -> str:
    """`404 help_request_not_found`, or only the status of a success."""
    if response.status_code < 400:
        return str(response.status_code)
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    return f"{response.status_code} {response.json()['code']}"


@dataclass
class Neighborhood:
    """The owner asked for a ride, which the helper gives, and had a fence mended, which is done."""

    members: dict[str, Member | None] = field(default_factory=dict)
    ride: Any = None  # in progress, with the helper
    fence: Any = None  # completed, with the helper
    talk: Any = None  # the helper's, about the ride
    offer: Any = None  # the other helper's, about the ride: it waits
    message: Any = None
    notice: Any = None  # the owner's: an offer has come
    clients: dict[str, Program] = field(default_factory=dict)

    def __getattr__(self, role: str) -> Any:
        if role in ROLES:
            return self.members[role]
        raise AttributeError(role)

    def client(self, role: str) -> Program:
        if role not in self.clients:
            self.clients[role] = signed_in(self.members[role])
        return self.clients[role]


def neighborhood() -> Neighborhood:
    here = Neighborhood()
    with as_the_system_meanwhile(Purpose.JOIN):
        made = Member.objects.bulk_create(
            MemberFactory.build(
                **{"id": uuid.uuid4(), "name": f"Some {role.title()}", "password": "!"} | STANDING.get(role, {})
            )
            for role in ROLES[1:]
        )
    here.members = dict(zip(ROLES, (None, *made), strict=True))
    here.ride = HelpRequestFactory(user=here.owner, title="A ride to the clinic")
    here.fence = HelpRequestFactory(user=here.owner, title="Mending the fence")
    here.talk = ConversationFactory(help_request=here.ride, helper=here.helper)
    notifications.tell(What.OFFERED, here.owner.pk, conversation_id=here.talk.pk, help_request_id=here.ride.pk)
    (here.notice,) = [told.pk for told in notifications.listed(here.owner).results]
    here.message = MessageFactory(conversation=here.talk, text="At nine?")
    here.offer = ConversationFactory(help_request=here.ride, helper=here.other_helper)
    help_request_services.accept(here.ride.pk, helper=here.helper, by=here.owner)
    HelpRequest.objects.filter(pk=here.fence.pk).update(status="in_progress", helper=here.helper)
    ConversationFactory(help_request=here.fence, helper=here.other_helper)
    help_request_services.complete(here.fence.pk, by=here.owner)
    return here


def rows() -> dict[str, int]:
    """How much there is, to see that a refusal wrote nothing. The login itself sees no private row."""
    with acting_as_system("a test counts"):
        return {
            "conversations": Conversation.objects.count(),
            "messages": Message.objects.count(),
            "help_requests": HelpRequest.objects.count(),
        }


def used_up(limit: Limit, member: Any) -> None:
    take_all_but(0, limit, member.pk)
