"""Who acts in the samples, and on what: members, requests and conversations of the database that is in use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from benchmarks.databases import ask, execute
from benchmarks.earlier import TEXT
from benchmarks.sizes import BUSIEST_ID, HOARD_ID, LONG_ID, SHORT_ID, TEAM_ID
from carecollective.accounts.models import Member
from carecollective.ground.identity import acting_as_system
from carecollective.told.mail.models import Mail
from carecollective.told.notifications.models import Notification

LONG_ONES = [UUID(id) for id in (LONG_ID, SHORT_ID, HOARD_ID)]


class LongThread(NamedTuple):
    id: UUID
    owner: Member
    helper: Member


@contextmanager
def limits_on() -> Iterator[None]:
    """A member's own calls are counted, so they are here; no member of the samples comes near a limit."""
    settle()
    settings.RATE_LIMITS = True
    try:
        yield
    finally:
        settings.RATE_LIMITS = False


def settle() -> None:
    """Nothing of before is in the way: neither what was counted against a limit, nor mail that a job would send."""
    execute("DELETE FROM rate_limits")
    with acting_as_system("benchmark: nobody is to hear of what was only measured"):
        Mail.objects.all().delete()
        Notification.objects.exclude(about__startswith="benchmark").delete()
    execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


def long_thread(id: str) -> LongThread:
    ((owner, helper),) = ask("SELECT requester_id, helper_id FROM earlier.conversations_v2 WHERE id = %s", [UUID(id)])
    return LongThread(UUID(id), *_members([owner, helper]))


def free_pairs(count: int) -> list[tuple[UUID, Member]]:
    """Open requests, and with each a member who has not offered help on it, in either design."""
    tries = 2 * count + 20
    requests = ask(
        "SELECT id, user_id FROM help_requests WHERE status = 'open' AND expires_at > now() ORDER BY random() LIMIT %s",
        [tries],
    )
    helpers = [member.pk for member in anybody(tries)]
    taken = ask(TAKEN.format(schema="earlier"), [helpers])
    with acting_as_system("benchmark: who has offered help already"):
        taken += ask(TAKEN.format(schema="public"), [helpers])
    known = set(taken)
    free = [
        (request, helper)
        for (request, owner), helper in zip(requests, helpers, strict=False)
        if helper != owner and (request, helper) not in known
    ][:count]
    return list(zip([request for request, _ in free], _members([helper for _, helper in free]), strict=True))


TAKEN = "SELECT help_request_id, helper_id FROM {schema}.conversations_v2 WHERE helper_id = ANY(%s)"


def open_threads(count: int) -> list[tuple[UUID, Member]]:
    """Active conversations, each with the one or the other of its people. Not those of an earlier run's offers: they
    have another id in each design.
    """
    return [(id, one) for id, one, _ in conversations(count)]


def conversations(count: int) -> list[tuple[UUID, Member, Member]]:
    """Active conversations with both of their people, in either order."""
    found = ask(
        "SELECT id, requester_id, helper_id, random() < 0.5 FROM earlier.conversations_v2 "
        "WHERE status = 'active' AND initial_message <> %s AND id <> ALL(%s) ORDER BY random() LIMIT %s",
        [TEXT, LONG_ONES, count],
    )
    pairs = [(asks, helps) if first else (helps, asks) for _, asks, helps, first in found]
    ones, others = _members([one for one, _ in pairs]), _members([other for _, other in pairs])
    return list(zip([row[0] for row in found], ones, others, strict=True))


def with_full_inboxes(count: int) -> list[Member]:
    """Members with more than one page of active conversations, and not one of the long ones among them."""
    found = ask(
        """
        SELECT who FROM earlier.conversations_v2, LATERAL (VALUES (requester_id), (helper_id)) AS part (who)
        WHERE status = 'active' GROUP BY who
        HAVING count(*) > 20 AND who <> %s AND NOT bool_or(id = ANY(%s))
        ORDER BY who LIMIT %s
        """,
        [UUID(BUSIEST_ID), LONG_ONES, count],
    )
    return _members([id for (id,) in found])


def anybody(count: int) -> list[Member]:
    """Approved members, none of the team."""
    found = ask(
        "SELECT id FROM members WHERE verification_status = 'approved' AND NOT is_staff ORDER BY random() LIMIT %s",
        [count],
    )
    return _members([id for (id,) in found])


def open_requests(count: int) -> list[UUID]:
    found = ask("SELECT id FROM help_requests WHERE status = 'open' ORDER BY random() LIMIT %s", [count])
    return [id for (id,) in found]


def busiest() -> Member:
    return _members([UUID(BUSIEST_ID)])[0]


def of_the_team() -> Member:
    return _members([UUID(TEAM_ID)])[0]


def _members(ids: list[UUID]) -> list[Member]:
    found = Member.objects.in_bulk(ids)
    return [found[id] for id in ids]
