"""Applications: everything that somebody told the team on one page, and the letter before it is sent."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts import deciding, making
from carecollective.accounts.applications import services
from carecollective.accounts.applications.models import PersonalLine
from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.letters import decision_letter
from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest
from carecollective.ground.clean_text import rule_of
from carecollective.ground.refusals import NotFound, Refusal
from carecollective.ground.sentences import bdi, interpolated
from carecollective.web.admin import team_answer, team_page
from carecollective.web.admin_grave import ReasonForm
from carecollective.web.answers import UNPROCESSABLE, nothing_done, see_other
from carecollective.web.forms import PageForm, TextField

PER_PAGE = 20


class LetterForm(PageForm):
    line = TextField(
        length=rule_of(PersonalLine, "line").optional().length,
        lines=3,
        label=gettext_lazy("Add something of your own"),
        help_text=gettext_lazy("It goes into the letter just as you write it. They can read it."),
        messages={"too_long": gettext_lazy("Write %(n)s characters or fewer")},
    )
    show = forms.BooleanField(required=False, widget=forms.HiddenInput)


class DeclineForm(ReasonForm, LetterForm):
    """With the reason, which stays with the team."""

    field_order = ("line", "reason", "show")


@team_page(services.PERMISSION)
def queue(request: MemberRequest) -> HttpResponse:
    page = Paginator(services.confirmed(), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    unconfirmed = [] if page.has_next() else list(services.unconfirmed())
    shown: list[Any] = [*page.object_list, *unconfirmed]
    phones = contacts.phones_of_applicants([applicant.pk for applicant in shown], by=request.user)
    made_by = making.makers([applicant.pk for applicant in shown])
    for applicant in shown:
        applicant.is_made_by_reader = made_by.get(applicant.pk) == request.user.pk
        applicant.phone = phones.get(applicant.pk, "")
        applicant.days_waiting = (timezone.now() - applicant.joined_at).days
    context: dict[str, Any] = {"page": page, "unconfirmed": unconfirmed}
    return team_answer(request, "admin/team/applications.html", _("Applications"), **context)


@team_page(services.PERMISSION)
def approve(request: MemberRequest, member_id: UUID) -> HttpResponse:
    return _answer(
        request,
        member_id,
        Member.Verification.APPROVED,
        title=_("Approve this application?"),
        button=_("Approve and send"),
        done=_("%(name)s is approved, and a letter is on its way."),
        done_unsent=_("%(name)s is approved. No letter was sent: their address is not confirmed."),
    )


@team_page(services.PERMISSION)
def turn_down(request: MemberRequest, member_id: UUID) -> HttpResponse:
    return _answer(
        request,
        member_id,
        Member.Verification.REJECTED,
        title=_("Decline this application?"),
        button=_("Decline and send"),
        done=_("%(name)s is not approved, and a letter is on its way."),
        done_unsent=_("%(name)s is not approved. No letter was sent: their address is not confirmed."),
        way_back=_("To reconsider, press “Approve” on their page:"),
    )


def _answer(
    request: MemberRequest, member_id: UUID, outcome: Member.Verification, *, title: str, button: str, **done: str
) -> HttpResponse:
    """The letter first; it goes out, and the answer stands, once somebody has seen it and presses the button."""
    applicant = Member.objects.filter(pk=member_id).first()
    if applicant is None:
        raise NotFound
    if outcome == Member.Verification.APPROVED:
        deciding.refuse_if_made_by(applicant, request.user)
    form_class = LetterForm if outcome == Member.Verification.APPROVED else DeclineForm
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and request.POST.get("show"):
        form.fields.pop("reason", None)  # not before the answer is given
    if request.method == "POST" and form.is_valid() and not form.cleaned_data["show"]:
        written: dict[str, str] = {
            name: form.cleaned_data[name] for name in ("line", "reason") if name in form.cleaned_data
        }
        return _answered(request, applicant, outcome, written, **done)
    if applicant.verification_status != Member.Verification.PENDING:
        return _answered_already(request, applicant, services.AnsweredMeanwhile())
    line = form.cleaned_data.get("line", "") if form.is_bound else ""
    if form.is_bound and form.cleaned_data.get("show"):
        form = form_class(initial=request.POST.dict())  # the letter with the line; what else was written stays
    subject, letter = decision_letter(applicant, outcome, line)
    words: dict[str, Any] = {"form": form, "applicant": applicant, "subject": subject, "letter": letter}
    status = UNPROCESSABLE if form.errors else 200
    return team_answer(request, "admin/team/letter.html", title, status, button=button, **words)


def _answered(
    request: MemberRequest,
    applicant: Member,
    outcome: Member.Verification,
    written: dict[str, str],
    *,
    done: str,
    done_unsent: str,
    way_back: str = "",
) -> HttpResponse:
    try:
        member = services.answer(applicant.pk, outcome, by=request.user, **written)
    except services.AnsweredMeanwhile as refusal:
        return _answered_already(request, applicant, refusal)
    messages.success(request, interpolated(done if member.email_confirmed_at else done_unsent, name=member.name))
    if way_back:
        page = reverse("admin:accounts_member_change", args=[member.pk])
        messages.info(request, format_html('{} <a href="{}">{}</a>', way_back, page, bdi(member.name)))
    return see_other("team:applications")


def _answered_already(request: MemberRequest, applicant: Member, refusal: Refusal) -> HttpResponse:
    applicant.refresh_from_db(fields=["verification_status"])
    stands = interpolated(
        "%(name)s: %(standing)s.", name=applicant.name, standing=applicant.get_verification_status_display()
    )
    nothing_done(request, format_html("{} {}", refusal.message, stands))
    return see_other("team:applications")
