"""What this community is called, and how it is reached: from the settings, for pages of every kind."""

from email.utils import parseaddr
from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise


class Community(NamedTuple):
    name: str
    area: str | Promise
    phone: str
    email: str
    emergency_number: str


def community() -> Community:
    return Community(
        name=settings.COMMUNITY_NAME,
        area=settings.COMMUNITY_AREA,
        phone=settings.COMMUNITY_PHONE,
        email=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        emergency_number=settings.EMERGENCY_NUMBER,
    )
