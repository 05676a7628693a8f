"""A conversation to keep: on paper, or as a plain text file (print view). Looking at it marks nothing as read."""

import uuid
from textwrap import indent
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.identity import reading_as
from carecollective.ground.texts import isolated
from carecollective.web.moments import clock_time, local_day, whole_day

from .. import answer_events
from ..thread import whole_thread
from .answering import Happened, said_in_order
from .thread_page import FirstMessage

BEFORE_THE_TEXT = "    "  # so that no text can pass for another message


@require_safe
@members_only
def copy_conversation(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    return render(request, "messaging/copy.html", _copy(conversation_id, request.user))


@require_safe
@members_only
def download_conversation(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    copy = _copy(conversation_id, request.user)
    response = HttpResponse(_as_text(copy), content_type="text/plain; charset=utf-8")
    # Made of a day and an id: a name or a title could hold what a file's name must not.
    name = f"conversation-{timezone.localdate():%Y-%m-%d}-{str(conversation_id)[:8]}.txt"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _copy(conversation_id: uuid.UUID, reader: Member) -> dict[str, Any]:
    with reading_as(reader):
        conversation, messages = whole_thread(conversation_id, by=reader)
        happened = answer_events.events(conversation_id, by=reader)
    said: list[Any] = [FirstMessage(conversation)] if conversation.initial_message else []
    name = conversation.other.name if conversation.other else _("A former member")
    return {
        "conversation": conversation,
        "title": _("Conversation with %(name)s") % {"name": isolated(name)},
        "about": conversation.help_request,
        "facts": _facts(reader),
        "said": said_in_order([*said, *messages], happened, reader=reader, other=conversation.other),
        "other_name": name,
        "reader": reader,
    }


def _facts(reader: Member) -> list[str]:
    """Above the copy, so that it can be understood without this site."""
    now = timezone.now()
    return [
        _("“You” means %(name)s in this copy.") % {"name": isolated(reader.name)},
        _("This copy was made on %(day)s at %(time)s.") % {"day": whole_day(now), "time": clock_time(now)},
    ]


def _as_text(copy: dict[str, Any]) -> str:
    about = [_("About: %(title)s") % {"title": isolated(copy["about"].title)}] if copy["about"] else []
    lines = [copy["title"], "", *about, *copy["facts"]]
    day = None
    for thing in copy["said"]:
        at = clock_time(thing.created_at)
        if local_day(thing.created_at) != day:
            day = local_day(thing.created_at)
            lines += ["", f"== {whole_day(day)} =="]
        if isinstance(thing, Happened):
            lines += ["", f"({thing.words}, {at})"]
        else:
            is_own = thing.sender_id == copy["reader"].pk
            author = pgettext("who wrote it", "You") if is_own else isolated(copy["other_name"])
            lines += ["", f"{author}, {at}", indent(thing.content, BEFORE_THE_TEXT, lambda _line: True)]
    if not copy["said"]:
        lines += ["", _("No messages were saved in this older conversation.")]
    return "\n".join([*lines, ""]).replace("\n", "\r\n")
