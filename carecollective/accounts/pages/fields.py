"""What is asked on these pages: name, town, address, password, code (form fields)."""

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts import joining
from carecollective.accounts.models import Member
from carecollective.ground import limits, lookalikes, names, texts
from carecollective.ground.clean_text import rule_of
from carecollective.ground.refusals import RateLimited
from carecollective.web.forms import PageForm, TextField

from .refused_tries import too_many

ADDRESS_MAX = 254
NO_ADDRESS = gettext_lazy("Write an email address such as name@example.org")


class AsksForALink(PageForm):
    """A form whose `email` a mail goes to. The tries are counted, whoever has that address."""

    request: HttpRequest

    def clean(self) -> dict[str, Any]:
        """Last, and only for a form that would be taken: a typing mistake is no try."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                joining.count_a_link(cleaned["email"], limits.caller_address(self.request))
            except RateLimited as refusal:
                raise too_many(refusal) from None
        return cleaned


class NameField(TextField):
    """What a member may be called; `member` is who is called something already."""

    member: Member | None = None

    def __init__(self, **kwargs: Any) -> None:
        rule = rule_of(Member, "name")
        super().__init__(
            label=gettext_lazy("Your name"),
            length=rule.length,
            marks=rule.marks,
            messages={"blank": gettext_lazy("Write your name")},
            **kwargs,
        )
        self.widget.attrs["autocomplete"] = "name"

    def validate(self, value: str) -> None:
        super().validate(value)
        whose: dict[str, Any] = {"before": self.member.name, "is_staff": self.member.is_staff} if self.member else {}
        if fault := names.fault_in(value, **whose):
            raise forms.ValidationError(fault[1], code=fault[0])


def refuse_private_facts(town: str) -> None:
    if lookalikes.private_facts(town):
        raise forms.ValidationError(_("Everyone can read this. Write only the town or ZIP code"), code="looks_private")


def what_others_see(name: str) -> str:
    """Said where one writes it: a name of one word has no initial, so it is shown whole."""
    if names.is_shown_whole(name):
        return _("Others see your whole name, because it is one word.")
    return _("Others see: %(name)s") % {"name": texts.isolated(names.short_name(name))}


def email_field(label: Any, autocomplete: str, **more: Any) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        max_length=None,  # no attribute that cuts a paste
        validators=[MaxLengthValidator(ADDRESS_MAX, NO_ADDRESS)],
        widget=forms.EmailInput(attrs={"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={
            "required": gettext_lazy("Write your email address"),
            "invalid": NO_ADDRESS,
        },
        **more,
    )


def password_field(label: Any, autocomplete: str, **more: Any) -> forms.CharField:
    shown = {"data-show": gettext_lazy("Show password"), "data-hide": gettext_lazy("Hide password")}
    return forms.CharField(
        label=label,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, **shown}),
        error_messages={
            "required": gettext_lazy("Write your password"),
            "null_characters_not_allowed": gettext_lazy(
                "This has a character that we cannot keep. Delete it and try again"
            ),
        },
        **more,
    )


def town_field(**more: Any) -> TextField:
    field = TextField.of(
        Member, "town", label=gettext_lazy("Town or ZIP code"), validators=[refuse_private_facts], **more
    )
    field.widget.attrs["autocomplete"] = "address-level2"
    return field


def code_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("The 6 digits that your app shows now"),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"}
        ),
        error_messages={"required": gettext_lazy("Write the code")},
    )


def shared_computer_field() -> forms.BooleanField:
    return forms.BooleanField(
        label=gettext_lazy("This is a shared computer"),
        help_text=gettext_lazy("You are signed out when the browser closes, and nothing is kept on it."),
        required=False,
    )
