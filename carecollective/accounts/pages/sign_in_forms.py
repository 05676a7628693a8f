"""Coming in: password, link, second step (the forms of signing in, with the sign-in library below them)."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from carecollective.ground.identity import as_the_system_meanwhile
from carecollective.ground.purposes import Purpose
from carecollective.ground.refusals import RateLimited
from carecollective.web.forms import DescribedField, PageForm

from .fields import (
    code_field,
    email_field,
    password_field,
    shared_computer_field,
)
from .refused_tries import check_code, no_match, too_many


class SignInForm(LoginForm):
    use_required_attribute = False
    bound_field_class = DescribedField

    shared_computer = shared_computer_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        # Texts and attributes of our own; a paste and a password manager always work.
        self.fields["login"] = email_field(_("Email"), "username")
        self.fields["password"] = password_field(_("Password"), "current-password")

    def clean(self) -> dict[str, Any]:
        """One sentence for every wrong pair, so that nobody learns who is a member."""
        # The library's word for it: without it the session ends with the browser.
        self.cleaned_data["remember"] = not self.cleaned_data.get("shared_computer")
        try:
            cleaned: dict[str, Any] = super().clean()
        except RateLimited as refusal:
            raise too_many(refusal) from None
        except forms.ValidationError:
            raise no_match() from None
        return cleaned

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, redirect_url=redirect_url)
        if self.cleaned_data["shared_computer"]:
            request.session["shared_computer"] = True
        return response


class LinkSignInForm(PageForm):
    shared_computer = shared_computer_field()


class SecondStepForm(AuthenticateForm):
    """The sign-in library's step, with our words and our counter."""

    use_required_attribute = False
    bound_field_class = DescribedField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = code_field()
        self.fields["code"].help_text = _("The 6 digits that your app shows now, or one of your recovery codes")

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        check_code(self.user, code)
        self.authenticator = Authenticator.objects.defer("data").get(user=self.user, type=Authenticator.Type.TOTP)
        return code

    def save(self) -> None:
        """The library notes when the step was used, which the system alone may."""
        with as_the_system_meanwhile(Purpose.SIGN_IN):
            super().save()
