"""When a backup is due, and how a clock makes one without anybody: a process of its own, whose failure is told."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from carecollective.ground import clock

from . import drill, key, mail
from .models import MADE, TRIED, Run, last_good, note

# A backup that failed is tried again after so long.
TRIES_AGAIN_AFTER = timedelta(hours=1)
TELLS_AGAIN_AFTER = timedelta(hours=20)


def last_due() -> datetime | None:
    """When the clock last said so; never where BACKUP_AT is off."""
    if settings.BACKUPS.at is None:
        return None
    here = clock.now().astimezone(ZoneInfo(settings.TIME_ZONE))
    at = here.replace(hour=settings.BACKUPS.at.hour, minute=settings.BACKUPS.at.minute, second=0, microsecond=0)
    return at if at <= here else at - timedelta(days=1)


def next_due() -> datetime | None:
    return (due := last_due()) and due + timedelta(days=1)


def is_due(what: str) -> bool:
    """Whether it was not done since the clock said so. Where no key was made yet, nobody has set backups up."""
    due = last_due()
    if due is None or not key.is_there():
        return False
    good = last_good(what)
    return good is None or good < due


def keep() -> None:
    """What is due: a backup, and then a drill with it."""
    for what in (MADE, TRIED):
        if is_due(what) and (_has_just_failed(what) or not _attempt(what)):
            return


def _has_just_failed(what: str) -> bool:
    return Run.objects.filter(what=what, ended_at__gte=clock.now() - TRIES_AGAIN_AFTER).exclude(failed="").exists()


def _attempt(what: str) -> bool:
    began_at = clock.now()
    done = _run({MADE: "now", TRIED: "drill"}[what])
    if done.returncode == 0:
        return True
    failures = Run.objects.filter(what=what).exclude(failed="")
    was_told = failures.filter(ended_at__range=(began_at - TELLS_AGAIN_AFTER, began_at)).exists()
    if not failures.filter(ended_at__gt=began_at).exists():  # it came to no word of its own
        note(what, "", drill.last_sentence(done.stderr))
    if not was_told:
        mail.tell_the_administrators.defer(what=what)
    return False


def _run(action: str) -> "subprocess.CompletedProcess[str]":
    """Not as part of what serves: there is no hurry, and statements may take their time."""
    command = [sys.executable, "manage.py", drill.BACKUP, action]
    surroundings = os.environ | {"SERVING": ""}
    return subprocess.run(command, cwd=settings.BASE_DIR, env=surroundings, capture_output=True, text=True, check=False)
