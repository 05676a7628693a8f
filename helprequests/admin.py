"""Help requests for the team: to read, and to close."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from carecollective.accounts import grave as graves
from carecollective.accounts import ranks
from carecollective.accounts.models import GraveAct, Member
from carecollective.ground.languages import marked
from carecollective.web.admin import ReadOnlyAdmin, linked
from carecollective.web.admin_grave import Grave

from . import closing, on_behalf
from .models import HelpRequest


def _in_its_language(column: str) -> Callable[[HelpRequest], str]:
    """A column of its owner's words, for a screen reader."""

    field: Any = HelpRequest._meta.get_field(column)

    @admin.display(description=field.verbose_name, ordering=column, empty_value="-")
    def shown(help_request: HelpRequest) -> str:
        words = getattr(help_request, column)
        return marked(linebreaksbr(words), help_request.lang) if words else ""

    return shown


TITLE, DESCRIPTION, EXCHANGE_OFFER, CANCEL_REASON = (
    _in_its_language(column) for column in ("title", "description", "exchange_offer", "cancel_reason")
)


@transaction.atomic
def _close(help_request: HelpRequest, *, by: Member, reason: str) -> GraveAct | None:
    """The act, where it waits for a second person."""
    closed = closing.close(help_request.pk, by=by, reason=reason)
    if isinstance(closed, GraveAct):
        return closed
    before, after = help_request.get_status_display(), closed.get_status_display()
    LogEntry.objects.log_actions(by.pk, [closed], CHANGE, f"{_('Status')}: {before} → {after}", single_object=True)
    return None


@admin.register(HelpRequest)
class HelpRequestAdmin(ReadOnlyAdmin):
    list_display = (TITLE, "owner", "category", "urgency", "status", "created_at", "expires_at")
    list_filter = ("status", "urgency", "category", "is_ongoing", "language")
    list_select_related = ("user",)
    search_fields = ("title__sounds",)
    search_help_text = _("Words of the title")
    ordering = ("-created_at", "-pk")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (TITLE, "user", DESCRIPTION, "category", "subcategory", "urgency")}),
        (_("Arrangements"), {"fields": (EXCHANGE_OFFER, "is_ongoing", "language", "location_override")}),
        (
            _("Status"),
            {
                "fields": (
                    "status",
                    "helper",
                    "created_at",
                    "updated_at",
                    "expires_at",
                    "completed_at",
                    "cancelled_at",
                    CANCEL_REASON,
                )
            },
        ),
    )
    actions = ("close",)
    grave: ClassVar = {
        "close": Grave(
            title=_("Close this request for good?"),
            button=_("Close the request"),
            follows=_("It leaves the list and takes no more offers. Its conversations stay."),
            way_back=_("A closed request cannot be opened again. Whoever asked can post it anew."),
            verb=_close,
        ),
    }

    @admin.display(description=_("asked by"), ordering="user__name")
    def owner(self, help_request: HelpRequest) -> str:
        return linked(help_request.user)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if obj := kwargs.get("obj"):
            context["reasons"] = graves.acts(about=obj.pk, by=request.user)  # type: ignore[arg-type]
            context["why_not"] = closing.why_not_theirs(obj, request.user)  # type: ignore[arg-type]
            context["consent"] = on_behalf.record_of(obj, by=request.user)  # type: ignore[arg-type]
        return super().render_change_form(request, context, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "language" or super().lookup_allowed(lookup, value, request)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("helprequests.close_helprequest")

    def acts_on(self, row: HelpRequest, *, by: Member) -> set[str]:
        is_above = row.can("close", by) and ranks.may_act_on(row.user, by=by)
        return {"close"} if is_above and not closing.why_not_theirs(row, by) else set()

    @admin.action(description=_("Close the request"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        return self.ask_first(request, queryset, "close")

    def counted(self, count: int) -> str:
        return ngettext("%(count)s request is closed.", "%(count)s requests are closed.", count) % {"count": count}

    def told(self, grave: Grave) -> Any:
        return _(
            "Whoever asked is told by notification and email that the team closed it. So is every helper who waits."
        )
