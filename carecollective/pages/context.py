"""What every page may need to know. Nothing here is asked of the database before a template asks for it."""

from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from carecollective.mail import folder
from carecollective.notifications.services import unread_count
from messaging.inbox import unread_total


def site(request: HttpRequest) -> dict:
    return {
        "community": community(),
        "mail_is_written_here": folder.is_read_here(),
        "other_language": "en" if get_language() == "es" else "es",
        "unread": SimpleLazyObject(lambda: _unread(request)),
        "unread_notices": SimpleLazyObject(lambda: _unread_notices(request)),
    }


def community() -> dict[str, str]:
    return {
        "name": settings.COMMUNITY_NAME,
        "area": settings.COMMUNITY_AREA,
        "phone": settings.COMMUNITY_PHONE,
        "email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "emergency_number": settings.EMERGENCY_NUMBER,
    }


def _unread_notices(request: HttpRequest) -> int:
    member = getattr(request, "user", None)
    return unread_count(by=member) if member and member.is_authenticated else 0


def _unread(request: HttpRequest) -> int:
    member = getattr(request, "user", None)
    return unread_total(member) if member and member.is_authenticated else 0
