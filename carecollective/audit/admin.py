"""The audit log, for the team: found by kind, member and day. Nobody changes it, administrators neither."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from carecollective.ground import texts
from carecollective.web.admin import PrivateTableAdmin, linked

from .models import Entry, Hand, Kind

# What moderators have to do with; the rest is for administrators.
FOR_MODERATORS = [
    Kind.RESTRICTED,
    Kind.RESTRICTION_ENDED,
    Kind.WARNED,
    Kind.WARNING_READ,
    Kind.REPORT_OPENED,
    Kind.REPORT_DECIDED,
    Kind.THREAD_OPENED,
    Kind.IMPERSONATION,
]
MOST_PEOPLE = 50  # that one search may mean


class OfKind(admin.SimpleListFilter):
    title = pgettext_lazy("what was done", "what")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.value, kind.label) for kind in _kinds_for(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Entry]) -> QuerySet[Entry]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(PrivateTableAdmin):
    columns = (
        "id",
        "at",
        "kind",
        "hand",
        "login",
        "actor_id",
        "subject_id",
        "about_id",
        "codes",
        "origin",
        "actor__name",
        "subject__name",
    )
    list_display = ("at", "kind", "by", "about", "in_detail")
    list_filter = (OfKind,)
    filtered_by = ("at", "origin")
    fields = ("at", "kind", "by", "about", "about_id", "in_detail", "from_the_same_place")
    readonly_fields = ("by", "about", "in_detail", "from_the_same_place")
    date_hierarchy = "at"
    search_fields = ("about_id",)
    search_help_text = _("Name or email address of a member, or an id")
    ordering = ("-at", "-pk")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == OfKind.parameter_name or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).filter(kind__in=_kinds_for(request))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # Before the staff's scope, in which no address can be read.
        request.people_searched = _people(request.GET.get("q", ""))  # type: ignore[attr-defined]
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet[Entry], bool]:
        if not search_term.strip():
            return queryset, False
        people = request.people_searched  # type: ignore[attr-defined]
        meant = Q(actor__in=people) | Q(subject__in=people)
        if id := _as_id(search_term):
            meant |= Q(actor=id) | Q(subject=id) | Q(about_id=id)
        return queryset.filter(meant), False

    @admin.display(description=_("by"))
    def by(self, entry: Entry) -> str:
        if entry.hand == Hand.MEMBER:
            return _somebody(entry.actor, entry.actor_id)
        return f"{entry.get_hand_display()} ({entry.login})" if entry.login else entry.get_hand_display()

    @admin.display(description=_("about"))
    def about(self, entry: Entry) -> str:
        return _somebody(entry.subject, entry.subject_id)

    @admin.display(description=_("in detail"))
    def in_detail(self, entry: Entry) -> str:
        return entry.codes.replace(">", "→") or "–"

    @admin.display(description=_("place, as a digest"))
    def from_the_same_place(self, entry: Entry) -> str:
        return entry.origin or "–"


def _kinds_for(request: HttpRequest) -> list[Kind]:
    return list(Kind) if request.user.has_perm("audit.view_every_entry") else FOR_MODERATORS


def _people(text: str) -> list[UUID]:
    if not (text := texts.formed(text)):
        return []
    found = get_user_model().objects.filter(Q(name__sounds=text) | Q(email__icontains=text))
    return list(found.values_list("pk", flat=True)[:MOST_PEOPLE])


def _somebody(member: Any, member_id: UUID | None) -> str:
    """By the name, and by the id where the account is there no more."""
    return linked(member) if member else str(member_id or "–")


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(texts.formed(text))
    except ValueError:
        return None
