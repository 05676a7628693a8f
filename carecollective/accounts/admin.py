"""Members, groups and impersonation attempts for the team."""

from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from knox.models import get_token_model

from carecollective import texts
from carecollective.admin_site import PrivateTableAdmin, ReadOnlyAdmin, TeamAdmin, linked
from carecollective.audit import services as audit
from carecollective.audit.models import Kind

from . import second_factor, services
from .models import FORMER_MEMBER, NAME_LENGTH, NOT_A_NAME, TOWN_MAX, ImpersonationAttempt, Member

# Registered by the libraries; a token or an address record is nothing for a staff page.
for theirs in (get_token_model(), EmailAddress, Group, Authenticator, UserSession):
    admin.site.unregister(theirs)

FIXED = ("verification_status", "restriction", "email_confirmed_at", "joined_at", "last_login", "leaving", "left_at")
ROLES = ("is_staff", "groups", "is_superuser")


class MemberForm(forms.ModelForm):
    """Says what is wrong in words, before the database says it with the name of a constraint."""

    class Meta:
        model = Member
        fields = ("name", "email", "town", "language")
        labels = {"language": _("Language")}
        help_texts = {"language": _("Their pages and emails come in it.")}

    def clean_name(self) -> str:
        name = self._one_line("name", *NAME_LENGTH)
        if name == FORMER_MEMBER:
            raise forms.ValidationError(NOT_A_NAME)
        return name

    def clean_town(self) -> str:
        return self._one_line("town", 0, TOWN_MAX)

    def clean_email(self) -> str:
        email = texts.clean(self.cleaned_data["email"])
        if Member.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody has an account with this e-mail address."))
        return email

    def _one_line(self, field: str, fewest: int, most: int) -> str:
        text = texts.clean(self.cleaned_data[field])
        problem = texts.problem_with(text, fewest, most, one_line=True)
        if problem:
            raise forms.ValidationError(texts.as_error(field, problem, fewest, most)["detail"])
        return text


class NewMemberForm(MemberForm):
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty, and nobody can sign in to this account yet."),
    )

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if password:
            validate_password(
                password, Member(**{field: self.cleaned_data.get(field, "") for field in ("name", "email")})
            )
        return password


