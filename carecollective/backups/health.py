"""Is there a backup of yesterday, and does it restore? For `manage.py doctor` and the team's page."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.doctor import Fault

from .models import MADE, TRIED, last_good, newest

BACKUP_WITHIN = timedelta(days=2)
DRILL_WITHIN = timedelta(days=8)


def backup() -> Fault:
    """A community of since yesterday has not had its first night yet."""
    good, last, least = last_good(MADE), newest(MADE), clock.now() - BACKUP_WITHIN
    if settings.DEBUG or (good and good >= least) or not Member.objects.filter(joined_at__lt=least).exists():
        return None
    if good is None and last is None:
        return _(
            "There has never been a backup: type `manage.py backup now`, and keep the key that it makes somewhere else."
        )
    if last and last.failed:
        return _("The last backup failed: %(why)s Put that right, then type `manage.py backup now`.") % {
            "why": last.failed
        }
    return _("The last backup is of %(day)s: type `manage.py backup schedule`, which says what is missing.") % {
        "day": _day(good)
    }


def drill() -> Fault:
    """A backup that nobody has restored is a hope."""
    last, good, made = newest(TRIED), last_good(TRIED), last_good(MADE)
    if settings.DEBUG or made is None:
        return None
    if last and last.failed:
        return _(
            "The newest backup could not be restored in a drill: %(why)s Put that right, then type `manage.py backup "
            "drill`."
        ) % {"why": last.failed}
    if (good or made) < clock.now() - DRILL_WITHIN:
        return _(
            "No drill has restored a backup since %(day)s: type `manage.py backup drill`, and look whether a worker of "
            "the jobs runs."
        ) % {"day": _day(good)}
    return None


def _day(moment: object) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else "-"  # type: ignore[arg-type]
