"""What a notice says, in one sentence, and where it leads: its kind's words, for a page."""

from collections.abc import Sequence
from typing import Any

from carecollective.accounts.models import Member
from carecollective.told.notifications import notices
from carecollective.told.notifications.models import Notification
from carecollective.web.moulds import address


def shown(told: Sequence[Notification], reader: Member) -> list[dict[str, Any]]:
    offers = notices.offers_on(told, reader)
    return [
        {
            "id": notification.pk,
            "url": address("notifications:follow", notification.pk),
            "icon": notices.words_of(notification).icon,
            "words": notices.notice(notification, offers),
            "at": notification.created_at,
            "is_unread": notification.read_at is None,
        }
        for notification in told
    ]
