"""Joining, coming in and going out (sign-up, login, logout)."""

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from carecollective.accounts import joining, links, services, terms
from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, own_account
from carecollective.ground import limits
from carecollective.ground.refusals import RateLimited
from carecollective.web.answers import UNPROCESSABLE, see_other

from .joining_forms import AgreeForm, EmailForm, JoinForm

TOO_MANY = 429
GONE = 410
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def with_form(request: HttpRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    """The page with its form: 200 at first, then with what is wrong with what was sent."""
    status = 200
    if form.is_bound:
        status = TOO_MANY if any(form.has_error(name, "rate_limited") for name in form.errors) else UNPROCESSABLE
    return render(request, template, {"form": form, **context}, status=status)


def sent(request: HttpRequest) -> Any:
    """What a form is bound to: also a POST that brought nothing is one."""
    return request.POST if request.method == "POST" else None


def enter(request: HttpRequest, member: Member, *, shared: bool = False) -> HttpResponse:
    """The session of somebody whom a mail has shown to be the one; the second step stands in between."""
    response: HttpResponse = perform_login(request, Login(user=member))
    if shared:
        request.session.set_expiry(0)
        request.session["shared_computer"] = True
    return response


# --- Joining ---------------------------------------------------------------------------------------------------------


@get_or_post
@never_cache
def join(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("site:home")
    why = request.GET.get("why", "")
    form = JoinForm(sent(request), request=request, why=why)
    if request.method == "POST" and form.is_valid():
        fields = {name: value for name, value in form.cleaned_data.items() if name not in ("agree", "email")}
        email, written = form.cleaned_data["email"], joining.application(**fields)
        whose = joining.begin(email=email, written=written, language=get_language())
        _remember(request, email, whose, written)
        return see_other("account_check_mail")
    return with_form(request, "account/join.html", form, why=why if why in JoinForm.BY_WHY else "")


def _remember(request: HttpRequest, email: str, whose: UUID | None, written: dict[str, str]) -> None:
    """For this browser alone, until the address is confirmed: with what was written, the password hashed."""
    request.session["joined"] = {"email": email, "member": str(whose or ""), "written": written}


@get_or_post
@never_cache
def check_mail(request: HttpRequest) -> HttpResponse:
    """What happens next; and the link once more, for whoever waits for it in vain.

    The browser that joined may correct its address. Whatever else is written here, by whomever, nobody learns who is a
    member: to this browser a mail goes in any case, and any other is told what happens if.
    """
    joined = request.session.get("joined", {})
    form = EmailForm(sent(request), request=request, initial={"email": joined.get("email")})
    if request.method == "POST" and form.is_valid():
        email, language = form.cleaned_data["email"], get_language()
        if written := joined.get("written"):
            begun = UUID(joined["member"]) if joined["member"] else None
            whose = joining.correct_address(begun, email=email, written=written, language=language)
            _remember(request, email, whose, written)
            sentence = _("We sent an email to %(email)s. It can take a few minutes.")
        else:
            joining.ask_for_link(links.CONFIRM, email=email, language=language)
            sentence = _("If someone joined with %(email)s, we sent the link there. It can take a few minutes.")
        messages.success(request, sentence % {"email": email})
        return see_other("account_check_mail")
    return with_form(request, "account/check_mail.html", form, email=joined.get("email"))


@get_or_post
@own_account
def agree(request: MemberRequest) -> HttpResponse:
    """To what holds here by now, before anything else."""
    form = AgreeForm(sent(request))
    following = get_next_redirect_url(request) or reverse("site:home")
    if request.method == "POST" and form.is_valid():
        terms.accept(request.user)
        request.session.pop("must_agree", None)
        return see_other(following)
    return with_form(request, "account/agree.html", form, next=following)


# --- Coming in -------------------------------------------------------------------------------------------------------


class SignIn(LoginView):
    http_method_names = ("get", "head", "post")  # the library takes what is put there for a form that is sent
    template_name = "account/sign_in.html"

    def form_valid(self, form: Any) -> HttpResponse:
        if form.user.email_confirmed_at is None:
            return self.must_confirm(form.user)
        response: HttpResponse = super().form_valid(form)
        return response

    def must_confirm(self, member: Member) -> HttpResponse:
        """Whoever knows the password may hear that the address is not confirmed yet, and gets the link again."""
        written = {name: getattr(member, name) for name in ("name", "town", "application_text", "password")}
        _remember(self.request, member.email, member.pk, written)
        try:
            joining.count_a_link(member.email, limits.caller_address(self.request))
        except RateLimited:
            return see_other("account_check_mail")  # five such mails are there already
        joining.ask_for_link(links.CONFIRM, email=member.email, language=get_language())
        return see_other("account_check_mail")

    def form_invalid(self, form: Any) -> HttpResponse:
        limited = form.has_error("__all__", "rate_limited")
        status = TOO_MANY if limited else UNPROCESSABLE
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=status)
        return response


class SecondStep(AuthenticateView):
    http_method_names = SignIn.http_method_names
    template_name = "account/second_step_at_sign_in.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        limited = form.has_error("code", "rate_limited")
        status = TOO_MANY if limited else UNPROCESSABLE
        response: HttpResponse = self.render_to_response(self.get_context_data(), status=status)
        return response


sign_in = SignIn.as_view()
second_step = SecondStep.as_view()


@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """By POST only: a link or a picture on a foreign page must not sign anybody out."""
    if request.method != "POST":
        return redirect("site:you")
    logout(request)
    response = see_other("site:front")
    response["Clear-Site-Data"] = '"storage"'
    return response


@own_account
def read_warning(request: MemberRequest) -> HttpResponse:
    """The warning stands before every page; this is where its member says that they have read it."""
    if request.method == "POST":
        services.acknowledge_warning(by=request.user)
    return see_other("site:home")
