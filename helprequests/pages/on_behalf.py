"""The team asks for somebody who has no account: the form of a request, and how the person agreed to it."""

import uuid
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts.standing import MemberRequest
from carecollective.ground import clock
from carecollective.ground.clean_text import rule_of
from carecollective.ground.refusals import IdempotencyConflict, RateLimited
from carecollective.ground.sentences import interpolated
from carecollective.web.admin import team_answer, team_page
from carecollective.web.answers import UNPROCESSABLE, try_again_at
from carecollective.web.forms import TextField

from .. import on_behalf
from ..models import HelpRequest, OnBehalf
from .forms import RequestForm
from .subject import to_the_request

TEMPLATE = "admin/team/post_for_somebody.html"

# Where the form asks "you", it is about somebody else here.
ABOUT_THEM = {
    "title": gettext_lazy("What do they need?"),
    "urgency": gettext_lazy("How soon do they need it?"),
    "is_ongoing": gettext_lazy("They need this regularly"),
    "exchange_offer": gettext_lazy("Is there something they would like to give in return?"),
}


class OnBehalfForm(RequestForm):
    shown_name = TextField.of(
        OnBehalf,
        "shown_name",
        label=gettext_lazy("Who is this for?"),
        help_text=gettext_lazy("First name and initial. Members read it: Rosa M."),
        messages={
            "blank": gettext_lazy("Say who this is for, by first name and initial"),
            "too_long": gettext_lazy("Use %(n)s characters or fewer for the name"),
        },
    )
    location_override = TextField.of(
        HelpRequest,
        "location_override",
        length=rule_of(HelpRequest, "location_override").needed().length,
        label=gettext_lazy("Their town"),
        help_text=gettext_lazy("Only the town or part of town. Members read it."),
        messages={
            "blank": gettext_lazy("Write their town"),
            "too_long": gettext_lazy("Write the town in %(n)s characters or fewer"),
        },
    )
    consent_how = forms.ChoiceField(
        label=gettext_lazy("How did they agree?"),
        choices=OnBehalf.Consent.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose how they agreed")),
    )
    consent_on = forms.DateField(
        label=gettext_lazy("On what day?"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=dict.fromkeys(("required", "invalid"), gettext_lazy("Give the day on which they agreed")),
    )
    note = TextField.of(
        OnBehalf,
        "note",
        lines=2,
        label=gettext_lazy("A note for the team"),
        help_text=gettext_lazy("Who spoke with them, and how to reach them. Only the team reads it."),
        messages={"too_long": gettext_lazy("Write %(n)s characters or fewer in the note")},
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("They agreed that members read this name, the town and the words above"),
        error_messages={"required": gettext_lazy("Ask them first, then tick that they agreed")},
    )
    field_order = (
        "client_id", "shown_name", "title", "category", "subcategory", "urgency", "is_ongoing", "description",
        "exchange_offer", "language", "location_override", "consent_how", "consent_on", "note", "agreed",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in ABOUT_THEM.items():
            self.fields[name].label = label

    def clean_consent_on(self) -> date:
        day: date = self.cleaned_data["consent_on"]
        if day > clock.today():
            raise forms.ValidationError(on_behalf.NOT_YET)
        return day

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "agreed"}


@team_page(on_behalf.PERMISSION)
def post_for_somebody(request: MemberRequest) -> HttpResponse:
    request.user.refuse_unless_free_to_start()
    if request.method != "POST":
        return _page(request, OnBehalfForm(initial={"client_id": uuid.uuid4(), "consent_on": clock.today()}))
    form = OnBehalfForm(request.POST)
    if not form.is_valid():
        return _page(request, form, UNPROCESSABLE)
    try:
        help_request, is_new = on_behalf.post(by=request.user, id=form.cleaned_data["client_id"], **form.facts())
    except RateLimited as refusal:
        sentence = _("You have asked many times in an hour. You can ask again at %(time)s. What you wrote is below.")
        return _page(request, form, refusal.status, refused=sentence % {"time": try_again_at(refusal)})
    except IdempotencyConflict as refusal:
        fresh = request.POST.copy()
        fresh["client_id"] = str(uuid.uuid4())
        sentence = _("You already posted a request from this page. Post this too if you need both.")
        return _page(request, OnBehalfForm(fresh), refusal.status, refused=sentence)
    if is_new:
        sentence = _(
            "The request for %(name)s is posted. Offers come to you, and to the team under “Offers to pass on”."
        )
        messages.success(request, interpolated(sentence, name=form.cleaned_data["shown_name"]))
    return to_the_request(help_request.pk)


def _page(request: MemberRequest, form: OnBehalfForm, status: int = 200, **context: str) -> HttpResponse:
    return team_answer(request, TEMPLATE, _("Post for someone without an account"), status, form=form, **context)
