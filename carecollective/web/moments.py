"""Moments as a person reads them: in the community's time, in words that do not go stale (relative times)."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext


def moment(at: datetime | None) -> SafeString:
    """ "9:02 AM", "Yesterday 4:15 PM", "Tuesday, Jan 6"."""
    if not at:
        return SafeString()
    local, today = timezone.localtime(at), timezone.localdate()
    clock = clock_time(at)
    if local.date() == today:
        words = clock
    elif local.date() == today - timedelta(days=1):
        words = gettext("Yesterday %(time)s") % {"time": clock}
    else:
        words = day_words(local.date())
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), words)


def time_of_day(at: datetime) -> SafeString:
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), clock_time(at))


def clock_time(at: datetime) -> str:
    local = timezone.localtime(at)
    return _clock(local.hour, local.minute, pgettext("time of day", "g:i A"), get_language())


@lru_cache(2 * 24 * 60)
def _clock(hour: int, minute: int, pattern: str, _language: str | None) -> str:
    """Each minute of a day in each language: a thread says fifty of them."""
    return time_format(time(hour, minute), pattern)


def day_and_time(at: datetime) -> str:
    """For staff: exact, and in the order of the reader's language."""
    return date_format(timezone.localtime(at), pgettext("day and time", "D, M j, g:i A"))


def short_day(day: date) -> str:
    return date_format(day, pgettext("day in a table", "D, M j"))


def day_words(day: date | datetime) -> str:
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    today = timezone.localdate()
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
    days = (timezone.localdate() - local.date()).days
    if days <= 0:
        words = gettext("Asked today")
    elif days == 1:
        words = gettext("Asked yesterday")
    else:
        words = ngettext("Asked %(n)s day ago", "Asked %(n)s days ago", days) % {"n": days}
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), words)
