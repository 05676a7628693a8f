"""A word of its own in every text that says something about one member, and every address there is to look for them."""

import itertools
import logging
import re
from contextlib import contextmanager

from django.urls import get_resolver

from carecollective.own_data.exports.tests.everything import everything_about
from carecollective.tests.owner import laid_open, run_as_owner
from carecollective.tests.sql import column, one, run
from carecollective.web.request_id import JsonFormatter
from helprequests.tests.factories import HelpRequestFactory

MARK = "canary"
BIRD = re.compile(rf"{MARK}(\d{{3}})x", re.IGNORECASE)
TEXTS = """
SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
    AND atttypid::regtype::text IN ('text', 'character varying', 'json', 'jsonb') ORDER BY 1
"""

KIND = "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s"


def hatched():
    """The member, and which column each canary sits in: {number: "table.column"}. For a database of one's own."""
    member = everything_about(MARK, phone="+1 555 0199")
    HelpRequestFactory(user=member, title="A walk in the park")  # one that is for themselves, under their own name
    run_as_owner(
        "UPDATE members SET warned_at = NULL, leaving_at = NULL, restricted_until = NULL WHERE id = %s", member.pk
    )
    birds = {}
    for number, name in enumerate(column(TEXTS)):
        table, text = name.split(".")
        with without_walls(table):
            kind = one(KIND, table, text)
            changed = run(
                f"UPDATE {table} SET {text} = replace({text}::text, %s, %s)::{kind} WHERE {text}::text LIKE %s",
                MARK,
                f"{MARK}{number:03d}x",
                f"%{MARK}%",
            )
        if changed:
            birds[number] = name
    member.refresh_from_db()
    return member, birds


@contextmanager
def without_walls(table):
    """As the owner of the table could: for planting alone."""
    run_as_owner(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    with laid_open(table):
        yield
    run_as_owner(f"ALTER TABLE {table} ENABLE TRIGGER USER")


# What a place in an address may stand for, by the beginning of its route or by its own name.
TABLE_OF = {
    "help_request_id": ["help_requests"],
    "conversation_id": ["conversations_v2", "conversations"],
    "message_id": ["conversations_v2", "messages_v2", "messages"],
    "notification_id": ["notifications"],
    "member_id": ["members"],
    "export_id": ["exports"],
    "report_id": ["message_reports"],
    "share_id": ["contact_shares"],
    "api/help-requests": ["help_requests"],
    "api/messaging/help-requests": ["help_requests"],
    "api/messaging/conversations": ["conversations_v2", "conversations"],
    "api/messaging/messages": ["conversations_v2", "messages_v2", "messages"],
    "api/members": ["members"],
    "api/notifications": ["notifications"],
    "admin/accounts/member": ["members"],
    "admin/accounts/impersonationattempt": ["impersonation_attempts"],
    "admin/applications": ["members"],
    "admin/audit/entry": ["audit_entries"],
    "admin/helprequests/helprequest": ["help_requests"],
    "admin/mail/mail": ["mails"],
    "admin/messaging/conversation": ["conversations_v2"],
    "admin/messaging/message": ["messages_v2"],
    "admin/reports/report": ["message_reports"],
    "admin/reports/staffread": ["staff_reads"],
}
FEW = 8


def ids_of(member):
    """Ids of every table that stands for a place; of all members, this one's."""
    ids = {"members": [str(member.pk)]}
    for table in sorted({table for tables in TABLE_OF.values() for table in tables} - {"members"}):
        with without_walls(table):
            ids[table] = column(f"SELECT id::text FROM {table} ORDER BY 1 LIMIT {FEW}")
    return ids


def addresses(ids):
    """Every address of every route, with a few ids in each place for one."""
    for route in routes():
        named = next((TABLE_OF[start] for start in TABLE_OF if "/" in start and route.startswith(start + "/")), None)
        fillings = [_for_one_place(name, named, ids) for name in re.findall(PLACE, route)]
        for filling in itertools.product(*fillings):
            left = iter(filling)
            yield "/" + re.sub(PLACE, lambda place, left=left: next(left), route)


PLACE = r"<\w+:(\w+)>"


def _for_one_place(name, named, ids):
    tables = TABLE_OF.get(name) or named or []
    return [id for table in tables for id in ids[table]] or ["1"]


def routes():
    found = []

    def look(patterns, before):
        for pattern in patterns:
            path = before + str(pattern.pattern).lstrip("^").rstrip("$\\Z")
            if hasattr(pattern, "url_patterns"):
                look(pattern.url_patterns, path)
            else:
                found.append(path)

    look(get_resolver().url_patterns, "")
    return list(dict.fromkeys(found))


@contextmanager
def log_lines():
    """As they are written for an operator."""
    lines, formatter = [], JsonFormatter()

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append(formatter.format(record))

    kept = Kept()
    loggers = [logging.getLogger(name) for name in ("", "django", "django.server", "django.security")]
    for logger in loggers:
        logger.addHandler(kept)
    yield lines
    for logger in loggers:
        logger.removeHandler(kept)
