"""What the team fills in about a member: details, a new account, address, roles (the forms of these pages)."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from carecollective.accounts import services
from carecollective.accounts.models import Member
from carecollective.ground import names, texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.pasted import FormedField
from carecollective.web.admin_grave import ReasonForm
from carecollective.web.forms import cleaned_by


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """Says what is wrong in words, before the database says it with the name of a constraint."""

    class Meta:
        model = Member
        fields = ("name", "email", "town", "language")
        labels = {"language": _("Language")}
        help_texts = {"language": _("Their pages and emails are in this language.")}

    bound_field_class = FormedField

    def clean_name(self) -> str:
        """As far as `Member.clean` would say so: here a name that somebody has already may stay."""
        name, now = rule_of(Member, "name").clean(self.cleaned_data["name"]), self.instance
        if fault := names.fault_in(name, before=now.name, is_staff=now.is_staff):
            raise forms.ValidationError(fault[1], code=fault[0])
        return name

    def clean_town(self) -> str:
        return cleaned_by(rule_of(Member, "town"), self.cleaned_data["town"])

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if Member.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(services.ADDRESS_IS_TAKEN)
        return email


class NewMemberForm(MemberForm):
    class Meta(MemberForm.Meta):
        help_texts = MemberForm.Meta.help_texts | {
            "email": _("We send a link there, and they choose their own password. Someone else on the team approves."),
        }


class AddressForm(ReasonForm):
    email = forms.EmailField(label=_("New email address"))
    field_order = ("email", "reason")

    def __init__(self, *args: Any, member: Member, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def clean_email(self) -> str:
        email = texts.clean(self.cleaned_data["email"])
        if Member.objects.filter(email__iexact=email).exclude(pk=self.member.pk).exists():
            raise forms.ValidationError(services.ADDRESS_IS_TAKEN)
        return email


class RolesForm(ReasonForm):
    is_staff = forms.BooleanField(label=_("Is on the team"), required=False)
    groups = forms.ModelMultipleChoiceField(
        label=_("What they do there"),
        queryset=Group.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    is_superuser = forms.BooleanField(label=_("May do everything (superuser)"), required=False)
    field_order = ("is_staff", "groups", "is_superuser", "reason")

    def __init__(self, *args: Any, member: Member, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("is_staff", "is_superuser"):
            self.fields[name].initial = getattr(member, name)
        self.fields["groups"].initial = member.groups.all()
        if not by.is_superuser:
            del self.fields["is_superuser"]
