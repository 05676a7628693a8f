"""Leaving, and staying after all. Pages of one's own account: whatever somebody's standing, they may go."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carecollective.accounts.models import TIME_TO_STAY
from carecollective.accounts.standing import own_account
from carecollective.own_data.leaving import services
from carecollective.web.answers import UNPROCESSABLE, see_other

from .forms import LeaveForm

# What the last page says, in a cookie of that page alone. Not in a session: another request of the same browser, on
# its way while this one signs out, has its answer take the session cookie away.
LEAVES_AT = "leaves_at"
LAST_PAGE_FOR = 600  # seconds


@require_http_methods(["GET", "HEAD", "POST"])
@own_account
def leave(request: HttpRequest) -> HttpResponse:
    member: Any = request.user
    if member.leaving_at:
        return render(request, "leaving/leaving.html")
    form = LeaveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        leaves_at = services.ask_to_leave(by=member)
        logout(request)
        response = see_other("leaving:asked")
        response.set_signed_cookie(
            LEAVES_AT,
            leaves_at.isoformat(),
            max_age=LAST_PAGE_FOR,
            path=reverse("leaving:asked"),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        response["Clear-Site-Data"] = '"storage"'
        return response
    context = {"form": form, "days": TIME_TO_STAY.days}
    return render(request, "leaving/leave.html", context, status=UNPROCESSABLE if form.is_bound else 200)


@require_POST
@own_account
def stay(request: HttpRequest) -> HttpResponse:
    services.stay(by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("You stay. Everything works again."))
    return see_other("site:you")


@require_safe
@never_cache
def asked(request: HttpRequest) -> HttpResponse:
    """The last page, for whoever has just asked to leave in this browser, and is signed out by it."""
    cookie = request.get_signed_cookie(LEAVES_AT, default="", max_age=LAST_PAGE_FOR)
    if not cookie:
        return redirect("site:front")
    leaves_at = datetime.fromisoformat(cookie)
    return render(request, "leaving/asked.html", {"leaves_at": leaves_at})
