"""What a page says of a rate limit before it bites: nothing for long, then how many are left, last when to go on."""

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from carecollective.ground import limits
from carecollective.ground.identity import Person
from carecollective.ground.limits import Left, Limit

BY_NAME = {limit.name: limit for limit in (limits.OFFERS, limits.REPORTS, limits.HELP_REQUESTS)}
SAID_FROM = {limits.OFFERS: 3, limits.REPORTS: 2, limits.HELP_REQUESTS: 3, limits.MESSAGES: 5}


def left_in_words(name: str, member: Person) -> str:
    """One look at the counter; empty while there is no need to count."""
    limit = BY_NAME[name]
    left = limit.left(member.pk)
    return _spent(limit, left) if left.number == 0 else few_left(limit, left.number)


def few_left(limit: Limit, n: int | None) -> str:
    if n is None or n > SAID_FROM[limit]:
        return ""
    if limit == limits.OFFERS:
        sentence = ngettext("You can send %(n)s more offer this hour.", "You can send %(n)s more offers this hour.", n)
    elif limit == limits.REPORTS:
        sentence = ngettext(
            "You can report %(n)s more message this hour.", "You can report %(n)s more messages this hour.", n
        )
    elif limit == limits.HELP_REQUESTS:
        sentence = ngettext(
            "You can post %(n)s more request this hour.", "You can post %(n)s more requests this hour.", n
        )
    else:
        sentence = ngettext(
            "You can send %(n)s more message this minute.", "You can send %(n)s more messages this minute.", n
        )
    return sentence % {"n": n}


def _spent(limit: Limit, left: Left) -> str:
    sentence = {
        limits.OFFERS: _("You sent many offers this hour. You can send the next one at %(time)s."),
        limits.REPORTS: _("You reported many messages this hour. You can report the next one at %(time)s."),
        limits.HELP_REQUESTS: _("You posted many requests this hour. You can post the next one at %(time)s."),
    }[limit]
    return sentence % {"time": _to_the_minute(left)}


def _to_the_minute(left: Left) -> str:
    """Rounded up: at that time it does work."""
    at = timezone.localtime(left.again_at) + timedelta(seconds=59)
    return date_format(at, pgettext("time of day", "g:i A"))