@admin.register(Member)
class MemberAdmin(TeamAdmin):
    form = MemberForm
    list_display = ("name", "town", "verification_status", "restriction", "joined_at", "days_waiting", "leaving")
    list_filter = ("verification_status", "restriction", "is_staff")
    search_fields = ("name", "email")
    search_help_text = _("Name or e-mail address")
    ordering = ("-joined_at",)
    fieldsets = (
        (None, {"fields": ("name", "email", "town", "language", "application_text")}),
        (_("Standing"), {"fields": FIXED}),
        (_("The team"), {"fields": ROLES}),
    )
    add_fieldsets = ((None, {"fields": ("name", "email", "town", "language", "password")}),)
    actions = ("approve", "turn_down", "limit", "suspend", "ban", "lift", "take_second_step_away")

    @admin.display(description=_("leaves on"), ordering="leaving_at", empty_value="–")
    def leaving(self, member: Member) -> Any:
        """When the account is emptied, or that it is."""
        return gettext("has left") if member.left_at else member.leaves_at

    @admin.display(description=_("days waiting"), ordering="joined_at", empty_value="–")
    def days_waiting(self, member: Member) -> int | None:
        is_waiting = member.verification_status == Member.Verification.PENDING
        return (timezone.now() - member.joined_at).days if is_waiting else None

    # --- Who may do what -------------------------------------------------------------------------------------------

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.approve_member")

    def has_restrict_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.restrict_member")

    def has_administer_permission(self, request: HttpRequest) -> bool:
        return services.is_administrator(request.user)  # type: ignore[arg-type]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and (obj.left_at or (obj.is_superuser and not request.user.is_superuser)):
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        fixed = ["application_text", *FIXED]
        if not services.is_administrator(request.user):  # type: ignore[arg-type]
            # Whoever can change an address can take over the account, and read its conversations.
            fixed += ["email", "is_staff", "groups"]
        if not request.user.is_superuser:
            fixed.append("is_superuser")
        return fixed

    # --- The forms -------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewMemberForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)
        field.help_text = ""
        return field

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Roles are written down by the database, which is told here whose doing it is."""
        with audit.done_by(request.user):  # type: ignore[arg-type]
            return super().change_view(request, *args, **kwargs)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Member:
        if change:
            return super().save_form(request, form, change)
        return services.add(by=request.user, **form.cleaned_data)  # type: ignore[arg-type]

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        if change:
            # Only what the form changed: a decision made since the page was opened stays as it is.
            obj.save(update_fields=[field for field in form.changed_data if field != "groups"])
            if "email" in form.changed_data:
                audit.record(Kind.ADDRESS_CHANGED, by=request.user, subject=obj.pk)  # type: ignore[arg-type]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if change:
            super().save_related(request, form, formsets, change)
            if set(ROLES) & set(form.changed_data):
                services.refuse_without_administrator()

    # --- What the team decides -------------------------------------------------------------------------------------

    def acts_on(self, row: Member, *, by: Member) -> set[str]:
        if row.left_at or services.is_beyond_decisions(row, by=by):
            return set()
        standing = {row.verification_status, row.restriction}
        acts = {act for act, outcome in OUTCOMES.items() if outcome not in standing}
        return acts | {"take_second_step_away"} if second_factor.is_set_up(row) else acts

    @admin.action(description=_("Approve"), permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._decide(request, queryset, services.approve)

    @admin.action(description=_("Turn down"), permissions=["approve"])
    def turn_down(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._decide(request, queryset, services.turn_down)

    @admin.action(description=_("Limit: no new requests or offers"), permissions=["restrict"])
    def limit(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._restrict(request, queryset, Member.Restriction.LIMITED)

    @admin.action(description=_("Suspend: own account only"), permissions=["restrict"])
    def suspend(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._restrict(request, queryset, Member.Restriction.SUSPENDED)

    @admin.action(description=_("Ban: sign out everywhere"), permissions=["restrict"])
    def ban(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._restrict(request, queryset, Member.Restriction.BANNED)

    @admin.action(description=_("Lift the restriction"), permissions=["restrict"])
    def lift(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._restrict(request, queryset, Member.Restriction.NONE)

    @admin.action(description=_("Take the second step of signing in away"), permissions=["administer"])
    def take_second_step_away(self, request: HttpRequest, queryset: models.QuerySet) -> None:
        self._decide(request, queryset, services.take_second_step_away)

    def _restrict(self, request: HttpRequest, queryset: models.QuerySet, restriction: str) -> None:
        self._decide(request, queryset, partial(services.restrict, restriction=restriction))

    def _decide(self, request: HttpRequest, queryset: models.QuerySet, verb: Any) -> None:
        self.carry_out(
            request,
            queryset,
            lambda member: verb(member.pk, by=request.user),
            lambda count: (
                ngettext("Done for %(count)s member.", "Done for %(count)s members.", count) % {"count": count}
            ),
        )


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
        return ", ".join(group.permissions.order_by("name").values_list("name", flat=True))


@admin.register(ImpersonationAttempt)
class ImpersonationAttemptAdmin(PrivateTableAdmin):
    columns = ("id", "attempted_at", "claimed", "field", "path", "caller__name")
    list_display = ("attempted_at", "who", "field", "claimed", "path")
    fields = ("attempted_at", "caller", "field", "claimed", "path")
    search_fields = ("caller__name", "claimed")
    search_help_text = _("Name of the caller, or the id that they sent")
    ordering = ("-attempted_at", "-pk")

    @admin.display(description=_("caller"), ordering="caller__name")
    def who(self, attempt: ImpersonationAttempt) -> str:
        return linked(attempt.caller)
