"""What every page may need to know (context processor): nothing is asked of the database before a template asks."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from carecollective.accounts.look import look_of
from carecollective.ground.identity import reading_as
from carecollective.told.mail import folder
from carecollective.told.notifications.services import unread_count
from carecollective.web.community import community
from messaging.inbox import unread_total


def site(request: HttpRequest) -> dict[str, Any]:
    counts = SimpleLazyObject(lambda: _unread(request))
    return {
        "community": community(),
        "look": SimpleLazyObject(lambda: look_of(request)),
        "mail_is_written_here": folder.is_read_here(),
        "other_language": "en" if get_language() == "es" else "es",
        "unread": SimpleLazyObject(lambda: counts["messages"]),
        "unread_notices": SimpleLazyObject(lambda: counts["notices"]),
    }


def _unread(request: HttpRequest) -> dict[str, int]:
    member = getattr(request, "user", None)
    if not member or not member.is_authenticated:
        return {"messages": 0, "notices": 0}
    with reading_as(member):
        return {"messages": unread_total(member), "notices": unread_count(by=member)}
