"""Who gets in, and what every page of the rollout has in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from carecollective.ground.refusals import Refusal

View = Callable[..., HttpResponse]


def may_see(view: View) -> View:
    return _guarded(require_http_methods(["GET", "HEAD", "POST"])(view), "rollout.view_flag")


def may_act(view: View) -> View:
    """A button: it acts and goes back to the page. A refusal is said there, and nothing changed."""

    @wraps(view)
    def act(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":  # an old bookmark, or the page asked for once more: nothing is done by looking
            return redirect("rollout:page")
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, str(refusal.message))
            return redirect("rollout:page")

    return _guarded(act, "rollout.change_flag")


def _guarded(view: View, permission: str) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return never_cache(admin.site.admin_view(guarded))


def answer(request: HttpRequest, template: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    context |= admin.site.each_context(request) | {
        "title": title,
        "is_nav_sidebar_enabled": False,
        "can_change": request.user.has_perm("rollout.change_flag"),
    }
    return TemplateResponse(request, f"admin/rollout/{template}", context, status=status)
