"""Moments as a person reads them: in the community's time, in words that do not go stale (relative times)."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext

from carecollective.ground.sentences import escaped

MOST_DAYS = 4 * 366


def moment(at: datetime | None) -> SafeString:
    """ "9:02 AM", "Yesterday 4:15 PM", "Tuesday, Jan 6"."""
    if not at:
        return SafeString()
    here = timezone.get_current_timezone()
    local, today = timezone.localtime(at, here), timezone.localdate(timezone=here)
    if local.date() == today:
        return _as_element(local, _clock_time(local))
    if local.date() == today - timedelta(days=1):
        return _as_element(local, gettext("Yesterday %(time)s") % {"time": _clock_time(local)})
    return _as_element(local, _day_words(local.date(), today, get_language()))


def time_of_day(at: datetime) -> SafeString:
    return local_time(timezone.localtime(at))


def local_time(local: datetime, language: str | None = None) -> SafeString:
    """The same, of a moment that is on the community's clock already; `language` is the one that is spoken here."""
    return _as_element(local, _clock(local.hour, local.minute, language or get_language()))


def clock_time(at: datetime) -> str:
    return _clock_time(timezone.localtime(at))


def _as_element(local: datetime, words: str) -> SafeString:
    moment = local.isoformat(timespec="seconds")
    return SafeString(f'<time datetime="{moment}">{escaped(words)}</time>')  # each part is escaped


def _clock_time(local: datetime) -> str:
    return _clock(local.hour, local.minute, get_language())


@lru_cache(2 * 24 * 60)
def _clock(hour: int, minute: int, _language: str | None) -> str:
    """Each minute of a day in each language: a thread says fifty of them."""
    return time_format(time(hour, minute), pgettext("time of day", "g:i A"))


def day_and_time(at: datetime) -> str:
    """For staff: exact, and in the order of the reader's language."""
    return date_format(timezone.localtime(at), pgettext("day and time", "D, M j, g:i A"))


def short_day(day: date) -> str:
    return date_format(day, pgettext("day in a table", "D, M j"))


def day_words(day: date | datetime) -> str:
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return _day_words(day, timezone.localdate(), get_language())


@lru_cache(MOST_DAYS)
def _day_words(day: date, today: date, _language: str | None) -> str:
    if day == today:
        return gettext("Today")
    if day == today - timedelta(days=1):
        return gettext("Yesterday")
    if day.year == today.year:
        return date_format(day, pgettext("day of this year", "l, M j"))
    return date_format(day, pgettext("day of another year", "M j, Y"))


def whole_day(day: date | datetime) -> str:
    """For paper, which is read on another day."""
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return date_format(day, pgettext("day on paper", "l, F j, Y"))


def local_day(at: datetime) -> date:
    return timezone.localtime(at).date()


def asked(at: datetime) -> SafeString:
    local = timezone.localtime(at)
    return _as_element(local, _asked((timezone.localdate() - local.date()).days, get_language()))


@lru_cache(MOST_DAYS)
def _asked(days: int, _language: str | None) -> str:
    if days <= 0:
        return gettext("Asked today")
    if days == 1:
        return gettext("Asked yesterday")
    return ngettext("Asked %(n)s day ago", "Asked %(n)s days ago", days) % {"n": days}
