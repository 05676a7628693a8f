"""Offers on what the team asked for somebody: what waits, and one conversation, answered in the team's name."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts.standing import MemberRequest
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.refusals import Refusal
from carecollective.web.admin import team_answer, team_page
from carecollective.web.answers import UNPROCESSABLE, see_other
from carecollective.web.forms import PageForm, TextField
from messaging import on_behalf

MESSAGE_MOST = 1000


class AnswerForm(PageForm):
    text = TextField(
        length=(0, MESSAGE_MOST),
        lines=4,
        label=gettext_lazy("Write in the team’s name"),
        help_text=gettext_lazy("The helper reads it as the team’s. The record says that it was you."),
    )
    act = forms.ChoiceField(choices=[(act, act) for act in on_behalf.ACTS], widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("act") == "message" and "text" not in self.errors and not cleaned.get("text"):
            self.add_error("text", _("Write something here"))
        return cleaned


DONE = {
    "message": gettext_lazy("Your message was sent in the team’s name."),
    "accept": gettext_lazy("The offer is accepted. Tell whoever it is for that someone comes."),
    "decline": gettext_lazy("You said no thanks in the team’s name."),
}


@team_page(on_behalf.PERMISSION)
def queue(request: MemberRequest) -> HttpResponse:
    with transaction.atomic(), acting_as_staff(request.user, "team pages: offers to pass on"):
        names = ("help_request__title", "help_request__status", "helper__name", "requester__name")
        columns = ("id", "created_at", "updated_at", *names)
        found = on_behalf.under_way().select_related("help_request", "helper", "requester").only(*columns)
        waiting = list(on_behalf.waiting().select_related("help_request", "helper", "requester").only(*columns))
        others = [each for each in found if each.pk not in {one.pk for one in waiting}]
    return team_answer(request, "admin/team/offers.html", _("Offers to pass on"), waiting=waiting, others=others)


@team_page(on_behalf.PERMISSION)
def conversation(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    form = AnswerForm(request.POST if request.method == "POST" else None)
    refused = ""
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            on_behalf.answer(conversation_id, cleaned["act"], by=request.user, text=cleaned["text"])
        except Refusal as refusal:
            if refusal.status in (403, 404):
                raise
            refused = f"{refusal.message} {_('Nothing was changed.')}"
        else:
            messages.success(request, DONE[cleaned["act"]])
            return see_other("team:offer", conversation_id)
    shown = on_behalf.read(conversation_id, by=request.user, before=request.GET.get("before"))
    context = {"shown": shown, "lines": _lines(shown, request), "form": form, "refused": refused}
    status = UNPROCESSABLE if form.errors else 409 if refused else 200
    return team_answer(request, "admin/team/offer.html", _("An offer to pass on"), status, **context)


def _lines(shown: on_behalf.TeamThread, request: MemberRequest) -> list[dict[str, Any]]:
    """Each message with who wrote it: the helper by their name, the team by whoever it was."""
    entry = shown.thread.conversation
    first = [] if shown.thread.before else [(entry.helper_id, entry.id, entry.initial_message, entry.created_at)]
    rest = [(each.sender_id, each.id, each.content, each.created_at) for each in shown.thread.messages]
    helper = entry.other.name if entry.other else _("A former member")
    return [
        {
            "by": helper if sender == entry.helper_id else shown.wrote.get(str(id), shown.poster.name),
            "is_the_teams": sender != entry.helper_id,
            "text": text,
            "at": at,
        }
        for sender, id, text, at in [*first, *rest]
    ]
