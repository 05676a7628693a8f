"""The stock admin under our own roof, and what our own admin pages have in common.

The admin is a door: what it shows is listed by hand, and what it changes goes through a service.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin, ShowFacets, site
from django.contrib.auth.views import redirect_to_login
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied as NoPermission
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from carecollective.accounts import second_factor
from carecollective.accounts.pages.views import sign_out
from carecollective.accounts.standing import must_agree, to_agree
from carecollective.ground import texts
from carecollective.ground.identity import acting_as_staff
from carecollective.ground.refusals import PermissionDenied, Refusal, Unauthorized
from carecollective.ground.sentences import bdi
from carecollective.kept_texts import services as kept_texts
from carecollective.team import queues
from carecollective.web.admin_grave import Grave, ReasonForm, Whom
from carecollective.web.admin_grave import answer as grave_page

MOST_AT_ONCE = 50  # whom one page of a grave act is about


class CareAdminSite(AdminSite):
    site_title = site_header = _("Care Collective: the team")
    index_title = _("What would you like to do?")
    site_url = "/home/"
    enable_nav_sidebar = False  # a second list of the same six links, and nothing more on a phone

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked anew for every page: whoever is restricted or leaves the team is out at once."""
        is_let_in = super().has_permission(request) and _in_good_standing(request)
        return is_let_in and not must_agree(request) and not _lacks_second_step(request)

    def get_urls(self) -> list[Any]:
        """Without the stock way from any row of any table to "its page on the site": no row here has one."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        waits = {"queues": queues.shown_to(request.user)}  # type: ignore[arg-type]
        return super().index(request, waits | (extra_context or {}))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        stock = super().admin_view(view, cacheable)

        @wraps(stock)
        def for_the_team(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated:
                request.user.refuse_unless_approved()
                if request.user.is_staff and must_agree(request):
                    return to_agree(request, otherwise=reverse("admin:index"))
                if request.user.is_staff and _lacks_second_step(request):
                    return redirect("account_second_step")
                if not self.has_permission(request):
                    raise PermissionDenied(_("These pages are for the team."))
            elif request.method == "POST" and kept_texts.written(request):
                raise Unauthorized
            return stock(request, *args, **kwargs)

        return for_the_team

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """One way in for everybody: the members' sign-in page, with its limit."""
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """One page for that too: it counts the tries, and ends what a password ends."""
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """And one way out, which also clears what the browser kept."""
        return sign_out(request)


def _lacks_second_step(request: HttpRequest) -> bool:
    return second_factor.is_missing(request.user)  # type: ignore[arg-type]


def _in_good_standing(request: HttpRequest) -> bool:
    try:
        request.user.refuse_unless_approved()  # type: ignore[union-attr]
    except Refusal:
        return False
    return True


