"""What every page may need to know (context processor): nothing is asked of the database before a template asks."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from carecollective.accounts.look import look_of
from carecollective.ground import writing
from carecollective.told.mail import folder
from carecollective.web.community import community
from carecollective.web.whole_page import counts_for

MOST_SHOWN = 99


def site(request: HttpRequest) -> dict[str, Any]:
    counts = SimpleLazyObject(lambda: counts_for(request))
    return {
        "community": community(),
        "is_reading_only": SimpleLazyObject(writing.is_reading_only),
        "look": SimpleLazyObject(lambda: look_of(request)),
        "mail_is_written_here": folder.is_read_here(),
        "other_language": "en" if get_language() == "es" else "es",
        "unread": SimpleLazyObject(lambda: _shown(counts.messages)),
        "unread_notices": SimpleLazyObject(lambda: _shown(counts.notices)),
    }


def _shown(number: int) -> int | str:
    """Nobody reads a hundred at once, and whoever counts stops there."""
    return number if number <= MOST_SHOWN else f"{MOST_SHOWN}+"
