"""What of a run is wrong, by what callers were told and what the database holds: independent of the code under test.

Each function takes plain values and gives how often what was wrong; nothing wrong is an empty count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A message as the database has it."""

    id: str
    conversation: str
    sender: str
    text: str


class Said(NamedTuple):
    """A message as its writer sent it."""

    id: str
    conversation: str
    sender: str
    text: str


def exactly_once(sent: Iterable[Said], acknowledged: Sequence[Said], rows: Sequence[Row]) -> Counter[str]:
    """What was acknowledged is there, once, as it was sent, and each writer's in their order. `rows` in their order."""
    there = Counter(row.text for row in rows)
    by_id, everything = {row.id: row for row in rows}, {message.text for message in sent}
    return +Counter(
        {
            "acknowledged and lost": sum(not there[message.text] for message in acknowledged),
            "doubled": sum(number - 1 for number in there.values()),
            "never sent by anybody": sum(text not in everything for text in there),
            "other than it was sent": sum(
                message.id in by_id and tuple(by_id[message.id]) != tuple(message) for message in acknowledged
            ),
            "writers whose messages are out of order": _out_of_order(acknowledged, rows),
        }
    )


def _out_of_order(acknowledged: Sequence[Said], rows: Sequence[Row]) -> int:
    told, kept = defaultdict(list), defaultdict(list)
    texts = {message.text for message in acknowledged}
    for message in acknowledged:
        told[message.sender].append(message.text)
    for row in {row.text: row for row in rows if row.text in texts}.values():
        kept[row.sender].append(row.text)
    return sum([text for text in told[sender] if text in set(kept[sender])] != kept[sender] for sender in told)


def other_answers(answers: Mapping[Any, int], fine: Iterable[int]) -> Counter[str]:
    """Answers that nobody was promised. None is a connection that died, which is none."""
    wanted = {None, *fine}
    return Counter({f"answered {status}": number for status, number in answers.items() if status not in wanted})


def one_each(acknowledged: Iterable[str], there: Mapping[str, int], what: str, *, spare: int = 0) -> Counter[str]:
    """Each key that was acknowledged is there once; in all so many of them may be there again."""
    keys = set(acknowledged)
    again = sum(there.get(key, 1) - 1 for key in keys if there.get(key, 0) > 1)
    lost = sum(not there.get(key, 0) for key in keys)
    return +Counter({f"{what} lost": lost, f"{what} doubled": max(0, again - spare)})


def unchanged(before: object, after: object, what: str) -> Counter[str]:
    return Counter({f"{what} changed": 1} if before != after else {})
