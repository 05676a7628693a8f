"""News for the team: written in both languages, told once, and then as it is."""

from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from carecollective.accounts.models import Member
from carecollective.web.admin import TeamAdmin

from . import services
from .models import News


@admin.register(News)
class NewsAdmin(TeamAdmin):
    list_display = ("title_en", "title_es", "written_at", "told_at")
    ordering = ("-written_at", "-pk")
    fields = ("title_en", "body_en", "title_es", "body_es", "written_at", "told_at")
    readonly_fields = ("written_at", "told_at")
    actions = ("tell",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What has been read is not changed behind the readers' backs."""
        return super().has_change_permission(request, obj) and not (obj and obj.told_at)

    def has_tell_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.tell_news")

    def acts_on(self, row: News, *, by: Member) -> set[str]:
        return set() if row.told_at else {"tell"}

    @admin.action(description=_("Tell every member now"), permissions=["tell"])
    def tell(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        reached: list[int] = []

        @transaction.atomic
        def tell(news: News) -> None:
            reached.append(services.tell_everybody(news.pk, by=request.user))  # type: ignore[arg-type]
            self.log_change(request, news, str(_("Told to every member")))

        self.carry_out(
            request,
            queryset,
            tell,
            lambda count: (
                ngettext("%(count)s member has been told.", "%(count)s members have been told.", sum(reached))
                % {"count": sum(reached)}
            ),
        )
