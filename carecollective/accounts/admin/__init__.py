"""Members, groups and impersonation attempts for the team."""

from functools import partial
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied as NoPermission
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from knox.models import get_token_model

from carecollective.accounts import administrators, deciding, making, own_matters, ranks, second_factor, services
from carecollective.accounts import grave as graves
from carecollective.accounts.models import ImpersonationAttempt, Member
from carecollective.audit import services as audit
from carecollective.audit.models import Kind
from carecollective.ground.refusals import Refusal
from carecollective.web.admin import PrivateTableAdmin, ReadOnlyAdmin, TeamAdmin, linked
from carecollective.web.admin_grave import ASKED, Grave, Whom
from carecollective.web.admin_grave import answer as grave_page

from .forms import AddressForm, MemberForm, NewMemberForm, RolesForm
from .grave import ADDRESS, CHANGED_ROLES, GRAVE

# Registered by the libraries; a token or an address record is nothing for a staff page.
for theirs in (get_token_model(), EmailAddress, Group, Authenticator, UserSession):
    admin.site.unregister(theirs)

FIXED = ("verification_status", "restriction", "email_confirmed_at", "joined_at", "last_login", "leaving", "left_at")
ROLES = ("is_staff", "groups", "is_superuser")


@admin.register(Member)
class MemberAdmin(TeamAdmin):
    form = MemberForm
    list_display = ("name", "town", "verification_status", "restriction", "joined_at", "days_waiting", "leaving")
    list_filter = ("verification_status", "restriction", "is_staff")
    search_fields = ("name__sounds", "email")
    search_help_text = _("Name or email address")
    ordering = ("-joined_at",)
    grave = GRAVE
    fieldsets = (
        (None, {"fields": ("name", "email", "town", "language", "application_text")}),
        (_("Standing"), {"fields": FIXED}),
        (_("The team"), {"fields": ROLES}),
    )
    add_fieldsets = ((None, {"fields": ("name", "email", "town", "language")}),)
    actions = ("approve", "turn_down", "limit", "suspend", "ban", "lift", "take_second_step_away", "suspend_at_once")

    @admin.display(description=_("leaves on"), ordering="leaving_at", empty_value="–")
    def leaving(self, member: Member) -> Any:
        """When the account is emptied, or that it is."""
        return gettext("has left") if member.left_at else member.leaves_at or "–"

    @admin.display(description=_("days waiting"), ordering="joined_at", empty_value="–")
    def days_waiting(self, member: Member) -> int | None:
        is_waiting = member.verification_status == Member.Verification.PENDING
        return (timezone.now() - member.joined_at).days if is_waiting else None

    # --- Who may do what ---------------------------------------------------------------------------------------------

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.approve_member")

    def has_restrict_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.restrict_member")

    def has_administer_permission(self, request: HttpRequest) -> bool:
        return administrators.is_administrator(request.user)  # type: ignore[arg-type]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        by: Any = request.user
        if obj is not None and (obj.left_at or ranks.rank_of(obj) >= ranks.rank_of(by)):
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whoever can change an address can take over the account: like roles, it has a page of its own."""
        return ["email", "application_text", *FIXED, *ROLES] if obj else []

    # --- The forms ---------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewMemberForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Member:
        if change:
            saved: Member = super().save_form(request, form, change)
            return saved
        return services.add(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        if change and form.changed_data:
            # Only what the form changed: a decision made since the page was opened stays as it is.
            obj.save(update_fields=form.changed_data)
            by: Any = request.user
            audit.record(Kind.DETAILS_CHANGED, by=by, subject=obj.pk, codes=" ".join(sorted(form.changed_data)))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing that belongs to a member is changed in this form."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if obj := kwargs.get("obj"):
            context["why_not"] = own_matters.why_not(obj, "restrict_member", by=request.user)  # type: ignore[arg-type]
            context["reasons"] = graves.acts(subject=obj.pk, by=request.user)  # type: ignore[arg-type]
        return super().render_change_form(request, context, *args, **kwargs)

    # --- Address and roles: pages of their own -----------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        own = [
            path("<uuid:member_id>/address/", self.admin_site.admin_view(self.address_view), name="address"),
            path("<uuid:member_id>/roles/", self.admin_site.admin_view(self.roles_view), name="roles"),
        ]
        return own + super().get_urls()

    def grave_acts_on(self, request: HttpRequest, row: Member, offers: dict[str, Any]) -> list[tuple[str, Any]]:
        pages = super().grave_acts_on(request, row, offers)
        for place, grave in (("address", ADDRESS), ("roles", CHANGED_ROLES)):
            if self._may_administer(request, row, grave):
                pages.append((reverse(f"admin:{place}", args=[row.pk]), grave.title))
        return pages

    def _may_administer(self, request: HttpRequest, row: Member, grave: Grave) -> bool:
        """A role of one's own can be given up, and nothing else of one's own is changed here."""
        by: Any = request.user
        is_own_role = grave is CHANGED_ROLES and row.pk == by.pk
        is_permitted = is_own_role or not deciding.is_beyond_decisions(row, by=by)
        return is_permitted and not row.left_at and self.has_administer_permission(request)

    def address_view(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        return self._own_page(request, member_id, ADDRESS, AddressForm)

    def roles_view(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        return self._own_page(request, member_id, CHANGED_ROLES, RolesForm)

    def _own_page(self, request: HttpRequest, member_id: UUID, grave: Grave, form_class: Any) -> HttpResponse:
        if not self.has_administer_permission(request):  # asked first: they are not told who there is
            raise NoPermission
        member = get_object_or_404(Member, pk=member_id)
        if not self._may_administer(request, member, grave):
            raise NoPermission
        form = form_class(request.POST if request.method == "POST" else None, member=member, by=request.user)
        back, refused = reverse("admin:accounts_member_change", args=[member.pk]), ""
        if request.method == "POST" and form.is_valid():
            try:
                act = grave.verb(member.pk, by=request.user, **form.cleaned_data)
            except Refusal as refusal:
                refused = f"{refusal.message} {_('Nothing was changed.')}"
            else:
                self.message_user(request, ASKED if act else _("Nothing was changed."), messages.SUCCESS)
                return redirect(back)
        letter = grave.letter(member)
        more = {"crumb": member.name, "told": "" if letter else self.told(grave), "refused": refused}
        return grave_page(request, grave, form, [Whom(member.name, back, letter)], back=back, **more)

    # --- What the team decides ---------------------------------------------------------------------------------------

    def acts_on(self, row: Member, *, by: Member) -> set[str]:
        emergency = {"suspend_at_once"} if row.pk != by.pk and row.is_staff and not row.left_at else set()
        if row.left_at or deciding.is_beyond_decisions(row, by=by):
            return emergency
        standing = {row.verification_status, row.restriction}
        acts = {act for act, outcome in OUTCOMES.items() if outcome not in standing}
        if "approve" in acts and making.maker_of(row.pk) == by.pk:
            acts.remove("approve")
        return acts | emergency | ({"take_second_step_away"} if second_factor.is_set_up(row) else set())

    @admin.action(description=_("Approve"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        self._decide(request, queryset, services.approve)

    @admin.action(description=_("Decline"), permissions=["approve"])
    def turn_down(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        return self.ask_first(request, queryset, "turn_down")

    @admin.action(description=_("Limit: no new requests or offers"), permissions=["restrict"])
    def limit(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        return self.ask_first(request, queryset, "limit")

    @admin.action(description=_("Suspend: own account only"), permissions=["restrict"])
    def suspend(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        return self.ask_first(request, queryset, "suspend")

    @admin.action(description=_("Ban: sign out everywhere"), permissions=["restrict"])
    def ban(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        return self.ask_first(request, queryset, "ban")

    @admin.action(description=_("Lift the restriction"), permissions=["restrict"])
    def lift(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        self._decide(request, queryset, partial(services.restrict, restriction=Member.Restriction.NONE))

    @admin.action(description=_("Take the second step of signing in away"), permissions=["administer"])
    def take_second_step_away(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        return self.ask_first(request, queryset, "take_second_step_away")

    @admin.action(description=_("Suspend at once, for 72 hours"), permissions=["administer"])
    def suspend_at_once(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        return self.ask_first(request, queryset, "suspend_at_once")

    def _decide(self, request: HttpRequest, queryset: models.QuerySet[Any], verb: Any) -> None:
        self.carry_out(
            request,
            queryset,
            lambda member: verb(member.pk, by=request.user),
            self.counted,
        )

    def counted(self, count: int) -> str:
        return ngettext("Done for %(count)s member.", "Done for %(count)s members.", count) % {"count": count}


# What each act leads to: on the page of one member it is offered while it is not so already.
OUTCOMES = {
    "approve": Member.Verification.APPROVED,
    "turn_down": Member.Verification.REJECTED,
    "limit": Member.Restriction.LIMITED,
    "suspend": Member.Restriction.SUSPENDED,
    "ban": Member.Restriction.BANNED,
    "lift": Member.Restriction.NONE,
}


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """What each group may do. A migration makes the groups; who is in one is said on the member's page."""

    list_display = ("name",)
    fields = ("name", "may")
    readonly_fields = ("may",)

    @admin.display(description=_("may"))
    def may(self, group: Group) -> str:
        return ", ".join(sorted(map(_right, group.permissions.select_related("content_type"))))


# What Django names in English only: one of its four permissions for each model.
RIGHTS = {
    "add": _("May add: %(what)s"),
    "change": _("May change: %(what)s"),
    "delete": _("May delete: %(what)s"),
    "view": _("May see: %(what)s"),
}


def _right(permission: Permission) -> str:
    act, _underscore, name = permission.codename.partition("_")
    model = permission.content_type.model_class()
    if act in RIGHTS and model is not None and name == permission.content_type.model:
        return str(RIGHTS[act]) % {"what": model._meta.verbose_name_plural}
    return gettext(permission.name)  # of our own, and marked where its model says it


@admin.register(ImpersonationAttempt)
class ImpersonationAttemptAdmin(PrivateTableAdmin):
    columns = ("id", "attempted_at", "claimed", "field", "path", "caller__name")
    list_display = ("attempted_at", "who", "field", "claimed", "path")
    fields = ("attempted_at", "caller", "field", "claimed", "path")
    search_fields = ("caller__name__sounds", "claimed")
    search_help_text = _("Name of the caller, or the id that they sent")
    ordering = ("-attempted_at", "-pk")

    @admin.display(description=_("caller"), ordering="caller__name")
    def who(self, attempt: ImpersonationAttempt) -> str:
        return linked(attempt.caller)
