"""The stock admin under our own roof: who is let in, by which way in and out, and what its front page says."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from carecollective.accounts import second_factor
from carecollective.accounts.pages.views import sign_out
from carecollective.accounts.standing import must_agree, to_agree
from carecollective.ground.doctor import examination
from carecollective.ground.refusals import PermissionDenied, Refusal, Unauthorized
from carecollective.kept_texts import services as kept_texts
from carecollective.team import queues


class CareAdminSite(AdminSite):
    site_title = site_header = _("Care Collective: the team")
    index_title = _("What would you like to do?")
    site_url = "/home/"
    enable_nav_sidebar = False  # a second list of the same six links, and nothing more on a phone

    def has_permission(self, request: HttpRequest) -> bool:
        """Asked anew for every page: whoever is restricted or leaves the team is out at once."""
        is_let_in = super().has_permission(request) and _in_good_standing(request)
        return is_let_in and not must_agree(request) and not _lacks_second_step(request)

    def get_urls(self) -> list[Any]:
        """Without the stock way from any row of any table to "its page on the site": no row here has one."""
        return [each for each in super().get_urls() if getattr(each, "name", "") != "view_on_site"]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """No field here asks it, and it would look for rows of private tables outside of every scope."""
        raise PermissionDenied

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        waits = {"queues": queues.shown_to(request.user)}  # type: ignore[arg-type]
        is_theirs = request.user.has_perm("scheduled_work.view_scheduledjob")
        well = {"faults": examination.faults() if is_theirs else ()}
        return super().index(request, waits | well | (extra_context or {}))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        stock = super().admin_view(view)  # no browser keeps anything of the team's, nor what the library lets it keep

        @wraps(stock)
        def for_the_team(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated:
                request.user.refuse_unless_approved()
                if request.user.is_staff and must_agree(request):
                    return to_agree(request, otherwise=reverse("admin:index"))
                if request.user.is_staff and _lacks_second_step(request):
                    return redirect("account_second_step")
                if not self.has_permission(request):
                    raise PermissionDenied(_("These pages are for the team."))
            elif request.method == "POST" and kept_texts.written(request):
                raise Unauthorized
            return stock(request, *args, **kwargs)

        return for_the_team

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One way in for everybody: the members' sign-in page, with its limit."""
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One page for that too: it counts the tries, and ends what a password ends."""
        return redirect("account_change_password")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """And one way out, which also clears what the browser kept."""
        return sign_out(request)


def _lacks_second_step(request: HttpRequest) -> bool:
    return second_factor.is_missing(request.user)  # type: ignore[arg-type]


def _in_good_standing(request: HttpRequest) -> bool:
    try:
        request.user.refuse_unless_approved()  # type: ignore[union-attr]
    except Refusal:
        return False
    return True
