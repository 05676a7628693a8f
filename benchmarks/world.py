"""The rows of the benchmarks' databases: random with a fixed seed, and everything a share of the size.

A member has as many conversations in the small set as in the large one. Rows come in the order of time, as in life, so
the messages of one conversation lie far apart in their table.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate, product
from typing import NamedTuple

from benchmarks.sizes import BUSIEST_ID, HOARD_ID, LONG_ID, SHORT_ID, SHORT_THREAD, TEAM_ID, Size

SENTENCES = (
    "Thank you for the ride on Thursday, it was a great help.",
    "The clinic says I can come again next week.",
    "Could we meet at the corner by the library, around nine?",
    "My phone is off in the mornings, so write here please.",
    "Bread, milk, eggs and some oranges if they have good ones.",
    "¡Muchas gracias!",
    "Does ten o’clock suit you?",
    "Yes.",
)
CATEGORIES = ("health-caregiving", "groceries-meals", "transportation-errands", "household-yard", "other")
STATUSES = ("open",) * 14 + ("in_progress",) * 3 + ("completed",) * 3
URGENCIES = ("normal",) * 8 + ("urgent", "critical")
TOWNS = [
    first + last
    for first, last in product(
        ("Oak", "Elm", "Ash", "Mill", "North", "South", "East", "West"), ("field", "ton", "burg", "ford", "dale")
    )
]
MESSAGES_EACH = (0, 1, 2, 2, 3, 3, 4, 5, 9, 16)  # 4.5 on average
RARE = 5  # so many requests hold the rare word, in whichever size
OFFERS_EACH = 6  # on two requests of three; the third waits for one


class Request(NamedTuple):
    id: str
    owner: str
    status: str


class Talk(NamedTuple):
    """A conversation; `moments` are its own beginning and then its messages, in ticks of the whole time."""

    id: str
    request: Request
    helper: str
    is_archived: bool
    moments: list[int]


class World:
    """The rows of one size. Each list can be run through again and comes out the same."""

    def __init__(self, size: Size, until: datetime) -> None:
        self.size = size
        self.begins = until - timedelta(days=400)
        self.tick = timedelta(days=380) / size.conversations
        dice = random.Random(1)
        self.texts = [" ".join(dice.choices(SENTENCES, k=dice.choice((1, 1, 1, 2, 3, 6)))) for _ in range(2_000)]
        self.firsts = [f"I can help with this. {text}" for text in self.texts]
        self.members = [BUSIEST_ID, *(_uuid(dice) for _ in range(size.members - 1))]
        # One in fifty does a fifth of all the helping.
        self.regulars = dice.sample(self.members, max(size.members // 50, 1))
        self.requests = [self._request(number, dice) for number in range(size.help_requests)]
        # The places of the long threads among all conversations.
        self.long = {size.conversations // 10 + n: id for n, id in enumerate((LONG_ID, SHORT_ID, HOARD_ID), start=1)}

    def _request(self, number: int, dice: random.Random) -> Request:
        status = dice.choice(STATUSES)
        return Request(_uuid(dice), dice.choice(self.members), "open" if self._is_rare(number) else status)

    def _is_rare(self, number: int) -> bool:
        return number % max(self.size.help_requests // RARE, 1) == 0

    def at(self, moment: int) -> str:
        return (self.begins + moment * self.tick).isoformat()

    def talks(self) -> Iterator[Talk]:
        dice, helpers = random.Random(2), set[str]()
        # The busiest member's offers lie evenly over the whole time.
        every = max(self.size.conversations // max(self.size.busiest, 1), 1)
        left = self.size.messages - sum(self._length(number) for number in self.long)
        for number in range(self.size.conversations):
            if number % OFFERS_EACH == 0:
                helpers = set()
            helped = number // OFFERS_EACH
            request = self.requests[helped + helped // 2]
            helper = BUSIEST_ID if number % every == 0 else self._helper(dice)
            while helper == request.owner or helper in helpers:
                helper = self._helper(dice)
            helpers.add(helper)
            gaps = self._gaps(number, dice, left)
            left -= 0 if number in self.long else len(gaps)
            is_archived = number not in self.long and dice.random() < 0.1
            id = self.long.get(number) or _uuid(dice)
            yield Talk(id, request, helper, is_archived, list(accumulate(gaps, initial=number)))

    def _length(self, number: int) -> int:
        return {LONG_ID: self.size.longest, SHORT_ID: SHORT_THREAD, HOARD_ID: self.size.hoard}[self.long[number]]

    def _gaps(self, number: int, dice: random.Random, left: int) -> list[int]:
        """How long after the one before it each message came, in ticks."""
        if number in self.long:
            length = self._length(number)
            return [max((self.size.conversations - number) // max(length, 1), 1)] * length
        spread = max(self.size.conversations // 500, 2)
        return [1 + int(dice.random() * spread) for _ in range(min(dice.choice(MESSAGES_EACH), left))]

    def _helper(self, dice: random.Random) -> str:
        return dice.choice(self.regulars if dice.random() < 0.2 else self.members)

    def member_rows(self) -> Iterator[str]:
        """And one of the team, and those who wait to be approved."""
        for number, id in enumerate(self.members):
            town = TOWNS[number % len(TOWNS)]
            yield f"{id}\tmember{number}@bench.example\tMember Number{number}\t{town}\t!\tapproved\tf\tf\n"
        yield f"{TEAM_ID}\tteam@bench.example\tTeresa Team\t\t!\tapproved\tt\tt\n"
        dice = random.Random(7)
        for number in range(self.size.members // 50):
            yield f"{_uuid(dice)}\twaits{number}@bench.example\tWaits Number{number}\t\t!\tpending\tf\tf\n"

    def request_rows(self) -> Iterator[str]:
        """Open ones run out in ten years: the database is kept."""
        dice = random.Random(3)
        until = (self.begins + timedelta(days=3650)).isoformat()
        for number, request in enumerate(self.requests):
            at = self.at(number * self.size.conversations // self.size.help_requests)
            done = at if request.status == "completed" else "\\N"
            place = dice.choice(TOWNS) if dice.random() < 0.1 else ""
            title, language = self._title(number)
            yield (
                f"{request.id}\t{request.owner}\t{title}\t{dice.choice(self.texts)}\t{dice.choice(CATEGORIES)}\t"
                f"{dice.choice(URGENCIES)}\t{request.status}\t{place}\t{language}\t{at}\t{at}\t{until}\t{done}\n"
            )

    def _title(self, number: int) -> tuple[str, str]:
        if self._is_rare(number):
            return f"A unicycle to be mended, number {number}", "en"
        if number % 50 == 1:
            return f"Una cita con el médico, número {number}", "es"
        return f"A ride to the clinic, number {number}", "en"

    def talk_rows(self) -> Iterator[str]:
        dice = random.Random(4)
        for talk in self.talks():
            first, last = talk.moments[0], talk.moments[-1]
            yield (
                f"{talk.id}\t{talk.request.id}\t{talk.request.owner}\t{talk.helper}\t{dice.choice(self.firsts)}\t"
                f"{'archived' if talk.is_archived else 'active'}\t{self.at(first)}\t{self.at(last)}\n"
            )

    def message_rows(self) -> Iterator[str]:
        """In the order of time, over all conversations: what is still to come waits for its moment."""
        dice, waiting = random.Random(5), defaultdict[int, list[tuple[str, str]]](list)
        for number, talk in enumerate(self.talks()):
            people = (talk.request.owner, talk.helper)
            for moment in talk.moments[1:]:
                waiting[moment].append((talk.id, people[dice.random() < 0.5]))
            yield from self._messages_at(number, waiting.pop(number, ()), dice)
        for moment in sorted(waiting):
            yield from self._messages_at(moment, waiting[moment], dice)

    def _messages_at(self, moment: int, said: Iterable[tuple[str, str]], dice: random.Random) -> Iterator[str]:
        at = self.at(moment)
        for talk_id, sender in said:
            yield f"{_uuid(dice)}\t{talk_id}\t{sender}\t{dice.choice(self.texts)}\t{at}\t{at}\n"

    def marker_rows(self) -> Iterator[str]:
        """Seven in ten have read it all, the others up to the middle or nothing.

        Of the long threads the owners have read all but the last ten, and the helpers nothing.
        """
        dice = random.Random(6)
        for number, talk in enumerate(self.talks()):
            if number in self.long:
                yield f"{talk.id}\t{talk.request.owner}\t{self.at(talk.moments[-11:][0])}\n"
                continue
            for person in (talk.request.owner, talk.helper):
                luck = dice.random()
                if luck < 0.85:
                    read = talk.moments[-1 if luck < 0.7 else len(talk.moments) // 2]
                    yield f"{talk.id}\t{person}\t{self.at(read)}\n"


def _uuid(dice: random.Random) -> str:
    return f"{dice.getrandbits(128):032x}"