class TeamAdmin(ModelAdmin):
    """Nothing is deleted here. What the list offers as actions, the page of one row offers as buttons.

    An action that hurts somebody stands in `grave` by its name: list and button then only lead to the page where its
    reason is asked for, and nothing else carries it out.
    """

    show_facets = ShowFacets.NEVER
    keeps_history = True
    # What else than `list_filter` an address may filter by: the fields that our own links use.
    filtered_by: ClassVar[tuple[str, ...]] = ()
    grave: ClassVar[dict[str, Grave]] = {}

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Stock admin takes every field: a guess in the address would then spell out a password hash, or a text."""
        return lookup.rpartition("__")[0] in (*self.list_filter, *self.filtered_by)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """On the page for a new row, nothing that the database fills in by itself: it is not known yet."""
        fields = super().get_fields(request, obj)
        fixed = self.get_readonly_fields(request, obj) if obj is None else ()
        return [field for field in fields if field not in fixed]

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """What is looked for is a name, an address or an id: what nobody sees in it was pasted along."""
        return super().get_search_results(request, queryset, texts.formed(search_term))

    def get_action_choices(self, request: HttpRequest, default_choices: Any = None) -> list[tuple[str, str]]:
        return super().get_action_choices(request, [("", _("Choose what to do"))])

    def acts_on(self, row: Any, *, by: Any) -> set[str]:
        """The names of the actions that would change something about this row."""
        return set()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        context["keeps_history"] = self.keeps_history
        if obj := kwargs.get("obj"):
            offered = self.acts_on(obj, by=request.user)
            permitted = self.get_actions(request).items()
            offers = [(name, said) for name, (_act, _name, said) in permitted if name in offered]
            context["acts"] = [(name, said) for name, said in offers if name not in self.grave]
            context["grave_acts"] = self.grave_acts_on(request, obj, dict(offers))
        return super().render_change_form(request, context, **kwargs)

    # --- Grave acts --------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.grave_view)
        return [path("grave/<slug:act>/", page, name=self._grave_name), *super().get_urls()]

    @property
    def _grave_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_grave"

    def grave_acts_on(self, request: HttpRequest, row: Any, offers: dict[str, Any]) -> list[tuple[str, Any]]:
        """Each with the address of its page, for the page of one row; `offers` are the actions that it is offered."""
        return [(self._grave_address(name, [row.pk]), said) for name, said in offers.items() if name in self.grave]

    def _grave_address(self, act: str, ids: Iterable[Any]) -> str:
        return reverse(f"admin:{self._grave_name}", args=[act], query={"id": list(ids)})

    def ask_first(self, request: HttpRequest, queryset: models.QuerySet, act: str) -> HttpResponse | None:
        """What a grave act does in the list: it leads to its page."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(ids) > MOST_AT_ONCE:
            self.message_user(request, _("Choose %(n)s at most.") % {"n": MOST_AT_ONCE}, messages.ERROR)
            return None
        return redirect(self._grave_address(act, ids))

    def grave_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """The page of a grave act, for the rows whose ids stand in its address; a post with a reason carries it out."""
        if act not in self.grave:
            raise Http404
        if act not in self.get_actions(request):
            raise NoPermission
        sent = request.POST if request.method == "POST" else request.GET
        rows = self._chosen(request, sent.getlist("id"))
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._grave_done(request, self.grave[act], rows, form.cleaned_data["reason"])
        return self._grave_page(request, self.grave[act], rows, form)

    def _chosen(self, request: HttpRequest, ids: list[str]) -> models.QuerySet:
        try:
            chosen = self.get_queryset(request).filter(pk__in=[UUID(id) for id in ids[:MOST_AT_ONCE]])
        except ValueError:
            raise Http404 from None
        if not chosen:
            raise Http404
        return chosen

    def _grave_page(self, request: HttpRequest, grave: Grave, rows: models.QuerySet, form: ReasonForm) -> HttpResponse:
        whom = [Whom(str(row), _address_of(row), grave.letter(row)) for row in rows.order_by("pk")]
        told = "" if any(each.letter for each in whom) else self.told(grave)
        ids = [row.pk for row in rows]
        crumb = capfirst(self.opts.verbose_name_plural)
        return grave_page(request, grave, form, whom, back=self._back_to(ids), ids=ids, crumb=crumb, told=told)

    def told(self, grave: Grave) -> Any:
        """Of those to whom no letter goes."""
        return _("No mail goes out.")

    def _grave_done(self, request: HttpRequest, grave: Grave, rows: models.QuerySet, reason: str) -> HttpResponse:
        ids = [row.pk for row in rows]
        is_done = self.carry_out(
            request, rows, lambda row: grave.verb(row, by=request.user, reason=reason), self.counted
        )
        if is_done:
            self.message_user(request, grave.way_back, messages.INFO)
        return redirect(self._back_to(ids))

    def counted(self, count: int) -> str:
        """What is said when it is done."""
        return ngettext("Done for %(count)s.", "Done for %(count)s.", count) % {"count": count}

    def _back_to(self, ids: list[Any]) -> str:
        place = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{place}_change", args=ids) if len(ids) == 1 else reverse(f"{place}_changelist")

    def carry_out(
        self, request: HttpRequest, queryset: models.QuerySet, act: Callable[[Any], Any], done: Callable[[int], str]
    ) -> bool:
        """Row by row: a "no" about one of them is said, and the others go on. Was anything done?"""
        count = 0
        for row in queryset.order_by("pk"):
            try:
                act(row)
            except Refusal as refused:
                self.message_user(request, format_html("{}: {}", bdi(row), refused.message), messages.ERROR)
            else:
                count += 1
        if count:
            self.message_user(request, done(count), messages.SUCCESS)
        return count > 0


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

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        related = {column.partition("__")[0] for column in self.columns if "__" in column}
        return super().get_queryset(request).select_related(*related).only(*self.columns)

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        with self._as_staff(request):
            return _drawn(super().changelist_view(request, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        with self._as_staff(request):
            extra_context = {"subtitle": object_id} | (extra_context or {})
            return _drawn(super().change_view(request, object_id, form_url, extra_context))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        """Nobody changes these rows here, so there is nothing to tell."""
        raise Http404

    @contextmanager
    def _as_staff(self, request: HttpRequest) -> Iterator[None]:
        if request.method not in ("GET", "HEAD"):
            raise NoPermission
        with self._in_staff_scope(request):
            yield

    @contextmanager
    def _in_staff_scope(self, request: HttpRequest) -> Iterator[None]:
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
    return format_html('<a href="{}">{}</a>', _address_of(row), bdi(row))


def _address_of(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
