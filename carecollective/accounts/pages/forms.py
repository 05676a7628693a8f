"""Signing in, on top of the sign-in library's own form."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.pages.answers import try_again_at
from carecollective.pages.forms import DescribedField
from carecollective.refusals import RateLimited


class SignInForm(LoginForm):
    use_required_attribute = False
    bound_field_class = DescribedField

    shared_computer = forms.BooleanField(
        label=gettext_lazy("This is a shared computer"),
        help_text=gettext_lazy("You are signed out when the browser closes, and nothing is kept on it."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        # Texts and attributes of our own; a paste and a password manager always work.
        self.fields["login"] = forms.EmailField(
            label=_("Email"),
            widget=forms.EmailInput(
                attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            ),
            error_messages={
                "required": _("Write your email address"),
                "invalid": _("Write an email address such as name@example.org"),
            },
        )
        self.fields["password"] = forms.CharField(
            label=_("Password"),
            strip=False,
            widget=forms.PasswordInput(
                attrs={
                    "autocomplete": "current-password",
                    "data-show": _("Show password"),
                    "data-hide": _("Hide password"),
                }
            ),
            error_messages={"required": _("Write your password")},
        )

    def clean(self) -> dict[str, Any]:
        """One sentence for every wrong pair, so that nobody learns who is a member."""
        # The library's word for it: without it the session ends with the browser.
        self.cleaned_data["remember"] = not self.cleaned_data.get("shared_computer")
        try:
            return super().clean()
        except RateLimited as refusal:
            sentence = _("Too many tries. Try again at %(time)s.") % {"time": try_again_at(refusal)}
            raise forms.ValidationError(sentence, code="rate_limited") from None
        except forms.ValidationError:
            sentence = _("That email and password do not match. Check for typing mistakes.")
            raise forms.ValidationError(sentence, code="no_match") from None

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response = super().login(request, redirect_url=redirect_url)
        if self.cleaned_data["shared_computer"]:
            request.session["shared_computer"] = True
        return response
