"""Pages travel compressed: on a slow network most of the wait is their words (gzip)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPagesMiddleware(GZipMiddleware):
    """Django's own, for pages alone.

    How small a page gets must not tell what it holds (the BREACH attack): Django varies each length at random, no page
    shows a secret beside words from its address, and its form tokens are different every time. What programs read
    stays as it is.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response
