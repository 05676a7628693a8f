"""The post office of a test: the jobs that wait are done here and now, and what was mailed is read."""

import json
import re

from django.conf import settings
from django.core import mail
from django.db import connection
from procrastinate.contrib.django import app


def waiting_jobs():
    """Which jobs wait, and nothing of what they are about."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [name.rpartition(".")[2] for (name,) in cursor.fetchall()]


def forget_what_waits():
    """Emptying the database after a test leaves the queue's tables alone."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_periodic_defers")
        cursor.execute("DELETE FROM procrastinate_jobs")


def deliver():
    """Does what waits. Returns the mails that this sent."""
    before = len(mail.outbox)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args::text")
        jobs = sorted(cursor.fetchall())
    for _id, name, arguments in jobs:
        app.tasks[name](**json.loads(arguments))
    return mail.outbox[before:]


def link_in(message):
    """Where its link leads, as a path on this site."""
    (found,) = re.findall(rf"{re.escape(settings.PUBLIC_URL)}(/link/\S+)", message.body)
    return found
