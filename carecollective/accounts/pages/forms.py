"""Joining, signing in, and one's own account. Whatever is wrong with a try is one sentence for everybody."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carecollective.accounts import joining, second_factor
from carecollective.accounts.contacts.fields import PhoneField, place_field
from carecollective.accounts.models import APPLICATION_MAX, TOWN_MAX, Member
from carecollective.ground import limits, lookalikes, names, texts
from carecollective.ground.refusals import RateLimited
from carecollective.web.answers import try_again_at
from carecollective.web.forms import DescribedField, PageForm, TextField

ADDRESS_MAX = 254
NO_ADDRESS = gettext_lazy("Write an email address such as name@example.org")


class NameField(TextField):
    """What a member may be called; `member` is who is called something already."""

    member: Member | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("Your name"),
            length=names.NAME_LENGTH,
            marks=texts.MARKS_IN_A_NAME,
            messages={"blank": gettext_lazy("Write your name")},
            **kwargs,
        )
        self.widget.attrs["autocomplete"] = "name"

    def validate(self, value: str) -> None:
        super().validate(value)
        whose = {"before": self.member.name, "is_staff": self.member.is_staff} if self.member else {}
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


def too_many(refusal: RateLimited) -> forms.ValidationError:
    sentence = _("Too many tries. Try again at %(time)s.") % {"time": try_again_at(refusal)}
    return forms.ValidationError(sentence, code="rate_limited")


def no_match() -> forms.ValidationError:
    sentence = _("That email and password do not match. Check for typing mistakes.")
    return forms.ValidationError(sentence, code="no_match")


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


def one_line(label: Any, length: tuple[int, int], autocomplete: str, **more: Any) -> TextField:
    field = TextField(label=label, length=length, **more)
    field.widget.attrs["autocomplete"] = autocomplete
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


# --- Coming in -------------------------------------------------------------------------------------------------------


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
            return super().clean()
        except RateLimited as refusal:
            raise too_many(refusal) from None
        except forms.ValidationError:
            raise no_match() from None

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        response = super().login(request, redirect_url=redirect_url)
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
        code = self.cleaned_data["code"]
        check_code(self.user, code)
        self.authenticator = Authenticator.objects.get(user=self.user, type=Authenticator.Type.TOTP)
        return code


def check_code(member: Member, code: str) -> None:
    try:
        if second_factor.check(member, code):
            return
    except RateLimited as refusal:
        raise too_many(refusal) from None
    raise forms.ValidationError(_("That code does not match. Use the one that your app shows now."), code="no_match")


# --- Joining and coming back -----------------------------------------------------------------------------------------


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
        said = super().clean() or self.cleaned_data
        who = self.member or Member(name=said.get("name", ""), email=said.get("email", ""))
        if "password" in said:
            try:
                validate_password(said["password"], who)
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return said


class EmailForm(PageForm):
    """Whoever has this address gets a mail. The tries are counted, whoever has it."""

    email = email_field(gettext_lazy("Email"), "username")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        """Last, and only for a form that would be taken: a typing mistake is no try."""
        said = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                joining.count_a_link(said["email"], limits.caller_address(self.request))
            except RateLimited as refusal:
                raise too_many(refusal) from None
        return said


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
    town = one_line(
        gettext_lazy("Town or ZIP code"),
        (1, TOWN_MAX),
        "address-level2",
        validators=[refuse_private_facts],
        messages={"blank": gettext_lazy("Write your town or ZIP code")},
    )
    application_text = TextField(
        label=gettext_lazy("How would you like to take part?"),
        help_text=gettext_lazy("Asking, helping, or both. Only the team reads this."),
        length=(0, APPLICATION_MAX),
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


# --- One's own account -----------------------------------------------------------------------------------------------


class OwnPasswordForm(PageForm):
    """Whoever found an open browser does not know the password. A wrong one counts like a try to sign in."""

    present = password_field(gettext_lazy("Your present password"), "current-password")

    def __init__(self, *args: Any, request: HttpRequest, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.member = request, member

    def clean_present(self) -> str:
        present = self.cleaned_data["present"]
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
    field_order = ("present", "password")


class NewAddressForm(OwnPasswordForm):
    email = email_field(gettext_lazy("New email address"), "email")
    field_order = ("email", "present")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                joining.count_a_link(said["email"], limits.caller_address(self.request))
            except RateLimited as refusal:
                raise too_many(refusal) from None
        return said


class DetailsForm(PageForm):
    name = NameField()
    town = one_line(
        gettext_lazy("Town or ZIP code"), (0, TOWN_MAX), "address-level2", validators=[refuse_private_facts]
    )
    phone = PhoneField(
        help_text=gettext_lazy("Other members see it only where you share it, in a conversation."),
    )
    place = place_field(
        help_text=gettext_lazy("Where to come, or where you like to meet. It is shared like the phone number."),
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].member = member
        self.fields["name"].help_text = what_others_see(member.name)


class SetUpForm(OwnPasswordForm):
    code = code_field()
    field_order = ("code", "present")

    def __init__(self, *args: Any, secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secret = secret

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors and not second_factor.set_up(self.member, secret=self.secret, code=said["code"]):
            self.add_error("code", _("That code does not match. Use the one that your app shows now."))
        return said


class TurnOffForm(OwnPasswordForm):
    code = code_field()
    field_order = ("present", "code")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_code(self.member, said["code"])
            except forms.ValidationError as problem:
                self.add_error("code", problem)
        return said
