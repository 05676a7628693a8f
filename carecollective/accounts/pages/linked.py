"""Links by mail: asking for one, and what each of them opens (magic links, password reset, email confirmation)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.utils import get_login_redirect_url
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from carecollective.accounts import four_eyes, joining, links, profile
from carecollective.accounts.models import Member
from carecollective.accounts.standing import MemberRequest, own_account
from carecollective.ground.refusals import NotFound
from carecollective.web.answers import see_other

from .joining_forms import EmailForm, NewPasswordForm
from .own_forms import ConfirmForm
from .sign_in_forms import LinkSignInForm
from .views import enter, get_or_post, sent, with_form

GONE = 410
OPENS = {
    links.CONFIRM: "account_confirm",
    links.PASSWORD: "account_choose_password",
    links.SIGN_IN: "account_sign_in_by_link",
    links.NEW_ADDRESS: "account_confirm_new_address",
    links.WELCOME: "account_welcome",
    links.NOT_RIGHT: "account_not_right",
}
LETS_IN = (links.CONFIRM, links.SIGN_IN)
# Where whoever comes with a link that does not work asks for another.
ASKS = {
    links.CONFIRM: "account_check_mail",
    links.PASSWORD: "account_reset_password",
    links.SIGN_IN: "account_ask_for_link",
    links.NEW_ADDRESS: "account_email",
    links.WELCOME: "account_reset_password",
    links.NOT_RIGHT: "messaging:privacy",
}


@require_safe
@never_cache
def open_link(request: HttpRequest, name: str, token: str) -> HttpResponse:
    """Out of the address bar at once: what stands there ends up in histories, in logs and on other people's screens."""
    if name not in links.BY_NAME:
        raise NotFound
    request.session["link"] = {"name": name, "token": token}
    return redirect(OPENS[links.BY_NAME[name]])


def opened_by(link: links.Link) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For a page that such a link opens: it is called with the member whose link it is, and with the token.

    One page for every link that does not work, whether it was used, is too old, or never was one.
    """

    def opens(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @get_or_post
        @never_cache
        @wraps(page)
        def found_or_ended(request: HttpRequest) -> HttpResponse:
            opened = request.session.get("link", {})
            found = link.read(opened["token"]) if opened.get("name") == link.name else None
            if found is None and link in LETS_IN and request.method == "POST" and request.user.is_authenticated:
                return see_other(get_login_redirect_url(request))  # they came in by it, in another tab
            if found is None:
                return render(request, "account/link_ended.html", {"again": reverse(ASKS[link])}, status=GONE)
            return page(request, found[0], opened["token"])

        return found_or_ended

    return opens


@opened_by(links.CONFIRM)
def confirm(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    """By a button, since mail programs open links to look at them. The browser that joined need not say more."""
    is_known = request.session.get("joined", {}).get("member") == str(member.pk)
    form = None if is_known else ConfirmForm(sent(request), request=request, member=member)
    if request.method == "POST" and (form is None or form.is_valid()):
        confirmed = joining.confirm(token)
        for used in ("link", "joined"):
            request.session.pop(used, None)
        return enter(request, confirmed)
    if form is None:
        return render(request, "account/confirm.html", {"member": member})
    return with_form(request, "account/confirm.html", form, member=member)


def asked_for(request: HttpRequest, link: links.Link, **words: Any) -> HttpResponse:
    form = EmailForm(sent(request), request=request)
    if request.method == "POST" and form.is_valid():
        joining.ask_for_link(link, email=form.cleaned_data["email"], language=get_language())
        messages.success(
            request,
            _("If there is an account with this address, we sent a link to it. It can take a few minutes."),
        )
        return see_other(ASKS[link])
    return with_form(request, "account/ask_by_mail.html", form, **words)


@get_or_post
@never_cache
def ask_for_password(request: HttpRequest) -> HttpResponse:
    sentence = _("We send you a link by email. It works for 2 hours.")
    return asked_for(request, links.PASSWORD, heading=_("Choose a new password"), sentence=sentence)


@get_or_post
@never_cache
def ask_for_link(request: HttpRequest) -> HttpResponse:
    sentence = _("We send you a link by email. It works for 30 minutes.")
    return asked_for(request, links.SIGN_IN, heading=_("Sign in without a password"), sentence=sentence)


@opened_by(links.PASSWORD)
def choose_password(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    form = NewPasswordForm(sent(request), member=member)
    if request.method == "POST" and form.is_valid():
        joining.choose_password(token, form.cleaned_data["password"])
        request.session.pop("link", None)
        messages.success(request, _("Your password is changed. Sign in with the new one."))
        return see_other("account_login")
    return with_form(request, "account/choose_password.html", form, email=member.email)


@opened_by(links.WELCOME)
def welcome(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    """For whom the team made an account: the password is theirs alone from the first."""
    form = NewPasswordForm(sent(request), member=member)
    if request.method == "POST" and form.is_valid():
        joining.choose_password(token, form.cleaned_data["password"], link=links.WELCOME)
        request.session.pop("link", None)
        messages.success(request, _("Your password is saved. Sign in with it."))
        return see_other("account_login")
    return with_form(request, "account/welcome.html", form, email=member.email)


@opened_by(links.SIGN_IN)
def sign_in_by_link(request: HttpRequest, member: Member, _token: str) -> HttpResponse:
    form = LinkSignInForm(sent(request))
    if request.method == "POST" and form.is_valid():
        request.session.pop("link", None)
        logout(request)  # whoever was signed in here
        return enter(request, member, shared=form.cleaned_data["shared_computer"])
    return with_form(request, "account/sign_in_by_link.html", form, email=member.email)


@opened_by(links.NEW_ADDRESS)
def confirm_new_address(request: HttpRequest, _member: Member, token: str) -> HttpResponse:
    if request.method == "POST":
        profile.confirm_new_address(token)
        request.session.pop("link", None)
        messages.success(request, _("Your new address is confirmed. From now on you sign in with it."))
        return see_other("site:you" if request.user.is_authenticated else "account_login")
    return render(request, "account/confirm_new_address.html")


@opened_by(links.NOT_RIGHT)
def not_right(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    """By a button, since mail programs open links to look at them; whether they are signed in or cannot be."""
    told = None
    if request.method == "POST":
        opened = links.NOT_RIGHT.read(token)
        is_paused = four_eyes.call_not_right(UUID(opened[1] if opened else ""), by=member)
        told = said_of(is_paused=is_paused)
        request.session.pop("link", None)
    return render(request, "account/not_right.html", {"told": told})


def said_of(*, is_paused: bool) -> str:
    """What a member reads once they have said so."""
    if is_paused:
        return _("All administrators were told. It waits until two of them, or one and 72 more hours, decide.")
    return _("All administrators were told. They look at it, and you can also write to the team.")


@get_or_post
@own_account
def not_right_of(request: MemberRequest, act_id: UUID) -> HttpResponse:
    """The same from one's own pages."""
    if request.method == "POST":
        is_paused = four_eyes.call_not_right(act_id, by=request.user)
        messages.success(request, said_of(is_paused=is_paused))
    return see_other("messaging:privacy")
