"""The schema, and a page to try the API: for anybody, and wholly from our own host."""

import functools
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from carecollective.web.api.schema import describes
from carecollective.web.api.views import ApiView


class OpenView(ApiView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    is_own_account = True
    takes_any_query = True


class SchemaView(OpenView):
    @describes(
        "This description, for programs",
        "All that there is, as OpenAPI 3.1 in JSON.",
        answers={200: (OpenApiTypes.OBJECT, "An OpenAPI document.")},
        anonymous=True,
        operation_id="schema",
    )
    def get(self, request: Request) -> Response:
        return Response(_schema(translation.get_language()))


@functools.cache
def _schema(language: str) -> Any:
    """Drawn once in a language: it takes a tenth of a second, and anybody may ask."""
    return SchemaGenerator().get_schema(request=None, public=True)


class DocsView(OpenView):
    # Of our own: the library's page brings a style of its own with it, which our Content-Security-Policy refuses.
    PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: API</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{style}">
</head>
<body>
<main>
<h1 class="swagger-ui">{title}: API</h1>
<div id="api" data-schema="{schema}" data-csrf="{csrf}"></div>
</main>
<script src="{bundle}"></script>
<script src="{start}"></script>
</body>
</html>
"""
    START = """"use strict";
const { schema, csrf } = document.getElementById("api").dataset;
SwaggerUIBundle({
  url: schema,
  dom_id: "#api",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    if (request.method && request.method !== "GET") request.headers["X-CSRFToken"] = csrf;
    return request;
  },
});
"""

    @extend_schema(
        summary="This description, for people",
        description="A page that lists every call and lets you try it.",
        responses={(200, "text/html"): OpenApiResponse(OpenApiTypes.STR, "A page.")},
        operation_id="docs",
    )
    def get(self, request: Request) -> HttpResponse:
        if "start" in request.query_params:
            return HttpResponse(self.START, content_type="text/javascript; charset=utf-8")
        folder = "drf_spectacular_sidecar/swagger-ui-dist"
        page = format_html(
            self.PAGE,
            title=settings.COMMUNITY_NAME,
            icon=static(f"{folder}/favicon-32x32.png"),
            style=static(f"{folder}/swagger-ui.css"),
            bundle=static(f"{folder}/swagger-ui-bundle.js"),
            schema=reverse("api-schema"),
            start=f"{reverse('api-docs')}?start",
            csrf=get_token(request._request),
        )
        return HttpResponse(page)
