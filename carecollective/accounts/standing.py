"""What a page asks before it lets a member in (access control of pages)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from carecollective.accounts.models import Member
from carecollective.web.identity_fields import refuse_impersonation

View = Callable[..., HttpResponse]


class MemberRequest(HttpRequest):
    """What the pages behind `members_only`, `own_account` and the team's guards get, as the types know it."""

    user: Member
    htmx: HtmxDetails


class MemberCall(Request):
    """Likewise in the API, past the 401 of `ApiView.initial`."""

    user: Member


def members_only(view: View) -> View:
    """Signed in, approved and not suspended; a form that claims to be somebody else is refused and recorded.

    Whoever has not agreed to what holds here by now is asked first: the sign-in found out, and the session knows.
    A page of a member is never kept by a browser or a proxy.
    """

    @wraps(view)
    def approved(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.user.refuse_unless_approved()
        if must_agree(request):
            return to_agree(request, otherwise=reverse("site:home"))
        if request.method == "POST":
            refuse_impersonation(request.POST, by=request.user, path=request.path)
        return view(request, *args, **kwargs)

    return own_account(approved)


def must_agree(request: HttpRequest) -> bool:
    """Has the sign-in found that they have not agreed to what holds here by now?"""
    return "must_agree" in request.session


def to_agree(request: HttpRequest, *, otherwise: str) -> HttpResponse:
    """The page that asks, and then where they wanted to go; what was sent by a form is not sent again."""
    back = request.path if request.method == "GET" else otherwise
    return redirect(f"{reverse('account_agree')}?{urlencode({'next': back})}")


def own_account(view: View) -> View:
    """Signed in, in whatever standing: pages of one's own account."""

    @wraps(view)
    def private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return login_required(private)
