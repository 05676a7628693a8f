"""The atomic counters behind every rate limit: one row per key, counted by one upsert, shared by all processes.

A window begins with the first try and ends `period` later; then the count begins again. Counting inside a verb's
transaction gives a refused try back by itself; counting outside of one keeps it.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from carecollective.ground.refusals import RateLimited
from carecollective.ground.round_trips import Asked, ask

TAKE = """
INSERT INTO rate_limits AS kept (key, taken, ends_at)
VALUES (%(key)s, 1, clock_timestamp() + %(period)s::interval)
ON CONFLICT (key) DO UPDATE SET
    taken = CASE WHEN kept.ends_at <= clock_timestamp() THEN 1 ELSE kept.taken + 1 END,
    ends_at = CASE WHEN kept.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE kept.ends_at END
WHERE kept.taken < %(most)s OR kept.ends_at <= clock_timestamp()
RETURNING taken
"""
WAIT = """
SELECT ceil(extract(epoch FROM ends_at - clock_timestamp()))::int FROM rate_limits WHERE key = %s
"""
TAKEN = "SELECT taken, ends_at FROM rate_limits WHERE key = %s AND ends_at > clock_timestamp()"
GIVE_BACK = "UPDATE rate_limits SET taken = greatest(taken - 1, 0) WHERE key = %s"
FORGET = "DELETE FROM rate_limits WHERE key = %s"
# It waits for no counter that somebody counts with, so nobody who waits for one of these waits for ever.
FORGET_ENDED = """
DELETE FROM rate_limits WHERE key = ANY (ARRAY(
    SELECT key FROM rate_limits WHERE ends_at <= clock_timestamp() FOR UPDATE SKIP LOCKED))
"""


class Left(NamedTuple):
    """How many more there may be; and when the count begins again, where it has begun."""

    number: int
    again_at: datetime | None


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in a period."""

    name: str
    most: int
    period: timedelta

    def key(self, *whose: object) -> str:
        """No address in the table, nor what anybody could try all addresses against: a digest with our key."""
        joined = "\x1f".join(str(part) for part in whose).encode(errors="replace")
        return f"{self.name}:{salted_hmac('limits', joined, algorithm='sha256').hexdigest()[:32]}"

    def ask(self, *whose: object) -> Asked | None:
        """Count one try in a round trip with others: `take` or `untake` say later what comes of it."""
        if not settings.RATE_LIMITS:
            return None
        values = {"key": self.key(*whose), "period": f"{self.period.total_seconds()} s", "most": self.most}
        return ask(TAKE, values)

    def take(self, *whose: object, asked: Asked | None = None) -> int:
        """Count one try, unless it was `asked`. How many are left? Raises RateLimited, with the seconds to wait, when
        there is none.
        """
        asked = asked or self.ask(*whose)
        if asked is None:
            return self.most
        if counted := asked():
            return self.most - int(counted[0])
        (seconds,) = ask(WAIT, [self.key(*whose)])() or (1,)
        raise RateLimited(max(int(seconds), 1))

    def left(self, *whose: object) -> Left:
        """A look, so that a page can say it before the limit does. It holds nothing back for anybody."""
        if not settings.RATE_LIMITS:
            return Left(self.most, None)
        with connection.cursor() as cursor:
            cursor.execute(TAKEN, [self.key(*whose)])
            taken, again_at = cursor.fetchone() or (0, None)
        return Left(max(self.most - taken, 0), again_at)

    def give_back(self, *whose: object) -> None:
        _execute(GIVE_BACK, self.key(*whose))

    def untake(self, *whose: object, asked: Asked | None) -> None:
        """What was `asked` is none of those that count."""
        if asked and asked():
            self.give_back(*whose)

    def forget(self, *whose: object) -> None:
        _execute(FORGET, self.key(*whose))


OFFERS = Limit("offers", 10, timedelta(hours=1))
MESSAGES = Limit("messages", 50, timedelta(minutes=1))
REPORTS = Limit("reports", 5, timedelta(hours=1))
# As many as offers: whoever is above it takes back and makes again.
WITHDRAWALS = Limit("withdrawals", 10, timedelta(hours=1))
HELP_REQUESTS = Limit("help_requests", 10, timedelta(hours=1))
SIGN_IN_TO_ACCOUNT = Limit("sign_in_account", 5, timedelta(minutes=15))
SIGN_IN_FROM_ADDRESS = Limit("sign_in_address", 50, timedelta(minutes=15))
# A code of the second step, whoever asks: these count for the account alone, as the password was right already.
SECOND_FACTOR = Limit("second_factor", 5, timedelta(minutes=15))
# Links by mail, to join, to come in or to choose a new password. Whoever is refused has five such mails already.
LINKS_TO_ACCOUNT = Limit("links_account", 5, timedelta(hours=1))
LINKS_FROM_ADDRESS = Limit("links_address", 30, timedelta(hours=1))
API = Limit("api", 600, timedelta(minutes=1))


def forget_ended() -> int:
    """Counters whose time is over say nothing any more, but who came when."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_ENDED)
        return int(cursor.rowcount)


def caller_address(request: HttpRequest | None) -> str:
    """Where the request comes from, as far as we can trust it: an IPv4 address, or the /64 network of an IPv6 one.

    Of X-Forwarded-For only the entries that our own NUM_PROXIES proxies appended count; the rest is the caller's say.
    """
    if request is None:
        return "unknown"
    address = request.META.get("REMOTE_ADDR", "")
    if settings.NUM_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if forwarded:
            address = forwarded[-min(settings.NUM_PROXIES, len(forwarded))]
    if address.startswith("[") or address.count(":") == 1:  # some proxies write the port too
        address = address.rpartition(":")[0].strip("[]") if not address.endswith("]") else address.strip("[]")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _execute(statement: str, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
