"""The content security policy is one text, as the library would write it; an answer may still have one of its own."""

import pytest
from csp.constants import HEADER, NONCE, SELF
from csp.decorators import csp_replace
from csp.middleware import CSPMiddleware
from django.http import HttpResponse

from carecollective.web.content_policy import ContentPolicyMiddleware


def said(middleware, request, view=lambda request: HttpResponse()):
    return sorted(middleware(view)(request)[HEADER].split("; "))


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_it_is_what_the_library_writes(rf, status):
    def view(request):
        return HttpResponse(status=status)

    ours = said(ContentPolicyMiddleware, rf.get("/"), view)

    assert ours == said(CSPMiddleware, rf.get("/"), view)
    assert "default-src 'none'" in ours


def test_a_page_with_one_of_its_own_keeps_it(rf):
    view = csp_replace({"img-src": [SELF, "https://tiles.example.org"]})(lambda request: HttpResponse())

    assert said(ContentPolicyMiddleware, rf.get("/"), view) == said(CSPMiddleware, rf.get("/"), view)
    assert said(ContentPolicyMiddleware, rf.get("/"), view) != said(ContentPolicyMiddleware, rf.get("/"))


def test_a_page_with_a_nonce_names_it(rf):
    request, view = rf.get("/"), csp_replace({"script-src": [SELF, NONCE]})(_with_nonce)

    policy = " ".join(said(ContentPolicyMiddleware, request, view))

    assert f"'nonce-{request._csp_nonce}'" in policy
    assert "nonce" not in " ".join(said(ContentPolicyMiddleware, rf.get("/")))


def _with_nonce(request):
    return HttpResponse(str(request.csp_nonce))
