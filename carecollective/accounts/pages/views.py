"""Coming in and going out."""

from typing import Any

from allauth.account.views import LoginView
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from carecollective.pages.answers import UNPROCESSABLE, see_other


class SignIn(LoginView):
    template_name = "account/sign_in.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        limited = form.has_error("__all__", "rate_limited")
        return self.render_to_response(self.get_context_data(form=form), status=429 if limited else UNPROCESSABLE)


sign_in = SignIn.as_view()


@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """By POST only: a link or a picture on a foreign page must not sign anybody out."""
    if request.method != "POST":
        return redirect("site:you")
    logout(request)
    response = see_other("site:front")
    response["Clear-Site-Data"] = '"storage"'
    return response


@require_safe
def join(request: HttpRequest) -> HttpResponse:
    """How a person joins, until joining by page is there."""
    return render(request, "site/join.html")
