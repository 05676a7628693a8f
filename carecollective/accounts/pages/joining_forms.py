"""Joining and coming back: what one says of oneself, and the address to which a link goes (sign-up, password reset)."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from carecollective.accounts.contacts.fields import PhoneField
from carecollective.accounts.models import Member
from carecollective.ground.clean_text import rule_of
from carecollective.web.forms import PageForm, TextField

from .fields import AsksForALink, NameField, email_field, password_field, town_field


class NewPasswordForm(PageForm):
    """`member` is who chooses: a password that is their name or address is none."""

    password = password_field(
        gettext_lazy("New password"),
        "new-password",
        help_text=gettext_lazy("At least 8 characters. Three words that only you would put together are good."),
    )

    def __init__(self, *args: Any, member: Member | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        who = self.member or Member(name=cleaned.get("name", ""), email=cleaned.get("email", ""))
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], who)
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return cleaned


class EmailForm(AsksForALink):
    email = email_field(gettext_lazy("Email"), "username")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request


class JoinForm(EmailForm, NewPasswordForm):
    """`why` is the button of the front page that led here: it changes an example, and nothing of what is asked."""

    BY_WHY = {
        "help": gettext_lazy("For example: rides to the clinic, or an hour off on Sundays. Only the team reads this."),
        "give": gettext_lazy("For example: I have a car on Tuesdays. Only the team reads this."),
    }

    name = NameField(
        help_text=gettext_lazy("First and last name. Others see your first name and initial, or a single name whole."),
    )
    email = email_field(
        gettext_lazy("Email"),
        "email",
        help_text=gettext_lazy("We send you a link there. Other members never see it."),
    )
    phone = PhoneField(
        help_text=gettext_lazy("Only the team sees it, so that someone can call you about joining."),
    )
    town = town_field(
        length=rule_of(Member, "town").needed().length,
        messages={"blank": gettext_lazy("Write your town or ZIP code")},
    )
    application_text = TextField.of(
        Member,
        "application_text",
        label=gettext_lazy("How would you like to take part?"),
        help_text=gettext_lazy("Asking, helping, or both. Only the team reads this."),
        lines=3,
        count_from=400,
    )
    password = password_field(
        gettext_lazy("Password"),
        "new-password",
        help_text=gettext_lazy("At least 8 characters. Three words that only you would put together are good."),
    )
    agree = forms.BooleanField(
        label=gettext_lazy("I agree to the community standards, and I have read the privacy page."),
        error_messages={"required": gettext_lazy("Tick the box to say that you agree")},
    )

    field_order = ("name", "email", "phone", "town", "application_text", "password", "agree")

    def __init__(self, *args: Any, why: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if why in self.BY_WHY:
            self.fields["application_text"].help_text = self.BY_WHY[why]


class AgreeForm(PageForm):
    agree = forms.BooleanField(
        label=gettext_lazy("I agree to the community standards, and I have read the privacy page."),
        error_messages={"required": gettext_lazy("Tick the box to say that you agree")},
    )
