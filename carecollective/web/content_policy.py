"""The content security policy (CSP): one text for all of our answers, as the library writes it.

It would write it twice for each answer. Where an answer has a policy of its own, it does; and on our 404 pages, where
it leaves the policy out while DEBUG is on, they get it too.
"""

from dataclasses import asdict
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ContentPolicyMiddleware(CSPMiddleware):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.of_all = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not settings.DEBUG and _is_like_all(request, response):
            response.headers.setdefault(HEADER, self.of_all)
            return response
        response = super().process_response(request, response)
        if response.status_code == 404 and HEADER not in response:
            response[HEADER] = build_policy(**asdict(self.get_policy_parts(request=request, response=response)))
        return response


def _is_like_all(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Nobody asked for a nonce, and no decorator of the library's has left its mark."""
    return not hasattr(request, "_csp_nonce") and not any(name.startswith("_csp_") for name in vars(response))
