"""The door for somebody whose sign-in ended while they were writing."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from . import services


def keep_when_signed_out(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Stands outside `members_only`, which would let the text go on its way to the sign-in page."""

    @wraps(view)
    def keeping(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated and (path := services.keep(request)):
            messages.info(request, _("You were signed out. Your message is safe. Sign in to send it."))
            return redirect(f"{reverse('account_login')}?{urlencode({'next': path})}")
        return view(request, *args, **kwargs)

    return keeping
