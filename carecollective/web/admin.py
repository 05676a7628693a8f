"""What the admin pages of every app stand on, and what our own pages among them have in common.

The admin is a door: what it shows is listed by hand, and what it changes goes through a service.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ClassVar

from django.contrib.admin import ShowFacets, site
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied as NoPermission
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from carecollective.ground import texts
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.sentences import bdi
from carecollective.web.admin_grave import GraveActs, address_of


class TeamAdmin(GraveActs):
    """Nothing is deleted here. What the list offers as actions, the page of one row offers as buttons."""

    show_facets = ShowFacets.NEVER
    keeps_history = True
    # What else than `list_filter` an address may filter by: the fields that our own links use.
    filtered_by: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Stock admin takes every field: a guess in the address would then spell out a password hash, or a text."""
        return lookup.rpartition("__")[0] in (*self.list_filter, *self.filtered_by)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Asked before the row is looked for: whoever may not see it is not told whether there is one."""
        if not self.has_view_permission(request):
            raise NoPermission
        return super().history_view(request, object_id, extra_context)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """On the page for a new row, nothing that the database fills in by itself: it is not known yet."""
        fields = super().get_fields(request, obj)
        fixed = self.get_readonly_fields(request, obj) if obj is None else ()
        return [field for field in fields if field not in fixed]

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """What is looked for is a name, an address or an id: what nobody sees in it was pasted along."""
        return super().get_search_results(request, queryset, texts.formed(search_term))

    def get_action_choices(self, request: HttpRequest, default_choices: Any = None) -> list[tuple[str, str]]:
        return super().get_action_choices(request, [("", str(_("Choose what to do")))])

    def acts_on(self, row: Any, *, by: Any) -> set[str]:
        """The names of the actions that would change something about this row."""
        return set()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["keeps_history"] = self.keeps_history
        if obj := kwargs.get("obj"):
            offered = self.acts_on(obj, by=request.user)
            permitted = self.get_actions(request).items()
            offers = [(name, act[2]) for name, act in permitted if act and name in offered]
            context["acts"] = [(name, label) for name, label in offers if name not in self.grave]
            context["grave_acts"] = self.grave_acts_on(request, obj, dict(offers))
        return super().render_change_form(request, context, *args, **kwargs)


class ReadOnlyAdmin(TeamAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class PrivateTableAdmin(ReadOnlyAdmin):
    """A table behind row level security: outside the staff's scope it has no rows, inside it has no texts.

    `columns` are all that is ever selected, those of related rows included.
    """

    keeps_history = False
    columns: ClassVar[tuple[str, ...]]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        related = {column.partition("__")[0] for column in self.columns if "__" in column}
        return super().get_queryset(request).select_related(*related).only(*self.columns)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        with self._as_staff(request):
            return _drawn(super().changelist_view(request, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with self._as_staff(request):
            extra_context = {"subtitle": object_id} | (extra_context or {})
            return _drawn(super().change_view(request, object_id, form_url, extra_context))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Said before the row is looked for: outside the scope there is none."""
        raise NoPermission

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nobody changes these rows here, so there is nothing to tell."""
        raise Http404

    @contextmanager
    def _as_staff(self, request: HttpRequest) -> Iterator[None]:
        if request.method not in ("GET", "HEAD"):
            raise NoPermission
        with self._in_staff_scope(request):
            yield

    @contextmanager
    def _in_staff_scope(self, request: Any) -> Iterator[None]:
        if not self.has_view_permission(request):
            raise NoPermission
        # In the scope neither permissions nor content types can be read: both are asked, and remembered, before.
        request.user.get_all_permissions()
        ContentType.objects.get_for_model(self.model)
        with transaction.atomic(), acting_as_staff(request.user, f"team pages: {self.opts.db_table}"):
            yield


def team_page(permission: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page of our own among the admin's, for whoever on the team has this permission."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise NoPermission
            return view(request, *args, **kwargs)

        return never_cache(site.admin_view(guarded))

    return guard


def team_answer(request: HttpRequest, template: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, site.each_context(request) | {"title": title} | context, status=status)


def _drawn(response: HttpResponse) -> HttpResponse:
    """A page of the admin asks for its rows when it is drawn, so that happens inside the scope."""
    return response.render() if isinstance(response, SimpleTemplateResponse) else response


def linked(row: models.Model | None) -> SafeString | str:
    """The row by its name, as a link to its own page in the admin."""
    if row is None:
        return "–"
    return format_html('<a href="{}">{}</a>', address_of(row), bdi(row))
