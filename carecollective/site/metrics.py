"""/metrics in Prometheus' text: requests by route, the installation's own numbers, and the rollout's.

Requests are counted by each process for itself; with PROMETHEUS_MULTIPROC_DIR (an empty folder at the start) they are
added up. Only staff, or whoever holds METRICS_TOKEN, may read them.
"""

import hmac
import os
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from .installation_metrics import InstallationCollector

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUESTS = Counter("care_requests", "Answers, by route.", ["method", "route", "status"])
SECONDS = Histogram(
    "care_request_seconds",
    "How long an answer took.",
    ["method", "route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class RequestMetricsMiddleware:
    """The route and never the address: an address holds ids and what people search for, and there is no end of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        route = getattr(request.resolver_match, "route", "") if request.resolver_match else ""
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route or "none", response.status_code).inc()
        SECONDS.labels(method, route or "none").observe(time.perf_counter() - began)
        return response


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not may_know(request):
        if request.user.is_authenticated:
            return HttpResponse(status=403)
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(InstallationCollector())
    return HttpResponse(
        generate_latest(registry), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"}
    )


def may_know(request: HttpRequest) -> bool:
    """Numbers and codes about the installation are for the team, and for whoever brings METRICS_TOKEN."""
    return _has_token(request) or site.has_permission(request)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return bool(
        settings.METRICS_TOKEN
        and scheme.lower() == "bearer"
        and hmac.compare_digest(token.encode(errors="replace"), settings.METRICS_TOKEN.encode(errors="replace"))
    )
