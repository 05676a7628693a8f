"""The door for somebody whose sign-in ended while they were writing (drafts)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from carecollective.ground.refusals import Unauthorized

from . import services


class KeptTextsMiddleware:
    """Stands before every page, each of which would let the text go on its way to the sign-in page.

    The form says by itself that it was drawn for somebody who was signed in, so no page has to ask for this.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, *_view: Any) -> HttpResponse | None:
        # The API reads its bodies itself.
        if request.method != "POST" or request.path.startswith("/api/") or request.user.is_authenticated:
            return None
        return sign_in_first(request) if services.is_marked(request) else None


def sign_in_first(request: Any) -> HttpResponse:
    """For whoever has no sign-in, or none any more: what they wrote waits for them, or stands here to be copied."""
    if request.user.is_authenticated:
        logout(request)
    path = services.keep(request) if request.method == "POST" else None
    if path:
        messages.info(request, _("You were signed out. Your message is safe. Sign in to send it."), fail_silently=True)
        return redirect(f"{reverse('account_login')}?{urlencode({'next': path})}")
    if request.method != "POST" or getattr(request, "htmx", False) or not services.written(request):
        return redirect_to_login(request.get_full_path())
    return render(request, "signed_out.html", {"refusal": Unauthorized()}, status=Unauthorized.status)
