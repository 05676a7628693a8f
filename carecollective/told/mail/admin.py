"""What became of mail: what was set aside first of all, and why. No text and no address is in the table."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied as NoPermission
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from carecollective.ground.refusals import NotFound
from carecollective.web.admin import PrivateTableAdmin, linked

from . import outbox
from .models import Mail


class StateFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("set_aside", _("Undelivered")), ("waiting", _("Waiting")), ("sent", _("Sent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "set_aside":
                return queryset.exclude(set_aside_at=None)
            case "waiting":
                return queryset.filter(sent_at=None, not_needed_at=None, set_aside_at=None)
            case "sent":
                return queryset.exclude(sent_at=None)
        return queryset


@admin.register(Mail)
class MailAdmin(PrivateTableAdmin):
    columns = (
        "id",
        "kind",
        "created_at",
        "due_at",
        "attempts",
        "error",
        "sent_at",
        "not_needed_at",
        "set_aside_at",
        "recipient__name",
    )
    list_display = ("created_at", "kind", "to", "sent_at", "attempts", "error", "set_aside_at")
    list_filter = (StateFilter,)
    fields = ("kind", "recipient", "created_at", "due_at", "attempts", "error", "sent_at", "set_aside_at")
    search_fields = ("recipient__name__sounds",)
    search_help_text = _("Name of the recipient")
    ordering = ("-created_at", "-pk")
    actions = ("try_again",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == StateFilter.parameter_name or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("to"), ordering="recipient__name")
    def to(self, mail: Mail) -> str:
        return linked(mail.recipient)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mail.retry_mail")

    def acts_on(self, row: Mail, *, by: Any) -> set[str]:
        return {"try_again"} if row.set_aside_at else set()

    @admin.action(description=_("Try again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Stands for the button. What it does needs no look at the rows: see `changelist_view`."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method != "POST":
            return super().changelist_view(request, extra_context)
        if request.POST.get("action") != "try_again" or not self.has_retry_permission(request):
            raise NoPermission
        count = sum(_tried_again(mail_id, request) for mail_id in request.POST.getlist(ACTION_CHECKBOX_NAME))
        sentence = ngettext("%(count)s email is on its way again.", "%(count)s emails are on their way again.", count)
        level = messages.SUCCESS if count else messages.ERROR
        self.message_user(request, sentence % {"count": count}, level)
        return redirect("admin:mail_mail_changelist")


def _tried_again(mail_id: str, request: HttpRequest) -> bool:
    """What is not set aside any more, somebody else has sent on its way, and it is left alone."""
    try:
        outbox.try_again(mail_id, by=request.user)  # type: ignore[arg-type]
    except (NotFound, ValidationError):
        return False
    return True
