"""Monitors come from inside, by an address that is not the public name, and are told the same by every one."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FOR_MONITORS = ("/metrics", "/api/health", "/api/health/live", "/api/health/ready")


class FromInsideMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.host = next((host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"), "")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.host and request.path_info in FOR_MONITORS:
            request.META["HTTP_HOST"] = self.host
        return self.get_response(request)
