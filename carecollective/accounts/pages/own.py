"""What a member changes about their own account: the present password comes first (re-authentication)."""

import base64
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret, get_totp_secret
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from carecollective.accounts import profile, second_factor, sign_ins, user_agents
from carecollective.accounts.contacts import services as contacts
from carecollective.accounts.standing import MemberRequest, own_account
from carecollective.web.answers import kept_text, see_other
from carecollective.web.session_digests import digest_in

from .own_forms import (
    ChangePasswordForm,
    DetailsForm,
    NewAddressForm,
    OwnPasswordForm,
    SetUpForm,
    TurnOffForm,
)
from .views import get_or_post, sent, with_form


@get_or_post
@own_account
def details(request: MemberRequest) -> HttpResponse:
    member = request.user
    initial = {"name": member.name, "town": member.town, **contacts.own(member)._asdict(), **kept_text(request)}
    form = DetailsForm(sent(request), initial=initial, member=member)
    if request.method == "POST" and form.is_valid():
        profile.change_details(member, **form.cleaned_data)
        messages.success(request, _("Your details are changed."))
        return see_other("site:you")
    return with_form(request, "account/details.html", form)


@get_or_post
@own_account
def change_address(request: MemberRequest) -> HttpResponse:
    form = NewAddressForm(sent(request), request=request, member=request.user)
    if request.method == "POST" and form.is_valid():
        profile.ask_for_new_address(request.user, email=form.cleaned_data["email"], language=get_language())
        messages.success(request, _("We sent a link to the new address. Nothing changes before you open it."))
        return see_other("site:you")
    return with_form(request, "account/change_address.html", form)


@get_or_post
@own_account
def change_password(request: MemberRequest) -> HttpResponse:
    form = ChangePasswordForm(sent(request), request=request, member=request.user)
    if request.method == "POST" and form.is_valid():
        sign_ins.end_all(request.user, but=digest_in(request.session))
        profile.change_password(request.user, form.cleaned_data["password"])
        update_session_auth_hash(request, request.user)
        sign_ins.note_browser(request, request.user)  # under its new name
        messages.success(request, _("Your password is changed. You are signed out everywhere else."))
        return see_other("site:you")
    return with_form(request, "account/change_password.html", form)


# --- Where somebody is signed in -------------------------------------------------------------------------------------


@require_safe
@own_account
def list_sign_ins(request: MemberRequest) -> HttpResponse:
    context = {
        "this": user_agents.described(request.headers.get("User-Agent", "")),
        "browsers": sign_ins.browsers(request.user, but=digest_in(request.session)),
        "programs": sign_ins.programs(request.user),
    }
    return render(request, "account/sign_ins.html", context)


@require_POST
@own_account
def end_sign_in(request: MemberRequest) -> HttpResponse:
    """One of the others, or all of them."""
    which, id = request.POST.get("which"), request.POST.get("id", "")
    if which == "all":
        sign_ins.end_all(request.user, but=digest_in(request.session))
        messages.success(request, _("You are signed out everywhere else."))
    elif which == "browser" and id.isdecimal():
        sign_ins.end_browser(request.user, id)
        messages.success(request, _("That sign-in has ended."))
    elif which == "program" and id.isalnum():
        sign_ins.end_program(request.user, id)
        messages.success(request, _("That sign-in has ended."))
    return see_other("account_sign_ins")


# --- The second step -------------------------------------------------------------------------------------------------


@get_or_post
@own_account
def second_step(request: MemberRequest) -> HttpResponse:
    if second_factor.is_set_up(request.user):
        left = len(second_factor.recovery_codes(request.user))
        return render(request, "account/second_step.html", {"left": left, "is_required": _is_required(request)})
    secret = get_totp_secret()
    form = SetUpForm(sent(request), request=request, member=request.user, secret=secret)
    if request.method == "POST" and form.is_valid():
        clear_totp_secret(request)
        return _show_codes(request)
    picture = get_adapter().build_totp_svg(get_adapter().build_totp_url(request.user, secret))
    context = {
        "is_required": _is_required(request),
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "picture": base64.b64encode(picture.encode()).decode(),
    }
    return with_form(request, "account/set_up_second_step.html", form, **context)


@require_safe
@own_account
def recovery_codes(request: MemberRequest) -> HttpResponse:
    """Once, right after they were made: whoever comes by later does not see them."""
    if not request.session.pop("shows_recovery_codes", False):
        return redirect("account_second_step")
    codes = [f"{code[:4]} {code[4:]}" for code in second_factor.recovery_codes(request.user)]
    return render(request, "account/recovery_codes.html", {"codes": codes})


@get_or_post
@own_account
def new_recovery_codes(request: MemberRequest) -> HttpResponse:
    if not second_factor.is_set_up(request.user):
        return redirect("account_second_step")
    form = OwnPasswordForm(sent(request), request=request, member=request.user)
    if request.method == "POST" and form.is_valid():
        second_factor.new_recovery_codes(request.user)
        return _show_codes(request)
    return with_form(request, "account/new_recovery_codes.html", form)


@get_or_post
@own_account
def turn_second_step_off(request: MemberRequest) -> HttpResponse:
    if not second_factor.is_set_up(request.user):
        return redirect("account_second_step")
    form = TurnOffForm(sent(request), request=request, member=request.user)
    if request.method == "POST" and form.is_valid():
        second_factor.turn_off(request.user)
        messages.success(request, _("You sign in with your password alone now."))
        return see_other("account_second_step")
    return with_form(request, "account/turn_second_step_off.html", form, is_required=_is_required(request))


def _show_codes(request: MemberRequest) -> HttpResponse:
    request.session["shows_recovery_codes"] = True
    return see_other("account_recovery_codes")


def _is_required(request: Any) -> bool:
    return request.user.is_staff and settings.STAFF_SECOND_FACTOR == "required"
