"""Reporting a message, without losing one's place: one page, and back to the thread."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from carecollective.accounts.standing import MemberRequest, members_only
from carecollective.ground.refusals import AlreadyReported, MessageNotFound, RateLimited
from carecollective.ground.sentences import interpolated
from carecollective.web.answers import kept_text, nothing_done, see_other, show_again, try_again_at
from messaging.thread import thread

from .. import services
from .forms import ReportForm


@members_only
def report_message(request: MemberRequest, conversation_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    about = services.find(message_id, by=request.user)
    if about.conversation_id != conversation_id:
        raise MessageNotFound
    services.refuse_own(about, request.user)
    conversation = thread(conversation_id, by=request.user, limit=1).conversation
    context: dict[str, Any] = {"about": about, "conversation": conversation}
    if message_id in services.reported_in(conversation_id, by=request.user):
        return _already(request, conversation_id)
    if request.method != "POST":
        return render(request, "messaging/report.html", context | {"form": ReportForm(initial=kept_text(request))})
    form = ReportForm(request.POST)
    if not form.is_valid():
        return show_again(request, "messaging/report.html", context | {"form": form})
    also_block = form.cleaned_data.pop("also_block") and conversation.other
    tell = services.report_and_block if also_block else services.report
    try:
        tell(message_id, by=request.user, **form.cleaned_data)
    except AlreadyReported:
        return _already(request, conversation_id)
    except RateLimited as refusal:
        context["not_sent"] = _("You can report more at %(time)s.") % {"time": try_again_at(refusal)}
        return show_again(request, "messaging/report.html", context | {"form": form}, refusal)
    messages.success(request, _("Thank you. A person on the team reads it within 24 hours."))
    if also_block:
        sentence = _("%(name)s is blocked. You can undo that under “You”, “Privacy”.")
        messages.success(request, interpolated(sentence, name=conversation.other_name))
    return see_other("messaging:read-conversation", conversation_id)


def _already(request: MemberRequest, conversation_id: uuid.UUID) -> HttpResponse:
    nothing_done(request, _("You already reported this message. A person on the team reads it within 24 hours."))
    return see_other("messaging:read-conversation", conversation_id)
