"""Keeping what a signed-out person sent, and giving it back to the member who wrote it, and to nobody else (drafts).

The form itself says whose it is: it carries the member and the page, signed when it was drawn. So nothing that a
stranger sends can be kept for a member, and nothing is kept that a page of ours did not ask for.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.core.exceptions import RequestDataTooBig
from django.db import connection
from django.http import HttpRequest, UnreadablePostError

from carecollective.ground import clock, writing
from carecollective.ground.identity import Person, acting_as, acting_as_system
from carecollective.ground.names import FORMER_MEMBER
from carecollective.ground.purposes import Purpose

SALT = "kept_texts"
FIELD = "kept_for"
KEPT_FOR = timedelta(hours=24)
LARGEST = 16 * 1024
MOST_PER_MEMBER = 5
# Never written down: the secret ones, and what only belongs to the one drawing of the form.
NEVER_KEPT = {
    "csrfmiddlewaretoken", FIELD, "client_id", "next", "post_anyway", "show",
    "password", "password1", "password2", "oldpassword", "present", "code", "otp",
}  # fmt: skip
# The texts of our forms, of members and of the team: what their writer would miss. Neither a secret nor a choice.
WRITTEN = (
    "initial_message", "content", "note", "title", "description", "exchange_offer", "location_override", "reason",
    "name", "town", "phone", "place", "value", "application_text", "shown_name", "line", "text",
    "title_en", "body_en", "title_es", "body_es",
)  # fmt: skip


def mark(member: Person, path: str) -> str:
    """What a form carries so that its text can be kept: whose it is, and where it was written."""
    return signing.dumps({"member": str(member.pk), "path": path}, salt=SALT)


def is_marked(request: HttpRequest) -> bool:
    """Was this form drawn for a member who was signed in, however long ago?"""
    return _marked(request) is not None


def _marked(request: HttpRequest, max_age: timedelta | None = None) -> dict[str, str] | None:
    try:
        marked: dict[str, str] = signing.loads(request.POST.get(FIELD, ""), salt=SALT, max_age=max_age)
    except signing.BadSignature:
        return None
    return marked


def written(request: HttpRequest) -> list[str]:
    """The texts in this form, in words of their writer: for a page that stands in for the form's own."""
    try:
        return words_in(request.POST)
    except (RequestDataTooBig, UnreadablePostError):  # the page may be about just that
        return []


def words_in(fields: Mapping[str, str]) -> list[str]:
    return [fields[name] for name in WRITTEN if fields.get(name, "").strip()]


def keep(request: HttpRequest) -> str | None:
    """Keeps what this signed-out POST brought. Returns the page to come back to, or None where nothing can be kept."""
    marked = _marked(request, max_age=30 * KEPT_FOR)
    if marked is None:
        return None
    values = ((name, value) for name, value in request.POST.items() if isinstance(value, str))
    written = {name: value for name, value in values if name not in NEVER_KEPT and value.strip()}
    if written and len(json.dumps(written)) <= LARGEST and _keep_for(UUID(marked["member"]), marked["path"], written):
        return marked["path"]
    return None


def hand_over(member: Person, path: str, fields: dict[str, str]) -> None:
    """Carries what a member just wrote in one place to the page where it belongs."""
    _keep_for(member.pk, path, fields)


def take_back(member: Person, path: str) -> dict[str, str]:
    """The newest text that this member left on this page. It is theirs again, so it is kept no longer."""
    # An address that no text could be: nothing was written there. And it waits until it can be taken.
    if not path.isprintable() or writing.is_reading_only():
        return {}
    with acting_as(member), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM kept_texts WHERE member_id = %s AND path = %s RETURNING kept_at, fields", [member.pk, path]
        )
        fresh = [row for row in cursor.fetchall() if row[0] > clock.now() - KEPT_FOR]
    return json.loads(max(fresh)[1]) if fresh else {}


def _keep_for(member_id: UUID, path: str, fields: dict[str, str]) -> bool:
    with acting_as_system("keep what a signed-out member wrote", Purpose.KEPT_TEXTS), connection.cursor() as cursor:
        cursor.execute("DELETE FROM kept_texts WHERE kept_at < %s", [clock.now() - KEPT_FOR])
        # The oldest make room: whoever holds an old form can fill five places, not a disk.
        cursor.execute(
            "DELETE FROM kept_texts WHERE id IN (SELECT id FROM kept_texts WHERE member_id = %s"
            " ORDER BY kept_at DESC OFFSET %s)",
            [member_id, MOST_PER_MEMBER - 1],
        )
        cursor.execute(
            # An old form outlives its member: who has left writes nothing any more.
            "INSERT INTO kept_texts (member_id, path, fields) SELECT id, %s, %s FROM members"
            " WHERE id = %s AND name <> %s",
            [path, json.dumps(fields), member_id, FORMER_MEMBER],
        )
        return bool(cursor.rowcount == 1)
