"""What one changes about the own account: the present password comes first (re-authentication)."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts import second_factor
from carecollective.accounts.contacts.fields import PhoneField, place_field
from carecollective.accounts.models import Member
from carecollective.ground.refusals import RateLimited
from carecollective.web.forms import PageForm

from .fields import AsksForALink, NameField, code_field, email_field, password_field, town_field, what_others_see
from .joining_forms import NewPasswordForm
from .refused_tries import check_code, too_many


class OwnPasswordForm(PageForm):
    """Whoever found an open browser does not know the password. A wrong one counts like a try to sign in."""

    present = password_field(gettext_lazy("Your present password"), "current-password")

    def __init__(self, *args: Any, request: HttpRequest, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.member = request, member

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        try:
            if authenticate(self.request, email=self.member.email, password=present) == self.member:
                return present
        except RateLimited as refusal:
            raise too_many(refusal) from None
        raise forms.ValidationError(_("That is not your present password."), code="no_match")


class ConfirmForm(OwnPasswordForm):
    """In another browser than the one that joined: an account is nobody's until its password and its mail meet."""

    present = password_field(gettext_lazy("The password that you chose when you joined"), "current-password")


class ChangePasswordForm(OwnPasswordForm, NewPasswordForm):
    member: Member
    field_order = ("present", "password")


class NewAddressForm(AsksForALink, OwnPasswordForm):
    email = email_field(gettext_lazy("New email address"), "email")
    field_order = ("email", "present")


class DetailsForm(PageForm):
    name = NameField()
    town = town_field()
    phone = PhoneField(
        help_text=gettext_lazy("Other members see it only where you share it, in a conversation."),
    )
    place = place_field(
        help_text=gettext_lazy("Where to come, or where you like to meet. It is shared like the phone number."),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name: Any = self.fields["name"]
        name.member, name.help_text = member, what_others_see(member.name)


class SetUpForm(OwnPasswordForm):
    code = code_field()
    field_order = ("code", "present")

    def __init__(self, *args: Any, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secret = secret

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not second_factor.set_up(self.member, secret=self.secret, code=cleaned["code"]):
            self.add_error("code", _("That code does not match. Use the one that your app shows now."))
        return cleaned


class TurnOffForm(OwnPasswordForm):
    code = code_field()
    field_order = ("present", "code")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_code(self.member, cleaned["code"])
            except forms.ValidationError as problem:
                self.add_error("code", problem)
        return cleaned
