"""What a copy is made of: parts, each of entries, each of fields and perhaps of a talk (data export).

Every app says its own parts (`exported.py`) and registers them here, since this one stands below them and imports
nothing of theirs. `words` are for the page, `value` is for data.json.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from carecollective.ground.identity import Person
from carecollective.ground.registry import Many


class Field(NamedTuple):
    """Without a label it stands in data.json alone; without `words` its value is read as it is. `lang` is of words that
    somebody wrote, where it is known.
    """

    key: str
    label: Any
    value: Any
    words: Any = None
    lang: str = ""

    @property
    def shown(self) -> str:
        """What a person reads, or nothing where there is nothing to say."""
        if not self.label or self.value in (None, "", []):
            return ""
        return in_words(self.value) if self.words is None else str(self.words)


class Said(NamedTuple):
    """One message. `sender` is None where its reader wrote it."""

    id: Any
    sender: str | None
    text: str
    at: datetime

    @property
    def shown_at(self) -> str:
        return in_words(self.at)


class Entry(NamedTuple):
    """`said` is run through once, before the next entry is asked for."""

    fields: list[Field]
    title: str = ""
    said: Iterable[Said] | None = None
    lang: str = ""  # of the title


class Entries(Protocol):
    """A list, or what knows how many there are and looks for each when its turn comes."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Entry]: ...


class Part(NamedTuple):
    """`empty` is the sentence where there is no entry; one that is about the member as a whole `is_single`."""

    key: str
    title: str
    entries: Entries
    empty: str = ""
    is_single: bool = False


# Who says what is in a copy, ranked in the order in which it is read. What is in none, each model explains.
told_by: Many[Callable[[Any], Iterable[Part]]] = Many()


def parts_of(member: Person) -> Iterable[Part]:
    """Every part, in their order, in the language that is active now. Opens scopes of its own."""
    for tell in told_by:
        yield from tell(member)


def in_words(value: Any) -> str:
    """A value as a person reads it, in the language that is active now."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if not isinstance(value, datetime):
        return str(value)
    local = timezone.localtime(value)
    # As on every page that is read on another day.
    day = date_format(local, pgettext("day on paper", "l, F j, Y"))
    return f"{day}, {date_format(local, pgettext('time of day', 'g:i A'))}"
