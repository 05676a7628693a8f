"""What the rollout asks of conversations: test offers through the real path, and whether threads can be read."""

import random
import uuid
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from django.db import connection, transaction

from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import Refusal
from carecollective.ground.registry import Many, One
from carecollective.rollout import counts
from carecollective.rollout.probes import Talk, Threads
from helprequests import services as help_request_services
from helprequests.models import HelpRequest

from . import services
from .models import Conversation
from .thread import thread


class Older(Protocol):
    """What an older version knows of its conversations, those that were copied too; in the system's scope."""

    version: str

    def count(self) -> int: ...
    def people(self) -> list[tuple[UUID, UUID]]:
        """(conversation, one of its people)"""

    def asked_by(self, member_id: UUID) -> list[UUID]:
        """Whose requests this member's conversations are about."""


class Reported(Protocol):
    def count(self) -> int: ...
    def waiting(self) -> int: ...


older: Many[Older] = Many()
reported: One[Reported] = One("count of reports")
READ_AT_MOST = 25
WORDS = "This is a test offer. Nobody will see it."


class Probe:
    def test_offer(self) -> None:
        """Two made-up members, a request and an offer, and not a row of it stays: the transaction is undone.

        Every lock, check, trigger, policy and constraint is met on the way. Nobody is told, because notices leave with
        a COMMIT that never comes.
        """
        with transaction.atomic():
            requester, helper = _somebody("requester"), _somebody("helper")
            asked, _ = help_request_services.post(by=requester, title="A test request", category="other")
            services.offer_help(asked.pk, by=helper, text=WORDS)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)

    def threads(self) -> list[Threads]:
        return [_read(version, people) for version, people in _people().items()]

    def conversations(self) -> dict[str, int]:
        with acting_as_system("how many conversations there are", Purpose.ROLLOUT):
            return _counted()

    def is_empty(self) -> bool:
        return not HelpRequest.objects.exists() and not any(self.conversations().values())

    def people_in_v1(self) -> list[UUID]:
        return sorted({member_id for _, member_id in _people().get("v1", [])})

    def part_in_v1(self, member_id: UUID) -> set[str]:
        with acting_as_system("in which part somebody has old conversations", Purpose.ROLLOUT):
            asked = [owner_id for each in older for owner_id in each.asked_by(member_id)]
        return {"requester" if owner_id == member_id else "helper" for owner_id in asked}

    def help_completed(self) -> tuple[int, int] | None:
        return None  # acceptances have no moment of their own yet

    def talk(self) -> Talk:
        with acting_as_system("complaints per hundred conversations", Purpose.ROLLOUT):
            return Talk(_counted(), reported().count())

    def open_reports(self) -> int | None:
        with acting_as_system("reports that wait", Purpose.ROLLOUT):
            return reported().waiting()


def _counted() -> dict[str, int]:
    return {"v2": counts.number("conversations_v2")} | {each.version: each.count() for each in older}


def _somebody(role: str) -> Member:
    # The address belongs to nobody and never will (RFC 2606).
    member = Member(
        email=f"{role}-{uuid.uuid4()}@test.invalid",
        name=f"Test {role}",
        verification_status=Member.Verification.APPROVED,
    )
    member.set_unusable_password()
    member.save(force_insert=True)
    return member


def _read(version: str, people: Iterable[tuple[UUID, UUID]]) -> Threads:
    """Open a sample as each of their two people, through the door that they use."""
    chosen, unreadable, read = list(people), [], 0
    count = len({conversation_id for conversation_id, _ in chosen})
    sample = random.sample(chosen, min(READ_AT_MOST, len(chosen)))
    members = {member.pk: member for member in Member.objects.filter(pk__in=[member_id for _, member_id in sample])}
    for conversation_id, member_id in sample:
        try:
            thread(conversation_id, by=members[member_id], limit=1)
            read += 1
        except (Refusal, KeyError):
            unreadable.append(str(conversation_id))
    return Threads(version, count, read, unreadable)


def _people() -> dict[str, list[tuple[UUID, UUID]]]:
    """(conversation, one of its people), by version."""
    with acting_as_system("a sample of conversations, to prove that they can be read", Purpose.ROLLOUT):
        rows = Conversation.objects.values_list("pk", "requester_id", "helper_id")
        found = {"v2": [(row[0], person) for row in rows for person in row[1:]]}
        return found | {each.version: each.people() for each in older}
