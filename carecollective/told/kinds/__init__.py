"""What members hear of (notification templates), each kind one object in the file of its subject: its words for each
reader on each channel, its line in the mail of the day, the choice that its mail follows, and how it behaves.

Whoever tells names an event and its reader, so nobody reads words that were meant for somebody else. The line in the
thread itself is messaging's (`SENTENCES` in its pages). What stands in no kind is news for nobody: an undo takes back
what was told, a block is told to no one, what is shared is seen in its thread, and whoever keeps a request open did
that themselves.
"""

from .accounts import ACCOUNTS
from .groups import GROUPS as GROUPS
from .kind import Group as Group
from .kind import Kind as Kind
from .kind import Reader as Reader
from .kind import What as What
from .kind import Words as Words
from .offers import OFFERS
from .requests import REQUESTS

# By their codes, in the order in which the mail of the day counts them.
KINDS: dict[str, Kind] = {kind.code: kind for kind in (*OFFERS, *REQUESTS, *ACCOUNTS)}


def heard() -> list[tuple[str, str]]:
    """Every event with each of its readers."""
    return [key for kind in KINDS.values() for key in kind.words]


def kind_told(what: str, reader: str) -> Kind:
    """The kind in which this reader hears of this event. Raises ValueError where nobody ever does."""
    for kind in KINDS.values():
        if (what, reader) in kind.words:
            return kind
    raise ValueError(f"No kind says what the {reader} reads of {what}.")


def only_reader(what: str) -> Reader:
    """Who reads of an event that has one reader. Raises ValueError where there are several to choose from."""
    (reader,) = (reader for event, reader in heard() if event == what)
    return Reader(reader)


def group_of(code: str) -> Group | None:
    """The choice that this mail follows; None where it follows none, and for mail about no kind: the day's, a test."""
    return KINDS[code].group if code in KINDS else None


def about_account() -> list[str]:
    return [kind.code for kind in KINDS.values() if kind.about_account]
