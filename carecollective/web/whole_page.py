"""What a page of a member reads, in one scope and one transaction: its own, and what its header counts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.http import HttpRequest

from carecollective.ground.identity import reading_as
from carecollective.ground.registry import One


class Counts(NamedTuple):
    """How many conversations and notices are unread."""

    messages: int = 0
    notices: int = 0


counter: One[Callable[[Any], Counts]] = One("counter of what is unread")


@contextmanager
def whole_page(request: HttpRequest) -> Iterator[None]:
    """Everything that the page asks for is asked in here; what its header counts comes last, as it is by then."""
    member: Any = request.user  # the page's guard let nobody else in
    with reading_as(member):
        yield
        keep_counts(request, counter()(member))


def keep_counts(request: HttpRequest, counts: Counts) -> None:
    """They were looked up with the page: its header does not ask again."""
    request.unread_counts = counts  # type: ignore[attr-defined]


def counts_for(request: HttpRequest) -> Counts:
    """For the header: as they were looked up with the page, or now."""
    kept = getattr(request, "unread_counts", None)
    member = getattr(request, "user", None)
    if kept is not None or not member or not member.is_authenticated:
        return kept or Counts()
    return counter()(member)
