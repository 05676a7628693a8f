"""The team opens a private conversation without a report: with a written reason, that thread alone, and for an hour."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from carecollective.accounts.models import Member
from carecollective.ground.refusals import NotFound, ReportRequired
from carecollective.web.admin import team_answer, team_page
from carecollective.web.answers import UNPROCESSABLE, see_other

from ... import moderation
from ...forms import OpenForm


@team_page("reports.open_thread")
def thread(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The words where this person has opened them within the hour, else the question why."""
    if request.method == "POST":
        return _open(request, conversation_id)
    opened = None
    with suppress(ReportRequired):
        opened = moderation.opened_thread(conversation_id, by=_who(request), page=_page(request))
    if opened is None:
        return _closed(request, conversation_id, OpenForm())
    people = Member.objects.in_bulk({line.sender_id for line in opened.lines if line.sender_id})
    lines = [{"line": line, "writer": people.get(line.sender_id)} for line in opened.lines]
    return _answer(request, conversation_id, opened=opened, lines=lines)


def _open(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    form = OpenForm(request.POST)
    if not form.is_valid():
        return _closed(request, conversation_id, form, status=UNPROCESSABLE)
    moderation.open_thread(conversation_id, by=_who(request), reason=form.cleaned_data["reason"])
    return see_other("reports_team:thread", conversation_id)


def _closed(request: HttpRequest, conversation_id: UUID, form: OpenForm, status: int = 200) -> HttpResponse:
    moderation.refuse_unless_there(conversation_id, by=_who(request))
    return _answer(request, conversation_id, status=status, form=form)


def _answer(request: HttpRequest, conversation_id: UUID, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"conversation_id": conversation_id}
    return team_answer(request, "admin/reports/thread.html", _("Read a conversation"), status, **context)


def _page(request: HttpRequest) -> int:
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 7 and int(number)):
        raise NotFound
    return int(number)


def _who(request: HttpRequest) -> Any:
    return request.user
