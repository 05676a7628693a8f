"""Reports for the team: what waits, opened with a reason, decided once. The list shows no private word."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carecollective.accounts import four_eyes
from carecollective.accounts.letters import asked_letter, restriction_letter
from carecollective.accounts.models import Member
from carecollective.ground import clock
from carecollective.ground.refusals import Refusal
from carecollective.web.admin import PrivateTableAdmin, linked
from carecollective.web.admin_grave import Grave, Letter, ReasonForm, Whom
from carecollective.web.admin_grave import answer as grave_page

from . import moderation
from .forms import OpenReportForm
from .models import Report, StaffRead


class DecideForm(forms.Form):
    use_required_attribute = False

    decision = forms.ChoiceField(
        label=gettext_lazy("What do you decide?"),
        choices=[
            ("no_action", gettext_lazy("No action: the message may stand")),
            ("warn", gettext_lazy("Warn: they read it before they go on")),
            ("limit", gettext_lazy("Limit: no new requests or offers")),
            ("suspend_1h", gettext_lazy("Suspend for 1 hour")),
            ("suspend_24h", gettext_lazy("Suspend for 24 hours")),
            ("suspend_7d", gettext_lazy("Suspend for 7 days")),
            ("suspend_30d", gettext_lazy("Suspend for 30 days")),
            ("ban", gettext_lazy("Ban: sign out everywhere, for good")),
        ],
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose what you decide")),
    )


LIFTED = gettext_lazy("“Lift the restriction”, on their page, takes it back at once, and they are told.")
# What follows from each outcome, and the way back.
FOLLOWS = {
    Report.Outcome.NO_ACTION: (
        gettext_lazy("The message may stand, and the report is closed."),
        gettext_lazy("If you see more later, restrict the member on their own page."),
    ),
    Report.Outcome.WARNED: (
        gettext_lazy("They read a warning before they can do anything else here."),
        gettext_lazy("A warning is over once they have read it. It cannot be taken back."),
    ),
    Report.Outcome.LIMITED: (
        gettext_lazy("They cannot post requests or make offers. Their conversations go on."),
        LIFTED,
    ),
    Report.Outcome.SUSPENDED: (gettext_lazy("Until then they reach nothing but their own account."), LIFTED),
    Report.Outcome.BANNED: (gettext_lazy("They are signed out everywhere and cannot sign in again."), LIFTED),
}
NEEDS_A_REASON = set(moderation.DECISIONS) - {"no_action"}
GRAVE = {
    decision: Grave(
        title=label,
        button=gettext_lazy("Decide"),
        follows=FOLLOWS[moderation.DECISIONS[decision][0]][0],
        way_back=FOLLOWS[moderation.DECISIONS[decision][0]][1],
        verb=moderation.decide,
    )
    for decision, label in DecideForm.base_fields["decision"].choices  # type: ignore[attr-defined]
}


def _whom(member: Member, decision: str) -> Whom:
    """With the letter, where a restriction has one."""
    _outcome, restriction, length = moderation.DECISIONS[decision]
    address = reverse("admin:accounts_member_change", args=[member.pk])
    if restriction is None:
        return Whom(member.name, address, None)
    if member.is_staff and (length is None or length > four_eyes.WAITS):
        return Whom(member.name, address, Letter(member.email, *asked_letter(member, "restricted")))
    member.restriction, member.restricted_until = restriction, clock.now() + length if length else None
    return Whom(member.name, address, Letter(member.email, *restriction_letter(member, restriction)))


@admin.register(Report)
class ReportAdmin(PrivateTableAdmin):
    columns = (
        "id",
        "created_at",
        "reason",
        "status",
        "outcome",
        "reviewed_at",
        "conversation_id",
        "sender__name",
        "reviewed_by__name",
    )
    list_display = ("created_at", "time_left", "reason", "about", "status", "decided_by")
    list_filter = ("status", "reason")
    ordering = ("reviewed_at", "created_at")  # what waits has no time of decision
    list_select_related = False

    def get_ordering(self, request: HttpRequest) -> Any:
        return (models.F("reviewed_at").desc(nulls_first=True), "created_at")

    @admin.display(description=gettext_lazy("time left"))
    def time_left(self, report: Report) -> str:
        if report.status != Report.Status.PENDING:
            return "–"
        return in_words(report.created_at + moderation.ANSWERED_WITHIN - clock.now())

    @admin.display(description=gettext_lazy("written by"))
    def about(self, report: Report) -> str:
        return linked(report.sender)

    @admin.display(description=gettext_lazy("decided by"))
    def decided_by(self, report: Report) -> str:
        return report.reviewed_by.name if report.reviewed_by else "–"

    # --- One report -------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        own = [
            path("<uuid:report_id>/open/", self.admin_site.admin_view(self.open_view), name="reports_report_open"),
            path(
                "<uuid:report_id>/decide/", self.admin_site.admin_view(self.decide_view), name="reports_report_decide"
            ),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Looked at alone: a report is opened and decided at addresses of their own."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        try:
            return self._page(request, UUID(unquote(object_id)))
        except ValueError:
            raise Http404 from None

    def open_view(self, request: HttpRequest, report_id: UUID) -> HttpResponse:
        self._refuse_unless_moderator(request)
        form = OpenReportForm(request.POST)
        if request.method != "POST":
            return _to(report_id)
        if not form.is_valid():
            return self._page(request, report_id, status=422, open_form=form)
        moderation.open_report(report_id, by=_who(request), reason=form.cleaned_data["reason"])
        return _to(report_id)

    def decide_view(self, request: HttpRequest, report_id: UUID) -> HttpResponse:
        """The page before a decision. What holds somebody back asks for a reason there, and is not done without."""
        self._refuse_unless_moderator(request)
        is_sent = request.method == "POST"
        chosen = DecideForm(request.POST if is_sent else request.GET)
        if not chosen.is_valid():
            return self._page(request, report_id, status=422, decide_form=chosen)
        decision = chosen.cleaned_data["decision"]
        form = (ReasonForm if decision in NEEDS_A_REASON else forms.Form)(request.POST if is_sent else None)
        if is_sent and form.is_valid():
            return self._decided(request, report_id, decision, **form.cleaned_data)
        return self._before(request, report_id, decision, form)

    def _before(self, request: HttpRequest, report_id: UUID, decision: str, form: forms.Form) -> HttpResponse:
        writer = moderation.opened_report(report_id, by=_who(request)).report.sender_id
        member = Member.objects.filter(pk=writer, left_at=None).first() if writer else None
        form.fields["decision"] = forms.CharField(initial=decision, widget=forms.HiddenInput)
        whom = [_whom(member, decision)] if member else []
        told = "" if whom and whom[0].letter else _("No mail goes to them.")
        back = reverse("admin:reports_report_change", args=[report_id])
        return grave_page(request, GRAVE[decision], form, whom, back=back, crumb=_("Report"), told=told)

    def _decided(self, request: HttpRequest, report_id: UUID, decision: str, reason: str = "") -> HttpResponse:
        try:
            moderation.decide(report_id, decision, by=_who(request), reason=reason)
        except Refusal as refusal:
            nothing = _("Nothing was changed.")
            messages.error(request, f"{refusal.message} {nothing}")
        else:
            messages.success(request, _("Decided. The reporter is told, in kind words and without a name."))
            messages.info(request, str(GRAVE[decision].way_back))
        return _to(report_id)

    def _refuse_unless_moderator(self, request: HttpRequest) -> None:
        if not request.user.has_perm("reports.decide_report"):
            raise PermissionDenied

    def _page(self, request: HttpRequest, report_id: UUID, *, status: int = 200, **forms: Any) -> HttpResponse:
        with self._in_staff_scope(request):
            report = self.get_queryset(request).filter(pk=report_id).first()
            if report is None:
                raise Http404
        try:
            opened = moderation.opened_report(report_id, by=_who(request))
        except Refusal:  # closed, or not theirs to open
            opened = None
        context = self.admin_site.each_context(request) | {
            "title": _("Report"),
            "report": report,
            "time_left": self.time_left(report),
            "lines": _lines(opened.report) if opened else [],
            "opened": opened,
            "may_decide": request.user.has_perm("reports.decide_report"),
            "why_not": moderation.why_not_theirs(report_id, by=_who(request)),
            "may_open_thread": request.user.has_perm("reports.open_thread"),
            "open_form": OpenReportForm(),
            "decide_form": DecideForm(),
            **forms,
        }
        return TemplateResponse(request, "admin/reports/report.html", context, status=status)


@admin.register(StaffRead)
class StaffReadAdmin(PrivateTableAdmin):
    """Who on the team opened private words. Nobody changes it, administrators neither."""

    columns = ("id", "opened_at", "staff_name", "conversation_id", "reason", "report_id")
    list_display = ("opened_at", "staff_name", "conversation_id", "reason", "is_for_a_report")
    fields = ("opened_at", "staff_name", "conversation_id", "reason", "is_for_a_report")
    readonly_fields = ("is_for_a_report",)
    search_fields = ("staff_name__sounds", "conversation_id")
    search_help_text = gettext_lazy("Name of the team member, or id of a conversation")
    ordering = ("-opened_at",)

    @admin.display(description=gettext_lazy("for a report"), boolean=True)
    def is_for_a_report(self, read: StaffRead) -> bool:
        return read.report_id is not None


def in_words(left: timedelta) -> str:
    hours = int(abs(left).total_seconds() // 3600)
    if left < timedelta():
        return ngettext("%(n)s hour late", "%(n)s hours late", hours) % {"n": hours}
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}


def _lines(report: Report) -> list[dict[str, Any]]:
    """The evidence with names, as far as there are any left, and the reported message marked."""
    people = Member.objects.in_bulk({line["sender_id"] for line in report.evidence})
    names = {str(pk): member.name for pk, member in people.items()}
    return [
        {
            "name": names.get(line["sender_id"]) or _("A former member"),
            "text": line["content"],
            "at": datetime.fromisoformat(line["created_at"]),
            "is_reported": line["id"] == str(report.message_id),
        }
        for line in report.evidence
    ]


def _who(request: HttpRequest) -> Any:
    return request.user


def _to(report_id: UUID) -> HttpResponse:
    return redirect(reverse("admin:reports_report_change", args=[report_id]))
